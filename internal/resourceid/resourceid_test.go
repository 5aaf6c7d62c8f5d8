package resourceid_test

import (
	"errors"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

const vaultID = "/subscriptions/S1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/App"

func TestParseVault(t *testing.T) {
	for _, id := range []string{vaultID, "/SUBSCRIPTIONS/S1/resourcegroups/Rg/PROVIDERS/microsoft.keyvault/VAULTS/App"} {
		v, err := resourceid.ParseVault(id)
		if err != nil || v.ID() != vaultID {
			t.Errorf("ParseVault(%q) = %v, %v", id, v, err)
		}
	}
	for _, id := range []string{
		"", "/", vaultID + "/", vaultID + "/secrets/x", vaultID[1:], "/subscriptions//resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/App",
		"/subscriptions/S1/resourceGroups/../providers/Microsoft.KeyVault/vaults/App",
		"/subscriptions/S1/resourceGroups/a%2Fb/providers/Microsoft.KeyVault/vaults/App",
	} {
		if _, err := resourceid.ParseVault(id); !errors.Is(err, resourceid.ErrInvalid) {
			t.Errorf("ParseVault(%q): got %v, want ErrInvalid", id, err)
		}
	}
}

func TestParseObject(t *testing.T) {
	o, err := resourceid.ParseObject("HTTPS://App.Vault.Example:8443/Secrets/Db-Password/0123ABCD/")
	if err != nil {
		t.Fatal(err)
	}
	want := resourceid.Object{VaultURL: "https://app.vault.example:8443", Collection: "secrets", Name: "Db-Password", Version: "0123abcd"}
	if o != want || o.VaultName() != "app" || o.Versionless() != "https://app.vault.example:8443/secrets/Db-Password" {
		t.Errorf("got %+v", o)
	}
	for _, id := range []string{
		"http://a.vault.b/secrets/x", "https:///secrets/x", "https://a.vault.b/secrets", "https://a.vault.b/things/x",
		"https://a.vault.b/secrets/x/y/z", "https://a.vault.b/secrets/x_y", "https://a.vault.b/secrets/x?y", "https://a.vault.b/secrets/..",
		"https://a.vault.b/secrets/a%2Fb", "https://u@a.vault.b/secrets/x",
	} {
		if _, err := resourceid.ParseObject(id); !errors.Is(err, resourceid.ErrInvalid) {
			t.Errorf("ParseObject(%q): got %v, want ErrInvalid", id, err)
		}
	}
}

func FuzzParseObject(f *testing.F) {
	f.Add("https://a.vault.b/secrets/x/0123")
	f.Add("https://a.vault.b:8443/Keys/x/")
	f.Fuzz(func(t *testing.T, id string) {
		o, err := resourceid.ParseObject(id)
		if err != nil {
			return
		}
		again, err := resourceid.ParseObject(o.URL())
		if err != nil || again != o {
			t.Errorf("%q: %+v does not come back: %+v, %v", id, o, again, err)
		}
	})
}

func FuzzParseVaultObject(f *testing.F) {
	f.Add(vaultID + "/secrets/x")
	f.Fuzz(func(t *testing.T, id string) {
		o, err := resourceid.ParseVaultObject(id)
		if err != nil {
			return
		}
		if again, err := resourceid.ParseVaultObject(o.ID()); err != nil || again != o {
			t.Errorf("%q: %+v does not come back: %+v, %v", id, o, again, err)
		}
	})
}
