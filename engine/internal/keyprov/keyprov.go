// Package keyprov is the port to whatever makes and uses keys: software
// (keyprov/soft) or a PKCS#11 token (keyprov/pkcs11). Every implementation passes
// the conformance suite of keyprov/keyprovtest.
//
// The port knows no vault, name or version: it turns a Spec into Material, and
// Material back into a Key that can be used. Verification and public-key encryption
// need no provider; see Verify and Encrypt.
package keyprov

import (
	"context"
	"errors"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// Kind is the kind of a key, without the -HSM of its wire name.
type Kind string

// The kinds.
const (
	RSA Kind = "RSA"
	EC  Kind = "EC"
	Oct Kind = "oct"
)

// Curve is the wire name of an elliptic curve.
type Curve string

// The curves.
const (
	P256  Curve = "P-256"
	P256K Curve = "P-256K"
	P384  Curve = "P-384"
	P521  Curve = "P-521"
)

// Algorithm is a signature, encryption or key-wrap algorithm by its wire name
// (wire reference 1.5), such as RS256, ES256K, RSA-OAEP-256, A256GCM, A128KW.
type Algorithm string

// Spec says what key to make.
type Spec struct {
	Kind Kind
	// Size is the modulus of RSA (2048, 3072, 4096) or the length of an oct key (128,
	// 192, 256) in bits.
	Size  int
	Curve Curve
	// Exponent is the public exponent of RSA; 0 means 65537.
	Exponent int
}

// Public is the public part of a key; empty for oct.
type Public struct {
	Kind  Kind
	Curve Curve
	// N and E are the modulus and exponent of RSA, big-endian; N is as it was given
	// for an imported key.
	N, E []byte
	// X and Y are the coordinates of EC, big-endian, padded to the field's size.
	X, Y []byte
	// Size is the size in bits: of the modulus, field or oct key.
	Size int
}

// PrivateJWK is the material of a key to import, as its JSON web key gives it.
type PrivateJWK struct {
	Kind                Kind
	Curve               Curve
	N, E                []byte
	X, Y                []byte
	D, P, Q, DP, DQ, QI sensitive.Bytes
	K                   sensitive.Bytes
}

// Material is a key at rest. Handle is what its provider needs to use it again: the
// private key itself for software (the caller seals it before it is stored), or the
// key wrapped by the token.
type Material struct {
	Public Public
	Handle sensitive.Bytes
}

// Sealed is the input and output of symmetric encryption; IV, AAD and Tag are empty
// for RSA and key wrap.
type Sealed struct {
	Value, IV, AAD, Tag []byte
}

// Provider makes and opens keys. It is safe for concurrent use. Its methods return
// ErrUnsupported for what it cannot do, ErrInvalid for material that is no valid key,
// and ErrUnavailable when it cannot be reached.
type Provider interface {
	// Name is for people: "software", or the token's label.
	Name() string
	// HSM reports whether private keys stay inside hardware.
	HSM() bool
	// Supports reports whether keys of the spec can use alg; with an empty alg,
	// whether such keys can be made at all.
	Supports(spec Spec, alg Algorithm) bool
	Generate(ctx context.Context, spec Spec) (Material, error)
	Import(ctx context.Context, key PrivateJWK) (Material, error)
	// Open returns the key of the material for use. Its cost may be that of loading it
	// into a token; the caller may keep the Key.
	Open(ctx context.Context, m Material) (Key, error)
	Close() error
}

// Key is a private or secret key in use. It is safe for concurrent use.
type Key interface {
	Public() Public
	// Sign signs a digest that has the length which alg wants. ECDSA signatures are r
	// and s, padded (RFC 7518).
	Sign(ctx context.Context, alg Algorithm, digest []byte) ([]byte, error)
	// Decrypt decrypts or unwraps. Every failure of the ciphertext is ErrDecrypt,
	// after the same work.
	Decrypt(ctx context.Context, alg Algorithm, in Sealed) (sensitive.Bytes, error)
	// Encrypt encrypts or wraps; for GCM the provider chooses the IV.
	Encrypt(ctx context.Context, alg Algorithm, plaintext sensitive.Bytes, in Sealed) (Sealed, error)
	// Verify checks a signature of digest.
	Verify(ctx context.Context, alg Algorithm, digest, signature []byte) (bool, error)
}

// The errors of providers.
var (
	ErrUnsupported = errors.New("not supported by the key provider")
	ErrInvalid     = errors.New("not a valid key")
	ErrLength      = errors.New("the input has the wrong length for the algorithm")
	ErrDecrypt     = errors.New("the ciphertext cannot be decrypted")
	ErrUnavailable = errors.New("the key provider is not available")
)
