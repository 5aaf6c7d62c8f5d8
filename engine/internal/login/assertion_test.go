package login_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
)

// signJWT makes a token with any key; derECDSA leaves an ECDSA signature in ASN.1.
func signJWT(t testing.TB, key crypto.Signer, derECDSA bool, header, claims map[string]any) string {
	t.Helper()
	signed := b64([]byte(marshal(t, header))) + "." + b64([]byte(marshal(t, claims)))
	digest := sha256.Sum256([]byte(signed))
	var signature []byte
	var err error
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if header["alg"] == "PS256" {
			signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: 32})
		} else {
			signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		}
	case *ecdsa.PrivateKey:
		if derECDSA {
			signature, err = ecdsa.SignASN1(rand.Reader, key, digest[:])
			break
		}
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key, digest[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(signature)
}

func assertionForm(w *identitytest.World, clientID, assertion string) url.Values {
	return url.Values{
		"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {w.Hosts.VaultResource() + "/.default"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
}

// How the clients sign and name the certificate (azure-clients, 1.3).
func TestCertificateAssertions(t *testing.T) {
	w := identitytest.New(t, nil)
	now := w.Clock.Now()
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsaCert, ecCert := certificate(t, rsaKey, now.Add(-time.Hour), now.Add(48*time.Hour)), certificate(t, ecKey, now.Add(-time.Hour), now.Add(48*time.Hour))
	rsaApp, ecApp := w.Application("rsa"), w.Application("ec")
	addCertificate(w, rsaApp.AppID, rsaCert)
	addCertificate(w, ecApp.AppID, ecCert)
	one, two := sha1.Sum(rsaCert.Raw), sha256.Sum256(rsaCert.Raw)
	ecOne := sha1.Sum(ecCert.Raw)
	endpoint := w.Hosts.Login() + "/" + identitytest.TenantID + "/oauth2/v2.0/token"
	id := 0
	claimsFor := func(app string) map[string]any {
		id++
		return map[string]any{"aud": endpoint, "iss": app, "sub": app, "jti": time.Duration(id).String(), "nbf": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
	}
	for name, tt := range map[string]struct {
		app    identitytest.Principal
		key    crypto.Signer
		der    bool
		header map[string]any
	}{
		"Go":              {rsaApp, rsaKey, false, map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.StdEncoding.EncodeToString(two[:])}},
		"JS":              {rsaApp, rsaKey, false, map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(two[:])}},
		"Python":          {rsaApp, rsaKey, false, map[string]any{"alg": "RS256", "typ": "JWT", "x5t": base64.URLEncoding.EncodeToString(one[:])}},
		"hex":             {rsaApp, rsaKey, false, map[string]any{"alg": "RS256", "x5t": hex.EncodeToString(one[:])}},
		"hashicorp RSA":   {rsaApp, rsaKey, false, map[string]any{"alg": "RS256", "typ": "JWT", "kid": base64.URLEncoding.EncodeToString(one[:])}},
		"hashicorp ECDSA": {ecApp, ecKey, true, map[string]any{"alg": "ES256", "typ": "JWT", "kid": base64.URLEncoding.EncodeToString(ecOne[:])}},
		"JOSE ECDSA":      {ecApp, ecKey, false, map[string]any{"alg": "ES256", "typ": "JWT"}},
	} {
		if a := w.Token(assertionForm(w, tt.app.AppID, signJWT(t, tt.key, tt.der, tt.header, claimsFor(tt.app.AppID)))); a.Status != 200 {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		} else if claims(t, a.Text("access_token"))["appidacr"] != "2" {
			t.Errorf("%s: claims %v", name, claims(t, a.Text("access_token")))
		}
	}
	head := map[string]any{"alg": "RS256", "typ": "JWT", "x5t": base64.URLEncoding.EncodeToString(one[:])}
	with := func(name string, value any) map[string]any {
		c := claimsFor(rsaApp.AppID)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	good := signJWT(t, rsaKey, false, head, claimsFor(rsaApp.AppID))
	for name, tt := range map[string]struct{ client, assertion string }{
		"another key":            {rsaApp.AppID, signJWT(t, other, false, head, claimsFor(rsaApp.AppID))},
		"another application":    {ecApp.AppID, signJWT(t, rsaKey, false, head, claimsFor(ecApp.AppID))},
		"another subject":        {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("sub", ecApp.AppID))},
		"another issuer":         {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("iss", ecApp.AppID))},
		"another audience":       {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("aud", "https://login.microsoftonline.com/x/oauth2/v2.0/token"))},
		"no audience":            {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("aud", nil))},
		"no expiry":              {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("exp", nil))},
		"expired":                {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("exp", now.Add(-time.Second).Unix()))},
		"for a year":             {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("exp", now.Add(365*24*time.Hour).Unix()))},
		"not yet":                {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("nbf", now.Add(10*time.Minute).Unix()))},
		"no id":                  {rsaApp.AppID, signJWT(t, rsaKey, false, head, with("jti", nil))},
		"unknown thumbprint":     {rsaApp.AppID, signJWT(t, rsaKey, false, map[string]any{"alg": "RS256", "x5t": "AAAA"}, claimsFor(rsaApp.AppID))},
		"alg none":               {rsaApp.AppID, b64([]byte(`{"alg":"none"}`)) + "." + strings.Split(good, ".")[1] + ".AAAA"},
		"algorithm of other key": {rsaApp.AppID, signJWT(t, rsaKey, false, map[string]any{"alg": "ES256"}, claimsFor(rsaApp.AppID))},
		"truncated":              {rsaApp.AppID, good[:len(good)-2]},
		"no token":               {rsaApp.AppID, "x"},
		"public client":          {az, signJWT(t, rsaKey, false, head, claimsFor(az))},
	} {
		if a := w.Token(assertionForm(w, tt.client, tt.assertion)); a.Status != 401 || a.Text("error") != "invalid_client" {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	form := assertionForm(w, rsaApp.AppID, good)
	w.Want(w.Token(form), 200)
	w.Want(w.Token(form), 200) // clients keep an assertion
	w.RemoteIP = "198.51.100.66"
	if a := w.Token(form); a.Status != 401 || !strings.Contains(a.Raw, "used before") {
		t.Errorf("a replay from elsewhere: %d %s", a.Status, a.Raw)
	}
	w.RemoteIP = "192.0.2.10"
	both := assertionForm(w, rsaApp.AppID, good)
	both.Set("client_secret", rsaApp.Secret)
	w.Want(w.Token(both), 400)
	w.Clock.Advance(49 * time.Hour)
	late := claimsFor(rsaApp.AppID)
	late["nbf"], late["exp"] = w.Clock.Now().Unix(), w.Clock.Now().Add(time.Minute).Unix()
	if a := w.Token(assertionForm(w, rsaApp.AppID, signJWT(t, rsaKey, false, head, late))); a.Status != 401 {
		t.Errorf("an expired certificate: %d", a.Status)
	}
}

func TestCertificatesOfApplications(t *testing.T) {
	w := identitytest.New(t, nil)
	now := w.Clock.Now()
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	curve, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	app := w.Application("app")
	for name, key := range map[string]any{
		"weak":      base64.StdEncoding.EncodeToString(weakCertificate(t, weak, now)),
		"curve":     base64.StdEncoding.EncodeToString(certificate(t, curve, now, now.Add(time.Hour)).Raw),
		"no base64": "!!", "no certificate": "AAAA", "missing": nil,
	} {
		a := w.Call(w.GraphToken(w.Operator), "PATCH", "/v1.0/applications(appId='"+app.AppID+"')", map[string]any{"keyCredentials": []map[string]any{{"key": key}}})
		if a.Status != 400 {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
}

func weakCertificate(t testing.TB, key *rsa.PrivateKey, now time.Time) []byte {
	t.Helper()
	strong, _ := rsa.GenerateKey(rand.Reader, 2048)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), strong)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// issuer is an identity provider that a test makes up.
type issuer struct {
	url     string
	pages   map[string]func() (status int, body string)
	fetches int
}

// RoundTrip implements http.RoundTripper.
func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	i.fetches++
	res := &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}
	if page, ok := i.pages[r.URL.String()]; ok {
		status, body := page()
		res.StatusCode, res.Body = status, io.NopCloser(bytes.NewReader([]byte(body)))
		if status == http.StatusFound {
			res.Header.Set("Location", body)
		}
	}
	return res, nil
}

func TestFederatedCredentials(t *testing.T) {
	const base = "https://issuer.example.org/realm"
	idp := &issuer{url: base, pages: map[string]func() (int, string){}}
	w := identitytest.New(t, &http.Client{Transport: idp})
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecPublic, _ := ecKey.PublicKey.Bytes()
	jwks := func() string {
		return marshal(t, map[string]any{"keys": []map[string]any{
			{"kty": "RSA", "kid": "r1", "use": "sig", "n": b64(key.N.Bytes()), "e": "AQAB"},
			{"kty": "EC", "kid": "e1", "crv": "P-256", "x": b64(ecPublic[1:33]), "y": b64(ecPublic[33:])},
			{"kty": "oct", "kid": "o1", "k": "AAAA"}, {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"},
		}})
	}
	document := func(issuer, uri string) func() (int, string) {
		return func() (int, string) { return 200, marshal(t, map[string]any{"issuer": issuer, "jwks_uri": uri}) }
	}
	ok := func() {
		idp.pages[base+"/.well-known/openid-configuration"] = document(base, base+"/keys")
		idp.pages[base+"/keys"] = func() (int, string) { return 200, jwks() }
	}
	app := w.Application("workload")
	operator := w.GraphToken(w.Operator)
	appID := w.Want(w.Call(operator, "GET", "/v1.0/applications(appId='"+app.AppID+"')", nil), 200).Text("id")
	credential := map[string]any{"name": "ci", "issuer": base, "subject": "repo:x:ref:main", "audiences": []string{"api://AzureADTokenExchange"}}
	path := "/v1.0/applications/" + appID + "/federatedIdentityCredentials"
	made := w.Want(w.Call(operator, "POST", path, credential), 201)
	w.Want(w.Call(operator, "POST", path, credential), 409)
	for name, change := range map[string]any{"issuer": "http://issuer.example.org", "subject": "", "audiences": []string{"a", "b"}, "name": "a b", "extra": 1} {
		bad := maps.Clone(credential)
		bad["name"] = "other"
		bad[name] = change
		w.Want(w.Call(operator, "POST", path, bad), 400)
	}
	now := func() time.Time { return w.Clock.Now() }
	token := func(signer crypto.Signer, alg, kid string, change map[string]any) string {
		c := map[string]any{"iss": base, "sub": "repo:x:ref:main", "aud": "api://AzureADTokenExchange", "iat": now().Unix(), "nbf": now().Unix(), "exp": now().Add(5 * time.Minute).Unix()}
		maps.Copy(c, change)
		return signJWT(t, signer, false, map[string]any{"alg": alg, "kid": kid, "typ": "JWT"}, c)
	}
	send := func(assertion string) identitytest.Answer { return w.Token(assertionForm(w, app.AppID, assertion)) }

	// An issuer that nobody trusts is never asked.
	for name, change := range map[string]map[string]any{
		"issuer": {"iss": "https://evil.test"}, "issuer with a slash": {"iss": base + "/"}, "subject": {"sub": "repo:x:ref:other"}, "subject in another case": {"sub": "REPO:x:ref:main"},
		"audience": {"aud": "api://other"}, "no subject": {"sub": ""}, "expired": {"exp": now().Add(-time.Minute).Unix()},
	} {
		if a := send(token(key, "RS256", "r1", change)); a.Status != 401 || a.Text("error") != "invalid_client" {
			t.Errorf("another %s: %d %s", name, a.Status, a.Raw)
		}
	}
	if idp.fetches != 0 {
		t.Errorf("%d fetches for tokens that nothing trusts", idp.fetches)
	}
	// Each fault of the issuer is a refusal, and the issuer is left alone for a while.
	for name, spoil := range map[string]func(){
		"nothing there": func() { clear(idp.pages) },
		"redirected document": func() {
			idp.pages[base+"/.well-known/openid-configuration"] = func() (int, string) { return 302, "https://evil.test/" }
		},
		"another's document": func() {
			idp.pages[base+"/.well-known/openid-configuration"] = document("https://evil.test", base+"/keys")
		},
		"keys over http": func() {
			idp.pages[base+"/.well-known/openid-configuration"] = document(base, "http://issuer.example.org/keys")
		},
		"keys in a file":  func() { idp.pages[base+"/.well-known/openid-configuration"] = document(base, "file:///etc/passwd") },
		"redirected keys": func() { idp.pages[base+"/keys"] = func() (int, string) { return 302, base + "/other" } },
		"endless keys": func() {
			idp.pages[base+"/keys"] = func() (int, string) { return 200, strings.Repeat(" ", 65<<10) + jwks() }
		},
		"keys that are no set": func() { idp.pages[base+"/keys"] = func() (int, string) { return 200, "<html>" } },
	} {
		ok()
		spoil()
		w.Clock.Advance(2 * time.Minute)
		before := idp.fetches
		for range 3 {
			if a := send(token(key, "RS256", "r1", nil)); a.Status != 401 || !strings.Contains(a.Raw, "AADSTS50166") {
				t.Errorf("%s: %d %s", name, a.Status, a.Raw)
			}
		}
		if n := idp.fetches - before; n > 2 {
			t.Errorf("%s: %d fetches in a moment", name, n)
		}
	}
	ok()
	w.Clock.Advance(2 * time.Minute)
	a := w.Want(send(token(key, "RS256", "r1", nil)), 200)
	if claims(t, a.Text("access_token"))["oid"] != app.ObjectID {
		t.Error("the token is not the application's")
	}
	before := idp.fetches
	w.Want(send(token(ecKey, "ES256", "e1", nil)), 200)
	w.Want(send(token(key, "PS256", "r1", map[string]any{"aud": []string{"x", "api://AzureADTokenExchange"}})), 200)
	if idp.fetches != before {
		t.Error("keys that are known were fetched again")
	}
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, assertion := range map[string]string{
		"another key": token(other, "RS256", "r1", nil), "another kid": token(key, "RS256", "e1", nil), "unknown kid": token(key, "RS256", "nobody", nil),
		"algorithm": token(key, "RS512", "r1", nil),
	} {
		if a := send(assertion); a.Status != 401 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	w.Want(w.Call(operator, "PATCH", path+"/"+made.Text("id"), map[string]any{"subject": "repo:y"}), 204)
	w.Want(send(token(key, "RS256", "r1", map[string]any{"sub": "repo:y"})), 200)
	w.Want(w.Call(operator, "DELETE", path+"/ci", nil), 204)
	w.Want(send(token(key, "RS256", "r1", map[string]any{"sub": "repo:y"})), 401)
	if list := w.Want(w.Call(operator, "GET", path, nil), 200).List("value"); len(list) != 0 {
		t.Errorf("credentials left: %v", list)
	}
}

func TestFederatedCredentialsWithoutAWayOut(t *testing.T) {
	w := identitytest.New(t, nil)
	app := w.Application("workload")
	operator := w.GraphToken(w.Operator)
	appID := w.Want(w.Call(operator, "GET", "/v1.0/applications(appId='"+app.AppID+"')", nil), 200).Text("id")
	w.Want(w.Call(operator, "POST", "/v1.0/applications/"+appID+"/federatedIdentityCredentials", map[string]any{"name": "ci", "issuer": "https://x.test", "subject": "s", "audiences": []string{"a"}}), 201)
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	assertion := signJWT(t, key, false, map[string]any{"alg": "RS256"}, map[string]any{"iss": "https://x.test", "sub": "s", "aud": "a", "exp": w.Clock.Now().Add(time.Minute).Unix()})
	if a := w.Token(assertionForm(w, app.AppID, assertion)); a.Status != 401 || !strings.Contains(a.Raw, "no outside requests") {
		t.Errorf("%d %s", a.Status, a.Raw)
	}
}
