package login_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
)

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// forge signs a token with the service's own key, from texts of JSON.
func forge(t testing.TB, w *identitytest.World, header, payload string) string {
	t.Helper()
	h, p := b64([]byte(header)), b64([]byte(payload))
	signature, err := w.Login.SignRaw(context.Background(), h, p)
	if err != nil {
		t.Fatal(err)
	}
	return h + "." + p + "." + b64(signature)
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The token matrix: what is wrong with a token, one thing at a time, and how each
// service words it.
func TestTokenMatrix(t *testing.T) {
	w := identitytest.New(t, nil)
	aud := w.Hosts.VaultResource()
	good := w.ClientToken(w.Operator, aud+"/.default")
	head, body := header(t, good), claims(t, good)
	now := w.Clock.Now().Unix()
	altered := func(change func(h, c map[string]any)) string {
		h, c := maps.Clone(head), maps.Clone(body)
		change(h, c)
		return forge(t, w, marshal(t, h), marshal(t, c))
	}
	set := func(name string, value any) string {
		return altered(func(_, c map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		})
	}
	setHeader := func(name string, value any) string {
		return altered(func(h, _ map[string]any) {
			if h[name] = value; value == nil {
				delete(h, name)
			}
		})
	}
	if _, err := w.Authenticate(set("uti", "other"), httpx.VaultAudience); err != nil {
		t.Fatalf("a forged token without a fault is refused, so this test proves nothing: %v", err)
	}
	parts := strings.Split(good, ".")
	public, err := w.Login.SigningPublic(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	der, _ := x509.MarshalPKIXPublicKey(public)
	hs256 := func(secret []byte) string {
		h := b64([]byte(marshal(t, map[string]any{"typ": "JWT", "alg": "HS256", "kid": head["kid"]})))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(h + "." + parts[1]))
		return h + "." + parts[1] + "." + b64(mac.Sum(nil))
	}
	foreign, _ := rsa.GenerateKey(rand.Reader, 2048)
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	foreignSignature, _ := rsa.SignPKCS1v15(rand.Reader, foreign, crypto.SHA256, digest[:])
	none := b64([]byte(`{"typ":"JWT","alg":"none"}`))
	payload := marshal(t, body)
	const (
		malformed = "[TokenMalformed] Error validating token."
		unsigned  = "AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '"
		issuer    = "AKV10032: Invalid issuer. Expected one of https://login.coffer.test:8443/" + identitytest.TenantID + "/, found "
		audience  = "AKV10022: Invalid audience. Expected https://vault.coffer.test:8443, found: "
		expired   = "[TokenExpired] Error validating token: 'S2S12086'."
	)
	for name, tt := range map[string]struct{ token, text string }{
		"empty":                      {"", malformed},
		"one part":                   {parts[0], malformed},
		"two parts":                  {parts[0] + "." + parts[1], malformed},
		"four parts":                 {good + ".x", malformed},
		"empty signature":            {parts[0] + "." + parts[1] + ".", malformed},
		"truncated signature":        {good[:len(good)-2], unsigned},
		"truncated by one":           {good[:len(good)-1], malformed},
		"line break inside":          {parts[0] + "\n." + parts[1] + "." + parts[2], malformed},
		"space before":               {" " + good, malformed},
		"padded":                     {parts[0] + "." + parts[1] + "." + parts[2] + "==", malformed},
		"alphabet of plain base64":   {strings.NewReplacer("-", "+", "_", "/").Replace(good) + "+", malformed},
		"too long":                   {good + strings.Repeat("A", 16<<10), malformed},
		"alg none":                   {none + "." + parts[1] + ".", malformed},
		"alg none, signature kept":   {none + "." + parts[1] + "." + parts[2], unsigned},
		"alg None in another case":   {setHeader("alg", "rs256"), unsigned},
		"HS256 with public key DER":  {hs256(der), unsigned},
		"HS256 with public key PEM":  {hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), unsigned},
		"HS256 with the modulus":     {hs256(public.N.Bytes()), unsigned},
		"another key's signature":    {parts[0] + "." + parts[1] + "." + b64(foreignSignature), unsigned},
		"another token's claims":     {parts[0] + "." + b64([]byte(strings.Replace(payload, w.Operator.ObjectID, identitytest.TenantID, 1))) + "." + parts[2], unsigned},
		"unknown kid":                {setHeader("kid", "nobody"), unsigned},
		"no kid":                     {setHeader("kid", nil), unsigned},
		"kid is a number":            {setHeader("kid", 7), unsigned},
		"kid is SQL":                 {setHeader("kid", "' OR 1=1 --"), unsigned},
		"no typ":                     {setHeader("typ", nil), malformed},
		"wrong typ":                  {setHeader("typ", "JWE"), malformed},
		"crit":                       {setHeader("crit", []string{"exp"}), malformed},
		"aud twice":                  {forge(t, w, marshal(t, head), strings.Replace(payload, "{", `{"aud":"`+aud+`",`, 1)), malformed},
		"aud twice, one escaped":     {forge(t, w, marshal(t, head), strings.Replace(payload, "{", `{"\u0061ud":"x",`, 1)), malformed},
		"alg twice":                  {forge(t, w, strings.Replace(marshal(t, head), "{", `{"alg":"none",`, 1), payload), malformed},
		"nested name twice":          {forge(t, w, marshal(t, head), strings.Replace(payload, "{", `{"x":{"a":1,"a":2},`, 1)), malformed},
		"claims are a list":          {forge(t, w, marshal(t, head), `["`+aud+`"]`), malformed},
		"two objects":                {forge(t, w, marshal(t, head), payload+payload), malformed},
		"AUD in upper case":          {altered(func(_, c map[string]any) { c["AUD"] = c["aud"]; delete(c, "aud") }), malformed},
		"no aud":                     {set("aud", nil), malformed},
		"aud is a list":              {set("aud", []string{aud}), malformed},
		"another service's aud":      {set("aud", w.Hosts.Management()), audience + "https://management.coffer.test:8443."},
		"unknown aud":                {set("aud", "https://vault.coffer.test.evil:8443"), audience + "https://vault.coffer.test.evil:8443."},
		"aud with two slashes":       {set("aud", aud+"//"), audience},
		"no iss":                     {set("iss", nil), issuer},
		"another iss":                {set("iss", "https://sts.windows.net/"+identitytest.TenantID+"/"), issuer + "https://sts.windows.net/" + identitytest.TenantID + "/."},
		"iss without its slash":      {set("iss", strings.TrimSuffix(body["iss"].(string), "/")), issuer},
		"another tenant":             {set("tid", "66666666-2222-4333-8444-555555555555"), "AKV10032"},
		"no tenant":                  {set("tid", nil), "AKV10032"},
		"no exp":                     {set("exp", nil), malformed},
		"exp is text":                {set("exp", fmt.Sprint(now+100)), malformed},
		"exp is huge":                {set("exp", 1e300), malformed},
		"exp is negative":            {set("exp", -1), malformed},
		"exp is now":                 {set("exp", now), expired},
		"expired":                    {set("exp", now-1), expired},
		"no nbf":                     {set("nbf", nil), malformed},
		"nbf in six minutes":         {set("nbf", now+360), "[TokenNotYetValid]"},
		"no iat":                     {set("iat", nil), malformed},
		"no oid":                     {set("oid", nil), malformed},
		"empty oid":                  {set("oid", ""), malformed},
		"oid is a list":              {set("oid", []string{w.Operator.ObjectID}), malformed},
		"no appid":                   {set("appid", nil), malformed},
		"no appidacr":                {set("appidacr", nil), malformed},
		"no idtyp":                   {set("idtyp", nil), malformed},
		"unknown idtyp":              {set("idtyp", "device"), malformed},
		"another version":            {set("ver", "2.0"), malformed},
		"claim of a kilobyte and up": {set("oid", strings.Repeat("a", 1100)), malformed},
	} {
		c, err := w.Authenticate(tt.token, httpx.VaultAudience)
		if err == nil || !c.IsZero() {
			t.Errorf("%s: accepted as %+v", name, c)
			continue
		}
		if f := fault.From(err); f.Kind != fault.Unauthorized || !strings.HasPrefix(f.Message, tt.text) {
			t.Errorf("%s: %v, want %s", name, err, tt.text)
		}
		if sig := parts[2]; strings.Contains(err.Error(), sig[:20]) {
			t.Errorf("%s: the message quotes a signature", name)
		}
		for _, other := range []httpx.Audience{httpx.ManagementAudience, httpx.GraphAudience} {
			if _, err := w.Authenticate(tt.token, other); err == nil && name != "another service's aud" {
				t.Errorf("%s: accepted by service %d", name, other)
			}
		}
	}
	if _, err := w.Authenticate(set("nbf", now+240), httpx.VaultAudience); err != nil {
		t.Errorf("a clock that is four minutes ahead: %v", err)
	}
	// A token stays verified, but not valid.
	w.Clock.Advance(time.Hour)
	if _, err := w.Authenticate(good, httpx.VaultAudience); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("an expired token that was seen before: %v", err)
	}
}

func TestWordingOfOtherServices(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.ClientToken(w.Operator, w.Hosts.VaultResource()+"/.default")
	expired := w.ClientToken(w.Operator, w.Hosts.Management()+"/.default")
	ask := func(authorization string, aud httpx.Audience) (*fault.Error, bool) {
		r := httptest.NewRequest(http.MethodGet, "https://x.test/", nil)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		_, missing, err := w.Login.Authenticate(r, aud)
		return fault.From(err), missing
	}
	for _, tt := range []struct {
		authorization string
		aud           httpx.Audience
		missing       bool
		kind          fault.Kind
		text          string
	}{
		{"", httpx.VaultAudience, true, fault.Unauthorized, "AKV10000: Request is missing a Bearer or PoP token."},
		{"Basic eDp5", httpx.VaultAudience, true, fault.Unauthorized, "AKV10000"},
		{"", httpx.ManagementAudience, true, fault.AuthenticationFailed, "Authentication failed. The 'Authorization' header is missing."},
		{"", httpx.GraphAudience, true, fault.GraphUnauthorized, "Access token is empty."},
		{"Bearer x", httpx.ManagementAudience, false, fault.InvalidAuthenticationToken, "The access token is invalid."},
		{"Bearer x", httpx.GraphAudience, false, fault.GraphUnauthorized, "Invalid access token."},
		{"Bearer " + token, httpx.ManagementAudience, false, fault.InvalidAuthenticationToken, "The access token has been obtained for wrong audience or resource 'https://vault.coffer.test:8443'."},
		{"bearer " + token, httpx.GraphAudience, false, fault.GraphUnauthorized, "Access token validation failure. Invalid audience."},
	} {
		f, missing := ask(tt.authorization, tt.aud)
		if missing != tt.missing || f.Kind != tt.kind || !strings.HasPrefix(f.Message, tt.text) {
			t.Errorf("%.20q at %d: missing %v, %v", tt.authorization, tt.aud, missing, f)
		}
	}
	w.Clock.Advance(2 * time.Hour)
	if f, _ := ask("Bearer "+expired, httpx.ManagementAudience); f.Kind != fault.ExpiredAuthenticationToken || !strings.HasPrefix(f.Message, "The access token expiry UTC time '11/25/2026 1:00:00 PM' is earlier than current UTC time '11/25/2026 2:00:00 PM'.") {
		t.Errorf("expired: %v", f)
	}
	r := httptest.NewRequest(http.MethodGet, "https://x.test/", nil)
	r.Header.Add("Authorization", "Bearer "+token)
	r.Header.Add("Authorization", "Bearer "+token)
	if _, _, err := w.Login.Authenticate(r, httpx.VaultAudience); err == nil {
		t.Error("two Authorization headers are accepted")
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	w := identitytest.New(b, nil)
	token := w.ClientToken(w.Operator, w.Hosts.VaultResource()+"/.default")
	r := httptest.NewRequest(http.MethodGet, "https://x.test/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := w.Login.Authenticate(r, httpx.VaultAudience); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParseJWT(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
	f.Add("..")
	f.Add("eyJhIjoxLCJhIjoyfQ.e30.AA")
	f.Add("e30.W10.AA")
	w := identitytest.New(f, nil)
	f.Add(w.ClientToken(w.Operator, w.Hosts.VaultResource()+"/.default"))
	f.Fuzz(func(t *testing.T, token string) {
		if login := w.Login.VerifyToken(context.Background(), token); login {
			// Only the seed that the service made is good.
			if claims(t, token)["oid"] != w.Operator.ObjectID {
				t.Errorf("accepted %q", token)
			}
		}
	})
}
