package login

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// KeyID is the id of the data key that seals signing keys.
const KeyID = "system/tokens"

const (
	signingBits = 2048
	// A key signs for signingLife after it was made, and verifies for overlap more,
	// which is longer than any token lives.
	signingLife = 90 * 24 * time.Hour
	overlap     = 24 * time.Hour
)

// keyring holds the signing keys that were seen, by key id.
type keyring struct {
	mu      sync.RWMutex
	known   map[string]*signingKey
	current *signingKey
	making  sync.Mutex
}

type signingKey struct {
	kid     string
	public  *rsa.PublicKey
	private *rsa.PrivateKey // of the key that signs only
	created time.Time
}

func (k *signingKey) signs(now time.Time) bool { return now.Before(k.created.Add(signingLife)) }
func (k *signingKey) verifies(now time.Time) bool {
	return now.Before(k.created.Add(signingLife + overlap))
}

func signingAD(kid string) seal.AD { return seal.AD{Kind: "signing-key", Name: kid} }

// keyByID returns the key that verifies tokens with the key id, nil if there is none.
// A key that another process made is found in the store.
func (s *Service) keyByID(ctx context.Context, kid string) (*signingKey, error) {
	s.keys.mu.RLock()
	key := s.keys.known[kid]
	s.keys.mu.RUnlock()
	if key == nil {
		if _, err := s.loadKeys(ctx); err != nil {
			return nil, err
		}
		s.keys.mu.RLock()
		key = s.keys.known[kid]
		s.keys.mu.RUnlock()
	}
	if key == nil || !key.verifies(s.now()) {
		return nil, nil
	}
	return key, nil
}

// loadKeys reads the stored keys, the newest first.
func (s *Service) loadKeys(ctx context.Context) ([]SigningKey, error) {
	rows, err := view(ctx, s, Reader.SigningKeys)
	if err != nil {
		return nil, err
	}
	known := map[string]*signingKey{}
	for _, row := range rows {
		public, err := x509.ParsePKIXPublicKey(row.Public)
		key, ok := public.(*rsa.PublicKey)
		if err != nil || !ok {
			return nil, fmt.Errorf("signing key %s: its public half cannot be read", row.KID)
		}
		known[row.KID] = &signingKey{kid: row.KID, public: key, created: row.Created}
	}
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.known = known
	return rows, nil
}

// signer returns the key that signs now, making it if the newest is too old.
func (s *Service) signer(ctx context.Context) (*signingKey, error) {
	s.keys.mu.RLock()
	key := s.keys.current
	s.keys.mu.RUnlock()
	if key != nil && key.signs(s.now()) {
		return key, nil
	}
	s.keys.making.Lock()
	defer s.keys.making.Unlock()
	if key, err := s.storedSigner(ctx); err != nil || key != nil {
		return key, err
	}
	if err := s.makeKey(ctx); err != nil {
		return nil, err
	}
	key, err := s.storedSigner(ctx)
	if err == nil && key == nil {
		err = fmt.Errorf("the signing key that was made is not there")
	}
	return key, err
}

func (s *Service) storedSigner(ctx context.Context) (*signingKey, error) {
	rows, err := s.loadKeys(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		key := &signingKey{kid: row.KID, created: row.Created}
		if !key.signs(s.now()) {
			continue
		}
		dataKey, err := directory.DataKey(ctx, s.ring, s.store, KeyID)
		if err != nil {
			return nil, err
		}
		der, err := dataKey.Open(signingAD(row.KID), row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("open signing key %s: %w", row.KID, err)
		}
		defer der.Wipe()
		private, err := x509.ParsePKCS8PrivateKey(der.Reveal())
		if err != nil {
			return nil, fmt.Errorf("open signing key %s: its content cannot be read", row.KID)
		}
		rsaKey, ok := private.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("open signing key %s: it is not RSA", row.KID)
		}
		key.private, key.public = rsaKey, &rsaKey.PublicKey
		s.keys.mu.Lock()
		s.keys.current = key
		s.keys.mu.Unlock()
		return key, nil
	}
	return nil, nil
}

// makeKey makes and stores a signing key, unless another process has just done so.
func (s *Service) makeKey(ctx context.Context) error {
	dataKey, err := directory.DataKey(ctx, s.ring, s.store, KeyID)
	if err != nil {
		return err
	}
	private, err := rsa.GenerateKey(rand.Reader, signingBits)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	row := SigningKey{KID: thumbprint(&private.PublicKey), Public: public}
	row.Sealed, err = dataKey.Seal(signingAD(row.KID), sensitive.NewBytes(der))
	if err != nil {
		return fmt.Errorf("make signing key: %w", err)
	}
	clear(der)
	return s.store.Commit(ctx, func(w Writer) error {
		row.Created = w.Now().Truncate(time.Second)
		rows, err := w.SigningKeys()
		if err != nil {
			return err
		}
		for _, other := range rows {
			if (&signingKey{created: other.Created}).signs(w.Now()) {
				return nil
			}
		}
		if err := w.DeleteSigningKeys(w.Now().Add(-signingLife - overlap)); err != nil {
			return err
		}
		return w.InsertSigningKey(row)
	}, func(error) *audit.Record { return nil })
}

// thumbprint is the JWK thumbprint of the key (RFC 7638).
func thumbprint(key *rsa.PublicKey) string {
	canonical := `{"e":"` + exponent(key) + `","kty":"RSA","n":"` + modulus(key) + `"}`
	sum := sha256.Sum256([]byte(canonical))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func modulus(key *rsa.PublicKey) string { return base64.RawURLEncoding.EncodeToString(key.N.Bytes()) }

func exponent(key *rsa.PublicKey) string {
	e := []byte{byte(key.E >> 24), byte(key.E >> 16), byte(key.E >> 8), byte(key.E)}
	for len(e) > 1 && e[0] == 0 {
		e = e[1:]
	}
	return base64.RawURLEncoding.EncodeToString(e)
}

// sign makes a token of the claims.
func (k *signingKey) sign(claims any) (sensitive.String, error) {
	header, err := json.Marshal(map[string]string{"typ": "JWT", "alg": "RS256", "kid": k.kid, "x5t": k.kid})
	if err != nil {
		return sensitive.String{}, err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return sensitive.String{}, err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, digest[:])
	if err != nil {
		return sensitive.String{}, fmt.Errorf("sign token: %w", err)
	}
	return sensitive.NewString(signed + "." + base64.RawURLEncoding.EncodeToString(signature)), nil
}
