package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// Proxy is an HTTP CONNECT proxy that sends exactly the names of this deployment to
// its own listener and refuses every other: a development server's names are in
// nobody's DNS.
type Proxy struct {
	names  []names
	target string
	logger hclog.Logger
}

// NewProxy returns a proxy to the listener at target for all names of the hosts.
func NewProxy(target string, logger hclog.Logger, hosts ...httpx.Hosts) *Proxy {
	p := &Proxy{target: target, logger: logger}
	known := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, h := range hosts {
		p.names = append(p.names, newNames(Fronts{Hosts: h, Login: known, Management: known, Graph: known, Vault: known}))
	}
	return p
}

func (p *Proxy) serves(host string) bool {
	for i := range p.names {
		if p.names[i].handler(host) != nil {
			return true
		}
	}
	return false
}

const dialTimeout = 5 * time.Second

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy only knows CONNECT", http.StatusMethodNotAllowed)
		return
	}
	if !p.serves(hostname(r.Host)) {
		http.Error(w, "this proxy only connects to the names of its own Coffer server", http.StatusForbidden)
		return
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	upstream, err := dialer.DialContext(r.Context(), "tcp", p.target)
	if err != nil {
		http.Error(w, "the server does not answer", http.StatusBadGateway)
		return
	}
	defer upstream.Close()
	controller := http.NewResponseController(w)
	if err := errors.Join(controller.SetReadDeadline(time.Time{}), controller.SetWriteDeadline(time.Time{})); err != nil {
		http.Error(w, "the connection cannot be taken over", http.StatusInternalServerError)
		return
	}
	client, buffered, err := controller.Hijack()
	if err != nil {
		http.Error(w, "the connection cannot be taken over", http.StatusInternalServerError)
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	splice(r.Context(), client, buffered, upstream)
}

// splice copies both ways until either side ends.
func splice(ctx context.Context, client net.Conn, fromClient io.Reader, upstream net.Conn) {
	stop := context.AfterFunc(ctx, func() { _, _ = client.Close(), upstream.Close() })
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(upstream, fromClient)
		closeWrite(upstream)
	})
	both.Go(func() {
		_, _ = io.Copy(client, upstream)
		closeWrite(client)
	})
	both.Wait()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.Close()
}
