// Package inproc carries HTTP requests to an http.Handler in the same process: the
// transport of embedded mode. Above it nothing differs from a network: headers,
// bodies, status codes, cancellation and errors are those of net/http.
package inproc

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Transport is an http.RoundTripper over a handler. It answers requests for every
// host; the handler tells them apart by Request.Host.
type Transport struct {
	handler http.Handler
}

// New returns a transport over h.
func New(h http.Handler) *Transport { return &Transport{handler: h} }

// Do sends req; it makes Transport a policy.Transporter of the Azure SDK.
func (t *Transport) Do(req *http.Request) (*http.Response, error) { return t.RoundTrip(req) }

// RoundTrip calls the handler with a copy of req and returns what it wrote. It
// returns early, with the context's error, if the request is cancelled; the handler
// sees the cancellation and may still be running. The body of req is closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL == nil || req.URL.Host == "" {
		closeBody(req)
		return nil, errors.New("inproc: request without a host")
	}
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		closeBody(req)
		return nil, err
	}
	served, err := serverRequest(req)
	if err != nil {
		return nil, err
	}
	rec := &recorder{header: http.Header{}}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		t.handler.ServeHTTP(rec, served)
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case p := <-done:
		// A handler that was cut short by the cancellation may be done as soon as that.
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p != nil {
			return nil, fmt.Errorf("inproc: the handler of %s %s broke off: %v", req.Method, req.URL.Path, p)
		}
	}
	return rec.response(req), nil
}

// serverRequest is the request as a server would have read it.
func serverRequest(req *http.Request) (*http.Request, error) {
	served := req.Clone(req.Context())
	served.Body = http.NoBody
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
		served.Body = io.NopCloser(bytes.NewReader(data))
		served.ContentLength = int64(len(data))
	}
	if served.Host == "" {
		served.Host = req.URL.Host
	}
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:0"
	served.Proto, served.ProtoMajor, served.ProtoMinor = "HTTP/1.1", 1, 1
	if req.URL.Scheme == "https" {
		// Nothing leaves the process: as good as the newest TLS.
		served.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	}
	return served, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// recorder is the ResponseWriter of one request.
type recorder struct {
	header http.Header
	sent   http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status, r.sent = status, r.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Flush implements http.Flusher.
func (r *recorder) Flush() { r.WriteHeader(http.StatusOK) }

func (r *recorder) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	body := r.body.Bytes()
	resp := &http.Response{
		Status:        strconv.Itoa(r.status) + " " + http.StatusText(r.status),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.sent,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
	if req.Method == http.MethodHead {
		resp.Body = http.NoBody
	}
	return resp
}
