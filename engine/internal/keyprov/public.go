package keyprov

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// PublicKey is a public key ready for use; see ParsePublic. It is safe for concurrent
// use.
type PublicKey struct {
	Public
	rsa   *rsa.PublicKey
	ecdsa *ecdsa.PublicKey
	secp  *secp256k1.PublicKey
}

// NISTCurve returns the curve if it is one of the standard library's, nil otherwise.
func NISTCurve(c Curve) elliptic.Curve {
	switch c {
	case P256:
		return elliptic.P256()
	case P384:
		return elliptic.P384()
	case P521:
		return elliptic.P521()
	}
	return nil
}

// ParsePublic checks p, an RSA or EC key, and makes it ready: ErrInvalid if it is no
// valid key of a size or curve of the wire.
func ParsePublic(p Public) (*PublicKey, error) {
	k := &PublicKey{Public: p}
	switch p.Kind {
	case RSA:
		n, e := new(big.Int).SetBytes(p.N), new(big.Int).SetBytes(p.E)
		if !e.IsInt64() || !(Spec{Kind: RSA, Size: n.BitLen(), Exponent: int(e.Int64())}).Valid() || n.Bit(0) == 0 || e.Sign() == 0 {
			return nil, fmt.Errorf("RSA public key of %d bits: %w", n.BitLen(), ErrInvalid)
		}
		k.Size = n.BitLen()
		k.rsa = &rsa.PublicKey{N: n, E: int(e.Int64())}
	case EC:
		size := FieldSize(p.Curve)
		if size == 0 || len(p.X) != size || len(p.Y) != size {
			return nil, fmt.Errorf("EC public key on %q with coordinates of %d and %d bytes: %w", p.Curve, len(p.X), len(p.Y), ErrInvalid)
		}
		point := slices.Concat([]byte{4}, p.X, p.Y)
		var err error
		if curve := NISTCurve(p.Curve); curve != nil {
			k.ecdsa, err = ecdsa.ParseUncompressedPublicKey(curve, point)
		} else {
			k.secp, err = secp256k1.ParsePubKey(point)
		}
		if err != nil {
			return nil, fmt.Errorf("EC public key is not on %s: %w", p.Curve, ErrInvalid)
		}
		k.Size = CurveSize(p.Curve)
	default:
		return nil, fmt.Errorf("keys of type %q have no public part: %w", p.Kind, ErrInvalid)
	}
	return k, nil
}

// RSA returns the key as the standard library has it, nil if it is no RSA key.
func (k *PublicKey) RSA() *rsa.PublicKey { return k.rsa }

// Same reports whether p is the same key, however its numbers are padded.
func (k *PublicKey) Same(p Public) bool {
	trim := func(b []byte) []byte { return bytes.TrimLeft(b, "\x00") }
	return k.Kind == p.Kind && k.Curve == p.Curve && bytes.Equal(trim(k.N), trim(p.N)) && bytes.Equal(trim(k.E), trim(p.E)) &&
		bytes.Equal(k.X, p.X) && bytes.Equal(k.Y, p.Y)
}

// Verify checks a signature of digest. A signature of the wrong length is merely
// wrong; a digest of the wrong length is ErrLength. PSS salts have the length of the
// hash (RFC 7518, 3.5).
func (k *PublicKey) Verify(alg Algorithm, digest, signature []byte) (bool, error) {
	info, err := k.ForSign(alg, digest)
	if err != nil {
		return false, err
	}
	switch info.Scheme {
	case PKCS1Sign, PKCS1Raw:
		return rsa.VerifyPKCS1v15(k.rsa, info.Hash, digest, signature) == nil, nil
	case PSS:
		return rsa.VerifyPSS(k.rsa, info.Hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil, nil
	case ECDSA:
		size := FieldSize(k.Curve)
		if len(signature) != 2*size {
			return false, nil
		}
		if k.secp != nil {
			return verifySecp(k.secp, digest, signature), nil
		}
		r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
		return ecdsa.Verify(k.ecdsa, digest, r, s), nil
	}
	return false, k.unsupported(alg)
}

func verifySecp(key *secp256k1.PublicKey, digest, signature []byte) bool {
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return secpecdsa.NewSignature(&r, &s).Verify(digest, key)
}

// Encrypt encrypts plaintext to an RSA key; ErrLength if it is too long.
func (k *PublicKey) Encrypt(alg Algorithm, plaintext sensitive.Bytes) ([]byte, error) {
	info, err := k.ForEncrypt(alg)
	if err != nil {
		return nil, err
	}
	if k.rsa == nil {
		return nil, k.unsupported(alg)
	}
	if limit := info.MaxPlaintext(k.Public); plaintext.Len() > limit {
		return nil, fmt.Errorf("%s with this key encrypts at most %d bytes, not %d: %w", alg, limit, plaintext.Len(), ErrLength)
	}
	var out []byte
	if info.Scheme == OAEP {
		out, err = rsa.EncryptOAEP(info.Hash.New(), rand.Reader, k.rsa, plaintext.Reveal(), nil)
	} else {
		//lint:ignore SA1019 RSA1_5 is on the wire.
		out, err = rsa.EncryptPKCS1v15(rand.Reader, k.rsa, plaintext.Reveal())
	}
	if err != nil {
		return nil, fmt.Errorf("encrypt with %s: %w", alg, err)
	}
	return out, nil
}

// Verify checks a signature of digest by the RSA or EC key pub; see PublicKey.Verify.
func Verify(pub Public, alg Algorithm, digest, signature []byte) (bool, error) {
	k, err := ParsePublic(pub)
	if err != nil {
		return false, err
	}
	return k.Verify(alg, digest, signature)
}

// Encrypt encrypts or wraps plaintext to the RSA key pub; see PublicKey.Encrypt.
func Encrypt(pub Public, alg Algorithm, plaintext sensitive.Bytes) ([]byte, error) {
	k, err := ParsePublic(pub)
	if err != nil {
		return nil, err
	}
	return k.Encrypt(alg, plaintext)
}

// PublicOf returns the public part of a standard library key, *rsa.PublicKey or
// *ecdsa.PublicKey.
func PublicOf(key crypto.PublicKey) (Public, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return Public{Kind: RSA, N: k.N.Bytes(), E: big.NewInt(int64(k.E)).Bytes(), Size: k.N.BitLen()}, nil
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return Public{}, fmt.Errorf("public key: %w: %w", ErrInvalid, err)
		}
		for _, c := range []Curve{P256, P384, P521} {
			if NISTCurve(c) == k.Curve {
				size := FieldSize(c)
				return Public{Kind: EC, Curve: c, X: point[1 : 1+size], Y: point[1+size:], Size: CurveSize(c)}, nil
			}
		}
	}
	return Public{}, fmt.Errorf("public key of type %T: %w", key, errors.ErrUnsupported)
}
