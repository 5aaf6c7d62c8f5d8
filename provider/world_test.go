package provider_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
	"github.com/coffer-dev/terraform-provider-coffer/provider"
)

// world is a database for one test, and a second process that changes it behind
// Terraform's back: another engine on the same file, with clients of its own.
type world struct {
	t        *testing.T
	database string

	info       engine.Info
	transport  *inproc.Transport
	credential azcore.TokenCredential
	options    azcore.ClientOptions
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, database: filepath.Join(t.TempDir(), "coffer.db")}
	e, err := engine.Open(t.Context(), engine.Options{Database: w.database, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	w.info, w.transport = e.Info(), inproc.New(e.Handler())
	management := "https://management." + w.info.Domain
	w.options = azcore.ClientOptions{
		Transport: w.transport,
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: "https://login." + w.info.Domain + "/",
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: management, Audience: management},
			},
		},
	}
	w.credential = w.signIn(w.info.OperatorClientID, e.OperatorSecret())
	return w
}

func (w *world) signIn(clientID, secret string) azcore.TokenCredential {
	w.t.Helper()
	credential, err := azidentity.NewClientSecretCredential(w.info.TenantID, clientID, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: w.options, DisableInstanceDiscovery: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return credential
}

// config returns a configuration with the provider on the world's database.
func (w *world) config(body string) string {
	return fmt.Sprintf("provider \"coffer\" {\n  embedded = { database = %q }\n}\n", w.database) + body
}

// test runs the steps; their configurations get the provider block in front.
func (w *world) test(steps ...resource.TestStep) {
	w.t.Helper()
	for i := range steps {
		if steps[i].Config != "" {
			steps[i].Config = w.config(steps[i].Config)
		}
	}
	resource.UnitTest(w.t, resource.TestCase{ProtoV6ProviderFactories: factories, Steps: steps})
}

var factories = map[string]func() (tfprotov6.ProviderServer, error){
	"coffer": providerserver.NewProtocol6WithError(provider.New("test")()),
	"echo":   echoprovider.NewProviderServer(),
}

// do sends a request as the operator and decodes the answer; it fails the test if the
// answer is not a success. The service is management or graph.
func (w *world) do(method, service, path string, body any) map[string]any {
	w.t.Helper()
	status, answer := w.try(method, service, path, body)
	if status < 200 || status > 299 {
		w.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// try is do for a request that may fail.
func (w *world) try(method, service, path string, body any) (int, map[string]any) {
	w.t.Helper()
	base := "https://" + service + "." + w.info.Domain
	token, err := w.credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{base + "/.default"}})
	if err != nil {
		w.t.Fatal(err)
	}
	var text []byte
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			w.t.Fatal(err)
		}
	}
	req, err := http.NewRequest(method, base+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := w.transport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	answer := map[string]any{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &answer); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
	return resp.StatusCode, answer
}

func (w *world) vaults() *armkeyvault.VaultsClient {
	w.t.Helper()
	client, err := armkeyvault.NewVaultsClient(w.info.SubscriptionID, w.credential, &arm.ClientOptions{ClientOptions: w.options, DisableRPRegistration: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// patchVault changes properties of the vault behind Terraform's back.
func (w *world) patchVault(group, name string, patch armkeyvault.VaultPatchParameters) {
	w.t.Helper()
	if _, err := w.vaults().Update(context.Background(), group, name, patch, nil); err != nil {
		w.t.Fatal(err)
	}
}

// subscription returns the path of something in the world's subscription.
func (w *world) subscription(path string) string {
	return "/subscriptions/" + w.info.SubscriptionID + path
}

const apiVersion = "?api-version=2024-11-01"

// lines joins configuration parts.
func lines(parts ...string) string { return strings.Join(parts, "\n") }
