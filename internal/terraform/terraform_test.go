package terraform_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

func open(t *testing.T, env ...string) *terraform.Dir {
	t.Helper()
	bin, err := terraform.Find()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d, err := terraform.New(terraform.Options{Bin: bin, Provider: self, Work: filepath.Join(t.TempDir(), "work"), Env: env})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A life without any provider but the one that is built in.
func TestLife(t *testing.T) {
	t.Setenv("TF_VAR_word", "from outside")
	d := open(t, "TF_VAR_word=one")
	const config = `
variable "word" {}
resource "terraform_data" "a" { input = var.word }
`
	if err := d.Write("main.tf", config); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if err := d.Run(ctx, "init"); err != nil {
		t.Fatal(err)
	}
	plan := func(want ...string) {
		t.Helper()
		changes, err := d.Plan(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Errorf("plan (-want +got):\n%s", diff)
		}
	}
	plan("create terraform_data.a")
	if err := d.Run(ctx, "apply"); err != nil {
		t.Fatal(err)
	}
	plan()
	state, err := d.State(ctx)
	if err != nil || len(state) != 1 || state[0].Address != "terraform_data.a" || state[0].Values["input"] != "one" {
		t.Errorf("state: %v, %v", state, err)
	}
	if err := d.Run(ctx, "destroy"); err != nil {
		t.Fatal(err)
	}
	if state, err = d.State(ctx); err != nil || len(state) != 0 {
		t.Errorf("state after destroy: %v, %v", state, err)
	}
}

func TestErrorsSayWhatTerraformSaid(t *testing.T) {
	d := open(t)
	if err := d.Write("main.tf", "resource \"nothing\" {"); err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), "init"); err == nil || !strings.Contains(err.Error(), "main.tf") {
		t.Errorf("error: %v", err)
	}
}

// The environment of whoever runs a test does not reach Terraform.
func TestEnvironment(t *testing.T) {
	t.Setenv("COFFER_DATABASE", "elsewhere.db")
	t.Setenv("ARM_CLIENT_SECRET", "real")
	env := open(t, "COFFER_EXTRA=1").Command(t.Context(), "true").Env
	for _, entry := range env {
		if strings.HasPrefix(entry, "COFFER_DATABASE=") || strings.HasPrefix(entry, "ARM_") {
			t.Errorf("%s reaches Terraform", entry)
		}
	}
	if !slices.Contains(env, "COFFER_EXTRA=1") {
		t.Error("COFFER_EXTRA does not")
	}
}
