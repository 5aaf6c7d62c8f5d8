package seal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/singleflight"
)

// maxCached bounds the unwrapped data keys that a Ring holds: about 1 MiB.
const maxCached = 1024

const checkID = "check"

// Ring gives out data keys, and keeps those in use unwrapped. It is safe for
// concurrent use.
type Ring struct {
	roots []Root
	loads singleflight.Group

	mu     sync.RWMutex
	cached map[string]*cacheEntry
}

type cacheEntry struct {
	key  *DataKey
	used atomic.Bool
}

// NewRing makes a ring whose new data keys are wrapped by root. Those that one of
// former has wrapped open too, for the time in which a root key is being replaced.
// The ring does not close its roots.
func NewRing(root Root, former ...Root) *Ring {
	return &Ring{roots: append([]Root{root}, former...), cached: map[string]*cacheEntry{}}
}

// NewDataKey makes a data key and its wrapped form, which the caller stores. The ring
// does not keep it: another process may store one of the same id first.
func (r *Ring) NewDataKey(ctx context.Context, id string) (wrapped []byte, key *DataKey, err error) {
	raw, err := randomKey()
	if err != nil {
		return nil, nil, err
	}
	defer raw.Wipe()
	if wrapped, err = wrap(ctx, r.roots[0], id, raw); err != nil {
		return nil, nil, err
	}
	if key, err = newDataKey(id, raw); err != nil {
		return nil, nil, err
	}
	return wrapped, key, nil
}

// DataKey returns the data key id. If it is not at hand, load is called for its
// wrapped form; concurrent calls for one key load it once. An error of load is
// returned as it is.
func (r *Ring) DataKey(ctx context.Context, id string, load func() (wrapped []byte, err error)) (*DataKey, error) {
	r.mu.RLock()
	e := r.cached[id]
	r.mu.RUnlock()
	if e != nil {
		// The test keeps readers from fighting over the cache line.
		if !e.used.Load() {
			e.used.Store(true)
		}
		return e.key, nil
	}
	// load runs on the caller's own transaction, so it is not shared; the unwrapping,
	// which may go to a token, is.
	wrapped, err := load()
	if err != nil {
		return nil, err
	}
	key, err, _ := r.loads.Do(id+"\x00"+string(wrapped), func() (any, error) {
		return r.unwrapped(ctx, id, wrapped)
	})
	if err != nil && ctx.Err() == nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		// The caller that did the work gave up; this one has not.
		key, err = r.unwrapped(ctx, id, wrapped)
	}
	if err != nil {
		return nil, err
	}
	return key.(*DataKey), nil
}

func (r *Ring) unwrapped(ctx context.Context, id string, wrapped []byte) (*DataKey, error) {
	raw, err := unwrap(ctx, r.roots, id, wrapped)
	if err != nil {
		return nil, err
	}
	defer raw.Wipe()
	key, err := newDataKey(id, raw)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.cached) >= maxCached {
		r.evict()
	}
	r.cached[id] = &cacheEntry{key: key}
	return key, nil
}

// evict drops one key that was not used since it was last looked at. The order of a
// map is random, which is all the fairness that is needed here.
func (r *Ring) evict() {
	var last string
	for id, e := range r.cached {
		last = id
		if !e.used.Swap(false) {
			break
		}
	}
	delete(r.cached, last)
}

// Forget drops the data key id from memory, after its vault was purged.
func (r *Ring) Forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.cached, id)
}

// NewCheck returns a value that tells later whether the root key is still the same.
func (r *Ring) NewCheck(ctx context.Context) ([]byte, error) {
	wrapped, _, err := r.NewDataKey(ctx, checkID)
	return wrapped, err
}

// Check fails with ErrWrongRootKey unless check was made by NewCheck under one of the
// ring's root keys.
func (r *Ring) Check(ctx context.Context, check []byte) error {
	key, err := unwrap(ctx, r.roots, checkID, check)
	if err != nil {
		return fmt.Errorf("check root key: %w", err)
	}
	key.Wipe()
	return nil
}
