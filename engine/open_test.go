package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

func mustOpen(t *testing.T, o engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// made returns the path of a database that was made and closed.
func made(t *testing.T, o engine.Options) string {
	t.Helper()
	o.Database = filepath.Join(t.TempDir(), "coffer.db")
	e, err := engine.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return o.Database
}

// tree returns the names and contents of all files in dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		// A reader of a WAL database may leave its shared-memory index behind.
		if entry.IsDir() || strings.HasSuffix(entry.Name(), "-shm") || strings.HasSuffix(entry.Name(), "-wal") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(data)
	}
	return files
}

func TestOpenRefusesAndChangesNothing(t *testing.T) {
	ctx := context.Background()
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	otherKey := made(t, engine.Options{}) + ".key"
	lost := made(t, engine.Options{})
	if err := os.Remove(lost + ".key"); err != nil {
		t.Fatal(err)
	}
	open := made(t, engine.Options{})
	if err := os.Chmod(open+".key", 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COFFER_TEST_PASS", "correct horse")
	t.Setenv("COFFER_TEST_WRONG", "battery staple")
	passphrase := made(t, engine.Options{RootKey: engine.RootKey{PassphraseEnv: "COFFER_TEST_PASS"}})
	for _, tt := range []struct {
		name    string
		options engine.Options
		want    error
		says    string
	}{
		{"foreign file", engine.Options{Database: write("a.db", strings.Repeat("not a database ", 10))}, engine.ErrForeignDatabase, "a.db"},
		{"empty file", engine.Options{Database: write("b.db", "")}, engine.ErrForeignDatabase, "b.db"},
		{"no directory", engine.Options{Database: filepath.Join(t.TempDir(), "none", "c.db")}, engine.ErrNoDatabase, "none"},
		{"existing only", engine.Options{Database: filepath.Join(t.TempDir(), "d.db"), Existing: true}, engine.ErrNoDatabase, "d.db"},
		{"wrong root key", engine.Options{Database: made(t, engine.Options{}), RootKey: engine.RootKey{File: otherKey}}, engine.ErrWrongRootKey, ""},
		{"lost root key", engine.Options{Database: lost}, engine.ErrNoRootKey, ".key"},
		{"root key that others may read", engine.Options{Database: open}, engine.ErrNoRootKey, "0600"},
		{"no passphrase", engine.Options{Database: passphrase, RootKey: engine.RootKey{PassphraseEnv: "COFFER_TEST_NONE"}}, engine.ErrNoRootKey, "COFFER_TEST_NONE"},
		{"wrong passphrase", engine.Options{Database: passphrase, RootKey: engine.RootKey{PassphraseEnv: "COFFER_TEST_WRONG"}}, engine.ErrWrongRootKey, ""},
		{"two root keys", engine.Options{Database: passphrase, RootKey: engine.RootKey{PassphraseEnv: "COFFER_TEST_PASS", Env: "COFFER_TEST_PASS"}}, engine.ErrBadOptions, "one place"},
		{"other tenant", engine.Options{Database: made(t, engine.Options{}), TenantID: "11111111-2222-3333-4444-555555555555"}, engine.ErrOtherTenant, "tenant"},
		{"malformed tenant", engine.Options{Database: filepath.Join(t.TempDir(), "e.db"), TenantID: "contoso"}, engine.ErrBadOptions, "contoso"},
		{"malformed domain", engine.Options{Database: filepath.Join(t.TempDir(), "f.db"), Domain: "https://x"}, engine.ErrBadOptions, "domain"},
		{"no database named", engine.Options{}, engine.ErrBadOptions, "database"},
		{"directory that cannot be written", engine.Options{Database: "/sys/kernel/coffer.db"}, engine.ErrNoRootKey, "/sys/kernel"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Dir(tt.options.Database)
			before := tree(t, dir)
			e, err := engine.Open(ctx, tt.options)
			if err == nil {
				_ = e.Close()
			}
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v; want %v and %q", err, tt.want, tt.says)
			}
			if tt.options.Database == "" || strings.HasPrefix(dir, "/sys") {
				return
			}
			after := tree(t, dir)
			if len(after) != len(before) {
				t.Errorf("files were created: %d before, %d after", len(before), len(after))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

func TestReopenKeepsTheIdentity(t *testing.T) {
	path := made(t, engine.Options{TenantID: "11111111-2222-3333-4444-555555555555", Domain: "One.Example"})
	first := mustOpen(t, engine.Options{Database: path}).Info()
	second := mustOpen(t, engine.Options{Database: path, Domain: "two.example:8443"}).Info()
	if first.Domain != engine.DefaultDomain || second.Domain != "two.example:8443" {
		t.Errorf("domains: %q, %q", first.Domain, second.Domain)
	}
	first.Domain, second.Domain = "", ""
	if first != second || first.TenantID != "11111111-2222-3333-4444-555555555555" {
		t.Errorf("got %+v, then %+v", first, second)
	}
}

func TestFirstUseByManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coffer.db")
	infos := make([]engine.Info, 6)
	var wait sync.WaitGroup
	for i := range infos {
		wait.Go(func() {
			e, err := engine.Open(context.Background(), engine.Options{Database: path})
			if err != nil {
				t.Error(err)
				return
			}
			infos[i] = e.Info()
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, info := range infos {
		if info != infos[0] || info.TenantID == "" {
			t.Errorf("got %+v and %+v", infos[0], info)
		}
	}
}
