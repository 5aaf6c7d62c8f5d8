package login_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

const goodPassword = "Canary-Passw0rd-71aa"

// az is the public client that every tenant knows.
const az = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

func passwordForm(user, password, scope string) url.Values {
	return url.Values{"grant_type": {"password"}, "client_id": {az}, "username": {user}, "password": {password}, "scope": {scope}}
}

func TestDiscoveryDocuments(t *testing.T) {
	w := identitytest.New(t, nil)
	const login = "https://login.coffer.test:8443"
	for path, tokenEndpoint := range map[string]string{
		"/" + identitytest.TenantID + "/v2.0/.well-known/openid-configuration": login + "/" + identitytest.TenantID + "/oauth2/v2.0/token",
		"/common/v2.0/.well-known/openid-configuration":                        login + "/" + identitytest.TenantID + "/oauth2/v2.0/token",
		"/organizations/.well-known/openid-configuration":                      login + "/" + identitytest.TenantID + "/oauth2/token",
		"/coffer.test/.well-known/openid-configuration":                        login + "/" + identitytest.TenantID + "/oauth2/token",
		"/adfs/.well-known/openid-configuration":                               login + "/adfs/oauth2/token",
	} {
		a := w.Want(w.Get(path), http.StatusOK)
		if got := a.Text("token_endpoint"); got != tokenEndpoint {
			t.Errorf("%s: token_endpoint = %s, want %s", path, got, tokenEndpoint)
		}
		if got := a.Text("issuer"); got != login+"/"+identitytest.TenantID+"/" {
			t.Errorf("%s: issuer = %s", path, got)
		}
	}
	if a := w.Get("/66666666-2222-4333-8444-555555555555/v2.0/.well-known/openid-configuration"); a.Status != 400 || !strings.Contains(a.Raw, "AADSTS90002") {
		t.Errorf("another tenant's document: %d %s", a.Status, a.Raw)
	}
	a := w.Want(w.Get("/common/discovery/instance?api-version=1.1&authorization_endpoint="+url.QueryEscape("https://login.coffer.test/common/oauth2/authorize")), 200)
	if got := a.Text("tenant_discovery_endpoint"); got != login+"/common/v2.0/.well-known/openid-configuration" {
		t.Errorf("tenant_discovery_endpoint = %s", got)
	}
	if a := w.Get("/common/discovery/instance?authorization_endpoint=" + url.QueryEscape("https://evil.test/x")); a.Status != 400 || a.Text("error") != "invalid_instance" {
		t.Errorf("discovery of a foreign instance: %d %s", a.Status, a.Raw)
	}
	if a := w.Want(w.Get("/common/userrealm/nobody@example.org?api-version=1.0"), 200); a.Text("account_type") != "Managed" || a.Text("domain_name") != "example.org" {
		t.Errorf("user realm: %s", a.Raw)
	}
	keys := w.Want(w.Get("/common/discovery/keys"), 200).List("keys")
	if len(keys) != 1 || keys[0]["kid"] == "" || keys[0]["d"] != nil {
		t.Errorf("keys = %v", keys)
	}
}

func TestClientCredentials(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.ClientToken(w.Operator, w.Hosts.Management()+"//.default")
	c, err := w.Authenticate(token, httpx.ManagementAudience)
	if err != nil {
		t.Fatal(err)
	}
	if c.ObjectID != w.Operator.ObjectID || c.AppID != w.Operator.AppID || c.Type != authz.ServicePrincipal || c.Delegated || c.TenantID != identitytest.TenantID {
		t.Errorf("caller = %+v", c)
	}
	base := url.Values{"grant_type": {"client_credentials"}, "client_id": {w.Operator.AppID}, "client_secret": {w.Operator.Secret}, "scope": {w.Hosts.VaultResource() + "/.default"}}
	with := func(name, value string) url.Values {
		form := url.Values{}
		for k, v := range base {
			form[k] = v
		}
		if form.Set(name, value); value == "" {
			form.Del(name)
		}
		return form
	}
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		code   string
		number string
	}{
		"wrong secret":       {with("client_secret", w.Operator.Secret+"x"), 401, "invalid_client", "7000215"},
		"truncated secret":   {with("client_secret", w.Operator.Secret[:20]), 401, "invalid_client", "7000215"},
		"no secret":          {with("client_secret", ""), 401, "invalid_client", "7000218"},
		"unknown client":     {with("client_id", identitytest.TenantID), 400, "unauthorized_client", "700016"},
		"client is no guid":  {with("client_id", "' OR 1=1"), 400, "unauthorized_client", "700016"},
		"no client":          {with("client_id", ""), 400, "invalid_request", "900144"},
		"unknown audience":   {with("scope", "https://evil.test/.default"), 400, "invalid_resource", "500011"},
		"prefix of audience": {with("scope", w.Hosts.VaultResource()+".evil.test/.default"), 400, "invalid_resource", "500011"},
		"no scope":           {with("scope", "openid"), 400, "invalid_request", "900144"},
		"two resources":      {with("scope", w.Hosts.Graph()+"/.default "+w.Hosts.Management()+"/.default"), 400, "invalid_scope", "28000"},
		"delegated scope":    {with("scope", w.Hosts.VaultResource()+"/user_impersonation"), 400, "invalid_scope", "1002012"},
		"unknown grant":      {with("grant_type", "magic"), 400, "unsupported_grant_type", "70003"},
		"public client":      {with("client_id", az), 401, "invalid_client", "700025"},
	} {
		a := w.Token(tt.form)
		if a.Status != tt.status || a.Text("error") != tt.code || !strings.Contains(a.Text("error_description"), "AADSTS"+tt.number+":") {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
		if a.Text("access_token") != "" {
			t.Errorf("%s: got a token", name)
		}
	}
	twice := base.Encode() + "&client_id=" + az
	r := httptest.NewRequest(http.MethodPost, w.Hosts.Login()+"/common/oauth2/v2.0/token", strings.NewReader(twice))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if rec := w.Send(w.Login, r); rec.Code != 400 {
		t.Errorf("a parameter that comes twice: %d %s", rec.Code, rec.Body)
	}
}

func TestAudiencesHaveManyNames(t *testing.T) {
	w := identitytest.New(t, nil)
	for scope, aud := range map[string]struct {
		audience httpx.Audience
		claim    string
	}{
		"https://vault.coffer.test:8443/.default":               {httpx.VaultAudience, "https://vault.coffer.test:8443"},
		"https://vault.coffer.test/.default":                    {httpx.VaultAudience, "https://vault.coffer.test"},
		"https://vault.azure.net//.default":                     {httpx.VaultAudience, "https://vault.azure.net/"},
		"cfa8b339-82a2-471a-a3c9-0fc0be7a4093/.default":         {httpx.VaultAudience, "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"},
		"https://management.core.windows.net//.default":         {httpx.ManagementAudience, "https://management.core.windows.net/"},
		"https://management.coffer.test:8443/.default openid":   {httpx.ManagementAudience, "https://management.coffer.test:8443"},
		"https://management.azure.com/.default offline_access ": {httpx.ManagementAudience, "https://management.azure.com"},
		"https://graph.microsoft.com/.default":                  {httpx.GraphAudience, "https://graph.microsoft.com"},
		"https://graph.coffer.test:8443/.default":               {httpx.GraphAudience, "https://graph.coffer.test:8443"},
	} {
		token := w.ClientToken(w.Operator, scope)
		if got := claims(t, token)["aud"]; got != aud.claim {
			t.Errorf("%s: aud = %v, want %s", scope, got, aud.claim)
		}
		for _, asked := range []httpx.Audience{httpx.VaultAudience, httpx.ManagementAudience, httpx.GraphAudience} {
			if _, err := w.Authenticate(token, asked); (err == nil) != (asked == aud.audience) {
				t.Errorf("%s at service %d: %v", scope, asked, err)
			}
		}
	}
	a := w.Want(w.Post("/"+identitytest.TenantID+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.Operator.AppID}, "client_secret": {w.Operator.Secret}, "resource": {"https://vault.azure.net"},
	}), 200)
	if a.Text("expires_in") != "3599" || a.Text("resource") != "https://vault.azure.net" {
		t.Errorf("version 1.0 reply: %s", a.Raw)
	}
}

func TestBasicAuthentication(t *testing.T) {
	w := identitytest.New(t, nil)
	send := func(user, password string, form url.Values) int {
		r := httptest.NewRequest(http.MethodPost, w.Hosts.Login()+"/common/oauth2/v2.0/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth(user, password)
		return w.Send(w.Login, r).Code
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {w.Hosts.Graph() + "/.default"}}
	if got := send(w.Operator.AppID, w.Operator.Secret, form); got != 200 {
		t.Errorf("client by Basic: %d", got)
	}
	if got := send(w.Operator.AppID, "no", form); got != 401 {
		t.Errorf("wrong secret by Basic: %d", got)
	}
	form.Set("client_id", az)
	if got := send(w.Operator.AppID, w.Operator.Secret, form); got != 400 {
		t.Errorf("another client in the form: %d", got)
	}
}

func TestProcessSecret(t *testing.T) {
	w := identitytest.New(t, nil)
	w.Login.AllowProcessSecret(strings.ToUpper(w.Operator.AppID), sensitive.NewString("process-secret"))
	w.ClientToken(identitytest.Principal{AppID: w.Operator.AppID, Secret: "process-secret"}, w.Hosts.Graph()+"/.default")
	if a := w.Another().Token(url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.Operator.AppID}, "client_secret": {"process-secret"}, "scope": {w.Hosts.Graph() + "/.default"},
	}); a.Status != 401 {
		t.Errorf("the secret is good in another process: %d", a.Status)
	}
}

func TestPasswordGrant(t *testing.T) {
	w := identitytest.New(t, nil)
	id := w.User("Alice@Example.org", goodPassword)
	scope := w.Hosts.VaultResource() + "/.default openid offline_access"
	a := w.Want(w.Token(passwordForm("alice@EXAMPLE.org", goodPassword, scope)), 200)
	c, err := w.Authenticate(a.Text("access_token"), httpx.VaultAudience)
	if err != nil {
		t.Fatal(err)
	}
	if c.ObjectID != id || c.Type != authz.User || c.AppID != az || c.Delegated || c.Name != "Alice@Example.org" || strings.Join(c.AuthMethods, " ") != "pwd" {
		t.Errorf("caller = %+v", c)
	}
	if a.Text("refresh_token") == "" || claims(t, a.Text("id_token"))["oid"] != id || a.Text("client_info") == "" {
		t.Errorf("reply = %v", a.Body)
	}
	if _, err := w.Authenticate(a.Text("id_token"), httpx.VaultAudience); err == nil {
		t.Error("an id token is taken for an access token")
	}
	for _, form := range []url.Values{
		passwordForm("alice@example.org", goodPassword+"x", scope), passwordForm("nobody@example.org", goodPassword, scope),
		passwordForm(" alice@example.org", goodPassword, scope), passwordForm("alice@example.org\x00", goodPassword, scope),
		passwordForm("аlice@example.org", goodPassword, scope), passwordForm(strings.Repeat("a", 2000), goodPassword, scope),
	} {
		if a := w.Token(form); a.Status != 400 || a.Text("error") != "invalid_grant" || !strings.Contains(a.Raw, "AADSTS50126") {
			t.Errorf("%q: %d %s", form.Get("username"), a.Status, a.Raw)
		}
	}
	confidential := passwordForm("alice@example.org", goodPassword, scope)
	confidential.Set("client_id", w.Operator.AppID)
	if a := w.Token(confidential); a.Status != 401 || !strings.Contains(a.Raw, "AADSTS7000218") {
		t.Errorf("a confidential client without its secret: %d %s", a.Status, a.Raw)
	}
	confidential.Set("client_secret", w.Operator.Secret)
	a = w.Want(w.Token(confidential), 200)
	if c, err := w.Authenticate(a.Text("access_token"), httpx.VaultAudience); err != nil || !c.Delegated {
		t.Errorf("a client with a secret acts for a user: %+v, %v", c, err)
	}
}

func TestLockOutTellsNothing(t *testing.T) {
	w := identitytest.New(t, nil)
	w.User("alice@example.org", goodPassword)
	scope := w.Hosts.VaultResource() + "/.default"
	var answers [2]string
	for i, name := range []string{"alice@example.org", "nobody@example.org"} {
		for range 10 {
			a := w.Token(passwordForm(strings.ToUpper(name), "Wrong-Passw0rd", scope))
			answers[i], _, _ = strings.Cut(a.Text("error_description"), "Trace ID")
		}
	}
	if answers[0] != answers[1] {
		t.Errorf("known and unknown users differ: %q, %q", answers[0], answers[1])
	}
	a := w.Token(passwordForm("alice@example.org", goodPassword, scope))
	if text, _, _ := strings.Cut(a.Text("error_description"), "Trace ID"); a.Status != 400 || text != answers[0] {
		t.Errorf("the right password for a locked account: %d %s", a.Status, a.Raw)
	}
	// Another process counts on.
	if a := w.Another().Token(passwordForm("alice@example.org", goodPassword, scope)); a.Status != 400 {
		t.Errorf("another process lets a locked account in: %d", a.Status)
	}
	w.Clock.Advance(61 * time.Second)
	w.Want(w.Token(passwordForm("alice@example.org", goodPassword, scope)), 200)
	for range 9 {
		w.Token(passwordForm("alice@example.org", "Wrong-Passw0rd", scope))
	}
	w.Want(w.Token(passwordForm("alice@example.org", goodPassword, scope)), 200)
}

func TestSigningKeysRotate(t *testing.T) {
	w := identitytest.New(t, nil)
	other := w.Another()
	old := w.ClientToken(w.Operator, w.Hosts.Graph()+"/.default")
	if _, err := other.Authenticate(old, httpx.GraphAudience); err != nil {
		t.Errorf("another process does not know the key: %v", err)
	}
	w.Clock.Advance(90*24*time.Hour - 30*time.Minute)
	w.Login.AllowProcessSecret(w.Operator.AppID, sensitive.NewString("x"))
	late := w.ClientToken(identitytest.Principal{AppID: w.Operator.AppID, Secret: "x"}, w.Hosts.Graph()+"/.default")
	if header(t, late)["kid"] != header(t, old)["kid"] {
		t.Error("the key was changed too early")
	}
	w.Clock.Advance(40 * time.Minute)
	fresh := w.ClientToken(identitytest.Principal{AppID: w.Operator.AppID, Secret: "x"}, w.Hosts.Graph()+"/.default")
	if header(t, fresh)["kid"] == header(t, old)["kid"] {
		t.Error("the key was not changed")
	}
	for name, token := range map[string]string{"of the old key": late, "of the new key": fresh} {
		for i, world := range []*identitytest.World{w, other} {
			if _, err := world.Authenticate(token, httpx.GraphAudience); err != nil {
				t.Errorf("process %d refuses a token %s: %v", i, name, err)
			}
		}
	}
	if keys := w.Get("/common/discovery/keys").List("keys"); len(keys) != 2 {
		t.Errorf("%d keys in the overlap, want 2", len(keys))
	}
	w.Clock.Advance(91 * 24 * time.Hour)
	if keys := w.Get("/common/discovery/keys").List("keys"); len(keys) != 1 {
		t.Errorf("%d keys after the overlap, want 1", len(keys))
	}
}

func TestSignInsAreRecordedWithoutSecrets(t *testing.T) {
	w := identitytest.New(t, nil)
	w.User("alice@example.org", goodPassword)
	scope := w.Hosts.VaultResource() + "/.default offline_access"
	good := w.Want(w.Token(passwordForm("alice@example.org", goodPassword, scope)), 200)
	w.Token(passwordForm("alice@example.org", "Canary-Wr0ng-9932", scope))
	w.Token(passwordForm("Canary-As-Name-1", goodPassword, scope))
	w.Token(url.Values{"grant_type": {"Canary-Grant"}, "client_secret": {"Canary-Secret-3"}, "client_id": {w.Operator.AppID}})
	var kinds []string
	for _, rec := range w.Records() {
		if rec["category"] == "SignIn" {
			kinds = append(kinds, rec["resultSignature"].(string))
		}
	}
	if len(kinds) < 5 || kinds[len(kinds)-4] != "OK" || kinds[len(kinds)-1] != "Bad Request" {
		t.Errorf("sign-in records: %v", kinds)
	}
	all := w.Files()
	for _, canary := range []string{
		goodPassword, "Canary-Wr0ng-9932", "Canary-As-Name-1", "Canary-Secret-3", w.Operator.Secret,
		good.Text("access_token"), good.Text("refresh_token"), strings.Split(good.Text("access_token"), ".")[2],
	} {
		if bytes.Contains(all, []byte(canary)) {
			t.Errorf("%.12s... is in a file", canary)
		}
	}
}
