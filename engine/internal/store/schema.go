package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	// The driver registers itself as "sqlite3".
	_ "github.com/mattn/go-sqlite3"
)

// applicationID marks the file as a Coffer database ("COFR").
const applicationID = 0x434F4652

//go:embed migrations/*.sql
var migrations embed.FS

// dsn names the file at path in the given SQLite mode. The pragmas are in the name
// because they hold for one connection only.
func dsn(path, mode string, wal bool) string {
	q := url.Values{}
	q.Set("mode", mode)
	q.Set("_busy_timeout", strconv.Itoa(int(busyTimeout.Milliseconds())))
	if wal {
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		q.Set("_foreign_keys", "on")
		q.Set("_secure_delete", "on")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// create makes a new database file if there is none (or an empty one). The file is
// built under another name and then linked into place, so that no other process, and
// no process that comes after a kill, sees half of it.
func create(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("open database %s: not a regular file: %w", path, ErrForeign)
	case err == nil && info.Size() > 0:
		return nil
	case err == nil:
		return fmt.Errorf("open database %s: the file is empty: %w", path, ErrForeign)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("open database: %w", err)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+".new")
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer os.Remove(temp)
	if err := file.Close(); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if err := build(ctx, temp); err != nil {
		return fmt.Errorf("create database %s: %w", path, err)
	}
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create database: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func build(ctx context.Context, path string) error {
	pool, err := sql.Open("sqlite3", dsn(path, "rw", true))
	if err != nil {
		return err
	}
	s, err := newSession(ctx, pool)
	if err == nil {
		if err = s.exec("PRAGMA application_id = " + strconv.Itoa(applicationID)); err == nil {
			err = migrate(s)
		}
		for _, stmt := range s.stmts {
			_ = stmt.Close()
		}
		err = errors.Join(err, s.conn.Close())
	}
	if err = errors.Join(err, pool.Close()); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}

// Inspect refuses, without touching it, a file that is not a Coffer database or has
// a schema that this version does not know.
func Inspect(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	header := make([]byte, 16)
	_, err = io.ReadFull(file, header)
	_ = file.Close()
	if err != nil || !bytes.Equal(header, []byte("SQLite format 3\x00")) {
		return fmt.Errorf("open database %s: %w", path, ErrForeign)
	}
	pool, err := sql.Open("sqlite3", dsn(path, "ro", false))
	if err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	defer pool.Close()
	var id, version int
	if err := pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("open database %s: %w: %w", path, ErrForeign, err)
	}
	if id != applicationID {
		return fmt.Errorf("open database %s: %w", path, ErrForeign)
	}
	if err := pool.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("open database %s: %w", path, err)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	if version > len(names) {
		return fmt.Errorf("open database %s: its schema is %d, this version knows %d: %w", path, version, len(names), ErrNewer)
	}
	return nil
}

// migrate brings the schema up to date. Of several processes one does it; the others
// wait for the write lock and find it done.
func migrate(s *session) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	current, err := schemaVersion(s)
	if err != nil || current == len(names) {
		return err
	}
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("lock for migration: %w", err)
	}
	if err := migrateLocked(s, names); err != nil {
		return errors.Join(err, s.exec("ROLLBACK"))
	}
	if err := s.exec("COMMIT"); err != nil {
		return fmt.Errorf("commit migration: %w", err)
	}
	return nil
}

func migrateLocked(s *session, names []string) error {
	current, err := schemaVersion(s)
	if err != nil {
		return err
	}
	for i := current; i < len(names); i++ {
		script, err := migrations.ReadFile(names[i])
		if err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(background, string(script)); err != nil {
			return fmt.Errorf("migration %s: %w", names[i], err)
		}
	}
	_, err = s.conn.ExecContext(background, "PRAGMA user_version = "+strconv.Itoa(len(names)))
	return err
}

func schemaVersion(s *session) (int, error) {
	var version int
	err := s.conn.QueryRowContext(background, "PRAGMA user_version").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	return version, nil
}
