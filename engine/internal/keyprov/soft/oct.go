package soft

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"slices"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

const (
	gcmNonce = 12
	gcmTag   = 16
)

type octKey struct {
	public keyprov.Public
	raw    sensitive.Bytes
	block  cipher.Block
	gcm    cipher.AEAD
}

func octMaterial(key []byte) keyprov.Material {
	return keyprov.Material{
		Public: keyprov.Public{Kind: keyprov.Oct, Size: 8 * len(key)},
		Handle: sensitive.NewBytes(append([]byte{ownEncoding, octHandle}, key...)),
	}
}

func openOct(m keyprov.Material) (keyprov.Key, error) {
	h := m.Handle.Reveal()
	if len(h) < 2 || h[0] != ownEncoding || h[1] != octHandle {
		return nil, badHandle("not one of an oct key")
	}
	raw := slices.Clone(h[2:])
	if 8*len(raw) != m.Public.Size || !m.Public.Spec().Valid() {
		return nil, badHandle("of another key")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, badHandle("of a wrong length")
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return &octKey{public: m.Public, raw: sensitive.NewBytes(raw), block: block, gcm: gcm}, nil
}

func (k *octKey) Public() keyprov.Public { return k.public }

// Sign returns the HMAC of the digest.
func (k *octKey) Sign(_ context.Context, alg keyprov.Algorithm, digest []byte) ([]byte, error) {
	info, err := k.public.ForSign(alg, digest)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(info.Hash.New, k.raw.Reveal())
	mac.Write(digest)
	return mac.Sum(nil), nil
}

func (k *octKey) Verify(ctx context.Context, alg keyprov.Algorithm, digest, signature []byte) (bool, error) {
	want, err := k.Sign(ctx, alg, digest)
	if err != nil {
		return false, err
	}
	return hmac.Equal(want, signature), nil
}

func (k *octKey) Encrypt(_ context.Context, alg keyprov.Algorithm, plaintext sensitive.Bytes, in keyprov.Sealed) (keyprov.Sealed, error) {
	info, err := k.public.ForEncrypt(alg)
	if err != nil {
		return keyprov.Sealed{}, err
	}
	if err := info.CheckPlaintext(plaintext.Len()); err != nil {
		return keyprov.Sealed{}, err
	}
	if err := info.CheckParameters(in, false); err != nil {
		return keyprov.Sealed{}, err
	}
	text := plaintext.Reveal()
	switch info.Scheme {
	case keyprov.KeyWrap:
		return keyprov.Sealed{Value: wrapKey(k.block, text)}, nil
	case keyprov.KeyWrapPad:
		return keyprov.Sealed{Value: wrapKeyPad(k.block, text)}, nil
	case keyprov.GCM:
		iv := make([]byte, gcmNonce)
		if _, err := rand.Read(iv); err != nil {
			return keyprov.Sealed{}, fmt.Errorf("encrypt with %s: %w", alg, err)
		}
		out := k.gcm.Seal(nil, iv, text, in.AAD)
		cut := len(out) - gcmTag
		return keyprov.Sealed{Value: out[:cut:cut], IV: iv, AAD: in.AAD, Tag: out[cut:]}, nil
	case keyprov.CBCPad:
		pad := aes.BlockSize - len(text)%aes.BlockSize
		text = slices.Concat(text, bytes.Repeat([]byte{byte(pad)}, pad))
		defer clear(text)
	}
	out := make([]byte, len(text))
	cipher.NewCBCEncrypter(k.block, in.IV).CryptBlocks(out, text)
	return keyprov.Sealed{Value: out, IV: in.IV}, nil
}

func (k *octKey) Decrypt(_ context.Context, alg keyprov.Algorithm, in keyprov.Sealed) (sensitive.Bytes, error) {
	info, err := k.public.ForEncrypt(alg)
	if err != nil {
		return sensitive.Bytes{}, err
	}
	if err := info.CheckParameters(in, true); err != nil {
		return sensitive.Bytes{}, err
	}
	var out []byte
	ok := false
	switch info.Scheme {
	case keyprov.KeyWrap:
		out, ok = unwrapKey(k.block, in.Value)
	case keyprov.KeyWrapPad:
		out, ok = unwrapKeyPad(k.block, in.Value)
	case keyprov.GCM:
		out, err = k.gcm.Open(nil, in.IV, slices.Concat(in.Value, in.Tag), in.AAD)
		ok = err == nil
	case keyprov.CBC, keyprov.CBCPad:
		if ok = len(in.Value) > 0 && len(in.Value)%aes.BlockSize == 0; ok {
			out = make([]byte, len(in.Value))
			cipher.NewCBCDecrypter(k.block, in.IV).CryptBlocks(out, in.Value)
		}
		if ok && info.Scheme == keyprov.CBCPad {
			out, ok = unpad(out)
		}
	}
	if !ok {
		return sensitive.Bytes{}, keyprov.ErrDecrypt
	}
	return sensitive.NewBytes(out), nil
}

// unpad removes PKCS #7 padding. It looks at the whole last block whatever is in it.
func unpad(text []byte) ([]byte, bool) {
	last := text[len(text)-aes.BlockSize:]
	n := int(last[aes.BlockSize-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		inside := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(b, byte(n)), 1)
	}
	if good != 1 {
		return nil, false
	}
	return text[:len(text)-n], true
}
