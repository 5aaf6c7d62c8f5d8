package soft

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// primeRounds of Miller-Rabin, and Baillie-PSW, that a prime of an imported key passes.
const primeRounds = 8

type rsaKey struct {
	*keyprov.PublicKey
	private *rsa.PrivateKey
}

func (k *rsaKey) Public() keyprov.Public { return k.PublicKey.Public }

func (k *rsaKey) Sign(_ context.Context, alg keyprov.Algorithm, digest []byte) ([]byte, error) {
	info, err := k.ForSign(alg, digest)
	if err != nil {
		return nil, err
	}
	var signature []byte
	if info.Scheme == keyprov.PSS {
		signature, err = rsa.SignPSS(rand.Reader, k.private, info.Hash, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		signature, err = rsa.SignPKCS1v15(nil, k.private, info.Hash, digest)
	}
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", alg, err)
	}
	return signature, nil
}

func (k *rsaKey) Verify(_ context.Context, alg keyprov.Algorithm, digest, signature []byte) (bool, error) {
	return k.PublicKey.Verify(alg, digest, signature)
}

func (k *rsaKey) Encrypt(_ context.Context, alg keyprov.Algorithm, plaintext sensitive.Bytes, _ keyprov.Sealed) (keyprov.Sealed, error) {
	out, err := k.PublicKey.Encrypt(alg, plaintext)
	return keyprov.Sealed{Value: out}, err
}

func (k *rsaKey) Decrypt(_ context.Context, alg keyprov.Algorithm, in keyprov.Sealed) (sensitive.Bytes, error) {
	info, err := k.ForEncrypt(alg)
	if err != nil {
		return sensitive.Bytes{}, err
	}
	if len(in.Value) != k.Size/8 {
		return sensitive.Bytes{}, keyprov.ErrDecrypt
	}
	var out []byte
	if info.Scheme == keyprov.OAEP {
		out, err = rsa.DecryptOAEP(info.Hash.New(), nil, k.private, in.Value, nil)
	} else {
		//lint:ignore SA1019 RSA1_5 is on the wire.
		out, err = rsa.DecryptPKCS1v15(nil, k.private, in.Value)
	}
	if err != nil {
		return sensitive.Bytes{}, keyprov.ErrDecrypt
	}
	return sensitive.NewBytes(out), nil
}

func rsaMaterial(key *rsa.PrivateKey) (keyprov.Material, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return keyprov.Material{}, fmt.Errorf("encode RSA key: %w: %w", keyprov.ErrInvalid, err)
	}
	pub, err := keyprov.PublicOf(&key.PublicKey)
	if err != nil {
		return keyprov.Material{}, err
	}
	return keyprov.Material{Public: pub, Handle: sensitive.NewBytes(der)}, nil
}

func openRSA(public *keyprov.PublicKey, handle sensitive.Bytes) (keyprov.Key, error) {
	var raw asn1.RawValue
	if rest, err := asn1.Unmarshal(handle.Reveal(), &raw); err != nil || len(rest) > 0 {
		return nil, badHandle("not PKCS #8")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(handle.Reveal())
	if err != nil {
		return nil, badHandle("not PKCS #8")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, badHandle("of another type")
	}
	if p, err := keyprov.PublicOf(&key.PublicKey); err != nil || !public.Same(p) {
		return nil, badHandle("of another key")
	}
	key.Precompute()
	return &rsaKey{PublicKey: public, private: key}, nil
}

// importRSA takes n, e and d, and p, q, dp, dq, qi as far as they are given: what is
// given must agree, and what is missing is computed. The primes are given both or
// neither.
func importRSA(jwk keyprov.PrivateJWK) (keyprov.Material, error) {
	public, err := keyprov.ParsePublic(keyprov.Public{Kind: keyprov.RSA, N: jwk.N, E: jwk.E})
	if err != nil {
		return keyprov.Material{}, fmt.Errorf("import: %w", err)
	}
	number := func(b sensitive.Bytes) *big.Int { return new(big.Int).SetBytes(b.Reveal()) }
	n, d, p, q := public.RSA().N, number(jwk.D), number(jwk.P), number(jwk.Q)
	if d.Sign() == 0 || d.Cmp(n) >= 0 {
		return keyprov.Material{}, refused("d is missing or not below n")
	}
	if (p.Sign() == 0) != (q.Sign() == 0) {
		return keyprov.Material{}, refused("one of p and q is missing")
	}
	if p.Sign() == 0 {
		if p, q = factor(n, public.RSA().E, d); p == nil {
			return keyprov.Material{}, refused("d does not belong to n and e")
		}
	}
	if err := checkRSA(n, big.NewInt(int64(public.RSA().E)), d, p, q); err != nil {
		return keyprov.Material{}, err
	}
	one := big.NewInt(1)
	mod := func(p *big.Int) *big.Int { return new(big.Int).Mod(d, new(big.Int).Sub(p, one)) }
	for _, part := range []struct {
		name      string
		given     sensitive.Bytes
		canonical *big.Int
	}{{"dp", jwk.DP, mod(p)}, {"dq", jwk.DQ, mod(q)}, {"qi", jwk.QI, new(big.Int).ModInverse(q, p)}} {
		if part.given.Len() > 0 && number(part.given).Cmp(part.canonical) != 0 {
			return keyprov.Material{}, refused(part.name + " does not belong to the key")
		}
	}
	key := &rsa.PrivateKey{PublicKey: *public.RSA(), D: d, Primes: []*big.Int{p, q}}
	key.Precompute()
	if err := key.Validate(); err != nil {
		return keyprov.Material{}, refused("its parts do not belong together")
	}
	m, err := rsaMaterial(key)
	if err != nil {
		return keyprov.Material{}, err
	}
	m.Public.N, m.Public.E = jwk.N, jwk.E
	return m, nil
}

func refused(why string) error {
	return fmt.Errorf("import: %s: %w", why, keyprov.ErrInvalid)
}

func checkRSA(n, e, d, p, q *big.Int) error {
	if p.Cmp(q) == 0 || new(big.Int).Mul(p, q).Cmp(n) != 0 {
		return refused("n is not the product of p and q")
	}
	one := big.NewInt(1)
	ed := new(big.Int).Mul(e, d)
	for _, prime := range []*big.Int{p, q} {
		// Half of n's bits, as every generator makes them: else the key is weak.
		if prime.BitLen() != n.BitLen()/2 {
			return refused("p and q are not half as long as n")
		}
		if new(big.Int).Mod(ed, new(big.Int).Sub(prime, one)).Cmp(one) != 0 {
			return refused("d does not belong to n and e")
		}
		if !prime.ProbablyPrime(primeRounds) {
			return refused("p or q is not prime")
		}
	}
	return nil
}

// factor finds the primes of n from both exponents (SP 800-56B, appendix C); nil if
// the exponents do not belong to n.
func factor(n *big.Int, e int, d *big.Int) (p, q *big.Int) {
	one := big.NewInt(1)
	k := new(big.Int).Mul(d, big.NewInt(int64(e)))
	k.Sub(k, one)
	if k.Sign() <= 0 || k.Bit(0) == 1 {
		return nil, nil
	}
	t := k.TrailingZeroBits()
	r := new(big.Int).Rsh(k, t)
	minus := new(big.Int).Sub(n, one)
	for range 64 {
		g, err := rand.Int(rand.Reader, n)
		if err != nil {
			return nil, nil
		}
		y := g.Exp(g, r, n)
		if y.Cmp(one) <= 0 || y.Cmp(minus) == 0 {
			continue
		}
		for range t {
			x := new(big.Int).Exp(y, big.NewInt(2), n)
			if x.Cmp(one) == 0 {
				p = new(big.Int).GCD(nil, nil, new(big.Int).Sub(y, one), n)
				return p, new(big.Int).Div(n, p)
			}
			if x.Cmp(minus) == 0 {
				break
			}
			y = x
		}
	}
	return nil, nil
}
