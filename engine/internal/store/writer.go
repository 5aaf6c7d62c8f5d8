package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// write is one waiting change, with the record to make of its outcome.
type write struct {
	ctx    context.Context
	apply  func(*Tx) error
	record func(error) *audit.Record
	err    error
	done   chan struct{}
}

// Commit runs apply in the next transaction and returns when it is durable together
// with the audit record that record makes of apply's error. If apply fails its
// changes are undone, the record is still written, and apply's error is returned. If
// the transaction cannot be made durable nothing of it remains and the error is a
// fault of kind Unavailable.
//
// apply runs on the writer, which everyone waits for: it must not do slow work. Either
// function may be nil; record may return nil for what needs no record of its own.
func (db *DB) Commit(ctx context.Context, apply func(*Tx) error, record func(error) *audit.Record) error {
	w := &write{ctx: ctx, apply: apply, record: record, done: make(chan struct{})}
	select {
	case <-db.done:
		return ErrClosed
	default:
	}
	select {
	case db.queue <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.stop:
		return ErrClosed
	}
	select {
	case <-w.done:
		return w.err
	case <-db.done:
		// The writer may have answered just before it stopped.
		select {
		case <-w.done:
			return w.err
		default:
			return ErrClosed
		}
	}
}

// Record makes rec durable.
func (db *DB) Record(ctx context.Context, rec *audit.Record) error {
	return db.Commit(ctx, nil, func(error) *audit.Record { return rec })
}

func (db *DB) run(s *session) {
	defer close(db.done)
	batch := make([]*write, 0, maxBatch)
	for {
		select {
		case <-db.stop:
			return
		case w := <-db.queue:
			batch = append(batch[:0], w)
		}
	drain:
		for len(batch) < maxBatch {
			select {
			case w := <-db.queue:
				batch = append(batch, w)
			default:
				break drain
			}
		}
		if err := db.commit(s, batch); err != nil {
			_ = s.exec("ROLLBACK")
			for _, w := range batch {
				w.err = &fault.Error{
					Kind:    fault.Unavailable,
					Message: "The request could not be recorded, so it was not carried out. Please retry it.",
					Cause:   err,
				}
			}
		}
		for _, w := range batch {
			close(w.done)
		}
	}
}

// commit carries out the batch in one transaction. It sets the err of each write, and
// returns an error if nothing of the batch is durable.
func (db *DB) commit(s *session, batch []*write) error {
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin write: %w", err)
	}
	tx := &Tx{View{s: s, now: db.now()}}
	records := make([]*audit.Record, 0, len(batch))
	for _, w := range batch {
		if err := tx.savepoint(w); err != nil {
			return err
		}
		if w.record == nil {
			continue
		}
		if rec := w.record(w.err); rec != nil {
			records = append(records, rec)
		}
	}
	if len(records) > 0 {
		if err := tx.appendAudit(records); err != nil {
			return err
		}
	}
	if err := s.exec("COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// savepoint applies one write so that its failure undoes it alone.
func (tx *Tx) savepoint(w *write) error {
	if w.err = w.ctx.Err(); w.err != nil || w.apply == nil {
		return nil
	}
	if err := tx.s.exec("SAVEPOINT one"); err != nil {
		return fmt.Errorf("open savepoint: %w", err)
	}
	w.err = guarded(w.apply, tx)
	if w.err != nil {
		if err := tx.s.exec("ROLLBACK TO one"); err != nil {
			return fmt.Errorf("undo after %w: %w", w.err, err)
		}
	}
	if err := tx.s.exec("RELEASE one"); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

// guarded turns a panic of apply into an error: one bad write must not take the
// writer, and with it everyone else's writes, down.
func guarded(apply func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write transaction: %v", p)
		}
	}()
	return apply(tx)
}

func (tx *Tx) appendAudit(records []*audit.Record) error {
	head, err := tx.AuditHead()
	if err != nil {
		return err
	}
	batch, _, err := audit.Append(head, records)
	if err != nil {
		return err
	}
	err = tx.s.exec("INSERT INTO audit_batches (first_seq, last_seq, before_hash, after_hash, records) VALUES (?, ?, ?, ?, ?)",
		int64(batch.First), int64(batch.Last), batch.Before[:], batch.After[:], batch.Lines)
	if err != nil {
		return fmt.Errorf("append audit records: %w", err)
	}
	return nil
}

// AuditHead returns the end of the audit chain.
func (v *View) AuditHead() (audit.Head, error) {
	var seq int64
	var hash []byte
	err := v.s.row("SELECT last_seq, after_hash FROM audit_batches ORDER BY first_seq DESC LIMIT 1").Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	if err != nil {
		return audit.Head{}, fmt.Errorf("read the end of the audit chain: %w", err)
	}
	head := audit.Head{Seq: uint64(seq)}
	if len(hash) != len(head.Hash) {
		return audit.Head{}, fmt.Errorf("read the end of the audit chain: hash of %d bytes", len(hash))
	}
	copy(head.Hash[:], hash)
	return head, nil
}

// AuditBatches calls fn with each batch whose last record is after the number after,
// in order.
func (v *View) AuditBatches(after uint64, fn func(audit.Batch) error) error {
	return v.s.each("SELECT first_seq, last_seq, before_hash, after_hash, records FROM audit_batches WHERE last_seq > ? ORDER BY first_seq",
		[]any{int64(after)}, func(scan func(...any) error) error {
			var first, last int64
			var before, end, lines []byte
			if err := scan(&first, &last, &before, &end, &lines); err != nil {
				return fmt.Errorf("read audit batch: %w", err)
			}
			b := audit.Batch{First: uint64(first), Last: uint64(last), Lines: lines}
			copy(b.Before[:], before)
			copy(b.After[:], end)
			return fn(b)
		})
}
