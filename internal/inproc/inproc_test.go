package inproc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
)

func TestTransportIsAServer(t *testing.T) {
	client := &http.Client{Transport: inproc.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Host", r.Host)
		w.WriteHeader(http.StatusCreated)
		w.Header().Set("X-Late", "not sent")
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI+" "+string(body))
	}))}
	resp, err := client.Post("https://v.vault.example//secrets/x%20y?a=1", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 201 || resp.Header.Get("X-Host") != "v.vault.example" || resp.Header.Get("X-Late") != "" {
		t.Errorf("got %d %v", resp.StatusCode, resp.Header)
	}
	if want := "POST //secrets/x%20y?a=1 hello"; string(body) != want {
		t.Errorf("got %q, want %q", body, want)
	}
}

func TestCancellationReturnsAtOnce(t *testing.T) {
	entered, left := make(chan struct{}), make(chan struct{})
	transport := inproc.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(left)
	}))
	ctx, cancel := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "https://x/", nil)
	go func() { <-entered; cancel() }()
	if _, err := transport.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	<-left
}

func TestPanicIsAnError(t *testing.T) {
	transport := inproc.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	req, _ := http.NewRequest(http.MethodGet, "https://x/", nil)
	if _, err := transport.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v", err)
	}
}
