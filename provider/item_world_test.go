package provider_test

import (
	"context"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// vaultForItems is a vault in the RBAC model in which Terraform may do everything.
const vaultForItems = `
data "coffer_client_config" "me" {}

resource "coffer_resource_group" "g" {
  name     = "rg"
  location = "westeurope"
}

resource "coffer_vault" "v" {
  name                = "kv-items"
  resource_group_name = coffer_resource_group.g.name
  location            = coffer_resource_group.g.location
  on_destroy          = "purge"
}

resource "coffer_role_assignment" "me" {
  scope                = coffer_vault.v.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.coffer_client_config.me.object_id
}
`

func (w *world) vaultURL() string { return "https://kv-items.vault." + w.info.Domain }

func (w *world) secrets() *azsecrets.Client {
	w.t.Helper()
	client, err := azsecrets.NewClient(w.vaultURL(), w.credential, &azsecrets.ClientOptions{ClientOptions: w.options})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

func (w *world) keys() *azkeys.Client {
	w.t.Helper()
	client, err := azkeys.NewClient(w.vaultURL(), w.credential, &azkeys.ClientOptions{ClientOptions: w.options})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// must fails the test on an error of something done behind Terraform's back.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// mustSignIn fails the test unless the client secret gets a token.
func (w *world) mustSignIn(clientID, secret string) {
	w.t.Helper()
	scopes := []string{"https://management." + w.info.Domain + "/.default"}
	if _, err := w.signIn(clientID, secret).GetToken(context.Background(), policy.TokenRequestOptions{Scopes: scopes}); err != nil {
		w.t.Error(err)
	}
}
