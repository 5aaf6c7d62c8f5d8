package provider_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	_ "github.com/mattn/go-sqlite3"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// newDatabase returns the path of a database that was made and closed.
func newDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "coffer.db")
	e, err := engine.Open(context.Background(), engine.Options{Database: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each thing that can be wrong with the provider block is one error that says what and
// what to do, and makes no file.
func TestProviderBlockMistakes(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "letter.db")
	if err := os.WriteFile(foreign, []byte("Dear reader, this is a letter and no database."), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := newDatabase(t)
	db, err := sql.Open("sqlite3", newer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA user_version = 9999"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	keyless := newDatabase(t)
	if err := os.Remove(keyless + ".key"); err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), "fresh.db")
	embedded := func(database, more string) string {
		return fmt.Sprintf("embedded = {\n database = %q\n %s\n}", database, more)
	}
	for name, tt := range map[string]struct{ block, says string }{
		"foreign file":         {embedded(foreign, ""), "Not a Coffer database"},
		"newer schema":         {embedded(newer, ""), "from a newer version"},
		"wrong root key":       {embedded(newDatabase(t), fmt.Sprintf("root_key = { file = %q }", newDatabase(t)+".key")), "Not the root key of this database"},
		"lost root key":        {embedded(keyless, ""), "The root key is missing"},
		"no passphrase":        {embedded(fresh, `root_key = { passphrase_env = "COFFER_TEST_NOT_SET" }`), "COFFER_TEST_NOT_SET"},
		"no directory":         {embedded(filepath.Join(t.TempDir(), "none", "x.db"), ""), "The database cannot be opened"},
		"read-only directory":  {embedded("/sys/kernel/coffer.db", ""), "/sys/kernel/coffer.db"},
		"two tenants":          {embedded(newDatabase(t), "") + "\ntenant_id = \"11111111-2222-3333-4444-555555555555\"", "belongs to another tenant"},
		"no tenant id":         {embedded(fresh, "") + "\ntenant_id = \"contoso\"", "UUID"},
		"embedded and remote":  {embedded(fresh, "") + "\nendpoint = \"https://management.example.com\"", "endpoint"},
		"two root keys":        {embedded(fresh, `root_key = { file = "a", env = "B" }`), "root_key"},
		"plain http":           {`endpoint = "http://management.example.com"`, "https"},
		"remote, no principal": {`endpoint = "https://management.example.com"`, "client"},
	} {
		t.Run(name, func(t *testing.T) {
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: factories, Steps: []resource.TestStep{{
				Config:   "provider \"coffer\" {\n" + tt.block + "\n}\ndata \"coffer_client_config\" \"me\" {}\n",
				PlanOnly: true, ExpectError: says(tt.says),
			}}})
		})
	}
	if left, _ := filepath.Glob(fresh + "*"); len(left) != 0 {
		t.Errorf("files were made: %v", left)
	}
	if text, err := os.ReadFile(foreign); err != nil || len(text) != 46 {
		t.Errorf("the foreign file was changed: %q %v", text, err)
	}
}
