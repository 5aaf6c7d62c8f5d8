package soft

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// ecKey is a key on one of the curves, private or secp is set.
type ecKey struct {
	*keyprov.PublicKey
	private *ecdsa.PrivateKey
	secp    *secp256k1.PrivateKey
}

func (k *ecKey) Public() keyprov.Public { return k.PublicKey.Public }

func (k *ecKey) Sign(_ context.Context, alg keyprov.Algorithm, digest []byte) ([]byte, error) {
	if _, err := k.ForSign(alg, digest); err != nil {
		return nil, err
	}
	size := keyprov.FieldSize(k.Curve)
	out := make([]byte, 2*size)
	if k.secp != nil {
		signature := secpecdsa.Sign(k.secp, digest)
		r, s := signature.R(), signature.S()
		r.PutBytesUnchecked(out[:size])
		s.PutBytesUnchecked(out[size:])
		return out, nil
	}
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest)
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", alg, err)
	}
	r.FillBytes(out[:size])
	s.FillBytes(out[size:])
	return out, nil
}

func (k *ecKey) Verify(_ context.Context, alg keyprov.Algorithm, digest, signature []byte) (bool, error) {
	return k.PublicKey.Verify(alg, digest, signature)
}

func (k *ecKey) Encrypt(_ context.Context, alg keyprov.Algorithm, _ sensitive.Bytes, _ keyprov.Sealed) (keyprov.Sealed, error) {
	_, err := k.ForEncrypt(alg)
	return keyprov.Sealed{}, err
}

func (k *ecKey) Decrypt(_ context.Context, alg keyprov.Algorithm, _ keyprov.Sealed) (sensitive.Bytes, error) {
	_, err := k.ForEncrypt(alg)
	return sensitive.Bytes{}, err
}

// importEC takes the curve, x, y and d. Numbers that lost leading zeros are accepted.
func importEC(jwk keyprov.PrivateJWK) (keyprov.Material, error) {
	size := keyprov.FieldSize(jwk.Curve)
	if size == 0 {
		return keyprov.Material{}, refused(fmt.Sprintf("unknown curve %q", jwk.Curve))
	}
	if len(jwk.X) > size || len(jwk.Y) > size || jwk.D.Len() > size || jwk.D.Len() == 0 {
		return keyprov.Material{}, refused(fmt.Sprintf("x, y and d on %s have %d bytes", jwk.Curve, size))
	}
	pad := func(b []byte) []byte { return append(make([]byte, size-len(b), size), b...) }
	public, err := keyprov.ParsePublic(keyprov.Public{Kind: keyprov.EC, Curve: jwk.Curve, X: pad(jwk.X), Y: pad(jwk.Y)})
	if err != nil {
		return keyprov.Material{}, fmt.Errorf("import: %w", err)
	}
	key, m, err := parseEC(jwk.Curve, pad(jwk.D.Reveal()))
	if err != nil {
		return keyprov.Material{}, err
	}
	if key.zero(); !public.Same(m.Public) {
		return keyprov.Material{}, refused("d does not belong to x and y")
	}
	return m, nil
}

func generateEC(c keyprov.Curve) (keyprov.Material, error) {
	var scalar []byte
	if c == keyprov.P256K {
		key, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			return keyprov.Material{}, fmt.Errorf("generate EC key: %w", err)
		}
		defer key.Zero()
		scalar = key.Serialize()
	} else {
		key, err := ecdsa.GenerateKey(keyprov.NISTCurve(c), rand.Reader)
		if err != nil {
			return keyprov.Material{}, fmt.Errorf("generate EC key: %w", err)
		}
		if scalar, err = key.Bytes(); err != nil {
			return keyprov.Material{}, fmt.Errorf("encode EC key: %w", err)
		}
	}
	_, m, err := parseEC(c, scalar)
	return m, err
}

// parseEC makes the key of a scalar, and its material.
func parseEC(c keyprov.Curve, scalar []byte) (*ecKey, keyprov.Material, error) {
	key := &ecKey{}
	var point []byte
	if c == keyprov.P256K {
		var d secp256k1.ModNScalar
		if len(scalar) != keyprov.FieldSize(c) || d.SetByteSlice(scalar) || d.IsZero() {
			return nil, keyprov.Material{}, refused("d is out of range")
		}
		key.secp = secp256k1.NewPrivateKey(&d)
		point = key.secp.PubKey().SerializeUncompressed()
	} else {
		var err error
		if key.private, err = ecdsa.ParseRawPrivateKey(keyprov.NISTCurve(c), scalar); err != nil {
			return nil, keyprov.Material{}, refused("d is out of range")
		}
		if point, err = key.private.PublicKey.Bytes(); err != nil {
			return nil, keyprov.Material{}, refused("d has no point")
		}
	}
	size := keyprov.FieldSize(c)
	m := keyprov.Material{
		Public: keyprov.Public{Kind: keyprov.EC, Curve: c, X: point[1 : 1+size], Y: point[1+size:], Size: keyprov.CurveSize(c)},
		Handle: sensitive.NewBytes(append([]byte{ownEncoding, ecHandle}, scalar...)),
	}
	return key, m, nil
}

// zero forgets a scalar where the library lets it.
func (k *ecKey) zero() {
	if k.secp != nil {
		k.secp.Zero()
	}
}

func openEC(public *keyprov.PublicKey, handle sensitive.Bytes) (keyprov.Key, error) {
	h := handle.Reveal()
	if len(h) < 2 || h[0] != ownEncoding || h[1] != ecHandle {
		return nil, badHandle("not one of an EC key")
	}
	key, m, err := parseEC(public.Curve, h[2:])
	if err != nil {
		return nil, badHandle("out of range")
	}
	if !public.Same(m.Public) {
		return nil, badHandle("of another key")
	}
	key.PublicKey = public
	return key, nil
}
