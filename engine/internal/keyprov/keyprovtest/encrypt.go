package keyprovtest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// encrypts: what one opened key encrypts the other decrypts, and nothing that was
// changed decrypts.
func encrypts(t *testing.T, key, again keyprov.Key, info keyprov.Info) {
	if info.Kind == keyprov.RSA {
		encryptsRSA(t, key, again, info)
		return
	}
	encryptsOct(t, key, again, info)
}

func decrypt(t *testing.T, key keyprov.Key, alg keyprov.Algorithm, in keyprov.Sealed, want []byte) {
	t.Helper()
	got, err := key.Decrypt(t.Context(), alg, in)
	if err != nil {
		t.Errorf("decrypt: %v", err)
	} else if !bytes.Equal(got.Reveal(), want) {
		t.Errorf("decrypted to %d other bytes", got.Len())
	}
}

func refusesCiphertext(t *testing.T, why string, key keyprov.Key, alg keyprov.Algorithm, in keyprov.Sealed, plaintext []byte, want error) {
	t.Helper()
	got, err := key.Decrypt(t.Context(), alg, in)
	if err == nil && plaintext != nil && !bytes.Equal(got.Reveal(), plaintext) {
		return // without authentication another plaintext is all that can be asked for
	}
	if !errors.Is(err, want) {
		t.Errorf("decrypt %s: %v, want %v", why, err, want)
	}
	if got.Len() != 0 {
		t.Errorf("decrypt %s returned bytes with its error", why)
	}
}

func encryptsRSA(t *testing.T, key, again keyprov.Key, info keyprov.Info) {
	alg, pub := info.Algorithm, key.Public()
	limit := info.MaxPlaintext(pub)
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(pub.N), E: int(new(big.Int).SetBytes(pub.E).Int64())}
	for _, n := range []int{0, 1, 16, 32, limit} {
		text := random(t, n)
		out, err := key.Encrypt(t.Context(), alg, sensitive.NewBytes(text), keyprov.Sealed{})
		if err != nil {
			t.Fatalf("encrypt %d bytes: %v", n, err)
		}
		if len(out.Value) != pub.Size/8 {
			t.Errorf("a ciphertext of %d bytes", len(out.Value))
		}
		decrypt(t, again, alg, out, text)
		var fromGo []byte
		if info.Scheme == keyprov.OAEP {
			fromGo, err = rsa.EncryptOAEP(info.Hash.New(), rand.Reader, public, text, nil)
		} else {
			//lint:ignore SA1019 RSA1_5 is on the wire.
			fromGo, err = rsa.EncryptPKCS1v15(rand.Reader, public, text)
		}
		if err != nil {
			t.Fatal(err)
		}
		decrypt(t, key, alg, keyprov.Sealed{Value: fromGo}, text)
	}
	if _, err := key.Encrypt(t.Context(), alg, sensitive.NewBytes(make([]byte, limit+1)), keyprov.Sealed{}); !errors.Is(err, keyprov.ErrLength) {
		t.Errorf("encrypt %d bytes: %v, want ErrLength", limit+1, err)
	}
	good, err := key.Encrypt(t.Context(), alg, sensitive.NewBytes([]byte("text")), keyprov.Sealed{})
	if err != nil {
		t.Fatal(err)
	}
	size := pub.Size / 8
	modulus := public.N.FillBytes(make([]byte, size))
	for why, value := range map[string][]byte{
		"empty": nil, "short": good.Value[:size-1], "long": append(bytes.Clone(good.Value), 0), "prefixed": append([]byte{0}, good.Value...),
		"the modulus": modulus, "ones": bytes.Repeat([]byte{0xff}, size), "zero": make([]byte, size),
	} {
		refusesCiphertext(t, why, key, alg, keyprov.Sealed{Value: value}, nil, keyprov.ErrDecrypt)
	}
	bad := bytes.Clone(good.Value)
	bad[size/2] ^= 1
	var text []byte
	if info.Scheme == keyprov.PKCS1Encrypt {
		text = []byte("text") // one in some thousand changed ciphertexts has a padding
	}
	refusesCiphertext(t, "changed", key, alg, keyprov.Sealed{Value: bad}, text, keyprov.ErrDecrypt)
}

func encryptsOct(t *testing.T, key, again keyprov.Key, info keyprov.Info) {
	alg := info.Algorithm
	var in keyprov.Sealed
	good, bad := []int{0, 1, 15, 16, 17, 32, 1000}, []int{}
	switch info.Scheme {
	case keyprov.KeyWrap:
		good, bad = []int{16, 24, 32, 64, 256}, []int{0, 1, 8, 15, 17, 20}
	case keyprov.KeyWrapPad:
		good, bad = []int{1, 7, 8, 9, 16, 17, 20, 32, 256}, []int{0}
	case keyprov.GCM:
		in.AAD = random(t, 21)
	case keyprov.CBC:
		in.IV = random(t, 16)
		good, bad = []int{16, 32, 1024}, []int{0, 1, 15, 17}
	case keyprov.CBCPad:
		in.IV = random(t, 16)
	}
	encrypt := func(n int, in keyprov.Sealed) ([]byte, keyprov.Sealed, error) {
		text := random(t, n)
		out, err := key.Encrypt(t.Context(), alg, sensitive.NewBytes(bytes.Clone(text)), in)
		return text, out, err
	}
	for _, n := range good {
		text, out, err := encrypt(n, in)
		if err != nil {
			t.Fatalf("encrypt %d bytes: %v", n, err)
		}
		decrypt(t, again, alg, out, text)
		damaged(t, key, info, out, text)
	}
	for _, n := range bad {
		if _, _, err := encrypt(n, in); !errors.Is(err, keyprov.ErrLength) {
			t.Errorf("encrypt %d bytes: %v, want ErrLength", n, err)
		}
	}
	for _, n := range []int{0, 1, 11, 12, 13, 15, 16, 17} {
		if n == len(in.IV) {
			continue
		}
		if _, _, err := encrypt(32, keyprov.Sealed{IV: make([]byte, n), AAD: in.AAD}); !errors.Is(err, keyprov.ErrLength) {
			t.Errorf("encrypt with an iv of %d bytes: %v, want ErrLength", n, err)
		}
	}
	if info.Scheme == keyprov.GCM {
		_, a, _ := encrypt(16, in)
		_, b, _ := encrypt(16, in)
		if len(a.IV) != 12 || len(a.Tag) != 16 || bytes.Equal(a.IV, b.IV) {
			t.Errorf("iv of %d bytes, tag of %d bytes, or an iv came twice", len(a.IV), len(a.Tag))
		}
	}
}

// damaged: a changed ciphertext is refused, or without authentication decrypts to
// something else.
func damaged(t *testing.T, key keyprov.Key, info keyprov.Info, out keyprov.Sealed, text []byte) {
	t.Helper()
	alg := info.Algorithm
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		if len(b) > 0 {
			b[len(b)/2] ^= 4
		}
		return b
	}
	unauthenticated := text
	if info.Scheme != keyprov.CBC && info.Scheme != keyprov.CBCPad {
		unauthenticated = nil
	}
	if len(out.Value) > 0 {
		changed := out
		changed.Value = flip(out.Value)
		refusesCiphertext(t, "changed", key, alg, changed, unauthenticated, keyprov.ErrDecrypt)
		changed.Value = out.Value[:len(out.Value)-1]
		refusesCiphertext(t, "truncated", key, alg, changed, nil, keyprov.ErrDecrypt)
		if info.Scheme != keyprov.GCM {
			changed.Value = nil
			refusesCiphertext(t, "empty", key, alg, changed, nil, keyprov.ErrDecrypt)
		}
	}
	if info.Scheme != keyprov.GCM {
		return
	}
	for why, changed := range map[string]keyprov.Sealed{
		"other iv":      {Value: out.Value, IV: flip(out.IV), AAD: out.AAD, Tag: out.Tag},
		"other aad":     {Value: out.Value, IV: out.IV, AAD: flip(out.AAD), Tag: out.Tag},
		"no aad":        {Value: out.Value, IV: out.IV, Tag: out.Tag},
		"other tag":     {Value: out.Value, IV: out.IV, AAD: out.AAD, Tag: flip(out.Tag)},
		"longer by one": {Value: append(bytes.Clone(out.Value), 0), IV: out.IV, AAD: out.AAD, Tag: out.Tag},
	} {
		refusesCiphertext(t, why, key, alg, changed, nil, keyprov.ErrDecrypt)
	}
	for why, changed := range map[string]keyprov.Sealed{
		"no iv":         {Value: out.Value, AAD: out.AAD, Tag: out.Tag},
		"long iv":       {Value: out.Value, IV: make([]byte, 16), AAD: out.AAD, Tag: out.Tag},
		"no tag":        {Value: out.Value, IV: out.IV, AAD: out.AAD},
		"truncated tag": {Value: out.Value, IV: out.IV, AAD: out.AAD, Tag: out.Tag[:12]},
	} {
		refusesCiphertext(t, why, key, alg, changed, nil, keyprov.ErrLength)
	}
}
