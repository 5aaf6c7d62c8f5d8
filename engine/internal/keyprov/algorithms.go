package keyprov

import (
	"crypto"
	"fmt"

	// The hashes of the algorithms register themselves.
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// The signature algorithms.
const (
	RS256  Algorithm = "RS256"
	RS384  Algorithm = "RS384"
	RS512  Algorithm = "RS512"
	PS256  Algorithm = "PS256"
	PS384  Algorithm = "PS384"
	PS512  Algorithm = "PS512"
	RSNULL Algorithm = "RSNULL"
	ES256  Algorithm = "ES256"
	ES256K Algorithm = "ES256K"
	ES384  Algorithm = "ES384"
	ES512  Algorithm = "ES512"
	HS256  Algorithm = "HS256"
	HS384  Algorithm = "HS384"
	HS512  Algorithm = "HS512"
)

// The encryption and key-wrap algorithms.
const (
	RSA15      Algorithm = "RSA1_5"
	RSAOAEP    Algorithm = "RSA-OAEP"
	RSAOAEP256 Algorithm = "RSA-OAEP-256"
	A128KW     Algorithm = "A128KW"
	A192KW     Algorithm = "A192KW"
	A256KW     Algorithm = "A256KW"
	A128GCM    Algorithm = "A128GCM"
	A192GCM    Algorithm = "A192GCM"
	A256GCM    Algorithm = "A256GCM"
	A128CBC    Algorithm = "A128CBC"
	A192CBC    Algorithm = "A192CBC"
	A256CBC    Algorithm = "A256CBC"
	A128CBCPAD Algorithm = "A128CBCPAD"
	A192CBCPAD Algorithm = "A192CBCPAD"
	A256CBCPAD Algorithm = "A256CBCPAD"
	KW         Algorithm = "CKM_AES_KEY_WRAP"
	KWP        Algorithm = "CKM_AES_KEY_WRAP_PAD"
)

// Scheme is the construction of an algorithm, whatever its hash, curve or key size.
type Scheme uint8

// The schemes.
const (
	PKCS1Sign Scheme = iota + 1
	PSS
	// PKCS1Raw is RSNULL: EMSA-PKCS1-v1_5 (RFC 8017, 9.2) around the given bytes
	// themselves, with no DigestInfo, as CKM_RSA_PKCS does; at most modulus - 11 bytes.
	PKCS1Raw
	ECDSA
	HMAC
	PKCS1Encrypt
	OAEP
	// KeyWrap is RFC 3394: a multiple of 8 bytes, at least 16.
	KeyWrap
	// KeyWrapPad is RFC 5649: any number of bytes, at least 1.
	KeyWrapPad
	GCM
	CBC
	// CBCPad is CBC with PKCS #7 padding.
	CBCPad
)

// Info says what an algorithm is and what it is for.
type Info struct {
	Algorithm Algorithm
	Scheme    Scheme
	Kind      Kind
	// Curve is the only curve of an ECDSA algorithm.
	Curve Curve
	// Hash is that of the digest, of OAEP and its mask, or of HMAC; 0 if there is none.
	Hash crypto.Hash
	// DigestSize is the length of what is signed, in bytes; 0 means any that fits.
	DigestSize int
	// KeySize is the only size in bits of an oct key for it; 0 means any.
	KeySize int
	// Sign: for sign and verify. Encrypt: for encrypt and decrypt. Wrap: for wrapKey
	// and unwrapKey.
	Sign, Encrypt, Wrap bool
}

var algorithms = func() map[Algorithm]Info {
	m := map[Algorithm]Info{}
	for _, i := range []Info{
		{Algorithm: RS256, Scheme: PKCS1Sign, Hash: crypto.SHA256},
		{Algorithm: RS384, Scheme: PKCS1Sign, Hash: crypto.SHA384},
		{Algorithm: RS512, Scheme: PKCS1Sign, Hash: crypto.SHA512},
		{Algorithm: PS256, Scheme: PSS, Hash: crypto.SHA256},
		{Algorithm: PS384, Scheme: PSS, Hash: crypto.SHA384},
		{Algorithm: PS512, Scheme: PSS, Hash: crypto.SHA512},
		{Algorithm: RSNULL, Scheme: PKCS1Raw},
		{Algorithm: ES256, Scheme: ECDSA, Hash: crypto.SHA256, Curve: P256},
		{Algorithm: ES256K, Scheme: ECDSA, Hash: crypto.SHA256, Curve: P256K},
		{Algorithm: ES384, Scheme: ECDSA, Hash: crypto.SHA384, Curve: P384},
		{Algorithm: ES512, Scheme: ECDSA, Hash: crypto.SHA512, Curve: P521},
		{Algorithm: HS256, Scheme: HMAC, Hash: crypto.SHA256},
		{Algorithm: HS384, Scheme: HMAC, Hash: crypto.SHA384},
		{Algorithm: HS512, Scheme: HMAC, Hash: crypto.SHA512},
	} {
		i.Sign = true
		i.Kind = map[Scheme]Kind{ECDSA: EC, HMAC: Oct}[i.Scheme]
		if i.Kind == "" {
			i.Kind = RSA
		}
		if i.Hash != 0 {
			i.DigestSize = i.Hash.Size()
		}
		m[i.Algorithm] = i
	}
	for _, i := range []Info{
		{Algorithm: RSA15, Scheme: PKCS1Encrypt},
		{Algorithm: RSAOAEP, Scheme: OAEP, Hash: crypto.SHA1},
		{Algorithm: RSAOAEP256, Scheme: OAEP, Hash: crypto.SHA256},
	} {
		i.Kind, i.Encrypt, i.Wrap = RSA, true, true
		m[i.Algorithm] = i
	}
	for _, i := range []Info{
		{Algorithm: A128KW, Scheme: KeyWrap, KeySize: 128, Wrap: true},
		{Algorithm: A192KW, Scheme: KeyWrap, KeySize: 192, Wrap: true},
		{Algorithm: A256KW, Scheme: KeyWrap, KeySize: 256, Wrap: true},
		{Algorithm: KW, Scheme: KeyWrap, Wrap: true},
		{Algorithm: KWP, Scheme: KeyWrapPad, Wrap: true},
		{Algorithm: A128GCM, Scheme: GCM, KeySize: 128, Encrypt: true},
		{Algorithm: A192GCM, Scheme: GCM, KeySize: 192, Encrypt: true},
		{Algorithm: A256GCM, Scheme: GCM, KeySize: 256, Encrypt: true},
		{Algorithm: A128CBC, Scheme: CBC, KeySize: 128, Encrypt: true},
		{Algorithm: A192CBC, Scheme: CBC, KeySize: 192, Encrypt: true},
		{Algorithm: A256CBC, Scheme: CBC, KeySize: 256, Encrypt: true},
		{Algorithm: A128CBCPAD, Scheme: CBCPad, KeySize: 128, Encrypt: true},
		{Algorithm: A192CBCPAD, Scheme: CBCPad, KeySize: 192, Encrypt: true},
		{Algorithm: A256CBCPAD, Scheme: CBCPad, KeySize: 256, Encrypt: true},
	} {
		i.Kind = Oct
		m[i.Algorithm] = i
	}
	return m
}()

// AlgorithmInfo returns what alg is, and whether it is known. Names are exact.
func AlgorithmInfo(alg Algorithm) (Info, bool) {
	i, ok := algorithms[alg]
	return i, ok
}

// Algorithms returns all algorithms, in no order.
func Algorithms() []Info {
	out := make([]Info, 0, len(algorithms))
	for _, i := range algorithms {
		out = append(out, i)
	}
	return out
}

// Fits reports whether a key of spec can be used with the algorithm.
func (i Info) Fits(spec Spec) bool {
	return i.Kind == spec.Kind && (i.Curve == "" || i.Curve == spec.Curve) && (i.KeySize == 0 || i.KeySize == spec.Size)
}

// Spec returns the spec of keys like this one.
func (p Public) Spec() Spec {
	s := Spec{Kind: p.Kind, Curve: p.Curve}
	if p.Kind != EC {
		s.Size = p.Size
	}
	return s
}

// Valid reports whether spec is one of the wire's: RSA of 2048, 3072 or 4096 bits, EC
// on one of the four curves, oct of 128, 192 or 256 bits. What it leaves out, Size of
// RSA and oct or the curve of EC, has no default here.
func (s Spec) Valid() bool {
	switch s.Kind {
	case RSA:
		return (s.Size == 2048 || s.Size == 3072 || s.Size == 4096) && s.Curve == "" &&
			(s.Exponent == 0 || s.Exponent >= 3 && s.Exponent&1 == 1 && s.Exponent <= 1<<31-1)
	case EC:
		return FieldSize(s.Curve) > 0 && s.Size == 0 && s.Exponent == 0
	case Oct:
		return (s.Size == 128 || s.Size == 192 || s.Size == 256) && s.Curve == "" && s.Exponent == 0
	}
	return false
}

// FieldSize returns the length of a coordinate in bytes; 0 for an unknown curve.
func FieldSize(c Curve) int {
	switch c {
	case P256, P256K:
		return 32
	case P384:
		return 48
	case P521:
		return 66
	}
	return 0
}

// CurveSize returns the size of the curve's field in bits; 0 for an unknown curve.
func CurveSize(c Curve) int {
	if c == P521 {
		return 521
	}
	return 8 * FieldSize(c)
}

// ForSign returns alg if it signs with keys like p, and checks the digest's length:
// ErrUnsupported and ErrLength otherwise.
func (p Public) ForSign(alg Algorithm, digest []byte) (Info, error) {
	i, ok := algorithms[alg]
	if !ok || !i.Sign || !i.Fits(p.Spec()) {
		return i, p.unsupported(alg)
	}
	if i.DigestSize != 0 && len(digest) != i.DigestSize {
		return i, fmt.Errorf("%s wants a digest of %d bytes, not %d: %w", alg, i.DigestSize, len(digest), ErrLength)
	}
	if i.Scheme == PKCS1Raw && len(digest) > p.Size/8-11 {
		return i, fmt.Errorf("%s takes at most %d bytes with this key, not %d: %w", alg, p.Size/8-11, len(digest), ErrLength)
	}
	return i, nil
}

// ForEncrypt returns alg if it encrypts or wraps with keys like p: ErrUnsupported
// otherwise.
func (p Public) ForEncrypt(alg Algorithm) (Info, error) {
	i, ok := algorithms[alg]
	if !ok || i.Sign || !i.Fits(p.Spec()) {
		return i, p.unsupported(alg)
	}
	return i, nil
}

func (p Public) unsupported(alg Algorithm) error {
	if p.Kind == EC {
		return fmt.Errorf("%q with a key on %s: %w", alg, p.Curve, ErrUnsupported)
	}
	return fmt.Errorf("%q with a key of type %s and %d bits: %w", alg, p.Kind, p.Size, ErrUnsupported)
}

// MaxPlaintext returns how many bytes an RSA key can encrypt with the algorithm.
func (i Info) MaxPlaintext(p Public) int {
	switch i.Scheme {
	case PKCS1Encrypt:
		return p.Size/8 - 11
	case OAEP:
		return p.Size/8 - 2*i.Hash.Size() - 2
	}
	return 0
}
