package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// use opens and closes an engine, which leaves a record or two.
func use(t *testing.T, path string) {
	t.Helper()
	e, err := engine.Open(context.Background(), engine.Options{Database: path})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.NewOperatorSecret(context.Background(), "x", 1e12); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func alter(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerifyAuditFindsWhatWasDone(t *testing.T) {
	for name, statement := range map[string]string{
		"changed":  "UPDATE audit_batches SET records = replace(CAST(records AS TEXT), 'Created', 'Granted') WHERE first_seq = 1",
		"removed":  "DELETE FROM audit_batches WHERE first_seq = 2",
		"inserted": "INSERT INTO audit_batches SELECT 1000, 1000, before_hash, after_hash, records FROM audit_batches WHERE first_seq = 1",
	} {
		path := filepath.Join(t.TempDir(), "coffer.db")
		for range 3 {
			use(t, path)
		}
		alter(t, path, statement)
		if _, err := engine.VerifyAudit(context.Background(), path, nil, nil); !errors.Is(err, engine.ErrAuditBroken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestVerifyAuditAgainstACheckpoint(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "coffer.db")
	use(t, path)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	use(t, path)
	checkpoint, err := engine.VerifyAudit(ctx, path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	use(t, path)
	if _, err := engine.VerifyAudit(ctx, path, &checkpoint, nil); err != nil {
		t.Errorf("a log that went on: %v", err)
	}
	forged := engine.Checkpoint{Seq: checkpoint.Seq, Hash: strings.Repeat("0", 64)}
	if _, err := engine.VerifyAudit(ctx, path, &forged, nil); !errors.Is(err, engine.ErrAuditBroken) {
		t.Errorf("another record at the checkpoint: %v", err)
	}
	// The whole database is replaced by its older copy.
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.VerifyAudit(ctx, path, nil, nil); err != nil {
		t.Errorf("the copy by itself: %v", err)
	}
	if _, err := engine.VerifyAudit(ctx, path, &checkpoint, nil); !errors.Is(err, engine.ErrAuditBroken) {
		t.Errorf("rolled back: %v", err)
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("12:" + strings.Repeat("ab", 32))
	f.Add("-1:zz")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := engine.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if again, err := engine.ParseCheckpoint(c.String()); err != nil || again != c {
			t.Errorf("%q does not come back: %v %v", text, again, err)
		}
	})
}
