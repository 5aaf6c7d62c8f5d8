package login_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
)

func certificate(t testing.TB, key crypto.Signer, from, until time.Time) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "client"}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// addCertificate registers the certificate with the application.
func addCertificate(w *identitytest.World, appID string, cert *x509.Certificate) {
	w.T.Helper()
	w.Want(w.Call(w.GraphToken(w.Operator), "PATCH", "/v1.0/applications(appId='"+appID+"')", map[string]any{
		"keyCredentials": []map[string]any{{"type": "AsymmetricX509Cert", "usage": "Verify", "key": base64.StdEncoding.EncodeToString(cert.Raw), "displayName": "test"}},
	}), http.StatusNoContent)
}

// The Azure SDK's own credentials, unchanged, against the login host.
func TestAzureSDKCredentials(t *testing.T) {
	w := identitytest.NewAt(t, nil, time.Now())
	app := w.Application("program")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t, key, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	addCertificate(w, app.AppID, cert)
	aliceID := w.User("alice@example.org", goodPassword)
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: w.Hosts.Login() + "/", Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}},
		Transport: inproc.New(w.Login),
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
	secret, err := azidentity.NewClientSecretCredential(identitytest.TenantID, app.AppID, app.Secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := azidentity.NewClientSecretCredential(identitytest.TenantID, app.AppID, "wrong", &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	byCert, err := azidentity.NewClientCertificateCredential(identitytest.TenantID, app.AppID, []*x509.Certificate{cert}, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 What old scripts still use.
	byPassword, err := azidentity.NewUsernamePasswordCredential(identitytest.TenantID, az, "alice@example.org", goodPassword, &azidentity.UsernamePasswordCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	device, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: true, TenantID: identitytest.TenantID,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			if m.VerificationURL != w.Hosts.Login()+"/common/oauth2/deviceauth" {
				t.Errorf("verification URL = %s", m.VerificationURL)
			}
			confirmDevice(t, w, m.UserCode, "alice@example.org", goodPassword, "")
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, tt := range map[string]struct {
		credential azcore.TokenCredential
		scope      string
		aud        httpx.Audience
		object     string
		kind       authz.PrincipalType
	}{
		"secret":      {secret, w.Hosts.VaultResource() + "/.default", httpx.VaultAudience, app.ObjectID, authz.ServicePrincipal},
		"certificate": {byCert, w.Hosts.Management() + "//.default", httpx.ManagementAudience, app.ObjectID, authz.ServicePrincipal},
		"password":    {byPassword, w.Hosts.Graph() + "/.default", httpx.GraphAudience, aliceID, authz.User},
		"device code": {device, w.Hosts.VaultResource() + "/.default", httpx.VaultAudience, aliceID, authz.User},
	} {
		token, err := tt.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{tt.scope}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := w.Authenticate(token.Token, tt.aud)
		if err != nil || c.ObjectID != tt.object || c.Type != tt.kind {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	if _, err := wrong.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{w.Hosts.Graph() + "/.default"}}); err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("a wrong secret: %v", err)
	}
	// A user's token for the program, which the program turns into its own.
	assertion := w.Want(w.Token(passwordForm("alice@example.org", goodPassword, app.AppID+"/.default")), 200).Text("access_token")
	onBehalf, err := azidentity.NewOnBehalfOfCredentialWithSecret(identitytest.TenantID, app.AppID, assertion, app.Secret, &azidentity.OnBehalfOfCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := onBehalf.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{w.Hosts.VaultResource() + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := w.Authenticate(token.Token, httpx.VaultAudience); err != nil || c.ObjectID != aliceID || c.AppID != app.AppID || !c.Delegated {
		t.Errorf("on behalf of: %+v, %v", c, err)
	}
}
