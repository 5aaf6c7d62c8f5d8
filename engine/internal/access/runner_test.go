package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// ledger is a Store over one state that keeps the records it is given.
type ledger struct {
	state    *state
	records  []*audit.Record
	between  func() // called between the view and the commit of a write
	unwell   error  // what Record fails with
	applied  int
	canceled bool // whether a commit or record saw a context that was over
}

func (l *ledger) View(_ context.Context, fn func(access.Reader) error) error { return fn(l.state) }

func (l *ledger) Commit(ctx context.Context, apply func(access.Reader) error, record func(error) *audit.Record) error {
	l.canceled = l.canceled || ctx.Err() != nil
	if l.between != nil {
		l.between()
	}
	err := apply(l.state)
	l.records = append(l.records, record(err))
	return err
}

func (l *ledger) Record(ctx context.Context, rec *audit.Record) error {
	l.canceled = l.canceled || ctx.Err() != nil
	l.records = append(l.records, rec)
	return l.unwell
}

func gate(l *ledger) *access.Gate[access.Reader, access.Reader] {
	return &access.Gate[access.Reader, access.Reader]{Store: l, Control: access.NewControl(), Now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
}

// operation is one on the vault "app" that Secrets Users may perform.
func operation() access.Operation {
	return access.Operation{Category: audit.CategoryAudit, Name: "SecretGet", Status: 200, Authorize: func(s *access.Snapshot, subject *access.Subject, rec *audit.Record) error {
		v, found, err := s.Vault("app")
		if err != nil || !found {
			return errors.Join(err, fault.New(fault.VaultNotFound, "no vault"))
		}
		return s.AuthorizeData(subject, v, access.DataRequest{Action: getSecret, Type: authz.Secrets, Permission: "get", Collection: "secrets", Name: "db"}, rec)
	}}
}

func permitted() *ledger {
	s := world()
	s.assignments = []access.Assignment{{ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: secretsUser}}
	return &ledger{state: s}
}

// run performs an operation in each way that the gate has; acted counts what got through.
func run(l *ledger, way string, caller authz.Caller, acted *int) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // A client that goes away stops neither the record nor the commit.
	g := gate(l)
	act := func(access.Reader, *audit.Record) error { *acted++; return nil }
	switch way {
	case "read":
		return g.Read(ctx, caller, operation(), act)
	case "use":
		return g.Use(ctx, caller, operation(), func(access.Reader, *audit.Record) error { return nil }, func(context.Context) error { *acted++; return nil })
	case "write":
		return g.Write(ctx, caller, operation(), nil, act)
	}
	return g.Write(ctx, caller, operation(), func(context.Context) error { *acted++; return nil }, func(access.Reader, *audit.Record) error { return nil })
}

var ways = []string{"read", "use", "write", "prepared write"}

func TestEveryWayAuthorisesAndRecords(t *testing.T) {
	for _, way := range ways {
		for _, tt := range []struct {
			name   string
			caller authz.Caller
			kind   fault.Kind
			status int
		}{
			{"allowed", alice(), 0, 200},
			{"refused", application(), fault.ForbiddenByRBAC, 403},
			{"nobody", authz.Caller{}, fault.Unauthorized, 401},
		} {
			l, acted := permitted(), 0
			err := run(l, way, tt.caller, &acted)
			if allowed := tt.status == 200; allowed != (err == nil) || allowed != (acted == 1) {
				t.Errorf("%s, %s: %v, acted %d times", way, tt.name, err, acted)
			}
			if tt.status != 200 {
				wantKind(t, way+", "+tt.name, err, tt.kind)
			}
			if len(l.records) != 1 || l.records[0].Properties.HTTPStatusCode != tt.status || l.canceled {
				t.Errorf("%s, %s: %d records, canceled %v: %+v", way, tt.name, len(l.records), l.canceled, l.records)
			}
		}
	}
}

// A right that is revoked while a write is prepared is not used any more.
func TestWriteDecidesAgainIfSomethingChanged(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*state)
		want   bool
	}{
		"revoked":   {func(s *state) { s.assignments = nil; s.generation++ }, false},
		"deleted":   {func(s *state) { delete(s.principals, "alice"); s.generation++ }, false},
		"unrelated": {func(s *state) { s.generation++ }, true},
		"nothing":   {func(*state) {}, true},
	} {
		l, acted := permitted(), 0
		l.between = func() { tt.change(l.state) }
		err := run(l, "write", alice(), &acted)
		if (err == nil) != tt.want || (acted == 1) != tt.want {
			t.Errorf("%s: %v, acted %d times", name, err, acted)
		}
		if len(l.records) != 1 || (l.records[0].Properties.HTTPStatusCode == 200) != tt.want {
			t.Errorf("%s: the records are %+v", name, l.records)
		}
	}
}

// What cannot be recorded is not answered.
func TestNothingIsAnsweredWithoutItsRecord(t *testing.T) {
	for _, way := range []string{"read", "use"} {
		l, acted := permitted(), 0
		l.unwell = errors.New("the disk is full")
		if err := run(l, way, alice(), &acted); !errors.Is(err, l.unwell) {
			t.Errorf("%s: %v", way, err)
		}
	}
}

func TestFailuresOfTheWorkAreRecorded(t *testing.T) {
	conflict := fault.New(fault.Conflict, "conflict")
	fail := func(access.Reader, *audit.Record) error { return conflict }
	g := func(l *ledger) *access.Gate[access.Reader, access.Reader] { return gate(l) }
	for name, call := range map[string]func(*ledger) error{
		"read": func(l *ledger) error { return g(l).Read(t.Context(), alice(), operation(), fail) },
		"use": func(l *ledger) error {
			return g(l).Use(t.Context(), alice(), operation(), fail, func(context.Context) error { l.applied++; return nil })
		},
		"write": func(l *ledger) error { return g(l).Write(t.Context(), alice(), operation(), nil, fail) },
		"prepare": func(l *ledger) error {
			return g(l).Write(t.Context(), alice(), operation(), func(context.Context) error { return conflict },
				func(access.Reader, *audit.Record) error { l.applied++; return nil })
		},
		"refuse": func(l *ledger) error { return g(l).Refuse(t.Context(), alice(), operation(), conflict) },
	} {
		l := permitted()
		if err := call(l); !errors.Is(err, conflict) || l.applied != 0 {
			t.Errorf("%s: %v, went on %d times", name, err, l.applied)
		}
		if len(l.records) != 1 || l.records[0].Properties.HTTPStatusCode != conflict.Status() {
			t.Errorf("%s: the records are %+v", name, l.records)
		}
	}
}
