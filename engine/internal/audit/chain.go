package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// Hash is the running hash of the chain.
type Hash [sha256.Size]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Head is the end of a chain: the sequence number and hash of its last record. The
// zero Head is that of an empty chain; the first record has the number 1.
type Head struct {
	Seq  uint64
	Hash Hash
}

// Batch is what one commit appends: the records First..Last as JSON lines, the hash
// before the first and the hash after the last.
//
//	hash(n) = SHA-256( hash(n-1) | n as 8 bytes big-endian | length of line as 8 bytes big-endian | line )
type Batch struct {
	First, Last uint64
	Before      Hash
	After       Hash
	Lines       []byte
}

// Append chains the records onto head and returns the batch to store and the new
// head. It panics if there is no record.
func Append(head Head, records []*Record) (Batch, Head, error) {
	if len(records) == 0 {
		panic("audit: Append without a record")
	}
	batch := Batch{First: head.Seq + 1, Before: head.Hash}
	var lines bytes.Buffer
	for _, rec := range records {
		line, err := rec.Encode()
		if err != nil {
			return Batch{}, head, fmt.Errorf("encode audit record: %w", err)
		}
		head = Head{Seq: head.Seq + 1, Hash: link(head, line)}
		lines.Write(line)
		lines.WriteByte('\n')
	}
	batch.Last, batch.After, batch.Lines = head.Seq, head.Hash, lines.Bytes()
	return batch, head, nil
}

// HashAt returns the hash of the chain after the record seq of b, as the batch has it;
// it does not verify.
func HashAt(b Batch, seq uint64) (Hash, error) {
	head := Head{Seq: b.First - 1, Hash: b.Before}
	rest := b.Lines
	for head.Seq < seq {
		line, tail, found := bytes.Cut(rest, []byte{'\n'})
		if !found {
			return Hash{}, &ChainError{head.Seq + 1, "missing from its batch"}
		}
		rest = tail
		head = Head{Seq: head.Seq + 1, Hash: link(head, line)}
	}
	return head.Hash, nil
}

func link(prev Head, line []byte) Hash {
	var prefix [sha256.Size + 16]byte
	copy(prefix[:], prev.Hash[:])
	binary.BigEndian.PutUint64(prefix[sha256.Size:], prev.Seq+1)
	binary.BigEndian.PutUint64(prefix[sha256.Size+8:], uint64(len(line)))
	h := sha256.New()
	h.Write(prefix[:])
	h.Write(line)
	var sum Hash
	h.Sum(sum[:0])
	return sum
}

// ChainError says where a chain is broken. Seq is the number of the first record
// that does not verify.
type ChainError struct {
	Seq    uint64
	Reason string
}

// Error implements error.
func (e *ChainError) Error() string {
	return fmt.Sprintf("audit record %d: %s", e.Seq, e.Reason)
}

// Verifier checks batches in the order of their numbers. The zero Verifier starts at
// an empty chain; set Head to continue from a checkpoint.
type Verifier struct {
	Head Head
	// Each, if set, is called with every record that verifies.
	Each func(seq uint64, line []byte) error
}

// Add checks the next batch. A *ChainError names the first bad record.
func (v *Verifier) Add(b Batch) error {
	next := v.Head.Seq + 1
	switch {
	case b.First > next:
		return &ChainError{next, fmt.Sprintf("missing; the next stored record is %d", b.First)}
	case b.First < next:
		return &ChainError{b.First, "stored twice"}
	case b.Before != v.Head.Hash:
		return &ChainError{b.First, "does not follow from its predecessor"}
	}
	head := v.Head
	rest := b.Lines
	for head.Seq < b.Last {
		line, tail, found := bytes.Cut(rest, []byte{'\n'})
		if !found {
			return &ChainError{head.Seq + 1, "missing from its batch"}
		}
		rest = tail
		head = Head{Seq: head.Seq + 1, Hash: link(head, line)}
		if v.Each != nil {
			if err := v.Each(head.Seq, line); err != nil {
				return err
			}
		}
	}
	if len(rest) != 0 {
		return &ChainError{head.Seq + 1, "was added to a batch that ends before it"}
	}
	if head.Hash != b.After {
		return &ChainError{b.First, fmt.Sprintf("one of the records %d to %d was changed", b.First, b.Last)}
	}
	v.Head = head
	return nil
}

// ErrTruncated says that a chain ends before a record that is known to have existed.
var ErrTruncated = errors.New("the audit log was cut off or the database rolled back")
