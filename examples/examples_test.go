// Package examples_test applies every example of the documentation.
package examples_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

func TestExamples(t *testing.T) {
	bin, err := terraform.Find()
	if err != nil {
		t.Fatal(err)
	}
	provider := filepath.Join(t.TempDir(), "terraform-provider-coffer")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", provider, "..").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	dirs, err := filepath.Glob("*/coffer_*")
	if err != nil || len(dirs) < 10 {
		t.Fatalf("found the examples %v, %v", dirs, err)
	}
	for _, from := range dirs {
		t.Run(from, func(t *testing.T) {
			d, err := terraform.New(terraform.Options{
				Bin: bin, Provider: provider, Work: filepath.Join(t.TempDir(), "work"),
				Env: []string{"TF_VAR_api_token=example-token", "TF_VAR_first_password=Example-Passw0rd", "TF_VAR_client_secret=example-client-secret-0123456789"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Copy(from); err != nil {
				t.Fatal(err)
			}
			for _, command := range []string{"init", "apply"} {
				if err := d.Run(t.Context(), command); err != nil {
					t.Fatal(err)
				}
			}
			if changes, err := d.Plan(t.Context()); err != nil || len(changes) > 0 {
				t.Errorf("after apply the plan has %v, %v", changes, err)
			}
			if err := d.Run(t.Context(), "destroy"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
