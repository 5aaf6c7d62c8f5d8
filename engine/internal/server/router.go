// Package server owns what stands between the network and the front ends: routing by
// host, request ids, common headers, TLS, listeners, the certificate authority of
// development mode and its CONNECT proxy. It knows no operation.
package server

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// Fronts are the front ends of one set of names.
type Fronts struct {
	Hosts      httpx.Hosts
	Login      http.Handler
	Management http.Handler
	Graph      http.Handler
	Vault      http.Handler
}

// Options configure New.
type Options struct {
	// Fronts are asked in order; the first whose names hold the request's host serves it.
	Fronts []Fronts
	// Local marks every caller as one in the same process.
	Local  bool
	Logger hclog.Logger
}

// New returns the handler of all hosts.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	r := &router{options: o}
	for _, f := range o.Fronts {
		r.names = append(r.names, newNames(f))
	}
	return r
}

type router struct {
	options Options
	names   []names
}

// names are the hosts of one set of front ends, without ports, in lower case.
type names struct {
	fixed       map[string]http.Handler
	vaultSuffix string
	vault       http.Handler
}

func newNames(f Fronts) names {
	host := func(url string) string { return hostname(strings.TrimPrefix(url, "https://")) }
	return names{
		fixed: map[string]http.Handler{
			host(f.Hosts.Login()):      f.Login,
			host(f.Hosts.Management()): f.Management,
			host(f.Hosts.Graph()):      f.Graph,
		},
		vaultSuffix: "." + host(f.Hosts.VaultResource()),
		vault:       f.Vault,
	}
}

// hostname returns the host without port and root dot, in lower case.
func hostname(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

func (n *names) handler(host string) http.Handler {
	if h, ok := n.fixed[host]; ok {
		return h
	}
	label, ok := strings.CutSuffix(host, n.vaultSuffix)
	if ok && label != "" && !strings.Contains(label, ".") {
		return n.vault
	}
	return nil
}

// Headers of every answer (wire reference 1.1), shared by all of them: nothing may
// append to these slices.
var (
	noCache    = []string{"no-cache"}
	expired    = []string{"-1"}
	strictTLS  = []string{"max-age=31536000;includeSubDomains"}
	noSniffing = []string{"nosniff"}
)

// ServeHTTP implements http.Handler.
func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	info := &authz.RequestInfo{
		ID:        newID(),
		ClientID:  clientID(r),
		RemoteIP:  remoteIP(r.RemoteAddr),
		UserAgent: r.UserAgent(),
		URI:       "https://" + r.Host + r.URL.RequestURI(),
		Local:     rt.options.Local,
	}
	if r.TLS != nil {
		info.TLSVersion = tlsVersion(r.TLS.Version)
	}
	h := w.Header()
	h["Cache-Control"] = noCache
	h["Pragma"] = noCache
	h["Expires"] = expired
	h["Strict-Transport-Security"] = strictTLS
	h["X-Content-Type-Options"] = noSniffing
	h["X-Ms-Request-Id"] = []string{info.ID}
	if info.ClientID != "" {
		h["X-Ms-Client-Request-Id"] = []string{info.ClientID}
	}
	w = &reporter{ResponseWriter: w, info: info, logger: rt.options.Logger}
	defer rt.recover(w, r, info)
	handler := rt.handler(hostname(r.Host))
	if handler == nil {
		httpx.WriteError(w, fault.New(fault.UnknownHost, "No service of this deployment has the name '%s'.", clipHost(r.Host)))
		return
	}
	handler.ServeHTTP(w, r.WithContext(httpx.WithInfo(r.Context(), info)))
}

// reporter logs what no client may see (httpx.Reporter).
type reporter struct {
	http.ResponseWriter
	info   *authz.RequestInfo
	logger hclog.Logger
}

// Report implements httpx.Reporter.
func (r *reporter) Report(err error) {
	r.logger.Error("a request failed", "request_id", r.info.ID, "error", err.Error())
}

// Unwrap lets http.ResponseController reach the connection.
func (r *reporter) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (rt *router) handler(host string) http.Handler {
	for i := range rt.names {
		if h := rt.names[i].handler(host); h != nil {
			return h
		}
	}
	return nil
}

// recover answers for a handler that panicked: one bad request must not take the
// others down.
func (rt *router) recover(w http.ResponseWriter, r *http.Request, info *authz.RequestInfo) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	rt.options.Logger.Error("a handler broke off", "request_id", info.ID, "method", r.Method, "host", r.Host, "panic", p, "stack", string(debug.Stack()))
	httpx.WriteError(w, fault.From(errPanic))
}

type panicError struct{}

// Error implements error.
func (panicError) Error() string { return "a handler broke off" }

var errPanic = panicError{}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// clientID returns the client's own request id if it is fit to be sent back.
func clientID(r *http.Request) string {
	id := r.Header.Get("X-Ms-Client-Request-Id")
	if len(id) > 64 {
		return ""
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return ""
		}
	}
	return id
}

func remoteIP(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

func clipHost(host string) string {
	if len(host) > 128 {
		host = host[:128]
	}
	return strings.ToValidUTF8(host, "?")
}

func tlsVersion(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "TLS1_2"
	case tls.VersionTLS13:
		return "TLS1_3"
	}
	return ""
}
