package main

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every floor answers the load generator, and a wrong answer is an error.
func TestFloors(t *testing.T) {
	handler, err := floorHandler(filepath.Join(t.TempDir(), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(handler)
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	sign := constant(`{"value":"` + strings.Repeat("A", 43) + `="}`)
	for name, c := range map[string]struct {
		method, path string
		body         func(int, int) []byte
		want         int
		fails        bool
	}{
		"get":        {http.MethodGet, "/get", nil, http.StatusOK, false},
		"rsa":        {http.MethodPost, "/sign/rsa", sign, http.StatusOK, false},
		"ec":         {http.MethodPost, "/sign/ec", sign, http.StatusOK, false},
		"append":     {http.MethodPut, "/append", constant("{}"), http.StatusOK, false},
		"synced":     {http.MethodGet, "/synced/get", nil, http.StatusOK, false},
		"wrong path": {http.MethodGet, "/nothing", nil, http.StatusOK, true},
	} {
		t.Run(name, func(t *testing.T) {
			at := target{
				address: server.Listener.Addr().String(), host: "example.com", roots: roots,
				method: c.method, path: c.path, body: c.body, want: c.want,
			}
			got, err := load(t.Context(), at, 2, 20*time.Millisecond)
			if (err != nil) != c.fails {
				t.Fatalf("error: %v", err)
			}
			if !c.fails && (got.rate <= 0 || got.p50 <= 0 || got.p99 < got.p50) {
				t.Errorf("measured %+v", got)
			}
		})
	}
}

func TestReport(t *testing.T) {
	r := &report{}
	r.slower("apply", time.Second, 2*time.Second, 1.5)
	r.faster("get", 100, 70, 0.6, "note")
	text := r.markdown()
	for _, want := range []string{
		"| apply | 1.00 s | 2.00 s | 2.00 | <= 1.50 | no |  |",
		"| get | 100.00 /s | 70.00 /s | 0.70 | >= 0.60 | yes | note |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table has no line %q:\n%s", want, text)
		}
	}
}
