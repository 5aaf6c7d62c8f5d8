// Package seal owns the key hierarchy: a root key wraps data keys, and a data key
// encrypts what must not be read at rest (architecture, section 4).
//
//	root key   software (file, environment variable, passphrase) or in a token
//	  └─ wraps one data key per vault, and the keys for tokens, backups, checkpoints
//	        └─ XAES-256-GCM over a value; AAD = key id | kind | name | version
//
// It does not know what it seals, nor where the results are kept: blobs go in and
// out as bytes. A blob that was moved to another vault, kind, name or version does
// not open.
//
// # Sealed value
//
//	+---------+-----------+-----------+--------------+----------+
//	| 1 byte  | 12 bytes  | 12 bytes  | n bytes      | 16 bytes |
//	| version | N[0:12]   | N[12:24]  | ciphertext   | tag      |
//	| 0x01    | subkey    | GCM nonce |              |          |
//	+---------+-----------+-----------+--------------+----------+
//
// Everything after the version is XAES-256-GCM (C2SP), which is SP 800-108 key
// derivation with CMAC followed by AES-256-GCM: N is random, its first half derives
// a key of its own for the message, its second half is that key's GCM nonce. With 192
// random bits a data key may seal 2^80 messages before a collision has a chance of
// 2^-32; plain GCM with random nonces would stop at 2^32.
//
// The additional data is, with every length as four bytes big-endian:
//
//	"coffer sealed value v1" | len | data key id | len | kind | len | name | len | version
//
// # Wrapped data key
//
//	+---------+---------+---------+------------------------------+
//	| 1 byte  | 1 byte  | n bytes | what Root.Wrap returned      |
//	| version | n       | root id | (software: as a sealed value) |
//	| 0x01    | 1..255  |         |                              |
//	+---------+---------+---------+------------------------------+
//
// with the additional data
//
//	"coffer data key v1" | len | root id | len | data key id
//
// The root's id tells a wrong root key (ErrWrongRootKey) from damage (ErrTampered),
// and lets a change of the root key stop and resume anywhere.
package seal

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// Root is a root key. It is safe for concurrent use. Its methods return ErrTampered
// for what does not authenticate, and ErrUnavailable if the key cannot be reached.
type Root interface {
	// ID identifies the key, not where it is kept; at most 255 bytes, not secret.
	ID() string
	// Wrap encrypts key and authenticates ad with it.
	Wrap(ctx context.Context, key sensitive.Bytes, ad []byte) ([]byte, error)
	// Unwrap undoes Wrap, given the same ad.
	Unwrap(ctx context.Context, wrapped, ad []byte) (sensitive.Bytes, error)
	Close() error
}

// What sealing can fail with.
var (
	// ErrWrongRootKey: the data key is wrapped by another root key than the one at hand.
	ErrWrongRootKey = errors.New("this is not the root key that the database was sealed with")
	// ErrTampered: the blob is damaged, changed, or was moved from elsewhere.
	ErrTampered = errors.New("sealed data does not authenticate: it was damaged, changed or moved")
	// ErrNoDataKey: there is no such data key, as after the purge of its vault. It is
	// for the load function of Ring.DataKey to return.
	ErrNoDataKey = errors.New("the data key does not exist")
	// ErrUnavailable: the root key cannot be reached at the moment.
	ErrUnavailable = errors.New("the root key is not available")
)

const (
	valueVersion  = 1
	keyVersion    = 1
	dataKeySize   = 32
	maxWrapped    = 8 << 10
	valueLabel    = "coffer sealed value v1"
	dataKeyLabel  = "coffer data key v1"
	valueOverhead = 1 + overhead
)

// AD says what a sealed value is: it opens only under the same AD.
type AD struct {
	// Kind is the kind of thing, such as "secret" or "key".
	Kind string
	// Name and Version are those of the object.
	Name, Version string
}

// DataKey seals and opens values. It is safe for concurrent use.
type DataKey struct {
	id  string
	key *extended
}

func newDataKey(id string, key sensitive.Bytes) (*DataKey, error) {
	x, err := newExtended(key.Reveal())
	if err != nil {
		return nil, err
	}
	return &DataKey{id: id, key: x}, nil
}

// ID is the id under which the key is kept.
func (d *DataKey) ID() string { return d.id }

func (d *DataKey) bind(ad AD) []byte {
	return labelled(valueLabel, d.id, ad.Kind, ad.Name, ad.Version)
}

// labelled joins the parts so that no two lists of parts give the same bytes.
func labelled(label string, parts ...string) []byte {
	size := len(label)
	for _, p := range parts {
		size += 4 + len(p)
	}
	out := append(make([]byte, 0, size), label...)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// Seal encrypts plaintext, bound to the key and to ad. The result is 41 bytes longer.
func (d *DataKey) Seal(ad AD, plaintext sensitive.Bytes) ([]byte, error) {
	out := make([]byte, 1, valueOverhead+plaintext.Len())
	out[0] = valueVersion
	out, err := d.key.seal(out, plaintext.Reveal(), d.bind(ad))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out, nil
}

// Open returns what was sealed by the same key under the same ad; ErrTampered for
// anything else.
func (d *DataKey) Open(ad AD, sealed []byte) (sensitive.Bytes, error) {
	if len(sealed) < valueOverhead || sealed[0] != valueVersion {
		return sensitive.Bytes{}, fmt.Errorf("open: no sealed value of version %d: %w", valueVersion, ErrTampered)
	}
	plaintext, err := d.key.open(sealed[1:], d.bind(ad))
	if err != nil {
		return sensitive.Bytes{}, fmt.Errorf("open: %w", err)
	}
	return sensitive.NewBytes(plaintext), nil
}

// wrap makes the wrapped form of the data key id.
func wrap(ctx context.Context, root Root, id string, key sensitive.Bytes) ([]byte, error) {
	rootID := root.ID()
	if rootID == "" || len(rootID) > 255 {
		return nil, fmt.Errorf("wrap data key: root key id of %d bytes", len(rootID))
	}
	body, err := root.Wrap(ctx, key, labelled(dataKeyLabel, rootID, id))
	if err != nil {
		return nil, fmt.Errorf("wrap data key %s: %w", id, err)
	}
	return slices.Concat([]byte{keyVersion, byte(len(rootID))}, []byte(rootID), body), nil
}

// WrappedBy returns the id of the root key that wrapped a data key.
func WrappedBy(wrapped []byte) (string, error) {
	if len(wrapped) < 2 || len(wrapped) > maxWrapped || wrapped[0] != keyVersion ||
		wrapped[1] == 0 || len(wrapped) < 2+int(wrapped[1]) {
		return "", fmt.Errorf("no wrapped data key of version %d: %w", keyVersion, ErrTampered)
	}
	return string(wrapped[2 : 2+int(wrapped[1])]), nil
}

// unwrap undoes wrap with whichever of the roots made it.
func unwrap(ctx context.Context, roots []Root, id string, wrapped []byte) (sensitive.Bytes, error) {
	rootID, err := WrappedBy(wrapped)
	if err != nil {
		return sensitive.Bytes{}, fmt.Errorf("unwrap data key %s: %w", id, err)
	}
	for _, root := range roots {
		if root.ID() != rootID {
			continue
		}
		key, err := root.Unwrap(ctx, wrapped[2+len(rootID):], labelled(dataKeyLabel, rootID, id))
		if err != nil {
			return sensitive.Bytes{}, fmt.Errorf("unwrap data key %s: %w", id, err)
		}
		if key.Len() != dataKeySize {
			return sensitive.Bytes{}, fmt.Errorf("unwrap data key %s: %d bytes: %w", id, key.Len(), ErrTampered)
		}
		return key, nil
	}
	return sensitive.Bytes{}, fmt.Errorf("unwrap data key %s: it needs root key %q: %w", id, rootID, ErrWrongRootKey)
}

// Rewrap returns the data key id wrapped by to instead of from. What to has wrapped
// already is returned as it is, after a check that it opens: a change of the root key
// that was interrupted can begin again.
func Rewrap(ctx context.Context, from, to Root, id string, wrapped []byte) ([]byte, error) {
	key, err := unwrap(ctx, []Root{to, from}, id, wrapped)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	if by, err := WrappedBy(wrapped); err != nil || by == to.ID() {
		return wrapped, err
	}
	return wrap(ctx, to, id, key)
}

func randomKey() (sensitive.Bytes, error) {
	key := make([]byte, dataKeySize)
	if _, err := rand.Read(key); err != nil {
		return sensitive.Bytes{}, fmt.Errorf("make key: %w", err)
	}
	return sensitive.NewBytes(key), nil
}
