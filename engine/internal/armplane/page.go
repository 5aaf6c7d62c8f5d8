package armplane

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// list is the body of every list.
type list struct {
	Value    any    `json:"value"`
	NextLink string `json:"nextLink,omitempty"`
}

// each encodes the items of a list; the result is never nil, so that an empty list is
// [] and not null.
func each[T, R any](items []T, encode func(*T) R) []R {
	out := make([]R, len(items))
	for i := range items {
		out[i] = encode(&items[i])
	}
	return out
}

const maxSkipToken = 512

// paging reads $top and $skiptoken.
func (c *call) paging() (after string, top int, err error) {
	if text := c.query("$top"); text != "" {
		if top, err = strconv.Atoi(text); err != nil || top < 1 {
			return "", 0, fault.New(fault.BadRequest, "The query parameter '$top' must be a positive number.")
		}
	}
	token := c.query("$skiptoken")
	if token == "" {
		return "", top, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(token) > maxSkipToken {
		return "", 0, fault.New(fault.BadRequest, "The query parameter '$skiptoken' is not valid.")
	}
	return string(data), top, nil
}

// next returns the URL of the next page, empty if this is the last.
func (c *call) next(after string) string {
	if after == "" {
		return ""
	}
	return c.nextObjects(base64.RawURLEncoding.EncodeToString([]byte(after)))
}

// nextObjects is next for a token that is encoded already.
func (c *call) nextObjects(token string) string {
	if token == "" {
		return ""
	}
	query := url.Values{}
	for name, values := range c.r.URL.Query() {
		if !strings.EqualFold(name, "$skiptoken") {
			query[name] = values
		}
	}
	query.Set("$skiptoken", token)
	return c.hosts.Management() + (&url.URL{Path: join(c.path)}).EscapedPath() + "?" + query.Encode()
}
