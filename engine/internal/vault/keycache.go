package vault

import (
	"container/list"
	"sync"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

// keyID names the material of a key version. Neither part is ever used again for other
// material, so an entry cannot be stale; whether the version may be used is asked of
// the store each time.
type keyID struct {
	object, version string
}

// keyCache keeps the keys that were used last open. It is safe for concurrent use.
type keyCache struct {
	mu      sync.Mutex
	limit   int
	entries map[keyID]*list.Element
	// recent holds *cachedKey, the one used last in front.
	recent *list.List
}

type cachedKey struct {
	id  keyID
	key keyprov.Key
}

func newKeyCache(limit int) *keyCache {
	return &keyCache{limit: limit, entries: map[keyID]*list.Element{}, recent: list.New()}
}

// get returns the key, nil if it is not there.
func (c *keyCache) get(id keyID) keyprov.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[id]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cachedKey).key
}

func (c *keyCache) put(id keyID, key keyprov.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[id]; ok {
		c.recent.MoveToFront(e)
		return
	}
	c.entries[id] = c.recent.PushFront(&cachedKey{id, key})
	for len(c.entries) > c.limit {
		oldest := c.recent.Back()
		c.recent.Remove(oldest)
		delete(c.entries, oldest.Value.(*cachedKey).id)
	}
}
