// Package dataplane is the HTTP front end of the vaults: it reads a request, calls one
// method of vault.Service, and writes the answer (wire reference 1 to 3). It decides
// nothing.
//
// Each vault has a host of its own, {vault}.vault.D. The path is split by hand, because
// clients send doubled slashes and empty segments that mean something, and no redirect
// may turn a POST into a GET.
package dataplane

import (
	"context"
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// Options configure New.
type Options struct {
	Vault *vault.Service
	Auth  httpx.Authenticator
	Hosts httpx.Hosts
	// Tenant is the id of the tenant, which the challenge names.
	Tenant string
}

// New returns the handler of all vaults' hosts.
func New(o Options) http.Handler {
	return &handler{
		vault: o.Vault, auth: o.Auth, hosts: o.Hosts,
		challenge: []string{`Bearer authorization="` + o.Hosts.Authority(o.Tenant) + `", resource="` + o.Hosts.VaultResource() + `"`},
	}
}

type handler struct {
	vault     *vault.Service
	auth      httpx.Authenticator
	hosts     httpx.Hosts
	challenge []string
}

// Headers of every answer of a vault, shared: nothing may append to these slices.
var (
	serviceVersion = []string{"1.9.3000.1"}
	jsonType       = []string{"application/json; charset=utf-8"}
)

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["X-Ms-Keyvault-Service-Version"] = serviceVersion
	if r.URL.Path == "/healthstatus" {
		header["Content-Type"] = jsonType
		_, _ = w.Write([]byte("true"))
		return
	}
	caller, _, err := h.auth.Authenticate(r, httpx.VaultAudience)
	caller.Request.APIVersion = httpx.Query(r, "api-version")
	header["X-Ms-Keyvault-Network-Info"] = []string{networkInfo(caller.Request.RemoteIP)}
	if err != nil || caller.IsZero() {
		err = h.vault.Unauthenticated(r.Context(), authz.Caller{Request: caller.Request}, err)
		if fault.From(err).Status() == http.StatusUnauthorized {
			header["Www-Authenticate"] = h.challenge
		}
		httpx.WriteError(w, err)
		return
	}
	h.serve(w, r, caller)
}

// request is a request on its way through a handler.
type request struct {
	*handler
	*http.Request
	w      http.ResponseWriter
	ctx    context.Context
	caller authz.Caller
	route  route
	api    apiVersion
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request, caller authz.Caller) {
	var trace vault.Trace
	req := &request{handler: h, Request: r, w: w, ctx: vault.WithTrace(r.Context(), &trace), caller: caller}
	req.api = parseAPIVersion(caller.Request.APIVersion)
	var err error
	segments, bad := httpx.Segments(r.URL)
	if bad == nil {
		req.route, bad = parseRoute(httpx.Method(r), segments)
	}
	req.route.ref.Vault = vaultName(r.Host)
	if _, ok := httpx.APIVersion(r); !ok {
		bad = fault.New(fault.BadParameter, "api-version must be specified")
		if caller.Request.APIVersion != "" {
			bad = fault.New(fault.BadParameter, "The api-version of the request is not valid.")
		}
	}
	var answer []byte
	if bad != nil {
		err = req.refuse(bad)
	} else {
		answer, err = req.route.serve(req)
	}
	header := w.Header()
	if trace.Region != "" {
		header["X-Ms-Keyvault-Region"] = []string{trace.Region}
	}
	if trace.AssignmentID != "" {
		header["X-Ms-Keyvault-Rbac-Assignment-Id"] = []string{trace.AssignmentID}
	}
	switch {
	case err != nil && fault.Is(err, fault.Unauthorized):
		// The principal of the token is gone or disabled.
		header["Www-Authenticate"] = h.challenge
		httpx.WriteError(w, err)
	case err != nil:
		httpx.WriteError(w, err)
	case answer == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		header["Content-Type"] = jsonType
		_, _ = w.Write(answer)
		clear(answer)
	}
}

// refuse answers with err, once it is recorded.
func (r *request) refuse(err error) error {
	return r.vault.Refuse(r.ctx, r.caller, r.route.op, r.route.ref, err)
}

// vaultName is the first label of the host.
func vaultName(host string) string {
	name, _, _ := strings.Cut(host, ".")
	return name
}

func networkInfo(ip string) string {
	if strings.Contains(ip, ":") {
		return "conn_type=Ipv6;addr=" + ip + ";act_addr_fam=InterNetworkV6;"
	}
	return "conn_type=Ipv4;addr=" + ip + ";act_addr_fam=InterNetwork;"
}
