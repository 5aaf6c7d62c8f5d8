// Package store keeps the engine's state in one SQLite file that several processes
// open at once.
//
// It owns transactions, the schema, migrations and every SQL statement. It decides
// nothing: the services say what to read and write, and the store makes it one
// durable transaction together with its audit record.
//
//   - One writer per process takes whatever writes are waiting, runs each in its own
//     savepoint, appends their audit records to the hash chain as one batch row and
//     commits: one fsync for all of them (group commit).
//   - Readers are independent connections; each View is one consistent snapshot.
//   - state.generation moves, by triggers, with every change that a decision may rest
//     on; a cache stamped with it sees the writes of other processes.
//
// Nothing waits for a clean shutdown: a process may be killed at any point.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options configure Open.
type Options struct {
	// Path is the database file. It is created, with mode 0600, if it is missing.
	Path string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// ReadOnly opens an existing file for View only: nothing is created, migrated or
	// written, and Commit fails.
	ReadOnly bool
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path    string
	now     func() time.Time
	pool    *sql.DB
	readers chan *session
	queue   chan *write
	done    chan struct{}
	stop    chan struct{}
	once    sync.Once
}

// What Open can fail with, besides I/O errors.
var (
	// ErrForeign: the file is not a Coffer database.
	ErrForeign = errors.New("the file is not a Coffer database")
	// ErrNewer: the file was written by a later version.
	ErrNewer = errors.New("the database was written by a newer version of Coffer")
	// ErrClosed: the database was closed.
	ErrClosed = errors.New("the database is closed")
)

const (
	maxReaders  = 8
	maxBatch    = 512
	busyTimeout = 30 * time.Second
)

// Open opens the database at o.Path, creating and migrating it as needed. It fails
// without a change to a file that is not a Coffer database or is too new.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if !o.ReadOnly {
		if err := create(ctx, o.Path); err != nil {
			return nil, err
		}
	}
	if err := Inspect(ctx, o.Path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite3", dsn(o.Path, "rw", true))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", o.Path, err)
	}
	pool.SetMaxOpenConns(maxReaders + 1)
	pool.SetMaxIdleConns(maxReaders + 1)
	db := &DB{
		path: o.Path, now: o.Now, pool: pool,
		readers: make(chan *session, maxReaders),
		queue:   make(chan *write, 4*maxBatch),
		done:    make(chan struct{}),
		stop:    make(chan struct{}),
	}
	for range maxReaders {
		db.readers <- nil
	}
	if o.ReadOnly {
		close(db.done)
		return db, nil
	}
	writer, err := newSession(ctx, pool)
	if err == nil {
		err = migrate(writer)
	}
	if err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("open database %s: %w", o.Path, err)
	}
	go db.run(writer)
	return db, nil
}

// Path returns the file's path as given to Open.
func (db *DB) Path() string { return db.path }

// Close waits for the commit that is running and closes the file. Writes that still
// wait fail with ErrClosed.
func (db *DB) Close() error {
	db.once.Do(func() { close(db.stop) })
	<-db.done
	return db.pool.Close()
}

// View calls fn with one consistent snapshot of the database. The View is not valid
// after fn returns, and not for use by several goroutines.
func (db *DB) View(ctx context.Context, fn func(*View) error) error {
	var s *session
	select {
	case s = <-db.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.stop:
		return ErrClosed
	}
	if s == nil {
		var err error
		if s, err = newSession(context.Background(), db.pool); err != nil {
			db.readers <- nil
			return fmt.Errorf("open reader: %w", err)
		}
	}
	defer func() { db.readers <- s }()
	// A read transaction must not take the write lock, which _txlock gives to those
	// of database/sql: hence the plain statement.
	if err := s.exec("BEGIN DEFERRED"); err != nil {
		return fmt.Errorf("begin read: %w", err)
	}
	defer func() { _ = s.exec("COMMIT") }()
	return fn(&View{s: s, now: db.now()})
}

// View is a consistent snapshot of the database.
type View struct {
	s   *session
	now time.Time
}

// Now is the time at which the snapshot was taken: what is due by then has happened.
func (v *View) Now() time.Time { return v.now }

// Generation is the number of the state that decisions rest on: it moves with every
// change of a principal, membership, role, assignment, vault property or policy.
func (v *View) Generation() (uint64, error) {
	var g int64
	if err := v.s.row("SELECT generation FROM state WHERE id = 1").Scan(&g); err != nil {
		return 0, fmt.Errorf("read generation: %w", err)
	}
	return uint64(g), nil
}

// Tx is a write transaction; it reads what it has written.
type Tx struct {
	View
}

// session is one connection with its prepared statements.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSession(ctx context.Context, pool *sql.DB) (*session, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

// background keeps the driver from starting a goroutine for each statement to watch
// a context that is never cancelled in the middle of one.
var background = context.Background()

func (s *session) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(background, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	s.stmts[query] = stmt
	return stmt, nil
}

func (s *session) exec(query string, args ...any) error {
	_, err := s.changed(query, args...)
	return err
}

// changed executes query and returns the number of rows that it changed.
func (s *session) changed(query string, args ...any) (int64, error) {
	stmt, err := s.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(background, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// scanner is a row, or the reason why there is none.
type scanner struct {
	row *sql.Row
	err error
}

// Scan copies the columns; sql.ErrNoRows if there is no row.
func (r scanner) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

func (s *session) row(query string, args ...any) scanner {
	stmt, err := s.prepare(query)
	if err != nil {
		return scanner{err: err}
	}
	return scanner{row: stmt.QueryRowContext(background, args...)}
}

// each calls fn for every row of query.
func (s *session) each(query string, args []any, fn func(scan func(dest ...any) error) error) error {
	stmt, err := s.prepare(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(background, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
