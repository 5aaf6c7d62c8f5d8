package login_test

import (
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// browser keeps cookies and fills in forms, as far as the pages need it.
type browser struct {
	t      testing.TB
	w      *identitytest.World
	cookie *http.Cookie
	hidden url.Values
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

func (b *browser) send(r *http.Request) *httptest.ResponseRecorder {
	b.t.Helper()
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	rec := b.w.Send(b.w.Login, r)
	for _, c := range rec.Result().Cookies() {
		if c.Name != "__Host-coffer-csrf" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
			b.t.Errorf("cookie %v", c)
		}
		b.cookie = c
	}
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		b.hidden = url.Values{}
		for _, m := range hiddenField.FindAllStringSubmatch(rec.Body.String(), -1) {
			b.hidden.Set(m[1], strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">").Replace(m[2]))
		}
		csp := rec.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'") || strings.Contains(rec.Body.String(), "<script") {
			b.t.Errorf("a page without protection: %s", csp)
		}
	}
	return rec
}

func (b *browser) get(path string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(httptest.NewRequest(http.MethodGet, b.w.Hosts.Login()+path, nil))
}

// submit sends the page's form with what the user filled in.
func (b *browser) submit(path string, fields url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	form := url.Values{}
	for name, values := range b.hidden {
		form[name] = values
	}
	for name, values := range fields {
		form[name] = values
	}
	r := httptest.NewRequest(http.MethodPost, b.w.Hosts.Login()+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.send(r)
}

const devicePage = "/common/oauth2/deviceauth"

func confirmDevice(t testing.TB, w *identitytest.World, code, user, password, otp string) {
	t.Helper()
	b := &browser{t: t, w: w}
	b.get(devicePage)
	if rec := b.submit(devicePage, url.Values{"user_code": {strings.ToLower(code)}}); rec.Code != 200 || !strings.Contains(rec.Body.String(), "Azure CLI") {
		t.Fatalf("after the code: %d %s", rec.Code, rec.Body)
	}
	if rec := b.submit(devicePage, url.Values{"username": {user}, "password": {password}, "otp": {otp}}); rec.Code != 200 || !strings.Contains(rec.Body.String(), "You have signed in") {
		t.Fatalf("after the sign-in: %d %s", rec.Code, rec.Body)
	}
}

func TestDeviceCode(t *testing.T) {
	w := identitytest.New(t, nil)
	w.User("alice@example.org", goodPassword)
	start := func() identitytest.Answer {
		return w.Want(w.Post("/organizations/oauth2/v2.0/devicecode", url.Values{"client_id": {az}, "scope": {w.Hosts.Management() + "/.default offline_access openid"}}), 200)
	}
	device := start()
	poll := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}, "client_id": {az}, "device_code": {device.Text("device_code")}}
	if a := w.Token(poll); a.Status != 400 || a.Text("error") != "authorization_pending" {
		t.Errorf("first poll: %d %s", a.Status, a.Raw)
	}
	w.Clock.Advance(time.Second)
	if a := w.Token(poll); a.Text("error") != "slow_down" {
		t.Errorf("a poll too soon: %s", a.Raw)
	}
	w.Clock.Advance(5 * time.Second)
	if a := w.Token(poll); a.Text("error") != "authorization_pending" {
		t.Errorf("a poll in time: %s", a.Raw)
	}
	b := &browser{t: t, w: w}
	b.get(devicePage)
	if rec := b.submit(devicePage, url.Values{"user_code": {"BBBB-BBBB"}}); rec.Code != 400 {
		t.Errorf("an unknown user code: %d", rec.Code)
	}
	b.submit(devicePage, url.Values{"user_code": {device.Text("user_code")}})
	if rec := b.submit(devicePage, url.Values{"username": {"alice@example.org"}, "password": {"wrong"}}); rec.Code != 401 || !strings.Contains(rec.Body.String(), "is wrong") {
		t.Errorf("a wrong password: %d", rec.Code)
	}
	if rec := b.submit(devicePage, url.Values{"username": {"alice@example.org"}, "password": {goodPassword}, "csrf": {"x"}}); rec.Code != 400 {
		t.Errorf("a forged form: %d", rec.Code)
	}
	confirmDevice(t, w, device.Text("user_code"), "alice@example.org", goodPassword, "")
	a := w.Want(w.Token(poll), 200)
	if a.Text("refresh_token") == "" || a.Text("id_token") == "" {
		t.Errorf("reply: %v", a.Body)
	}
	if _, err := w.Authenticate(a.Text("access_token"), httpx.ManagementAudience); err != nil {
		t.Error(err)
	}
	if a := w.Token(poll); a.Status != 400 || a.Text("error") != "invalid_grant" {
		t.Errorf("a device code that was used: %d %s", a.Status, a.Raw)
	}
	late := start()
	w.Clock.Advance(16 * time.Minute)
	poll.Set("device_code", late.Text("device_code"))
	if a := w.Token(poll); a.Text("error") != "expired_token" {
		t.Errorf("an expired device code: %s", a.Raw)
	}
	if a := w.Post("/common/oauth2/v2.0/devicecode", url.Values{"client_id": {w.Operator.AppID}, "scope": {w.Hosts.Graph() + "/.default"}}); a.Status != 401 {
		t.Errorf("a confidential client: %d %s", a.Status, a.Raw)
	}
}

func TestRefreshTokens(t *testing.T) {
	w := identitytest.New(t, nil)
	alice := w.User("alice@example.org", goodPassword)
	first := w.Want(w.Token(passwordForm("alice@example.org", goodPassword, w.Hosts.VaultResource()+"/.default offline_access")), 200)
	refresh := func(token string, scope string) identitytest.Answer {
		form := url.Values{"grant_type": {"refresh_token"}, "client_id": {az}, "refresh_token": {token}}
		if scope != "" {
			form.Set("scope", scope)
		}
		return w.Token(form)
	}
	a := w.Want(refresh(first.Text("refresh_token"), w.Hosts.Management()+"/.default"), 200)
	if _, err := w.Authenticate(a.Text("access_token"), httpx.ManagementAudience); err != nil {
		t.Errorf("a token for another service: %v", err)
	}
	second := a.Text("refresh_token")
	if second == "" || second == first.Text("refresh_token") {
		t.Error("the refresh token did not change")
	}
	if got := claims(t, w.Want(refresh(second, ""), 200).Text("access_token"))["aud"]; got != w.Hosts.Management() {
		t.Errorf("without a scope: aud = %v", got)
	}
	w.Want(refresh(second, ""), 200) // a client that raced with itself
	w.Clock.Advance(2 * time.Minute)
	if a := refresh(second, ""); a.Status != 400 || a.Text("error") != "invalid_grant" {
		t.Errorf("a used refresh token: %d %s", a.Status, a.Raw)
	}
	for name, token := range map[string]string{"truncated": second[:20], "empty": "", "longer": second + "A"} {
		if a := refresh(token, ""); a.Status != 400 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	sign := func() string {
		return w.Want(w.Token(passwordForm("alice@example.org", goodPassword, w.Hosts.VaultResource()+"/.default offline_access")), 200).Text("refresh_token")
	}
	operator := w.GraphToken(w.Operator)
	for name, revoke := range map[string]func(){
		"revoked": func() { w.Want(w.Call(operator, "POST", "/v1.0/users/"+alice+"/revokeSignInSessions", nil), 200) },
		"password changed": func() {
			w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+alice, map[string]any{"passwordProfile": map[string]any{"password": goodPassword}}), 204)
		},
		"disabled": func() {
			w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+alice, map[string]any{"accountEnabled": false}), 204)
		},
	} {
		token := sign()
		w.Clock.Advance(time.Millisecond)
		revoke()
		if a := refresh(token, ""); a.Status != 400 || a.Text("error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
		w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+alice, map[string]any{"accountEnabled": true}), 204)
		if a := refresh(token, ""); a.Status != 400 {
			t.Errorf("%s, then enabled: %d", name, a.Status)
		}
		w.Clock.Advance(time.Millisecond)
	}
	token := sign()
	other := url.Values{"grant_type": {"refresh_token"}, "client_id": {w.Operator.AppID}, "client_secret": {w.Operator.Secret}, "refresh_token": {token}}
	if a := w.Token(other); a.Status != 400 || a.Text("error") != "invalid_grant" {
		t.Errorf("another client's refresh token: %d %s", a.Status, a.Raw)
	}
	w.Clock.Advance(91 * 24 * time.Hour)
	if a := refresh(token, ""); a.Status != 400 {
		t.Errorf("an old refresh token: %d", a.Status)
	}
}

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return b64(sum[:])
}

func TestAuthorizationCode(t *testing.T) {
	w := identitytest.New(t, nil)
	alice := w.User("alice@example.org", goodPassword)
	const page = "/organizations/oauth2/v2.0/authorize"
	query := url.Values{
		"client_id": {az}, "redirect_uri": {"http://localhost:53999"}, "response_type": {"code"}, "scope": {w.Hosts.Management() + "//.default openid offline_access"},
		"state": {`x&"'<y>`}, "nonce": {"n-0S6"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "login_hint": {"alice@example.org"},
	}
	with := func(name, value string) string {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
		return page + "?" + q.Encode()
	}
	for name, path := range map[string]string{
		"foreign redirect": with("redirect_uri", "https://evil.test/"), "redirect with user": with("redirect_uri", "http://localhost:1@evil.test/"),
		"no redirect": with("redirect_uri", ""), "unknown client": with("client_id", identitytest.TenantID), "client is a script": with("client_id", "<script>alert(1)</script>"),
	} {
		b := &browser{t: t, w: w}
		rec := b.get(path)
		if rec.Code != 400 || rec.Header().Get("Location") != "" || strings.Contains(rec.Body.String(), "<script") {
			t.Errorf("%s: %d to %q", name, rec.Code, rec.Header().Get("Location"))
		}
	}
	for name, path := range map[string]string{
		"no challenge": with("code_challenge", ""), "plain challenge": with("code_challenge_method", "plain"), "implicit flow": with("response_type", "token"),
		"unknown service": with("scope", "https://evil.test/.default"),
	} {
		b := &browser{t: t, w: w}
		location, err := url.Parse(b.get(path).Header().Get("Location"))
		if err != nil || location.Host != "localhost:53999" || location.Query().Get("error") == "" || location.Query().Get("state") != `x&"'<y>` {
			t.Errorf("%s: to %v", name, location)
		}
	}
	b := &browser{t: t, w: w}
	rec := b.get(with("", ""))
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), `value="alice@example.org"`) || !strings.Contains(rec.Header().Get("Content-Security-Policy"), "http://localhost:53999") {
		t.Fatalf("page: %d %s", rec.Code, rec.Body)
	}
	user := url.Values{"username": {"alice@example.org"}, "password": {"wrong"}}
	if rec := b.submit(page, user); rec.Code != 401 || strings.Contains(rec.Body.String(), `value="wrong"`) {
		t.Errorf("a wrong password: %d %s", rec.Code, rec.Body)
	}
	user.Set("password", goodPassword)
	stolen := &browser{t: t, w: w, hidden: b.hidden}
	if rec := stolen.submit(page, user); rec.Code != 400 {
		t.Errorf("a form without the cookie: %d", rec.Code)
	}
	b.hidden.Set("redirect_uri", "https://evil.test/")
	if rec := b.submit(page, user); rec.Code != 400 {
		t.Errorf("a form whose redirect was changed: %d", rec.Code)
	}
	b.get(with("", ""))
	code := func() string {
		rec := b.submit(page, user)
		location, err := url.Parse(rec.Header().Get("Location"))
		if rec.Code != http.StatusSeeOther || err != nil || location.Query().Get("state") != `x&"'<y>` {
			t.Fatalf("after the sign-in: %d %s", rec.Code, rec.Body)
		}
		return location.Query().Get("code")
	}
	redeem := func(code, verifier, redirect string) identitytest.Answer {
		return w.Token(url.Values{"grant_type": {"authorization_code"}, "client_id": {az}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}, "scope": {w.Hosts.Management() + "//.default"}})
	}
	first := code()
	for name, a := range map[string]identitytest.Answer{
		"wrong verifier": redeem(first, strings.Repeat("a", 43), "http://localhost:53999"), "no verifier": redeem(first, "", "http://localhost:53999"),
		"other redirect": redeem(first, verifier, "http://localhost:1"), "truncated": redeem(first[:30], verifier, "http://localhost:53999"),
	} {
		if a.Status != 400 || a.Text("error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	a := w.Want(redeem(first, verifier, "http://localhost:53999"), 200)
	if c, err := w.Authenticate(a.Text("access_token"), httpx.ManagementAudience); err != nil || c.ObjectID != alice {
		t.Errorf("caller: %+v %v", c, err)
	}
	if id := claims(t, a.Text("id_token")); id["nonce"] != "n-0S6" || id["aud"] != az {
		t.Errorf("id token: %v", id)
	}
	// The second use of a code ends what the first one gave.
	if a := redeem(first, verifier, "http://localhost:53999"); a.Status != 400 {
		t.Errorf("a used code: %d", a.Status)
	}
	if a := w.Token(url.Values{"grant_type": {"refresh_token"}, "client_id": {az}, "refresh_token": {a.Text("refresh_token")}}); a.Status != 400 {
		t.Errorf("the refresh token of a code that was used twice: %d", a.Status)
	}
	b.get(with("", ""))
	late := code()
	w.Clock.Advance(6 * time.Minute)
	if a := redeem(late, verifier, "http://localhost:53999"); a.Status != 400 {
		t.Errorf("an old code: %d", a.Status)
	}
	b.get(with("response_mode", "form_post"))
	if rec := b.submit(page, user); rec.Code != 200 || b.hidden.Get("code") == "" || b.hidden.Get("state") != `x&"'<y>` || !strings.Contains(rec.Body.String(), `action="http://localhost:53999"`) {
		t.Errorf("form_post: %d %s", rec.Code, rec.Body)
	}
}

func TestSecondFactor(t *testing.T) {
	w := identitytest.New(t, nil)
	id := w.User("alice@example.org", goodPassword)
	operator := w.GraphToken(w.Operator)
	made := w.Want(w.Call(operator, "POST", "/beta/users/"+id+"/authentication/softwareOathMethods", map[string]any{}), 201)
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(made.Text("secretKey"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(w.Files()), made.Text("secretKey")) || strings.Contains(string(w.Files()), string(raw)) {
		t.Error("the TOTP secret is in a file")
	}
	otp := func() string { return directory.TOTPCode(sensitive.NewBytes(raw), w.Clock.Now()) }
	form := passwordForm("alice@example.org", goodPassword, w.Hosts.VaultResource()+"/.default")
	if a := w.Token(form); a.Status != 400 || !strings.Contains(a.Raw, "AADSTS50076") {
		t.Errorf("the password grant of a user with a second factor: %d %s", a.Status, a.Raw)
	}
	try := func(otp string) *httptest.ResponseRecorder {
		device := w.Want(w.Post("/common/oauth2/v2.0/devicecode", url.Values{"client_id": {az}, "scope": {w.Hosts.VaultResource() + "/.default"}}), 200)
		b := &browser{t: t, w: w}
		b.get(devicePage)
		b.submit(devicePage, url.Values{"user_code": {device.Text("user_code")}})
		rec := b.submit(devicePage, url.Values{"username": {"alice@example.org"}, "password": {goodPassword}, "otp": {otp}})
		if rec.Code == 200 {
			a := w.Want(w.Token(url.Values{"grant_type": {"device_code"}, "client_id": {az}, "device_code": {device.Text("device_code")}}), 200)
			c, err := w.Authenticate(a.Text("access_token"), httpx.VaultAudience)
			if err != nil || strings.Join(c.AuthMethods, " ") != "pwd mfa" {
				t.Errorf("caller: %+v %v", c, err)
			}
		}
		return rec
	}
	for name, code := range map[string]string{"none": "", "wrong": "000000", "old": directory.TOTPCode(sensitive.NewBytes(raw), w.Clock.Now().Add(-2*time.Minute)), "with a space": otp()[:3] + " " + otp()[3:]} {
		if rec := try(code); rec.Code != 401 {
			t.Errorf("code %s: %d", name, rec.Code)
		}
	}
	code := otp()
	if rec := try(code); rec.Code != 200 {
		t.Errorf("the right code: %d %s", rec.Code, rec.Body)
	}
	for _, again := range []string{code, " " + code} {
		if rec := try(again); rec.Code != 401 {
			t.Errorf("a code that was used (%q): %d", again, rec.Code)
		}
	}
	w.Clock.Advance(31 * time.Second)
	if rec := try(otp()); rec.Code != 200 {
		t.Errorf("the next code: %d", rec.Code)
	}
	w.Want(w.Call(operator, "DELETE", "/beta/users/"+id+"/authentication/softwareOathMethods/softwareOath", nil), 204)
	w.Want(w.Token(form), 200)
}

// RFC 6238, appendix B (SHA-1, the last six of the eight digits).
func TestTOTPVectors(t *testing.T) {
	secret := sensitive.NewBytes([]byte("12345678901234567890"))
	for seconds, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		if got := directory.TOTPCode(secret, time.Unix(seconds, 0)); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
	}
}

func TestManagedIdentity(t *testing.T) {
	w := identitytest.New(t, nil)
	h := w.Login.ManagedIdentity(managed(w))
	ask := func(change func(r *http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/msi/token?api-version=2019-08-01&resource="+url.QueryEscape(w.Hosts.VaultResource()), nil)
		r.RemoteAddr = "127.0.0.1:4711"
		r.Header.Set("X-IDENTITY-HEADER", "header-secret")
		if change != nil {
			change(r)
		}
		return w.Send(h, r)
	}
	rec := ask(nil)
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), `"expires_on":"`) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	token := regexp.MustCompile(`"access_token":"([^"]+)"`).FindStringSubmatch(rec.Body.String())[1]
	if c, err := w.Authenticate(token, httpx.VaultAudience); err != nil || c.ObjectID != w.Operator.ObjectID {
		t.Errorf("caller: %+v %v", c, err)
	}
	for name, change := range map[string]func(r *http.Request){
		"no header":          func(r *http.Request) { r.Header.Del("X-IDENTITY-HEADER") },
		"wrong header":       func(r *http.Request) { r.Header.Set("X-IDENTITY-HEADER", "x") },
		"from elsewhere":     func(r *http.Request) { r.RemoteAddr = "192.0.2.1:1" },
		"by a name":          func(r *http.Request) { r.Host = "rebound.evil.test:8080" },
		"no version":         func(r *http.Request) { r.URL.RawQuery = "resource=" + url.QueryEscape(w.Hosts.Graph()) },
		"no resource":        func(r *http.Request) { r.URL.RawQuery = "api-version=2019-08-01" },
		"unknown resource":   func(r *http.Request) { r.URL.RawQuery = "api-version=2019-08-01&resource=https://evil.test" },
		"another identity":   func(r *http.Request) { r.URL.RawQuery += "&client_id=" + az },
		"by the resource id": func(r *http.Request) { r.URL.RawQuery += "&mi_res_id=/subscriptions/x" },
		"post":               func(r *http.Request) { r.Method = http.MethodPost },
	} {
		if rec := ask(change); rec.Code < 400 || strings.Contains(rec.Body.String(), "access_token\":") {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
}

func TestPasswordThatMustBeChanged(t *testing.T) {
	w := identitytest.New(t, nil)
	id := w.User("alice@example.org", goodPassword)
	operator := w.GraphToken(w.Operator)
	w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+id, map[string]any{"passwordProfile": map[string]any{"forceChangePasswordNextSignIn": true}}), 204)
	form := passwordForm("alice@example.org", goodPassword, w.Hosts.VaultResource()+"/.default")
	if a := w.Token(form); a.Status != 400 || !strings.Contains(a.Raw, "AADSTS50055") {
		t.Errorf("password grant: %d %s", a.Status, a.Raw)
	}
	device := w.Want(w.Post("/common/oauth2/v2.0/devicecode", url.Values{"client_id": {az}, "scope": {w.Hosts.VaultResource() + "/.default"}}), 200)
	b := &browser{t: t, w: w}
	b.get(devicePage)
	b.submit(devicePage, url.Values{"user_code": {device.Text("user_code")}})
	const renewed = "Canary-N3w-Passw0rd"
	fields := url.Values{"username": {"alice@example.org"}, "password": {goodPassword}}
	if rec := b.submit(devicePage, fields); rec.Code != 401 || !strings.Contains(rec.Body.String(), `name="new_password"`) {
		t.Errorf("the page does not ask for a new password: %d %s", rec.Code, rec.Body)
	}
	for _, bad := range []string{"short", goodPassword} {
		fields.Set("new_password", bad)
		if rec := b.submit(devicePage, fields); rec.Code != 401 {
			t.Errorf("new password %q: %d", bad, rec.Code)
		}
	}
	fields.Set("password", "Wrong-Passw0rd")
	fields.Set("new_password", renewed)
	if rec := b.submit(devicePage, fields); rec.Code != 401 {
		t.Errorf("a new password with a wrong old one: %d", rec.Code)
	}
	fields.Set("password", goodPassword)
	if rec := b.submit(devicePage, fields); rec.Code != 200 {
		t.Fatalf("a new password: %d %s", rec.Code, rec.Body)
	}
	w.Want(w.Token(url.Values{"grant_type": {"device_code"}, "client_id": {az}, "device_code": {device.Text("device_code")}}), 200)
	w.Want(w.Token(form), 400)
	w.Want(w.Token(passwordForm("alice@example.org", renewed, w.Hosts.VaultResource()+"/.default")), 200)
	if strings.Contains(string(w.Files()), renewed) {
		t.Error("the new password is in a file")
	}
}
