// Package vault is the domain of the data plane: secrets, keys and certificates, with
// their versions, soft delete, rotation and backup (wire reference 1.4 to 1.6, 2).
//
// Every exported method of Service takes the caller first, and decides, acts and
// records through one access.Gate. The package knows no HTTP and no SQL: it declares
// the ports that it needs, and returns faults with Azure's own texts.
//
// An object is a name within a vault and a kind, with its versions. It is live, or
// deleted until its scheduled purge; what is due by the clock (a purge, a rotation) has
// happened as far as any reader can tell, whether or not a process ran at the time.
package vault

import (
	"errors"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

// Reader is what the service reads. Times are in seconds since 1970-01-01 UTC. Rows
// come as they are stored: what is past its scheduled purge is among them.
type Reader interface {
	access.Reader
	// DataKey returns a wrapped data key; seal.ErrNoDataKey if there is none.
	DataKey(id string) ([]byte, error)
	// Object returns the object with the folded name, live or deleted.
	Object(vaultID string, kind Kind, fold string) (o Object, found bool, err error)
	// Find returns the object and one version of it, the current one if version is
	// empty. The version's Sealed is read only if sealed is set.
	Find(vaultID string, kind Kind, fold, version string, sealed bool) (o Object, v Version, found bool, err error)
	// Objects returns up to limit objects that follow the folded name after, in the
	// order of their folded names, each with its current version: the live ones, or
	// those deleted and not to be purged by now.
	Objects(vaultID string, kind Kind, deleted bool, now int64, after string, limit int) ([]Entry, error)
	// Versions returns up to limit versions that follow the version after, in the order
	// of their ids.
	Versions(objectID, after string, limit int, sealed bool) ([]Version, error)
}

// Writer is what the service writes.
type Writer interface {
	Reader
	PutDataKey(id string, wrapped []byte) error
	InsertObject(o Object) error
	// UpdateObject replaces what can change of an object: current version, sequence,
	// deletion, rotation.
	UpdateObject(o Object) error
	// DeleteObject removes the object and its versions.
	DeleteObject(id string) error
	InsertVersion(objectID string, v Version) error
	// UpdateVersion replaces what a client can change of a version.
	UpdateVersion(objectID string, v Version) error
	// PurgeObjects removes up to limit objects whose purge was due by now, and returns
	// how many.
	PurgeObjects(now int64, limit int) (int, error)
}

// Options configure New.
type Options struct {
	Store   access.Store[Reader, Writer]
	Control *access.Control
	// Now is the clock; time.Now if nil.
	Now  func() time.Time
	Ring *seal.Ring
	// Soft makes and uses software keys. HSM, which may be nil, those whose type ends
	// with -HSM.
	Soft, HSM keyprov.Provider
	// VaultURL returns the base URL of a vault, without a slash at its end: audit
	// records and some messages name objects by it.
	VaultURL func(vault string) string
	// CachedKeys bounds how many opened keys are kept; 4096 if 0.
	CachedKeys int
}

// Service carries out the operations of the data plane. It is safe for concurrent use.
type Service struct {
	gate      access.Gate[Reader, Writer]
	ring      *seal.Ring
	soft, hsm keyprov.Provider
	vaultURL  func(string) string
	opened    *keyCache
}

// New returns a Service. It panics if an option that has no default is missing.
func New(o Options) *Service {
	if o.Store == nil || o.Control == nil || o.Ring == nil || o.Soft == nil || o.VaultURL == nil {
		panic(errors.New("vault: New: an option is missing"))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CachedKeys <= 0 {
		o.CachedKeys = 4096
	}
	return &Service{
		gate:     access.Gate[Reader, Writer]{Store: o.Store, Control: o.Control, Now: o.Now},
		ring:     o.Ring,
		soft:     o.Soft,
		hsm:      o.HSM,
		vaultURL: o.VaultURL,
		opened:   newKeyCache(o.CachedKeys),
	}
}
