package acctest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// granting has one secret, and the right to use it if it is granted.
const granting = `
variable "granted" { type = bool }
resource "coffer_access_policy" "me" {
  count              = var.granted ? 1 : 0
  vault_id           = coffer_vault.test.id
  object_id          = data.coffer_client_config.me.object_id
  secret_permissions = ["Get", "Set"]
}
resource "coffer_secret" "shared" {
  name       = "shared"
  value      = "shared value"
  vault_id   = coffer_vault.test.id
  depends_on = [coffer_access_policy.me]
}
`

// reading reads the secret, waits for a word, and reads it again, in one process: the
// first resource keeps both reads out of the plan, which another process makes.
const reading = `
variable "vault" { type = string }
variable "database" { type = string }
provider "coffer" {
  embedded = { database = var.database }
}
resource "terraform_data" "start" {}
data "coffer_secret" "before" {
  name       = "shared"
  vault_id   = var.vault
  read_value = true
  depends_on = [terraform_data.start]
}
resource "terraform_data" "wait" {
  input = data.coffer_secret.before.version
  provisioner "local-exec" {
    command = "echo ready > ready && read word < word"
  }
}
data "coffer_secret" "after" {
  name       = "shared"
  vault_id   = var.vault
  read_value = true
  depends_on = [terraform_data.wait]
}
`

// Two providers and the command use one database at once. A grant that one takes away
// is refused by the other on its next request.
func TestRevocationIsSeenByTheOtherProcess(t *testing.T) {
	own := newDir(t, head+vault+granting)
	must(t, own.Run(t.Context(), "apply", "-var=granted=true"))
	id := attribute(t, own, "coffer_vault.test", "id")
	database := filepath.Join(own.Path(), "coffer.db")

	other := newDir(t, head+reading)
	ready, word := pipe(t, other.Path(), "ready"), pipe(t, other.Path(), "word")
	var said bytes.Buffer
	cmd := other.Command(t.Context(), binaries.terraform, "apply", "-no-color", "-input=false", "-auto-approve", "-var=vault="+id, "-var=database="+database)
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := waitFor(ready, ended); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}

	// The other provider has read the secret and waits, its database open.
	verifyAudit(t, own, database)
	must(t, own.Run(t.Context(), "apply", "-var=granted=false"))
	verifyAudit(t, own, database)

	_, err := word.WriteString("go\n")
	must(t, err)
	if err := <-ended; err == nil {
		t.Fatalf("the other process may still read:\n%s", said.String())
	}
	if text := said.String(); !strings.Contains(text, "data.coffer_secret.after") || !strings.Contains(text, "403") {
		t.Errorf("the other process failed for another reason:\n%s", text)
	}
}

// pipe makes a named pipe and opens it for both sides, so that nobody waits for the
// other to come.
func pipe(t *testing.T, dir, name string) *os.File {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, syscall.Mkfifo(path, 0o600))
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// waitFor returns when something was written to the pipe, or with an error when the
// process ended.
func waitFor(pipe *os.File, ended <-chan error) error {
	got := make(chan error, 1)
	go func() {
		_, err := pipe.Read(make([]byte, 16))
		got <- err
	}()
	select {
	case err := <-got:
		return err
	case err := <-ended:
		return fmt.Errorf("it ended before it was told to go on: %w", err)
	}
}
