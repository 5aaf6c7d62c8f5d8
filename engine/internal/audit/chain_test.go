package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// log returns a chain of n batches of two records each.
func log(t *testing.T, n int) []audit.Batch {
	t.Helper()
	var head audit.Head
	var batches []audit.Batch
	for i := range n {
		records := make([]*audit.Record, 2)
		for j := range records {
			records[j] = audit.Start(authz.Caller{}, audit.CategoryAudit, fmt.Sprintf("Op%d", 2*i+j+1), time.Unix(int64(i), 0))
			records[j].Finish(200, nil, time.Unix(int64(i), 0))
		}
		var b audit.Batch
		var err error
		if b, head, err = audit.Append(head, records); err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	return batches
}

func verify(batches []audit.Batch) error {
	var v audit.Verifier
	for _, b := range batches {
		if err := v.Add(b); err != nil {
			return err
		}
	}
	return nil
}

func TestChainNamesTheFirstBadRecord(t *testing.T) {
	replace := func(b *audit.Batch, old, with string) {
		b.Lines = bytes.Replace(bytes.Clone(b.Lines), []byte(old), []byte(with), 1)
	}
	for _, tt := range []struct {
		name   string
		change func([]audit.Batch) []audit.Batch
		want   uint64
	}{
		{"untouched", func(b []audit.Batch) []audit.Batch { return b }, 0},
		{"changed", func(b []audit.Batch) []audit.Batch { replace(&b[1], `"Op4"`, `"OpX"`); return b }, 3},
		{"batch removed", func(b []audit.Batch) []audit.Batch { return append(b[:1:1], b[2:]...) }, 3},
		{"first removed", func(b []audit.Batch) []audit.Batch { return b[1:] }, 1},
		{"batches swapped", func(b []audit.Batch) []audit.Batch { b[1], b[2] = b[2], b[1]; return b }, 3},
		{"batch doubled", func(b []audit.Batch) []audit.Batch { return append(b[:2:2], b[1:]...) }, 3},
		{"line removed", func(b []audit.Batch) []audit.Batch {
			i := bytes.IndexByte(b[1].Lines, '\n')
			b[1].Lines = b[1].Lines[i+1:]
			return b
		}, 4},
		{"line inserted", func(b []audit.Batch) []audit.Batch {
			b[1].Lines = append(bytes.Clone(b[1].Lines), "{}\n"...)
			return b
		}, 5},
		{"lines swapped", func(b []audit.Batch) []audit.Batch {
			i := bytes.IndexByte(b[1].Lines, '\n') + 1
			b[1].Lines = append(bytes.Clone(b[1].Lines[i:]), b[1].Lines[:i]...)
			return b
		}, 3},
		{"hash forged for the batch", func(b []audit.Batch) []audit.Batch {
			replace(&b[1], `"Op4"`, `"OpX"`)
			forged, _ := audit.HashAt(b[1], b[1].Last)
			b[1].After = forged
			return b
		}, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := verify(tt.change(log(t, 4)))
			var broken *audit.ChainError
			if errors.As(err, &broken); broken == nil && tt.want != 0 || broken != nil && broken.Seq != tt.want {
				t.Errorf("got %v, want a complaint about record %d", err, tt.want)
			}
		})
	}
}

func TestRecordClipsWhatTheClientSends(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), 100_000))
	rec := audit.Start(authz.Caller{Request: authz.RequestInfo{UserAgent: long, URI: long, APIVersion: long}}, audit.CategoryAudit, "Op", time.Unix(0, 0))
	rec.Finish(200, nil, time.Unix(0, 0))
	line, err := rec.Encode()
	if err != nil || len(line) > 4096 {
		t.Errorf("a record of %d bytes, %v", len(line), err)
	}
	if bytes.ContainsRune(line, '\n') {
		t.Error("a record of more than one line")
	}
}
