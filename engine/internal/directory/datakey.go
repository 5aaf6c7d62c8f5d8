package directory

import (
	"context"
	"errors"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

// DataKeyReader reads wrapped data keys; seal.ErrNoDataKey says that there is none.
type DataKeyReader interface {
	access.Reader
	DataKey(id string) ([]byte, error)
}

// DataKeyWriter adds wrapped data keys.
type DataKeyWriter interface {
	DataKeyReader
	PutDataKey(id string, wrapped []byte) error
}

// DataKey returns the data key with the id, making and storing it if there is none.
// If another process makes it at the same time both use the one that was stored.
func DataKey[R DataKeyReader, W DataKeyWriter](ctx context.Context, ring *seal.Ring, store access.Store[R, W], id string) (*seal.DataKey, error) {
	load := func() (wrapped []byte, err error) {
		err = store.View(ctx, func(r R) error {
			wrapped, err = r.DataKey(id)
			return err
		})
		return wrapped, err
	}
	key, err := ring.DataKey(ctx, id, load)
	if !errors.Is(err, seal.ErrNoDataKey) {
		return key, err
	}
	wrapped, _, err := ring.NewDataKey(ctx, id)
	if err != nil {
		return nil, err
	}
	err = store.Commit(ctx, func(w W) error {
		if _, err := w.DataKey(id); !errors.Is(err, seal.ErrNoDataKey) {
			return err
		}
		return w.PutDataKey(id, wrapped)
	}, func(error) *audit.Record { return nil })
	if err != nil {
		return nil, err
	}
	return ring.DataKey(ctx, id, load)
}
