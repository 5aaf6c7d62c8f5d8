package vault

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// Crypto is the input of a cryptographic operation.
type Crypto struct {
	Algorithm string
	// Value is the plaintext, ciphertext, key, digest or signature.
	Value sensitive.Bytes
	// Digest is what a signature to verify is of.
	Digest []byte
	// IV, AAD and Tag are of symmetric keys only.
	IV, AAD, Tag []byte
	// Incomplete says that the request lacks a property that it needs.
	Incomplete bool
}

// CryptoResult is the output of a cryptographic operation, and the version that made
// it.
type CryptoResult struct {
	Vault, Name, Version string
	Value                sensitive.Bytes
	IV, AAD, Tag         []byte
	// Valid is the outcome of a verification.
	Valid bool
}

// leeway is how far clocks may differ, in seconds: the documentation allows "a few
// minutes" around nbf and exp.
const leeway = 5 * 60

// Encrypt encrypts under a version of the key.
func (s *Service) Encrypt(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	return s.encrypt(ctx, caller, "KeyEncrypt", opEncrypt, ref, in)
}

// WrapKey encrypts a symmetric key under a version of the key.
func (s *Service) WrapKey(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	return s.encrypt(ctx, caller, "KeyWrap", opWrap, ref, in)
}

// Decrypt undoes Encrypt.
func (s *Service) Decrypt(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	return s.decrypt(ctx, caller, "KeyDecrypt", opDecrypt, ref, in)
}

// UnwrapKey undoes WrapKey.
func (s *Service) UnwrapKey(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	return s.decrypt(ctx, caller, "KeyUnwrap", opUnwrap, ref, in)
}

// Sign signs a digest.
func (s *Service) Sign(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	u := s.use(ctx, caller, "KeySign", opSign, ref, &in, use{alone: true})
	return u.run(func(ctx context.Context) error {
		signature, err := u.key.Sign(ctx, keyprov.Algorithm(in.Algorithm), in.Value.Reveal())
		u.out.Value = sensitive.NewBytes(signature)
		return err
	})
}

// Verify checks a signature of a digest.
func (s *Service) Verify(ctx context.Context, caller authz.Caller, ref Ref, in Crypto) (CryptoResult, error) {
	u := s.use(ctx, caller, "KeyVerify", opVerify, ref, &in, use{public: true})
	return u.run(func(ctx context.Context) (err error) {
		alg := keyprov.Algorithm(in.Algorithm)
		if u.key != nil {
			u.out.Valid, err = u.key.Verify(ctx, alg, in.Digest, in.Value.Reveal())
		} else {
			u.out.Valid, err = keyprov.Verify(u.pub, alg, in.Digest, in.Value.Reveal())
		}
		return err
	})
}

func (s *Service) encrypt(ctx context.Context, caller authz.Caller, op Operation, keyOp string, ref Ref, in Crypto) (CryptoResult, error) {
	u := s.use(ctx, caller, op, keyOp, ref, &in, use{public: true, alone: true})
	return u.run(func(ctx context.Context) error {
		alg := keyprov.Algorithm(in.Algorithm)
		if u.key == nil {
			value, err := keyprov.Encrypt(u.pub, alg, in.Value)
			u.out.Value = sensitive.NewBytes(value)
			return err
		}
		sealed, err := u.key.Encrypt(ctx, alg, in.Value, keyprov.Sealed{IV: in.IV, AAD: in.AAD})
		u.out.Value, u.out.IV, u.out.AAD, u.out.Tag = sensitive.NewBytes(sealed.Value), sealed.IV, sealed.AAD, sealed.Tag
		return err
	})
}

func (s *Service) decrypt(ctx context.Context, caller authz.Caller, op Operation, keyOp string, ref Ref, in Crypto) (CryptoResult, error) {
	u := s.use(ctx, caller, op, keyOp, ref, &in, use{})
	return u.run(func(ctx context.Context) (err error) {
		u.out.Value, err = u.key.Decrypt(ctx, keyprov.Algorithm(in.Algorithm),
			keyprov.Sealed{Value: in.Value.Reveal(), IV: in.IV, AAD: in.AAD, Tag: in.Tag})
		return err
	})
}

// use is one cryptographic operation.
type use struct {
	*call
	in    *Crypto
	keyOp string
	// public says that the public key of an asymmetric key suffices.
	public bool
	// alone says that the operation needs a version within its nbf and exp: what was
	// encrypted or signed with it before can be decrypted and verified at any time.
	alone bool

	// key is open after the operation was admitted, but for a public operation of an
	// asymmetric key, which has pub.
	key keyprov.Key
	pub keyprov.Public
	out CryptoResult
	// open opens the key if it is not at hand; it runs outside the snapshot.
	open func(context.Context) error
}

func (s *Service) use(ctx context.Context, caller authz.Caller, op Operation, keyOp string, ref Ref, in *Crypto, u use) *use {
	u.call, u.in, u.keyOp = s.begin(ctx, caller, op, ref), in, keyOp
	if in.Incomplete {
		u.reject(invalidValue())
	}
	info, known := keyprov.AlgorithmInfo(keyprov.Algorithm(in.Algorithm))
	signs := keyOp == opSign || keyOp == opVerify
	if !known || info.Sign != signs {
		u.reject(fault.New(fault.BadParameter, "The algorithm '%s' is not supported for the operation %s.", printable(in.Algorithm), keyOp))
	}
	return &u
}

// run admits the operation, and then does its work outside the snapshot.
func (u *use) run(work func(context.Context) error) (CryptoResult, error) {
	err := u.s.gate.Use(u.ctx, u.caller, u.operation(), u.admit, func(ctx context.Context) error {
		if u.open != nil {
			if err := u.open(ctx); err != nil {
				return providerFault(err)
			}
		}
		return providerFault(work(ctx))
	})
	if err != nil {
		return CryptoResult{}, err
	}
	return u.out, nil
}

// admit finds the version, checks that it may be used so now, and gets its key.
func (u *use) admit(r Reader, rec *audit.Record) error {
	rec.Properties.Algorithm = printable(u.in.Algorithm)
	o, v, err := u.findKey(r)
	if err != nil {
		return err
	}
	auditKey(rec, &v)
	u.out = CryptoResult{Vault: u.vault.Name, Name: o.Name, Version: v.ID}
	if err := u.permitted(&v, unix(r.Now())); err != nil {
		return err
	}
	if err := u.suits(&v); err != nil {
		return err
	}
	if u.public && kindOf(v.Key.Type) != keyprov.Oct {
		u.pub, err = v.Key.public()
		return err
	}
	return u.obtain(r, &o, &v)
}

// permitted applies enabled, key_ops, nbf and exp (wire reference 2.6).
func (u *use) permitted(v *Version, now int64) error {
	switch {
	case !v.Enabled:
		return keyDisabled(u.keyOp)
	case !v.Key.permits(u.keyOp):
		return fault.New(fault.KeyOperationForbidden, "Operation %s is not permitted on this key.", u.keyOp)
	case !u.alone:
		return nil
	case v.NotBefore != nil && now < *v.NotBefore-leeway:
		return fault.New(fault.KeyNotYetValid, "Operation %s is not allowed on a key that is not yet valid.", u.keyOp)
	case v.Expires != nil && now >= *v.Expires+leeway:
		return fault.New(fault.KeyExpired, "Operation %s is not allowed on an expired key.", u.keyOp)
	}
	return nil
}

// suits checks the algorithm against the key, and the lengths that it fixes.
func (u *use) suits(v *Version) error {
	info, _ := keyprov.AlgorithmInfo(keyprov.Algorithm(u.in.Algorithm))
	public := keyprov.Public{Kind: kindOf(v.Key.Type), Curve: keyprov.Curve(v.Key.Curve), Size: v.Key.Size}
	if !info.Fits(public.Spec()) {
		return fault.New(fault.BadParameter, "The algorithm '%s' is not supported by this key of type %s.", u.in.Algorithm, v.Key.Type)
	}
	digest := u.in.Value.Reveal()
	if u.keyOp == opVerify {
		digest = u.in.Digest
	}
	if info.DigestSize != 0 && len(digest) != info.DigestSize {
		return fault.New(fault.BadParameter, "Invalid length of the digest: the algorithm %s needs %d bytes, not %d.", u.in.Algorithm, info.DigestSize, len(digest))
	}
	return nil
}

// obtain gets the version's key from the cache, or its sealed material from r and
// leaves the opening to u.open.
func (u *use) obtain(r Reader, o *Object, v *Version) error {
	provider, err := u.provider(v.Key.Type)
	if err != nil {
		return err
	}
	id := keyID{o.ID, v.ID}
	if u.key = u.s.opened.get(id); u.key != nil {
		return nil
	}
	full := *v
	if full.Sealed == nil {
		var found bool
		if _, full, found, err = r.Find(o.VaultID, Keys, o.Fold, v.ID, true); err != nil {
			return err
		}
		if !found {
			return u.notFound()
		}
	}
	dataKey, err := u.s.dataKeyIn(u.ctx, r, o.VaultID)
	if err != nil {
		return err
	}
	u.open = func(ctx context.Context) error {
		handle, err := dataKey.Open(keyAD(o.Fold, v.ID), full.Sealed)
		if err != nil {
			return err
		}
		public, err := full.Key.public()
		if err != nil {
			return err
		}
		if u.key, err = provider.Open(ctx, keyprov.Material{Public: public, Handle: handle}); err != nil {
			return err
		}
		u.s.opened.put(id, u.key)
		return nil
	}
	return nil
}
