package vault_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

func backupKey(t testing.TB) *seal.DataKey {
	t.Helper()
	root, err := seal.EnvRoot("KEY", func(string) (string, bool) { return strings.Repeat("ab", 32), true })
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := seal.NewRing(root).NewDataKey(context.Background(), "system/backup/europe/s")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

const (
	id1 = "0123456789abcdef0123456789abcdef"
	id2 = "fedcba9876543210fedcba9876543210"
)

// Even what authenticates must be something that requests could have made.
func TestBlobContents(t *testing.T) {
	key := backupKey(t)
	good := `{"name":"n","current":"` + id1 + `","seq":1,"versions":[{"id":"` + id1 + `","seq":1,"value":"eA=="}]}`
	for contents, ok := range map[string]bool{
		good:                                     true,
		`{}`:                                     false,
		`null`:                                   false,
		`{`:                                      false,
		strings.Replace(good, `"n"`, `"a/b"`, 1): false,
		strings.Replace(good, `"n"`, `""`, 1):    false,
		strings.Replace(good, `"current":"`+id1, `"current":"`+id2, 1):            false,
		strings.Replace(good, `"id":"`+id1, `"id":"`+strings.ToUpper(id1), 1):     false,
		strings.Replace(good, `"versions":[`, `"versions":[{"id":"`+id1+`"},`, 1): false,
		strings.Replace(good, `"value"`, `"key":{"Type":"RSA"},"value"`, 1):       false,
		strings.Replace(good, `"value"`, `"unknown":1,"value"`, 1):                true,
	} {
		blob, err := vault.SealBlob(key, vault.Secrets, []byte(contents))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := vault.OpenBlob(key, vault.Secrets, blob); (err == nil) != ok {
			t.Errorf("%s: %v", contents, err)
		}
	}
}

func FuzzBlob(f *testing.F) {
	key := backupKey(f)
	blob, err := vault.SealBlob(key, vault.Secrets, []byte(`{"name":"n","current":"`+id1+`","versions":[{"id":"`+id1+`","value":"eA=="}]}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Add(blob[:44])
	f.Add([]byte{0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		name, _, err := vault.OpenBlob(key, vault.Secrets, in)
		if err == nil && !bytes.Equal(in, blob) {
			t.Errorf("a changed blob opened as %q", name)
		}
		if err != nil && !fault.Is(err, fault.BadParameter) {
			t.Errorf("%v", err)
		}
	})
}

func FuzzBlobContents(f *testing.F) {
	key := backupKey(f)
	f.Add([]byte(`{"name":"n","current":"` + id1 + `","versions":[{"id":"` + id1 + `","value":"eA=="}]}`))
	f.Add([]byte(`{"name":"n","versions":[{}]}`))
	f.Fuzz(func(t *testing.T, contents []byte) {
		blob, err := vault.SealBlob(key, vault.Keys, contents)
		if err != nil {
			t.Fatal(err)
		}
		name, versions, err := vault.OpenBlob(key, vault.Keys, blob)
		if err == nil && (name == "" || versions < 1 || versions > vault.MaxBackupVersions) {
			t.Errorf("%q with %d versions", name, versions)
		}
	})
}

func TestGeography(t *testing.T) {
	for location, want := range map[string]string{
		"westeurope": "europe", "West Europe": "europe", "northeurope": "europe", "eastus": "unitedstates", "basement": "basement", "": "",
	} {
		if got := vault.Geography(location); got != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}
