package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 as authenticator programs implement it.
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// KeyID is the id of the data key that seals second factors.
const KeyID = "system/directory"

// Parameters of time-based one-time passwords (RFC 6238).
const (
	totpBytes  = 20
	totpStep   = 30
	totpDigits = 6
	// totpSkew is how many steps the clocks may differ, either way.
	totpSkew = 1
)

func totpAD(userID string) seal.AD { return seal.AD{Kind: "totp", Name: userID} }

// EnrollSecondFactor makes a TOTP secret for the user, who needs its codes to sign in
// from now on. The secret, in base32, is returned here and never again.
func (s *Service) EnrollSecondFactor(ctx context.Context, caller authz.Caller, idOrUPN string) (sensitive.String, error) {
	var secret sensitive.String
	var key *seal.DataKey
	err := s.write(ctx, caller, secondFactorOperation(idOrUPN, "Register security info"), 201, func() (err error) {
		raw := make([]byte, totpBytes)
		_, _ = rand.Read(raw)
		secret = sensitive.NewString(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
		key, err = DataKey(ctx, s.ring, s.gate.Store, KeyID)
		return err
	}, func(w Writer) error {
		u, err := findUser(w, idOrUPN)
		if err != nil {
			return err
		}
		sealed, err := key.Seal(totpAD(u.ID), sensitive.NewBytes([]byte(secret.Reveal())))
		if err != nil {
			return err
		}
		return w.SetTOTP(u.ID, sealed)
	})
	if err != nil {
		return sensitive.String{}, err
	}
	return secret, nil
}

// RemoveSecondFactor removes the user's TOTP secret.
func (s *Service) RemoveSecondFactor(ctx context.Context, caller authz.Caller, idOrUPN string) error {
	return s.write(ctx, caller, secondFactorOperation(idOrUPN, "Delete security info"), 204, nil, func(w Writer) error {
		u, err := findUser(w, idOrUPN)
		if err != nil {
			return err
		}
		if !u.SecondFactor {
			return notFound("softwareOath")
		}
		return w.SetTOTP(u.ID, nil)
	})
}

func secondFactorOperation(target, name string) operation {
	return operation{name: name, action: actionWriteUsers, and: actionWriteCredentials, collection: "users", target: target}
}

// OpenTOTP returns the secret that was sealed for the user.
func OpenTOTP(key *seal.DataKey, userID string, sealed []byte) (sensitive.Bytes, error) {
	text, err := key.Open(totpAD(userID), sealed)
	if err != nil {
		return sensitive.Bytes{}, fmt.Errorf("open second factor of %s: %w", userID, err)
	}
	defer text.Wipe()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(text.Reveal()))
	if err != nil {
		return sensitive.Bytes{}, fmt.Errorf("open second factor of %s: it is not base32", userID)
	}
	return sensitive.NewBytes(raw), nil
}

// CheckTOTP reports whether code is good at the time, and for which time step. It
// looks at every step that may be, so that its time tells nothing.
func CheckTOTP(secret sensitive.Bytes, code string, now time.Time) (step int64, ok bool) {
	if len(code) != totpDigits {
		return 0, false
	}
	current := now.Unix() / totpStep
	for candidate := current - totpSkew; candidate <= current+totpSkew; candidate++ {
		if subtle.ConstantTimeCompare([]byte(code), []byte(totpCode(secret, candidate))) == 1 {
			step, ok = candidate, true
		}
	}
	return step, ok
}

// TOTPCode returns the code of the time, for tests and clients.
func TOTPCode(secret sensitive.Bytes, now time.Time) string {
	return totpCode(secret, now.Unix()/totpStep)
}

func totpCode(secret sensitive.Bytes, step int64) string {
	mac := hmac.New(sha1.New, secret.Reveal())
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	value := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, value%1_000_000)
}
