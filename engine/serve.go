package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/server"
)

// ServeOptions configure Serve.
type ServeOptions struct {
	// Listen is the address of the TLS listener, such as "0.0.0.0:8443".
	Listen string
	// Listener, if set, is used instead of opening one at Listen.
	Listener net.Listener
	// Certificate and Key are PEM files. If both are empty the certificate is issued by
	// the authority in AuthorityDir.
	Certificate, Key string
	// AuthorityDir holds a certificate authority of our own, made at first use.
	AuthorityDir string
	// Proxy, if set, is the address of a CONNECT proxy that leads to this server's own
	// names and to nothing else.
	Proxy string
	// Identity, if set, is the address of a managed-identity endpoint; loopback only.
	Identity *IdentityOptions
}

// IdentityOptions configure the managed-identity endpoint (App Service shape): it
// gives tokens of one service principal to whoever knows the header value.
type IdentityOptions struct {
	Listen   string
	ClientID string
	Header   string
}

// Addresses are where a running server listens.
type Addresses struct {
	Listen   string
	Proxy    string
	Identity string
	// AuthorityFile is the certificate that clients must trust, if it is our own.
	AuthorityFile string
}

// Serve answers on the network until ctx ends, then lets running requests finish.
// ready is called once, when every listener is open.
func (e *Engine) Serve(ctx context.Context, o ServeOptions, ready func(Addresses)) error {
	certificate, authorityFile, err := e.certificate(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var listeners []func() error
	serve := func(l net.Listener, s server.Listener) string {
		s.Logger = e.logger
		listeners = append(listeners, func() error { return s.Serve(ctx, l) })
		return l.Addr().String()
	}
	open := func(address string, s server.Listener) (string, error) {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return "", fmt.Errorf("listen: %w", err)
		}
		return serve(l, s), nil
	}
	at := Addresses{AuthorityFile: authorityFile}
	main := server.Listener{Certificate: certificate, Handler: e.handler}
	if o.Listener != nil {
		at.Listen = serve(o.Listener, main)
	} else if at.Listen, err = open(o.Listen, main); err != nil {
		return err
	}
	if o.Proxy != "" {
		if at.Proxy, err = open(o.Proxy, server.Listener{Handler: server.NewProxy(at.Listen, e.logger, e.hosts...)}); err != nil {
			return err
		}
	}
	if o.Identity != nil {
		handler, err := e.identityHandler(*o.Identity)
		if err != nil {
			return err
		}
		if at.Identity, err = open(o.Identity.Listen, server.Listener{Handler: handler}); err != nil {
			return err
		}
	}
	if ready != nil {
		ready(at)
	}
	return runAll(cancel, listeners)
}

// runAll runs every function; the first that fails ends the others.
func runAll(cancel context.CancelFunc, run []func() error) error {
	var wait sync.WaitGroup
	results := make([]error, len(run))
	for i := range run {
		wait.Go(func() {
			if results[i] = run[i](); results[i] != nil {
				cancel()
			}
		})
	}
	wait.Wait()
	return errors.Join(results...)
}

func (e *Engine) certificate(o ServeOptions) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), string, error) {
	if o.Certificate != "" || o.Key != "" {
		pair, err := tls.LoadX509KeyPair(o.Certificate, o.Key)
		if err != nil {
			return nil, "", fmt.Errorf("server certificate: %w", err)
		}
		return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }, "", nil
	}
	if o.AuthorityDir == "" {
		return nil, "", fmt.Errorf("%w: a server needs a certificate and key, or a directory for its own authority", ErrBadOptions)
	}
	authority, err := server.OpenAuthority(o.AuthorityDir, e.now())
	if err != nil {
		return nil, "", err
	}
	return authority.Certificates(e.now, e.hosts...), authority.Path(), nil
}

var errNotLoopback = errors.New("the managed-identity endpoint listens on loopback only")

// identityHandler checks that the endpoint can be reached from this machine alone.
func (e *Engine) identityHandler(o IdentityOptions) (http.Handler, error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotLoopback, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%w, not on %q", errNotLoopback, host)
	}
	return e.newIdentityHandler(o)
}

// hostsOf returns the names that the engine answers under.
func hostsOf(o Options) []httpx.Hosts {
	hosts := []httpx.Hosts{{Domain: o.Domain}}
	if o.AzureNames {
		hosts = append(hosts, httpx.AzureHosts)
	}
	return hosts
}
