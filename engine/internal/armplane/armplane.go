// Package armplane is the HTTP front end of the management plane: Azure Resource
// Manager's subset that clients of key vaults use (wire reference 4), and the project's
// own small API under /coffer/v1.
//
// A handler decodes, calls one method of a service and encodes. The package decides
// nothing about access: a request that it cannot read is refused through the service
// too, so that it is authorised and recorded like every other.
//
// Paths are matched by segments and without regard to letter case. Answers name
// resources in the letter case of their creation.
package armplane

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

// Options configure New.
type Options struct {
	Resource *resource.Service
	Auth     httpx.Authenticator
	Hosts    httpx.Hosts
	// Objects manages keys and secrets if it implements the interface Objects; otherwise
	// their operations answer that they are not implemented.
	Objects any
}

// New returns the handler of the management host.
func New(o Options) http.Handler {
	return &plane{resource: o.Resource, auth: o.Auth, hosts: o.Hosts, objects: managed(o.Objects), routes: newRoutes()}
}

type plane struct {
	resource *resource.Service
	auth     httpx.Authenticator
	hosts    httpx.Hosts
	objects  Objects
	routes   *routeTable
}

// call is one request on its way through a handler.
type call struct {
	*plane
	w      http.ResponseWriter
	r      *http.Request
	caller authz.Caller
	// api is the api-version of the request.
	api string
	// at are the segments that the route leaves open, in order.
	at []string
	// scope is what stands before an extension such as role assignments.
	scope string
	// path is the path of the request.
	path []string
}

// reply is what a handler answers with; a nil body is an empty one.
type reply struct {
	status int
	body   any
}

func ok(body any) (reply, error) { return reply{http.StatusOK, body}, nil }

// done is ok unless there is an error.
func done(body any, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	return ok(body)
}

// ServeHTTP implements http.Handler.
func (p *plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.headers(w, r)
	path, pathErr := splitPath(r)
	if pathErr == nil && isMetadata(path) {
		p.metadata(w, r)
		return
	}
	caller, _, err := p.auth.Authenticate(r, httpx.ManagementAudience)
	caller.Request.APIVersion = httpx.Query(r, "api-version")
	if err != nil {
		p.challenge(w)
		p.fail(w, p.resource.Unauthenticated(r.Context(), caller, err))
		return
	}
	c := &call{plane: p, w: w, r: r, caller: caller, path: path}
	answer, err := c.serve(pathErr)
	if err != nil {
		p.fail(w, err)
		return
	}
	if answer.body == nil {
		w.WriteHeader(answer.status)
		return
	}
	httpx.WriteJSON(w, answer.status, answer.body)
}

// serve finds the route and runs its handler.
func (c *call) serve(pathErr error) (reply, error) {
	if pathErr != nil {
		return c.refuse(pathErr)
	}
	route, err := c.routes.find(c)
	if err != nil {
		return c.refuse(err)
	}
	if err := c.version(route); err != nil {
		return c.refuse(err)
	}
	return route.handle(c)
}

// refuse refuses a request that names no operation.
func (c *call) refuse(err error) (reply, error) {
	return reply{}, c.resource.RejectUnknown(c.r.Context(), c.caller, err)
}

// reject refuses a request for an operation whose content cannot be read.
func (c *call) reject(action, scope string, err error) (reply, error) {
	return reply{}, c.resource.Reject(c.r.Context(), c.caller, action, scope, err)
}

// decode reads the JSON body into v.
func (c *call) decode(v any) error { return httpx.Decode(c.r, v, fault.InvalidRequestContent) }

// query returns a query parameter.
func (c *call) query(name string) string { return httpx.Query(c.r, name) }

func (p *plane) headers(w http.ResponseWriter, r *http.Request) {
	info := httpx.Info(r.Context())
	h := w.Header()
	if id := r.Header.Get("X-Ms-Correlation-Request-Id"); info.ClientID != "" && id == info.ClientID {
		h.Set("X-Ms-Correlation-Request-Id", info.ClientID)
	} else if info.ID != "" {
		h.Set("X-Ms-Correlation-Request-Id", info.ID)
	}
	if info.ID != "" {
		h.Set("X-Ms-Routing-Request-Id", "LOCAL:"+info.ID)
	}
}

// challenge says where tokens come from (wire reference 4.0).
func (p *plane) challenge(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer authorization_uri="`+p.hosts.Authority(p.resource.TenantID())+
		`", error="invalid_token", error_description="The authentication failed because of missing or invalid 'Authorization' header."`)
}

func (p *plane) fail(w http.ResponseWriter, err error) {
	switch f := fault.From(err); f.Kind {
	case fault.Unauthorized:
		// The data plane's wording of a principal that is gone: here it is the token
		// that is no longer good.
		err = &fault.Error{Kind: fault.InvalidAuthenticationToken, Message: f.Message, Cause: err}
		p.challenge(w)
	case fault.ResourceNotFound:
		w.Header().Set("X-Ms-Failure-Cause", "gateway")
	}
	httpx.WriteError(w, err)
}

// splitPath returns the segments of the path without empty ones at its end.
func splitPath(r *http.Request) ([]string, error) {
	path, err := httpx.Segments(r.URL)
	if err != nil {
		return nil, err
	}
	for len(path) > 0 && path[len(path)-1] == "" {
		path = path[:len(path)-1]
	}
	for _, segment := range path {
		if segment == "" {
			return nil, fault.New(fault.BadRequest, "The request URI has an empty segment.")
		}
	}
	return path, nil
}

func join(path []string) string { return "/" + strings.Join(path, "/") }
