package httpx_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

func TestSegments(t *testing.T) {
	for path, want := range map[string][]string{
		"/secrets/s":                    {"secrets", "s"},
		"/secrets/s/":                   {"secrets", "s", ""},
		"//secrets/s":                   {"secrets", "s"},
		"/keys/k//sign":                 {"keys", "k", "", "sign"},
		"/keys/a%20b":                   {"keys", "a b"},
		"/":                             {""},
		"/secrets/a%2Fb":                nil,
		"/secrets/..":                   nil,
		"/secrets/%2e%2E":               nil,
		"/secrets/.":                    nil,
		"/secrets/a%00b":                nil,
		"/secrets/a%5Cb":                nil,
		"/secrets/%ff":                  nil,
		"/" + strings.Repeat("x", 3000): nil,
	} {
		u, err := url.Parse("https://v.vault.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := httpx.Segments(u)
		if want == nil {
			if !fault.Is(err, fault.BadParameter) {
				t.Errorf("Segments(%.40q) = %q, %v; want a refusal", path, got, err)
			}
			continue
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Segments(%q): %v %s", path, err, diff)
		}
	}
}

func FuzzSegments(f *testing.F) {
	f.Add("/secrets/a%2Fb//..")
	f.Add("//keys/k//sign")
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse(path)
		if err != nil {
			return
		}
		segments, err := httpx.Segments(u)
		for _, s := range segments {
			if err == nil && (s == ".." || s == "." || strings.ContainsAny(s, "/\\\x00")) {
				t.Errorf("%q holds the segment %q", path, s)
			}
		}
	})
}

func TestDecodeNeverEchoesTheBody(t *testing.T) {
	const canary = "canary-77"
	for _, body := range []string{
		`{"value":` + canary, `"` + canary + `"`, `{"value":{"` + canary + `":1}}`, strings.Repeat("[", 1000) + canary, `{"value":"` + canary + `"}x`, "",
	} {
		r := httptest.NewRequest(http.MethodPut, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		var into struct {
			Value string `json:"value"`
		}
		err := httpx.Decode(r, &into, fault.BadParameter)
		if !fault.Is(err, fault.BadParameter) {
			t.Errorf("Decode(%.20q): got %v", body, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error repeats the body: %v", err)
		}
	}
	r := httptest.NewRequest(http.MethodPut, "/", strings.NewReader(`{"value":"`+strings.Repeat("x", httpx.MaxBody)+`"}`))
	if err := httpx.Decode(r, &struct{}{}, fault.BadParameter); !fault.Is(err, fault.PayloadTooLarge) {
		t.Errorf("too large: got %v", err)
	}
	r = httptest.NewRequest(http.MethodPut, "/", strings.NewReader(`value=x`))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := httpx.Decode(r, &struct{}{}, fault.BadParameter); !fault.Is(err, fault.UnsupportedMediaType) {
		t.Errorf("form: got %v", err)
	}
}

func TestWriteErrorShowsFaultsOnly(t *testing.T) {
	w := httptest.NewRecorder()
	httpx.WriteError(w, errors.New("disk /dev/secret is full"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	httpx.WriteError(w, fault.New(fault.SecretDisabled, "Operation get is not allowed on a disabled secret."))
	var got any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"error": map[string]any{
		"code": "Forbidden", "message": "Operation get is not allowed on a disabled secret.", "innererror": map[string]any{"code": "SecretDisabled"},
	}}
	if diff := cmp.Diff(want, got); diff != "" || w.Code != 403 {
		t.Errorf("%d %s", w.Code, diff)
	}
}

func TestQueryAndMethod(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/x?api%2Dversion=2025-07-01", nil)
	if v, ok := httpx.APIVersion(r); !ok || v != "2025-07-01" {
		t.Errorf("got %q %v", v, ok)
	}
	r.Header.Set("X-HTTP-METHOD", "patch")
	if m := httpx.Method(r); m != http.MethodPatch {
		t.Errorf("got %s", m)
	}
	for version, want := range map[string]bool{"7.4": true, "7.4-preview.1": true, "2016-10-01": true, "2026-01-01-preview": true, "": false, "7": false, "latest": false, "7.4; drop": false} {
		r := httptest.NewRequest(http.MethodGet, "/x?api-version="+url.QueryEscape(version), nil)
		if _, ok := httpx.APIVersion(r); ok != want {
			t.Errorf("api-version %q: %v", version, ok)
		}
	}
}
