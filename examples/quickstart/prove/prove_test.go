package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

// The quickstart is the first thing that anybody runs: it is part of the tests.
func TestQuickstart(t *testing.T) {
	bin, err := terraform.Find()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	o := options{
		terraform: bin,
		provider:  filepath.Join(dir, "terraform-provider-coffer"),
		coffer:    filepath.Join(dir, "coffer"),
		config:    "..",
		work:      filepath.Join(dir, "work"),
	}
	for output, from := range map[string]string{o.provider: "../../..", o.coffer: "../../../engine/cmd/coffer"} {
		if text, err := exec.CommandContext(t.Context(), "go", "build", "-o", output, from).CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, text)
		}
	}
	if err := run(t.Context(), o, t.Output()); err != nil {
		t.Fatal(err)
	}
}
