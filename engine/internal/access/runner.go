package access

import (
	"context"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// Store is what a service reads from and writes to; R and W are the service's own
// read and write ports.
type Store[R, W Reader] interface {
	// View calls fn with one consistent snapshot.
	View(ctx context.Context, fn func(R) error) error
	// Commit makes what apply does durable together with the record of its outcome;
	// see store.DB.Commit.
	Commit(ctx context.Context, apply func(W) error, record func(error) *audit.Record) error
	// Record makes one record durable.
	Record(ctx context.Context, rec *audit.Record) error
}

// Gate runs the operations of one service. There is no other way from a service
// method to the store, so none can forget to authorise or to record.
type Gate[R, W Reader] struct {
	Store   Store[R, W]
	Control *Control
	Now     func() time.Time
}

// Operation is what the gate must know of an operation.
type Operation struct {
	// Category and Name go to the audit record.
	Category, Name string
	// Status is the HTTP status of success.
	Status int
	// Authorize decides. It returns the refusal as a fault, and notes in rec the
	// resource and the reason. It is called again if the state that it saw has
	// changed before a write is committed, so it must not keep anything from an
	// earlier call.
	Authorize func(s *Snapshot, subject *Subject, rec *audit.Record) error
}

// Read authorises op for caller, calls act on the same snapshot, and returns when the
// record is durable.
func (g *Gate[R, W]) Read(ctx context.Context, caller authz.Caller, op Operation, act func(R, *audit.Record) error) error {
	rec := audit.Start(caller, op.Category, op.Name, g.Now())
	err := g.Store.View(ctx, func(r R) error {
		if _, err := g.admit(r, caller, op, rec); err != nil {
			return err
		}
		return act(r, rec)
	})
	return g.close(ctx, op, rec, err)
}

// Use is Read for an operation with slow work that needs no transaction, such as a
// signature: act reads what it needs in the snapshot, then work runs outside of it.
func (g *Gate[R, W]) Use(ctx context.Context, caller authz.Caller, op Operation, act func(R, *audit.Record) error, work func(context.Context) error) error {
	rec := audit.Start(caller, op.Category, op.Name, g.Now())
	err := g.Store.View(ctx, func(r R) error {
		if _, err := g.admit(r, caller, op, rec); err != nil {
			return err
		}
		return act(r, rec)
	})
	if err == nil {
		err = work(ctx)
	}
	return g.close(ctx, op, rec, err)
}

// Write authorises op for caller, then calls prepare (which may be nil) outside any
// transaction for slow work, and then apply in the transaction that also holds the
// record. If what the authorisation saw has changed by then it is repeated first.
func (g *Gate[R, W]) Write(ctx context.Context, caller authz.Caller, op Operation, prepare func(context.Context) error, apply func(W, *audit.Record) error) error {
	rec := audit.Start(caller, op.Category, op.Name, g.Now())
	var seen uint64
	err := g.Store.View(ctx, func(r R) error {
		var err error
		seen, err = g.admit(r, caller, op, rec)
		return err
	})
	if err == nil && prepare != nil {
		err = prepare(ctx)
	}
	if err != nil {
		return g.close(ctx, op, rec, err)
	}
	return g.Store.Commit(context.WithoutCancel(ctx), func(w W) error {
		now, err := w.Generation()
		if err != nil {
			return err
		}
		if now != seen {
			if err := g.readmit(w, caller, op, rec); err != nil {
				return err
			}
		}
		return apply(w, rec)
	}, func(err error) *audit.Record {
		rec.Finish(op.Status, err, g.Now())
		return rec
	})
}

// Refuse records a request that ends before any operation of the service is known,
// such as one with a name or a body that cannot be read, and returns err. A caller
// that may do nothing at all learns nothing more than that.
func (g *Gate[R, W]) Refuse(ctx context.Context, caller authz.Caller, op Operation, err error) error {
	rec := audit.Start(caller, op.Category, op.Name, g.Now())
	return g.close(ctx, op, rec, err)
}

func (g *Gate[R, W]) admit(r R, caller authz.Caller, op Operation, rec *audit.Record) (generation uint64, err error) {
	snapshot, err := g.Control.Snapshot(r)
	if err != nil {
		return 0, err
	}
	return snapshot.Generation, authorize(snapshot, caller, op, rec)
}

func (g *Gate[R, W]) readmit(w W, caller authz.Caller, op Operation, rec *audit.Record) error {
	snapshot, err := Fresh(w)
	if err != nil {
		return err
	}
	return authorize(snapshot, caller, op, rec)
}

func authorize(snapshot *Snapshot, caller authz.Caller, op Operation, rec *audit.Record) error {
	subject, err := snapshot.Subject(caller)
	if err != nil {
		return err
	}
	return op.Authorize(snapshot, subject, rec)
}

// close makes the record durable: nothing is answered before that. The client's
// going away does not stop it.
func (g *Gate[R, W]) close(ctx context.Context, op Operation, rec *audit.Record, err error) error {
	rec.Finish(op.Status, err, g.Now())
	if failed := g.Store.Record(context.WithoutCancel(ctx), rec); failed != nil {
		return failed
	}
	return err
}
