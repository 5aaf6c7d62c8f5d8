package keyprovtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	secpecdsa "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

// goVerify checks a signature without the code under test.
func goVerify(t *testing.T, p keyprov.Public, alg keyprov.Algorithm, digest, signature []byte) bool {
	t.Helper()
	info, _ := keyprov.AlgorithmInfo(alg)
	if p.Kind == keyprov.RSA {
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(p.N), E: int(new(big.Int).SetBytes(p.E).Int64())}
		if info.Scheme == keyprov.PSS {
			return rsa.VerifyPSS(key, info.Hash, digest, signature, &rsa.PSSOptions{SaltLength: info.Hash.Size()}) == nil
		}
		return rsa.VerifyPKCS1v15(key, info.Hash, digest, signature) == nil
	}
	size := keyprov.FieldSize(p.Curve)
	if len(signature) != 2*size {
		t.Errorf("a signature of %d bytes, want %d", len(signature), 2*size)
		return false
	}
	if p.Curve == keyprov.P256K {
		key, err := secp256k1.ParsePubKey(append([]byte{4}, append(bytes.Clone(p.X), p.Y...)...))
		if err != nil {
			t.Error(err)
			return false
		}
		var r, s secp256k1.ModNScalar
		r.SetByteSlice(signature[:32])
		s.SetByteSlice(signature[32:])
		return secpecdsa.NewSignature(&r, &s).Verify(digest, key)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(keyprov.NISTCurve(p.Curve), append([]byte{4}, append(bytes.Clone(p.X), p.Y...)...))
	if err != nil {
		t.Error(err)
		return false
	}
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:]))
}

// signs: what key signs, Go and the other opened key verify; nothing else verifies.
func signs(t *testing.T, key, again keyprov.Key, info keyprov.Info) {
	ctx, alg := t.Context(), info.Algorithm
	digests := [][]byte{random(t, info.DigestSize), make([]byte, info.DigestSize), bytes.Repeat([]byte{0xff}, info.DigestSize)}
	wrong := []int{0, info.DigestSize - 1, info.DigestSize + 1}
	if info.DigestSize == 0 {
		limit := key.Public().Size/8 - 11
		digests = [][]byte{random(t, 32), {}, random(t, limit), random(t, 20)}
		wrong = []int{limit + 1, key.Public().Size / 8}
	}
	for _, digest := range digests {
		signature, err := key.Sign(ctx, alg, digest)
		if err != nil {
			t.Fatalf("sign: %v", err)
		}
		if info.Scheme != keyprov.HMAC && !goVerify(t, key.Public(), alg, digest, signature) {
			t.Error("Go's own crypto does not verify the signature")
		}
		verify := func(digest, signature []byte) bool {
			ok, err := again.Verify(ctx, alg, digest, signature)
			if err != nil {
				t.Errorf("verify: %v", err)
			}
			return ok
		}
		if !verify(digest, signature) {
			t.Error("the signature does not verify")
		}
		for at := 0; at < len(signature); at += len(signature)/3 + 1 {
			bad := bytes.Clone(signature)
			bad[at] ^= 1
			if verify(digest, bad) {
				t.Errorf("verifies with byte %d changed", at)
			}
		}
		for why, bad := range map[string][]byte{
			"empty": {}, "short": signature[:len(signature)-1], "long": append(bytes.Clone(signature), 0),
			"prefixed": append([]byte{0}, signature...), "zero": make([]byte, len(signature)),
		} {
			if verify(digest, bad) {
				t.Errorf("the %s signature verifies", why)
			}
		}
		if len(digest) > 0 {
			other := bytes.Clone(digest)
			other[0] ^= 0x80
			if verify(other, signature) {
				t.Error("verifies for another digest")
			}
		}
	}
	for _, n := range wrong {
		if _, err := key.Sign(ctx, alg, make([]byte, n)); !errors.Is(err, keyprov.ErrLength) {
			t.Errorf("sign %d bytes: %v, want ErrLength", n, err)
		}
		if ok, err := key.Verify(ctx, alg, make([]byte, n), make([]byte, 64)); ok || !errors.Is(err, keyprov.ErrLength) {
			t.Errorf("verify %d bytes: %v, %v, want ErrLength", n, ok, err)
		}
	}
}
