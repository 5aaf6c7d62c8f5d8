package directory

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// secretBytes is the entropy of a generated client secret.
const secretBytes = 32

// newPassword makes a client secret. With 256 bits of entropy a salted hash is as
// good as a slow one, and costs a sign-in nothing.
func newPassword(ownerID, name string, start, end time.Time) (Credential, sensitive.String) {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw)
	secret := base64.RawURLEncoding.EncodeToString(raw)
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return Credential{
		KeyID: NewID(), OwnerID: ownerID, Kind: PasswordCredential, DisplayName: name, Hint: secret[:3],
		Start: start, End: end, Salt: salt, Hash: hashSecret(salt, secret),
	}, sensitive.NewString(secret)
}

func hashSecret(salt []byte, secret string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(secret))
	return h.Sum(nil)
}

// MatchPassword reports whether secret is the password of the credential, in a time
// that does not tell how much of it is right.
func (c Credential) MatchPassword(secret sensitive.String) bool {
	if c.Kind != PasswordCredential || len(c.Hash) != sha256.Size {
		return false
	}
	return subtle.ConstantTimeCompare(c.Hash, hashSecret(c.Salt, secret.Reveal())) == 1
}

// ValidAt reports whether the credential may be used at the time.
func (c Credential) ValidAt(now time.Time) bool {
	return !now.Before(c.Start) && now.Before(c.End)
}

// Cost of a user's password hash (RFC 9106; the values of the OWASP cheat sheet).
const (
	argonTime    = 2
	argonMemory  = 19 * 1024
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

var errHash = errors.New("directory: a stored password hash cannot be read")

// HashPassword returns the argon2id hash of a user's password in the PHC string
// format. It is slow on purpose.
func HashPassword(password sensitive.String) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt)
	key := argon2.IDKey([]byte(password.Reveal()), salt, argonTime, argonMemory, argonThreads, argonKey)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		enc.EncodeToString(salt), enc.EncodeToString(key))
}

// absentHash costs as much to check as any other and matches nothing.
var absentHash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))

// CheckPassword reports whether password has the hash. With an empty hash (no such
// user, or one without a password) it does the same work and says no.
func CheckPassword(hash string, password sensitive.String) (bool, error) {
	known := hash != ""
	if !known {
		hash = absentHash
	}
	var version int
	var memory, rounds uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &rounds, &threads); err != nil ||
		memory > 1<<21 || rounds < 1 || rounds > 64 || threads < 1 {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != argonKey {
		return false, errHash
	}
	got := argon2.IDKey([]byte(password.Reveal()), salt, rounds, memory, threads, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}
