package acctest_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

// binaries are what is tested, built once.
var binaries struct {
	terraform, provider, coffer string
}

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	var err error
	if binaries.terraform, err = terraform.Find(); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "coffer-acctest-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	binaries.provider = filepath.Join(dir, "terraform-provider-coffer")
	binaries.coffer = filepath.Join(dir, "coffer")
	for output, from := range map[string]string{binaries.provider: "../..", binaries.coffer: "../../engine/cmd/coffer"} {
		if text, err := exec.Command("go", "build", "-o", output, from).CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", from, err, text)
		}
	}
	return m.Run(), nil
}

// newDir returns a configuration with the text as its main.tf, initialised.
func newDir(t *testing.T, text string, env ...string) *terraform.Dir {
	t.Helper()
	d, err := terraform.New(terraform.Options{
		Bin: binaries.terraform, Provider: binaries.provider, Work: filepath.Join(t.TempDir(), "work"), Env: env,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Write("main.tf", text); err != nil {
		t.Fatal(err)
	}
	must(t, d.Run(t.Context(), "init"))
	return d
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// attribute returns a string of the state.
func attribute(t *testing.T, d *terraform.Dir, address, name string) string {
	t.Helper()
	state, err := d.State(t.Context())
	must(t, err)
	for _, r := range state {
		if text, ok := r.Values[name].(string); ok && r.Address == address {
			return text
		}
	}
	t.Fatalf("the state has no %s of %s", name, address)
	return ""
}

// verifyAudit has the command verify the audit log of the database.
func verifyAudit(t *testing.T, d *terraform.Dir, database string) {
	t.Helper()
	text, err := d.Output(t.Context(), binaries.coffer, "audit", "verify", "--database", database)
	must(t, err)
	if !bytes.Contains(text, []byte("verify")) {
		t.Fatalf("coffer audit verify said: %s", text)
	}
}

// head begins every configuration; the embedded engine's database is coffer.db.
const head = `
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}
data "coffer_client_config" "me" {}
`

// vault is a vault in the policy model that nobody may use yet.
const vault = `
resource "coffer_resource_group" "test" {
  name     = "test"
  location = "westeurope"
}
resource "coffer_vault" "test" {
  name                       = "test"
  resource_group_name        = coffer_resource_group.test.name
  location                   = "westeurope"
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}
`

// policy lets Terraform itself use the vault's secrets.
const policy = `
resource "coffer_access_policy" "me" {
  vault_id           = coffer_vault.test.id
  object_id          = data.coffer_client_config.me.object_id
  secret_permissions = ["all", "Purge"]
}
`
