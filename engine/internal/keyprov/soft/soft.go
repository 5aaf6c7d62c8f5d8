// Package soft is the key provider in software: the standard library, and
// decred's secp256k1 for P-256K.
//
// A handle is the private key in clear; the caller seals it before it is stored:
//
//	RSA   PKCS #8 (begins with 0x30)
//	EC    0x01 0x01 | the scalar, as long as the curve's field
//	oct   0x01 0x02 | the key, 16, 24 or 32 bytes
//
// Side channels: RSA and the NIST curves are as constant in time as crypto/rsa and
// crypto/ecdsa. P-256K signs with RFC 6979 nonces, but its group operations are not
// constant in time; where that matters, use a token. RSA1_5, CBC and CBCPAD tell by
// their error whether the padding was right, as the service does: whoever may call
// decrypt with them may decrypt anyway, and should prefer RSA-OAEP-256 and GCM.
package soft

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

const (
	ownEncoding = 1
	ecHandle    = 1
	octHandle   = 2
	exponent    = 65537
)

type provider struct{}

// New returns the software provider. It needs no Close.
func New() keyprov.Provider { return provider{} }

func (provider) Name() string { return "software" }

func (provider) HSM() bool { return false }

func (provider) Close() error { return nil }

func (provider) Supports(spec keyprov.Spec, alg keyprov.Algorithm) bool {
	if !spec.Valid() || spec.Exponent != 0 && spec.Exponent != exponent {
		return false
	}
	if alg == "" {
		return true
	}
	info, ok := keyprov.AlgorithmInfo(alg)
	return ok && info.Fits(spec)
}

func (p provider) Generate(ctx context.Context, spec keyprov.Spec) (keyprov.Material, error) {
	if err := ctx.Err(); err != nil {
		return keyprov.Material{}, err
	}
	if !p.Supports(spec, "") {
		return keyprov.Material{}, fmt.Errorf("generate %+v: %w", spec, keyprov.ErrUnsupported)
	}
	switch {
	case spec.Kind == keyprov.RSA:
		key, err := rsa.GenerateKey(rand.Reader, spec.Size)
		if err != nil {
			return keyprov.Material{}, fmt.Errorf("generate RSA key: %w", err)
		}
		return rsaMaterial(key)
	case spec.Kind == keyprov.Oct:
		key := make([]byte, spec.Size/8)
		if _, err := rand.Read(key); err != nil {
			return keyprov.Material{}, fmt.Errorf("generate oct key: %w", err)
		}
		return octMaterial(key), nil
	default:
		return generateEC(spec.Curve)
	}
}

func (provider) Import(ctx context.Context, jwk keyprov.PrivateJWK) (keyprov.Material, error) {
	if err := ctx.Err(); err != nil {
		return keyprov.Material{}, err
	}
	switch jwk.Kind {
	case keyprov.RSA:
		return importRSA(jwk)
	case keyprov.EC:
		return importEC(jwk)
	case keyprov.Oct:
		if !(keyprov.Spec{Kind: keyprov.Oct, Size: 8 * jwk.K.Len()}).Valid() {
			return keyprov.Material{}, fmt.Errorf("import oct key of %d bytes: %w", jwk.K.Len(), keyprov.ErrInvalid)
		}
		return octMaterial(jwk.K.Reveal()), nil
	}
	return keyprov.Material{}, fmt.Errorf("import key of type %q: %w", jwk.Kind, keyprov.ErrInvalid)
}

// Open parses the handle and checks that it is the private part of m.Public.
func (provider) Open(_ context.Context, m keyprov.Material) (keyprov.Key, error) {
	if m.Public.Kind == keyprov.Oct {
		return openOct(m)
	}
	public, err := keyprov.ParsePublic(m.Public)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	if m.Public.Kind == keyprov.EC {
		return openEC(public, m.Handle)
	}
	return openRSA(public, m.Handle)
}

func badHandle(why string) error {
	return fmt.Errorf("open: the handle is %s: %w", why, keyprov.ErrInvalid)
}
