package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// target is a server and one request to it.
type target struct {
	address string // of the listener
	host    string // of the request and of the certificate
	roots   *x509.CertPool
	method  string
	path    string
	pathOf  func(client int) string // if set, instead of path
	token   string
	// body makes the body of the n-th request of a client; nil for none.
	body func(client, n int) []byte
	want int
}

// result is what one round of load measured.
type result struct {
	rate     float64
	p50, p99 time.Duration
}

// load sends requests with the given number of clients for d.
func load(ctx context.Context, t target, clients int, d time.Duration) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		all  sync.WaitGroup
		mu   sync.Mutex
		took []time.Duration
		errs []error
	)
	// Each client warms its connection up before the clock runs.
	ready, begin := make(chan struct{}, clients), make(chan struct{})
	var deadline time.Time
	for id := range clients {
		all.Go(func() {
			c := newClient(t, id)
			defer c.close()
			err := c.once(ctx, 0)
			ready <- struct{}{}
			<-begin
			var mine []time.Duration
			for n := 1; err == nil && time.Now().Before(deadline); n++ {
				start := time.Now()
				err = c.once(ctx, n)
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			if err != nil {
				errs = append(errs, err)
				cancel()
			}
		})
	}
	for range clients {
		<-ready
	}
	start := time.Now()
	deadline = start.Add(d)
	close(begin)
	all.Wait()
	elapsed := time.Since(start)
	if len(errs) > 0 {
		return result{}, errors.Join(errs[0], ctx.Err())
	}
	slices.Sort(took)
	return result{
		rate: float64(len(took)) / elapsed.Seconds(),
		p50:  took[len(took)/2], p99: took[len(took)*99/100],
	}, nil
}

// client is one connection.
type client struct {
	t         target
	id        int
	transport *http.Transport
}

func newClient(t target, id int) *client {
	dialer := &net.Dialer{}
	return &client{t: t, id: id, transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, t.address)
		},
		TLSClientConfig:    &tls.Config{RootCAs: t.roots, MinVersion: tls.VersionTLS13},
		MaxConnsPerHost:    1,
		DisableCompression: true,
	}}
}

func (c *client) close() { c.transport.CloseIdleConnections() }

func (c *client) once(ctx context.Context, n int) error {
	path := c.t.path
	if c.t.pathOf != nil {
		path = c.t.pathOf(c.id)
	}
	var body io.Reader
	if c.t.body != nil {
		body = bytes.NewReader(c.t.body(c.id, n))
	}
	req, err := http.NewRequestWithContext(ctx, c.t.method, "https://"+c.t.host+path, body)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+c.t.token)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != c.t.want {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1024))
		return fmt.Errorf("%s %s answered %d: %s", c.t.method, path, resp.StatusCode, text)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
