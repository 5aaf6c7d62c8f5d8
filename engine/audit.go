package engine

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// Checkpoint is the end of an audit chain at some moment: the number and the hash of
// its last record. Kept elsewhere, it shows later whether records up to it were
// changed, cut off, or rolled back with the whole database.
type Checkpoint struct {
	Seq  uint64
	Hash string
}

// String returns the checkpoint as "{number}:{hash}"; see ParseCheckpoint.
func (c Checkpoint) String() string { return strconv.FormatUint(c.Seq, 10) + ":" + c.Hash }

// ParseCheckpoint parses what Checkpoint.String returns.
func ParseCheckpoint(text string) (Checkpoint, error) {
	seq, hash, ok := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseUint(seq, 10, 63)
	if raw, hexErr := hex.DecodeString(hash); !ok || err != nil || hexErr != nil || len(raw) != len(audit.Hash{}) {
		return Checkpoint{}, errors.New("a checkpoint is written {number}:{hash}, as 'coffer audit verify' prints it")
	}
	return Checkpoint{n, strings.ToLower(hash)}, nil
}

// ErrAuditBroken is wrapped by the error of VerifyAudit when the chain does not hold.
var ErrAuditBroken = errors.New("the audit log does not verify")

// VerifyAudit checks the audit chain of the database file at path, which it opens for
// reading only, and returns its end. If from is not nil the chain must also contain
// that checkpoint. each, if not nil, gets every record that verifies, as JSON.
func VerifyAudit(ctx context.Context, path string, from *Checkpoint, each func(seq uint64, record []byte) error) (Checkpoint, error) {
	db, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true})
	if err != nil {
		return Checkpoint{}, openError(err)
	}
	verifier := audit.Verifier{Each: each}
	passed := from == nil || from.Seq == 0
	err = db.View(ctx, func(v *store.View) error {
		return v.AuditBatches(0, func(b audit.Batch) error {
			if !passed && b.First <= from.Seq && from.Seq <= b.Last {
				hash, err := audit.HashAt(b, from.Seq)
				if err != nil {
					return err
				}
				if hash.String() != from.Hash {
					return &audit.ChainError{Seq: from.Seq, Reason: "is not the record of the checkpoint"}
				}
				passed = true
			}
			return verifier.Add(b)
		})
	})
	if err == nil && !passed {
		err = fmt.Errorf("%w: the log ends at record %d, the checkpoint is of record %d", audit.ErrTruncated, verifier.Head.Seq, from.Seq)
	}
	var broken *audit.ChainError
	if errors.As(err, &broken) || errors.Is(err, audit.ErrTruncated) {
		err = fmt.Errorf("%w: %w", ErrAuditBroken, err)
	}
	head := Checkpoint{Seq: verifier.Head.Seq, Hash: verifier.Head.Hash.String()}
	return head, errors.Join(err, db.Close())
}

// AuditLog reads the audit log of a database file without verifying it.
type AuditLog struct{ db *store.DB }

// OpenAuditLog opens the audit log of the database at path, for reading only. It needs
// no root key.
func OpenAuditLog(ctx context.Context, path string) (*AuditLog, error) {
	db, err := store.Open(ctx, store.Options{Path: path, ReadOnly: true})
	if err != nil {
		return nil, openError(err)
	}
	return &AuditLog{db}, nil
}

// Close closes the file.
func (l *AuditLog) Close() error { return l.db.Close() }

// Read calls fn with each record after the number after, as JSON, in order.
func (l *AuditLog) Read(ctx context.Context, after uint64, fn func(seq uint64, record []byte) error) error {
	return l.db.View(ctx, func(v *store.View) error {
		return v.AuditBatches(after, func(b audit.Batch) error {
			seq := b.First
			for line := range bytes.Lines(b.Lines) {
				if seq > after {
					if err := fn(seq, bytes.TrimSuffix(line, []byte{'\n'})); err != nil {
						return err
					}
				}
				seq++
			}
			return nil
		})
	})
}

// End returns the number of the last record, 0 if there is none.
func (l *AuditLog) End(ctx context.Context) (seq uint64, err error) {
	err = l.db.View(ctx, func(v *store.View) error {
		head, err := v.AuditHead()
		seq = head.Seq
		return err
	})
	return seq, err
}
