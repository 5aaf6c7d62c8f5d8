// Package graph serves the subset of Microsoft Graph (v1.0 and beta alike) that
// command lines, SDKs and Terraform providers use to manage a directory.
//
// It decodes a request, calls one method of directory.Service and encodes the answer;
// it decides nothing. Objects are JSON objects of Graph's property names, lists are
// {"value": [...], "@odata.nextLink": "..."}, errors {"error": {"code", "message"}}.
// What is not in the subset answers 400 or 501, never an empty success.
package graph

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// Options configure New.
type Options struct {
	Directory *directory.Service
	Auth      httpx.Authenticator
	Hosts     httpx.Hosts
}

type handler struct {
	dir   *directory.Service
	auth  httpx.Authenticator
	hosts httpx.Hosts
}

// New returns the handler of the graph host.
func New(o Options) http.Handler {
	return &handler{dir: o.Directory, auth: o.Auth, hosts: o.Hosts}
}

// request is one request, with its path after the version.
type request struct {
	*handler
	ctx    context.Context
	http   *http.Request
	caller authz.Caller
	query  query
	method string
	path   []string
	root   string // https://host/version
	w      http.ResponseWriter
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	caller, _, err := h.auth.Authenticate(r, httpx.GraphAudience)
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+h.hosts.Authority(h.dir.TenantID())+`/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
		h.fail(w, h.dir.Refuse(ctx, caller, err))
		return
	}
	req := &request{handler: h, ctx: ctx, http: r, caller: caller, w: w, method: httpx.Method(r)}
	if err := req.parse(); err != nil {
		h.fail(w, h.dir.Refuse(ctx, caller, err))
		return
	}
	if err := req.dispatch(); err != nil {
		h.fail(w, err)
	}
}

// parse reads the path and the query.
func (q *request) parse() error {
	segments, err := httpx.Segments(q.http.URL)
	if err != nil {
		return fault.New(fault.GraphBadRequest, "The request URI is not valid.")
	}
	if len(segments) < 2 || segments[0] != "v1.0" && segments[0] != "beta" {
		return fault.New(fault.GraphBadRequest, "Invalid version: the path must start with /v1.0 or /beta.")
	}
	for len(segments) > 2 && segments[len(segments)-1] == "" {
		segments = segments[:len(segments)-1]
	}
	q.path, q.root = segments[1:], q.hosts.Graph()+"/"+segments[0]
	q.query, err = parseQuery(q.http.URL.Query())
	return err
}

// dispatch finds the operation by the first segment.
func (q *request) dispatch() error {
	collection, key, keyed := splitKey(q.path[0])
	if keyed {
		q.path = slices.Insert(slices.Clone(q.path), 1, key)
		q.path[0] = collection
	}
	var serve func(rest []string, byAppID bool) error
	switch strings.ToLower(collection) {
	case "me":
		serve = func(rest []string, _ bool) error { return q.me(rest) }
	case "users":
		serve = func(rest []string, _ bool) error { return q.users(rest) }
	case "groups":
		serve = func(rest []string, _ bool) error { return q.groups(rest) }
	case "applications":
		serve = q.applications
	case "serviceprincipals":
		serve = q.servicePrincipals
	case "directoryobjects":
		serve = func(rest []string, _ bool) error { return q.objects(rest) }
	default:
		return q.unknown()
	}
	return serve(q.path[1:], keyed)
}

// splitKey takes the alternate key off a segment such as applications(appId='...').
func splitKey(segment string) (collection, key string, ok bool) {
	collection, rest, found := strings.Cut(segment, "(")
	if !found {
		return segment, "", false
	}
	key, found = strings.CutSuffix(rest, "')")
	name, key, found2 := strings.Cut(key, "='")
	if !found || !found2 || !strings.EqualFold(name, "appId") {
		return segment, "", false
	}
	return collection, key, true
}

func (q *request) unknown() error {
	return q.dir.Refuse(q.ctx, q.caller, fault.New(fault.GraphBadRequest, "Resource not found for the segment '%s', or it does not support %s here.", printable(q.path[len(q.path)-1]), printable(q.method)))
}

// bad records and returns the refusal of a request that cannot be decoded.
func (q *request) bad(err error) error { return q.dir.Refuse(q.ctx, q.caller, err) }

func (h *handler) fail(w http.ResponseWriter, err error) {
	if fault.Is(err, fault.Unauthorized) {
		err = fault.New(fault.GraphUnauthorized, "%s", fault.From(err).Message)
	}
	httpx.WriteError(w, err)
}

// send answers with one object.
func (q *request) send(status int, o map[string]any, err error) error {
	if err != nil {
		return err
	}
	q.w.Header().Set("Cache-Control", "no-cache")
	httpx.WriteJSON(q.w, status, q.query.selected(o))
	return nil
}

// done answers without a body.
func (q *request) done(err error) error {
	if err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

// sendList answers with a list; after is where the next page starts, if there is one.
func (q *request) sendList(items []map[string]any, after string, err error) error {
	if err != nil {
		return err
	}
	value := make([]map[string]any, 0, len(items))
	for _, item := range items {
		value = append(value, q.query.selected(item))
	}
	body := map[string]any{"value": value}
	if after != "" {
		next := url.Values{}
		for name, values := range q.http.URL.Query() {
			if !strings.EqualFold(strings.TrimPrefix(name, "$"), "skiptoken") {
				next[name] = values
			}
		}
		next.Set("$skiptoken", encodeToken(after))
		body["@odata.nextLink"] = q.root + "/" + escapePath(q.path) + "?" + next.Encode()
	}
	q.w.Header().Set("Cache-Control", "no-cache")
	httpx.WriteJSON(q.w, http.StatusOK, body)
	return nil
}

func escapePath(segments []string) string {
	escaped := make([]string, len(segments))
	for i, segment := range segments {
		escaped[i] = url.PathEscape(segment)
	}
	return strings.Join(escaped, "/")
}

// printable makes a piece of the request fit for a message.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == '\'' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "")
	}
	return s
}

// render turns a page into JSON objects.
func render[T any](items []T, one func(T) map[string]any) []map[string]any {
	list := make([]map[string]any, 0, len(items))
	for _, item := range items {
		list = append(list, one(item))
	}
	return list
}
