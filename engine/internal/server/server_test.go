package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/server"
)

func says(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, name+" "+httpx.Info(r.Context()).RemoteIP)
	})
}

func fronts(h httpx.Hosts) server.Fronts {
	return server.Fronts{Hosts: h, Login: says("login"), Management: says("management"), Graph: says("graph"), Vault: says("vault")}
}

func TestRoutingByHost(t *testing.T) {
	h := server.New(server.Options{Fronts: []server.Fronts{fronts(httpx.Hosts{Domain: "coffer.test:8443"}), fronts(httpx.AzureHosts)}})
	for host, want := range map[string]string{
		"login.coffer.test:8443":     "login",
		"LOGIN.Coffer.TEST":          "login",
		"management.coffer.test.":    "management",
		"graph.coffer.test:1":        "graph",
		"app.vault.coffer.test:8443": "vault",
		"app.vault.azure.net":        "vault",
		"login.microsoftonline.com":  "login",
		"vault.coffer.test":          "",
		"a.b.vault.coffer.test":      "",
		".vault.coffer.test":         "",
		"evilvault.coffer.test":      "",
		"login.coffer.test.evil.com": "",
		"coffer.test":                "",
		"127.0.0.1:8443":             "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got, _, _ := strings.Cut(w.Body.String(), " ")
		if want == "" {
			if w.Code != http.StatusMisdirectedRequest {
				t.Errorf("%s: got %d %s", host, w.Code, got)
			}
			continue
		}
		if got != want || w.Header().Get("X-Ms-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %q %v", host, got, w.Header())
		}
	}
}

func TestAPanicAnswersOnceAndTellsNothing(t *testing.T) {
	f := fronts(httpx.Hosts{Domain: "d"})
	f.Login = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "login.d"
	w := httptest.NewRecorder()
	server.New(server.Options{Fronts: []server.Fronts{f}}).ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret detail") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestClientRequestIDIsEchoedIfHarmless(t *testing.T) {
	h := server.New(server.Options{Fronts: []server.Fronts{fronts(httpx.Hosts{Domain: "d"})}})
	for id, want := range map[string]string{"0b5d-1": "0b5d-1", "a\tb": "", "<x>": "", strings.Repeat("a", 65): ""} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = "login.d"
		r.Header["X-Ms-Client-Request-Id"] = []string{id}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("X-Ms-Client-Request-Id"); got != want {
			t.Errorf("%q: got %q", id, got)
		}
	}
}

// start serves the routing handler over TLS, and the proxy, and returns their addresses.
func start(t *testing.T) (authority *server.Authority, proxy string) {
	t.Helper()
	hosts := httpx.Hosts{Domain: "coffer.test"}
	dir := t.TempDir()
	authority, err := server.OpenAuthority(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "ca.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key: %v %v", info, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	listen := func(s server.Listener) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- s.Serve(ctx, l) }()
		return l.Addr().String()
	}
	main := listen(server.Listener{Certificate: authority.Certificates(time.Now, hosts), Handler: server.New(server.Options{Fronts: []server.Fronts{fronts(hosts)}})})
	proxy = listen(server.Listener{Handler: server.NewProxy(main, nil, hosts)})
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return authority, proxy
}

func TestTLSThroughTheProxy(t *testing.T) {
	authority, proxy := start(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	transport := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: proxy}),
		TLSClientConfig: &tls.Config{RootCAs: roots},
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	resp, err := client.Get("https://app.vault.coffer.test/secrets")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if string(body) != "vault 127.0.0.1" || resp.TLS.Version != tls.VersionTLS13 {
		t.Errorf("got %s over %x", body, resp.TLS.Version)
	}
	for _, host := range []string{"example.com", "coffer.test", "login.coffer.test.example.com"} {
		if _, err := client.Get("https://" + host + "/"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
			t.Errorf("the proxy leads to %s: %v", host, err)
		}
	}
	plain, err := http.Get("http://" + proxy + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Body.Close()
	if plain.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("plain request: %s", plain.Status)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	authority, proxy := start(t)
	_ = authority
	client := &http.Client{Transport: &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: proxy}),
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	}}
	if _, err := client.Get("https://login.coffer.test/"); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("got %v", err)
	}
}
