package engine

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// port is the database as one service sees it: R and W are the service's own read
// and write ports, which store.View and store.Tx implement.
type port[R, W access.Reader] struct{ db *store.DB }

// View implements access.Store.
func (p port[R, W]) View(ctx context.Context, fn func(R) error) error {
	return p.db.View(ctx, func(v *store.View) error { return fn(any(v).(R)) })
}

// Commit implements access.Store.
func (p port[R, W]) Commit(ctx context.Context, apply func(W) error, record func(error) *audit.Record) error {
	if apply == nil {
		return p.db.Commit(ctx, nil, record)
	}
	return p.db.Commit(ctx, func(tx *store.Tx) error { return apply(any(tx).(W)) }, record)
}

// Record implements access.Store.
func (p port[R, W]) Record(ctx context.Context, rec *audit.Record) error {
	return p.db.Record(ctx, rec)
}
