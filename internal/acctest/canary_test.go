package acctest_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const canaries = `
variable "hidden" {
  type      = string
  ephemeral = true
  sensitive = true
}
resource "coffer_user" "someone" {
  user_principal_name = "someone@example.com"
  display_name        = "Someone"
  password_wo         = "${var.hidden}-password-Aa1"
  password_wo_version = 1
}
resource "coffer_secret" "hidden" {
  name             = "hidden"
  value_wo         = "${var.hidden}-value"
  value_wo_version = 1
  vault_id         = coffer_vault.test.id
  depends_on       = [coffer_access_policy.me]
}
resource "coffer_secret" "shown" {
  name       = "shown"
  value      = "canary-shown"
  vault_id   = coffer_vault.test.id
  depends_on = [coffer_access_policy.me]
}
ephemeral "coffer_secret" "hidden" {
  name     = coffer_secret.hidden.name
  vault_id = coffer_vault.test.id
}
`

// Secrets are in none of the files that a run leaves: database, its log, plan, state,
// and the logs of Terraform and the provider at their most talkative. The value of a
// plain attribute is in plan and state, and nowhere else.
func TestNoSecretIsWrittenDown(t *testing.T) {
	d := newDir(t, head+vault+policy+canaries, "TF_VAR_hidden=canary-hidden", "TF_LOG=TRACE", "TF_LOG_PATH=terraform.log")
	must(t, d.Run(t.Context(), "apply"))
	changes, err := d.Plan(t.Context())
	must(t, err)
	if len(changes) != 0 {
		t.Errorf("the plan after the apply has %v", changes)
	}
	must(t, d.Run(t.Context(), "plan", "-out=replace", "-replace=coffer_secret.hidden"))
	found := contents(t, d.Path())
	for name, text := range found {
		if bytes.Contains(text, []byte("canary-hidden")) {
			t.Errorf("a write-only value is in %s", name)
		}
		if may := mayShow[name]; bytes.Contains(text, []byte("canary-shown")) && !may {
			t.Errorf("a secret is in %s", name)
		}
	}
	for _, name := range []string{"coffer.db", "coffer.db.key", "terraform.tfstate", "terraform.log", "plan/tfplan", "replace/tfplan"} {
		if _, ok := found[name]; !ok {
			t.Errorf("there is no %s to look into", name)
		}
	}
}

// mayShow are the files that Terraform keeps plain attributes in.
var mayShow = map[string]bool{
	"main.tf": true, "terraform.tfstate": true,
	"plan/tfplan": true, "plan/tfstate": true, "plan/tfstate-prev": true, "plan/tfconfig/m-/main.tf": true,
	"replace/tfplan": true, "replace/tfstate": true, "replace/tfstate-prev": true, "replace/tfconfig/m-/main.tf": true,
}

// contents returns every file under dir; of an archive, as plans are, what is in it.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if found[name], err = os.ReadFile(path); err != nil {
			return err
		}
		archive, err := zip.NewReader(bytes.NewReader(found[name]), int64(len(found[name])))
		if err != nil {
			return nil // not an archive
		}
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			if found[name+"/"+f.Name], err = io.ReadAll(r); err != nil {
				return err
			}
			if err := r.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err)
	return found
}
