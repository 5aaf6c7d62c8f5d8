package graph

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// query is the part of a request's query that is understood. $select only leaves
// properties out, and $count is not answered, which clients take for "unknown".
type query struct {
	directory.Query
	selectOnly map[string]bool // folded names; nil for all
}

func parseQuery(values url.Values) (query, error) {
	var q query
	for name, list := range values {
		value := list[0]
		var err error
		switch strings.ToLower(strings.TrimPrefix(name, "$")) {
		case "filter":
			q.Filter, err = ParseFilter(value)
		case "top":
			if q.Limit, err = strconv.Atoi(value); err != nil || q.Limit < 1 || q.Limit > directory.MaxLimit {
				err = fault.New(fault.GraphBadRequest, "Invalid page size specified. Must be between 1 and %d inclusive.", directory.MaxLimit)
			}
		case "skiptoken":
			q.After, err = decodeToken(value)
		case "select":
			q.selectOnly = map[string]bool{}
			for _, property := range strings.Split(value, ",") {
				q.selectOnly[strings.ToLower(strings.TrimSpace(property))] = true
			}
		case "orderby", "search", "expand", "skip", "apply", "compute":
			err = fault.New(fault.GraphBadRequest, "The query option '%s' is not supported.", printable(name))
		}
		if err != nil {
			return query{}, err
		}
	}
	return q, nil
}

// selected leaves out what $select does not name.
func (q query) selected(o map[string]any) map[string]any {
	if q.selectOnly == nil {
		return o
	}
	kept := map[string]any{}
	for name, value := range o {
		if strings.HasPrefix(name, "@") || q.selectOnly[strings.ToLower(name)] {
			kept[name] = value
		}
	}
	return kept
}

// A skip token is the id after which the page starts, in base64url.
func encodeToken(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

func decodeToken(token string) (string, error) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		if id, ok := directory.ParseID(string(data)); ok {
			return id, nil
		}
	}
	return "", fault.New(fault.GraphBadRequest, "Invalid skip token.")
}
