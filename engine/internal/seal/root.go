package seal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// What making a software root key can fail with.
var (
	// ErrNoRootKey: the file, variable or passphrase is missing.
	ErrNoRootKey = errors.New("there is no root key")
	// ErrBadRootKey: what is there is not a root key.
	ErrBadRootKey = errors.New("not a root key")
	// ErrExposed: the root key's file can be read by others than its owner.
	ErrExposed = errors.New("the root key can be read by others")
)

// software is a root key in memory.
type software struct {
	id  string
	key *extended
}

func newSoftware(key sensitive.Bytes) (Root, error) {
	if key.Len() != dataKeySize {
		return nil, fmt.Errorf("%d bytes instead of %d: %w", key.Len(), dataKeySize, ErrBadRootKey)
	}
	x, err := newExtended(key.Reveal())
	if err != nil {
		return nil, err
	}
	// The id is a MAC of a constant: it tells keys apart and says nothing about them.
	mac := hmac.New(sha256.New, key.Reveal())
	mac.Write([]byte("coffer root key id v1"))
	return &software{id: "software:" + hex.EncodeToString(mac.Sum(nil)[:16]), key: x}, nil
}

func (s *software) ID() string { return s.id }

func (s *software) Wrap(_ context.Context, key sensitive.Bytes, ad []byte) ([]byte, error) {
	return s.key.seal([]byte{valueVersion}, key.Reveal(), ad)
}

func (s *software) Unwrap(_ context.Context, wrapped, ad []byte) (sensitive.Bytes, error) {
	if len(wrapped) == 0 || wrapped[0] != valueVersion {
		return sensitive.Bytes{}, ErrTampered
	}
	key, err := s.key.open(wrapped[1:], ad)
	return sensitive.NewBytes(key), err
}

func (s *software) Close() error { return nil }

// EnvRoot takes the root key from the environment variable name, looked up with get:
// 32 bytes as hex or base64 (either alphabet, padded or not).
func EnvRoot(name string, get func(string) (string, bool)) (Root, error) {
	text, ok := get(name)
	if text = strings.TrimSpace(text); !ok || text == "" {
		return nil, fmt.Errorf("root key: the environment variable %s is not set: %w", name, ErrNoRootKey)
	}
	key, err := decodeKey(text)
	if err != nil {
		return nil, fmt.Errorf("root key: the environment variable %s does not hold 32 bytes as base64 or hex: %w", name, err)
	}
	root, err := newSoftware(key)
	if err != nil {
		return nil, fmt.Errorf("root key: environment variable %s: %w", name, err)
	}
	return root, nil
}

// decodeKey decodes 32 bytes of hex (64 digits) or base64 (43 digits and padding).
// Its errors do not quote the text.
func decodeKey(text string) (sensitive.Bytes, error) {
	var key []byte
	var err error
	switch len(text) {
	case hex.EncodedLen(dataKeySize):
		key, err = hex.DecodeString(text)
	case base64.StdEncoding.EncodedLen(dataKeySize), base64.RawStdEncoding.EncodedLen(dataKeySize):
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		key, err = base64.RawStdEncoding.Strict().DecodeString(text)
	default:
		err = ErrBadRootKey
	}
	if err != nil || len(key) != dataKeySize {
		return sensitive.Bytes{}, ErrBadRootKey
	}
	return sensitive.NewBytes(key), nil
}

// The cost of a new passphrase root: the second choice of RFC 9106, section 4.
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 4
	saltSize    = 16
)

// NewSalt returns a fresh salt for PassphraseRoot with the cost of argon2id, as text:
// argon2id$v=19$m=65536,t=3,p=4$<salt>. It is not secret and belongs in the settings.
func NewSalt() ([]byte, error) {
	salt, err := randomKey()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "argon2id$v=%d$m=%d,t=%d,p=%d$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt.Reveal()[:saltSize])), nil
}

// PassphraseRoot derives the root key from a passphrase with argon2id. salt is from
// NewSalt. A wrong passphrase gives another root key, which Ring.Check finds out.
func PassphraseRoot(pass sensitive.String, salt []byte) (Root, error) {
	if pass.Len() == 0 {
		return nil, fmt.Errorf("root key: the passphrase is empty: %w", ErrNoRootKey)
	}
	cost, err := parseSalt(string(salt))
	if err != nil {
		return nil, fmt.Errorf("root key: salt of the passphrase: %w", err)
	}
	key := argon2.IDKey([]byte(pass.Reveal()), cost.salt, cost.time, cost.memory, cost.lanes, dataKeySize)
	return newSoftware(sensitive.NewBytes(key))
}

type argonCost struct {
	salt   []byte
	time   uint32
	memory uint32
	lanes  uint8
}

// parseSalt undoes NewSalt. Its bounds keep a changed database from taking all memory
// or time.
func parseSalt(text string) (argonCost, error) {
	var cost argonCost
	parts := strings.Split(text, "$")
	if len(text) > 256 || len(parts) != 4 || parts[0] != "argon2id" || parts[1] != "v="+strconv.Itoa(argon2.Version) {
		return cost, ErrBadRootKey
	}
	var values [3]uint64
	fields := strings.Split(parts[2], ",")
	if len(fields) != len(values) {
		return cost, ErrBadRootKey
	}
	for i, prefix := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(fields[i], prefix)
		n, err := strconv.ParseUint(digits, 10, 31)
		if !ok || err != nil {
			return cost, ErrBadRootKey
		}
		values[i] = n
	}
	salt, err := base64.RawStdEncoding.Strict().DecodeString(parts[3])
	memory, time, lanes := values[0], values[1], values[2]
	if err != nil || len(salt) < saltSize || len(salt) > 64 || memory < 8<<10 || memory > 1<<20 ||
		time < 1 || time > 32 || lanes < 1 || lanes > 32 {
		return cost, ErrBadRootKey
	}
	return argonCost{salt: salt, time: uint32(time), memory: uint32(memory), lanes: uint8(lanes)}, nil
}
