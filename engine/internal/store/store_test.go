package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func record(name string) func(error) *audit.Record {
	return func(err error) *audit.Record {
		rec := audit.Start(authz.Caller{}, audit.CategoryAdministrative, name, time.Unix(1, 0))
		rec.Finish(200, err, time.Unix(1, 0))
		return rec
	}
}

// chain verifies the audit chain and returns the number of its records.
func chain(t *testing.T, db *store.DB) uint64 {
	t.Helper()
	var v audit.Verifier
	err := db.View(context.Background(), func(view *store.View) error { return view.AuditBatches(0, v.Add) })
	if err != nil {
		t.Fatal(err)
	}
	return v.Head.Seq
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coffer.db")
	db := open(t, path)
	if err := db.Commit(context.Background(), nil, record("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestOpenRefusesWithoutTouching(t *testing.T) {
	newer := filepath.Join(t.TempDir(), "newer.db")
	db, err := store.Open(context.Background(), store.Options{Path: newer})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(context.Background(), func(tx *store.Tx) error { return tx.SetSchemaVersion(9999) }, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(text, []byte("this is somebody's letter, and it is longer than a header"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		want       error
	}{
		{"newer schema", newer, store.ErrNewer},
		{"foreign file", text, store.ErrForeign},
		{"empty file", empty, store.ErrForeign},
		{"directory", t.TempDir(), store.ErrForeign},
		{"no directory", filepath.Join(t.TempDir(), "no", "coffer.db"), os.ErrNotExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, _ := os.ReadFile(tt.path)
			if _, err := store.Open(context.Background(), store.Options{Path: tt.path}); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if after, _ := os.ReadFile(tt.path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestReadOnlyNeitherCreatesNorWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coffer.db")
	if _, err := store.Open(context.Background(), store.Options{Path: path, ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	open(t, path)
	db, err := store.Open(context.Background(), store.Options{Path: path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Commit(context.Background(), nil, record("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestAFailedWriteLeavesOnlyItsRecord(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "coffer.db"))
	refusal := fault.New(fault.Conflict, "no")
	err := db.Commit(context.Background(), func(tx *store.Tx) error {
		if err := tx.PutSetting("half", []byte("done")); err != nil {
			return err
		}
		return refusal
	}, record("refused"))
	if !errors.Is(err, refusal) {
		t.Fatalf("got %v", err)
	}
	err = db.Commit(context.Background(), func(*store.Tx) error { panic("boom") }, record("panic"))
	if err == nil {
		t.Error("a panic was taken for success")
	}
	_ = db.View(context.Background(), func(v *store.View) error {
		if _, found, err := v.Setting("half"); found || err != nil {
			t.Errorf("half a change stands: %v %v", found, err)
		}
		return nil
	})
	if n := chain(t, db); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

// Two handles on one file stand for two processes.
func TestManyWritersInTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coffer.db")
	handles := []*store.DB{open(t, path), open(t, path)}
	const each = 50
	var wait sync.WaitGroup
	for h, db := range handles {
		for i := range each {
			wait.Go(func() {
				name := fmt.Sprintf("%d/%d", h, i)
				err := db.Commit(context.Background(), func(tx *store.Tx) error { return tx.PutSetting(name, []byte(name)) }, record(name))
				if err != nil {
					t.Errorf("write %s: %v", name, err)
				}
			})
		}
	}
	wait.Wait()
	if n := chain(t, handles[0]); n != each*2 {
		t.Errorf("%d records, want %d", n, each*2)
	}
	_ = handles[1].View(context.Background(), func(v *store.View) error {
		for i := range each {
			if _, found, err := v.Setting(fmt.Sprintf("0/%d", i)); !found || err != nil {
				t.Errorf("write 0/%d is lost: %v", i, err)
			}
		}
		return nil
	})
}

func TestFirstOpenByManyProcessesAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coffer.db")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			db, err := store.Open(context.Background(), store.Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(db.Commit(context.Background(), nil, record("x")), db.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := chain(t, open(t, path)); n != 8 {
		t.Errorf("%d records, want 8", n)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
}

func TestClosedDatabaseRefuses(t *testing.T) {
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "coffer.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Commit(context.Background(), nil, record("x")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Commit: got %v", err)
	}
	if err := db.View(context.Background(), func(*store.View) error { return nil }); err == nil {
		t.Error("View works on a closed database")
	}
}
