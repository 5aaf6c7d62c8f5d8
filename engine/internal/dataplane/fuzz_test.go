package dataplane_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/dataplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// A path either names one operation that can be served, or fails with a fault.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		"GET /secrets", "GET //secrets/s/", "POST /keys/k//sign", "POST /keys/k/v/wrapkey", "PUT /secrets/restore", "GET /secrets/%2e%2e/x", "GET /a%2Fb",
		"DELETE /deletedkeys/k", "GET /keys/k/rotationpolicy", "GET /", "PATCH /KEYS/k/v/", "GET /certificates/c/pending", "GET /secrets/s/versions/",
	} {
		method, path, _ := strings.Cut(seed, " ")
		f.Add(method, path)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		u := &url.URL{Path: path, RawPath: path}
		if unescaped, err := url.PathUnescape(path); err == nil {
			u.Path = unescaped
		}
		segments, err := httpx.Segments(u)
		if err != nil {
			return
		}
		op, ref, served, err := dataplane.ParseRoute(method, segments)
		if (err == nil) != served || served != (op != "") {
			t.Fatalf("%s %s: %q %v %v", method, path, op, served, err)
		}
		if err != nil && fault.From(err).Kind == fault.Internal {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		for _, part := range []string{ref.Name, ref.Version} {
			if strings.ContainsAny(part, "/\\") || part == ".." {
				t.Fatalf("%s %s: %+v", method, path, ref)
			}
		}
	})
}

// fuzzBody sends any body to one path: no answer may be a server's error, and every
// answer is JSON.
func fuzzBody(f *testing.F, method, path string, seeds ...string) {
	w := newWorld(f)
	w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	w.ok("POST", "/keys/k/create", `{"kty":"EC"}`)
	for _, seed := range append(seeds, ``, `{}`, `null`, `[]`, `{"tags":{"a":null}}`, `{"attributes":{"nbf":1e9,"exp":-1}}`, `{"value":"\ud800"}`) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := *w
		w.TB = t
		if a := w.do(method, path, string(body)); a.status >= 500 && a.status != http.StatusNotImplemented {
			t.Errorf("%d %s", a.status, a.text)
		}
	})
}

func FuzzSetSecret(f *testing.F) {
	fuzzBody(f, "PUT", "/secrets/s", `{"value":"x","contentType":"t","tags":{"a":"b"},"attributes":{"enabled":true,"nbf":1,"exp":2}}`)
}

func FuzzUpdateSecret(f *testing.F) {
	fuzzBody(f, "PATCH", "/secrets/s", `{"contentType":null,"tags":{},"attributes":{"enabled":true,"nbf":null}}`)
}

func FuzzRestoreSecret(f *testing.F) {
	fuzzBody(f, "POST", "/secrets/restore", `{"value":"KUF6dXJlS2V5VmF1bHRTZWNyZXRCYWNrdXBWMS5taWNyb3NvZnQuY29tAQ"}`)
}

func FuzzCreateKey(f *testing.F) {
	fuzzBody(f, "POST", "/keys/new/create", `{"kty":"EC","crv":"P-256","key_ops":["sign"],"attributes":{"exportable":false}}`, `{"kty":"oct-HSM","key_size":256}`)
}

func FuzzImportKey(f *testing.F) {
	fuzzBody(f, "PUT", "/keys/new", rsaJWK, `{"key":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"},"Hsm":true}`)
}

func FuzzUpdateKey(f *testing.F) {
	fuzzBody(f, "PATCH", "/keys/k", `{"key_ops":["sign","verify"],"release_policy":null}`)
}

func FuzzCrypto(f *testing.F) {
	fuzzBody(f, "POST", "/keys/k/sign", `{"alg":"ES256","value":"`+digest32+`"}`, `{"alg":"A256GCM","value":"AA","iv":"AA","aad":"AA","tag":"AA"}`)
}

func FuzzVerify(f *testing.F) {
	fuzzBody(f, "POST", "/keys/k/verify", `{"alg":"ES256","digest":"`+digest32+`","value":"AA"}`)
}

func FuzzRotationPolicy(f *testing.F) {
	fuzzBody(f, "PUT", "/keys/k/rotationpolicy", rotationPolicy(afterCreate+`"P30D"`, beforeExpiry+`"P7D"`, "P90D"))
}

func FuzzSkipToken(f *testing.F) {
	w := newWorld(f)
	for _, n := range []string{"a", "b"} {
		w.ok("PUT", "/secrets/"+n, `{"value":"x"}`)
	}
	next, err := url.Parse(w.ok("GET", "/secrets?maxresults=1", "").at("nextLink"))
	w.must(err)
	token := next.Query().Get("$skiptoken")
	for _, seed := range []string{token, token[1:], token + "A", "", "x", "AA=="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := *w
		w.TB = t
		a := w.do("GET", "/secrets?$skiptoken="+url.QueryEscape(text), "")
		if want := text == "" || text == token; (a.status == 200) != want || a.status != 200 && a.status != 400 {
			t.Errorf("%q: %d %s", text, a.status, a.text)
		}
	})
}

// What passes decodes to exactly what was written.
func FuzzLoneSurrogate(f *testing.F) {
	for _, seed := range []string{`\ud83d\ude00`, `\ud800`, `\udc00`, `\\ud800`, `\ud800\ud800\udc00`, `\uD800x`, `\ud800\`, `\ud80`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out string
		quoted := []byte(`"` + text + `"`)
		if !utf8.ValidString(text) || json.Unmarshal(quoted, &out) != nil {
			return
		}
		mangled := strings.Count(out, "\uFFFD") > strings.Count(text, "\uFFFD")+strings.Count(strings.ToLower(text), `\ufffd`)
		if mangled && !dataplane.LoneSurrogate(quoted) {
			t.Errorf("%s became %q", text, out)
		}
		if !strings.Contains(text, `\`) && dataplane.LoneSurrogate(quoted) {
			t.Errorf("%s was refused", text)
		}
	})
}
