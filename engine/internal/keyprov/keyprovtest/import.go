package keyprovtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

func (s *suite) imports(t *testing.T) {
	t.Run("RSA", s.importsRSA)
	for _, c := range []keyprov.Curve{keyprov.P256, keyprov.P256K, keyprov.P384, keyprov.P521} {
		t.Run(string(c), func(t *testing.T) { s.importsEC(t, c) })
	}
	t.Run("oct", s.importsOct)
	t.Run("unknown kind", func(t *testing.T) {
		for _, kind := range []keyprov.Kind{"", "rsa", "OKP"} {
			s.refusesImport(t, "kind "+string(kind), keyprov.PrivateJWK{Kind: kind, K: sensitive.NewBytes(make([]byte, 32))})
		}
	})
}

func (s *suite) refusesImport(t *testing.T, why string, jwk keyprov.PrivateJWK) {
	t.Helper()
	if _, err := s.provider.Import(t.Context(), jwk); !errors.Is(err, keyprov.ErrInvalid) {
		t.Errorf("import with %s: %v, want ErrInvalid", why, err)
	}
}

func (s *suite) imported(t *testing.T, jwk keyprov.PrivateJWK) keyprov.Key {
	t.Helper()
	m, err := s.provider.Import(t.Context(), jwk)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	if jwk.Kind == keyprov.RSA && (!bytes.Equal(m.Public.N, jwk.N) || !bytes.Equal(m.Public.E, jwk.E)) {
		t.Error("n or e is not as it was given")
	}
	return s.open(t, m)
}

func number(n *big.Int) sensitive.Bytes { return sensitive.NewBytes(n.Bytes()) }

// RSAJWK returns key as a JSON web key.
func RSAJWK(key *rsa.PrivateKey) keyprov.PrivateJWK {
	key.Precompute()
	p := key.Precomputed
	return keyprov.PrivateJWK{
		Kind: keyprov.RSA, N: key.N.Bytes(), E: big.NewInt(int64(key.E)).Bytes(), D: number(key.D),
		P: number(key.Primes[0]), Q: number(key.Primes[1]), DP: number(p.Dp), DQ: number(p.Dq), QI: number(p.Qinv),
	}
}

func (s *suite) importsRSA(t *testing.T) {
	if !s.provider.Supports(specs[0], "") {
		t.Error("a provider without RSA-2048 is not enough")
		return
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	full := RSAJWK(private)
	digest := random(t, 32)
	for why, edit := range map[string]func(*keyprov.PrivateJWK){
		"all parts":     func(*keyprov.PrivateJWK) {},
		"n with a zero": func(k *keyprov.PrivateJWK) { k.N = append([]byte{0}, k.N...) },
		"no CRT exponents": func(k *keyprov.PrivateJWK) {
			k.DP, k.DQ, k.QI = sensitive.Bytes{}, sensitive.Bytes{}, sensitive.Bytes{}
		},
		"n, e and d": func(k *keyprov.PrivateJWK) {
			*k = keyprov.PrivateJWK{Kind: keyprov.RSA, N: k.N, E: k.E, D: k.D}
		},
		"p and q swapped": func(k *keyprov.PrivateJWK) {
			k.P, k.Q, k.DP, k.DQ = k.Q, k.P, k.DQ, k.DP
			k.QI = number(new(big.Int).ModInverse(private.Primes[0], private.Primes[1]))
		},
	} {
		jwk := full
		edit(&jwk)
		key := s.imported(t, jwk)
		signature, err := key.Sign(t.Context(), keyprov.RS256, digest)
		if err != nil || !goVerify(t, full0(full), keyprov.RS256, digest, signature) {
			t.Errorf("%s: the imported key signs wrongly: %v", why, err)
		}
		if s.provider.Supports(specs[0], keyprov.RSAOAEP256) {
			out, err := key.Encrypt(t.Context(), keyprov.RSAOAEP256, sensitive.NewBytes([]byte("hello")), keyprov.Sealed{})
			if err != nil {
				t.Fatalf("%s: encrypt: %v", why, err)
			}
			info, _ := keyprov.AlgorithmInfo(keyprov.RSAOAEP256)
			if text, err := rsa.DecryptOAEP(info.Hash.New(), nil, private, out.Value, nil); err != nil || string(text) != "hello" {
				t.Errorf("%s: Go cannot decrypt: %v", why, err)
			}
		}
	}
	s.refusesRSA(t, private, full)
}

func full0(k keyprov.PrivateJWK) keyprov.Public {
	return keyprov.Public{Kind: keyprov.RSA, N: k.N, E: k.E}
}

func (s *suite) refusesRSA(t *testing.T, private *rsa.PrivateKey, full keyprov.PrivateJWK) {
	one := big.NewInt(1)
	plus := func(n *big.Int) sensitive.Bytes { return number(new(big.Int).Add(n, big.NewInt(2))) }
	none := sensitive.Bytes{}
	for why, edit := range map[string]func(*keyprov.PrivateJWK){
		"no n":        func(k *keyprov.PrivateJWK) { k.N = nil },
		"no e":        func(k *keyprov.PrivateJWK) { k.E = nil },
		"no d":        func(k *keyprov.PrivateJWK) { k.D = none },
		"even n":      func(k *keyprov.PrivateJWK) { k.N = new(big.Int).Sub(private.N, one).Bytes() },
		"other n":     func(k *keyprov.PrivateJWK) { k.N = new(big.Int).Add(private.N, big.NewInt(2)).Bytes() },
		"e of 1":      func(k *keyprov.PrivateJWK) { k.E = []byte{1} },
		"other e":     func(k *keyprov.PrivateJWK) { k.E = []byte{3} },
		"even e":      func(k *keyprov.PrivateJWK) { k.E = []byte{1, 0, 0} },
		"huge e":      func(k *keyprov.PrivateJWK) { k.E = bytes.Repeat([]byte{0xff}, 64) },
		"other d":     func(k *keyprov.PrivateJWK) { k.D = plus(private.D) },
		"huge d":      func(k *keyprov.PrivateJWK) { k.D = number(new(big.Int).Mul(private.D, private.N)) },
		"no p":        func(k *keyprov.PrivateJWK) { k.P = none },
		"no q":        func(k *keyprov.PrivateJWK) { k.Q = none },
		"other p":     func(k *keyprov.PrivateJWK) { k.P = plus(private.Primes[0]) },
		"p of 1":      func(k *keyprov.PrivateJWK) { k.P, k.Q = number(one), number(private.N) },
		"p equal q":   func(k *keyprov.PrivateJWK) { k.Q = k.P },
		"other dp":    func(k *keyprov.PrivateJWK) { k.DP = plus(private.Precomputed.Dp) },
		"other dq":    func(k *keyprov.PrivateJWK) { k.DQ = plus(private.Precomputed.Dq) },
		"other qi":    func(k *keyprov.PrivateJWK) { k.QI = plus(private.Precomputed.Qinv) },
		"d alone bad": func(k *keyprov.PrivateJWK) { *k = keyprov.PrivateJWK{Kind: k.Kind, N: k.N, E: k.E, D: plus(private.D)} },
	} {
		jwk := full
		edit(&jwk)
		s.refusesImport(t, why, jwk)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	s.refusesImport(t, "1024 bits", RSAJWK(small))
}

// ecJWK makes a key on c as a JSON web key.
func ecJWK(t *testing.T, c keyprov.Curve) keyprov.PrivateJWK {
	t.Helper()
	size := keyprov.FieldSize(c)
	if c == keyprov.P256K {
		key, err := secp256k1.GeneratePrivateKey()
		if err != nil {
			t.Fatal(err)
		}
		point := key.PubKey().SerializeUncompressed()
		return keyprov.PrivateJWK{Kind: keyprov.EC, Curve: c, X: point[1:33], Y: point[33:], D: sensitive.NewBytes(key.Serialize())}
	}
	key, err := ecdsa.GenerateKey(keyprov.NISTCurve(c), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return keyprov.PrivateJWK{Kind: keyprov.EC, Curve: c, X: point[1 : 1+size], Y: point[1+size:], D: sensitive.NewBytes(d)}
}

func (s *suite) importsEC(t *testing.T, c keyprov.Curve) {
	jwk := ecJWK(t, c)
	if !s.provider.Supports(keyprov.Spec{Kind: keyprov.EC, Curve: c}, "") {
		if _, err := s.provider.Import(t.Context(), jwk); !errors.Is(err, keyprov.ErrUnsupported) {
			t.Errorf("import: %v, want ErrUnsupported", err)
		}
		return
	}
	var alg keyprov.Algorithm
	for _, info := range keyprov.Algorithms() {
		if info.Curve == c {
			alg = info.Algorithm
		}
	}
	info, _ := keyprov.AlgorithmInfo(alg)
	key := s.imported(t, jwk)
	digest := random(t, info.DigestSize)
	signature, err := key.Sign(t.Context(), alg, digest)
	if err != nil || !goVerify(t, keyprov.Public{Kind: keyprov.EC, Curve: c, X: jwk.X, Y: jwk.Y}, alg, digest, signature) {
		t.Errorf("the imported key signs wrongly: %v", err)
	}
	other := ecJWK(t, c)
	size := keyprov.FieldSize(c)
	for why, edit := range map[string]func(*keyprov.PrivateJWK){
		"no curve":      func(k *keyprov.PrivateJWK) { k.Curve = "" },
		"unknown curve": func(k *keyprov.PrivateJWK) { k.Curve = "P-224" },
		"curve's case":  func(k *keyprov.PrivateJWK) { k.Curve = "p-256" },
		"no x":          func(k *keyprov.PrivateJWK) { k.X = nil },
		"no d":          func(k *keyprov.PrivateJWK) { k.D = sensitive.Bytes{} },
		"zero d":        func(k *keyprov.PrivateJWK) { k.D = sensitive.NewBytes(make([]byte, size)) },
		"huge d":        func(k *keyprov.PrivateJWK) { k.D = sensitive.NewBytes(bytes.Repeat([]byte{0xff}, size)) },
		"long d":        func(k *keyprov.PrivateJWK) { k.D = sensitive.NewBytes(append([]byte{0}, k.D.Reveal()...)) },
		"long x":        func(k *keyprov.PrivateJWK) { k.X = append([]byte{0}, k.X...) },
		"off the curve": func(k *keyprov.PrivateJWK) { k.X = bytes.Clone(k.X); k.X[size-1] ^= 1 },
		"infinity":      func(k *keyprov.PrivateJWK) { k.X, k.Y = make([]byte, size), make([]byte, size) },
		"another d":     func(k *keyprov.PrivateJWK) { k.D = other.D },
		"another point": func(k *keyprov.PrivateJWK) { k.X, k.Y = other.X, other.Y },
	} {
		edited := jwk
		edit(&edited)
		s.refusesImport(t, why, edited)
	}
}

func (s *suite) importsOct(t *testing.T) {
	for _, n := range []int{0, 1, 15, 17, 33, 64} {
		s.refusesImport(t, "k of a wrong length", keyprov.PrivateJWK{Kind: keyprov.Oct, K: sensitive.NewBytes(make([]byte, n))})
	}
	for _, size := range []int{128, 192, 256} {
		spec := keyprov.Spec{Kind: keyprov.Oct, Size: size}
		raw := random(t, size/8)
		if !s.provider.Supports(spec, "") {
			if _, err := s.provider.Import(t.Context(), keyprov.PrivateJWK{Kind: keyprov.Oct, K: sensitive.NewBytes(raw)}); !errors.Is(err, keyprov.ErrUnsupported) {
				t.Errorf("import: %v, want ErrUnsupported", err)
			}
			continue
		}
		key := s.imported(t, keyprov.PrivateJWK{Kind: keyprov.Oct, K: sensitive.NewBytes(bytes.Clone(raw))})
		for _, info := range sorted() {
			if s.provider.Supports(spec, info.Algorithm) {
				likeGo(t, key, raw, info)
			}
		}
	}
	s.keyWrapVectors(t)
}

// likeGo compares with the standard library's AES and HMAC under the same key.
func likeGo(t *testing.T, key keyprov.Key, raw []byte, info keyprov.Info) {
	t.Helper()
	ctx, alg := t.Context(), info.Algorithm
	block, err := aes.NewCipher(raw)
	if err != nil {
		t.Fatal(err)
	}
	text, iv := random(t, 48), random(t, 16)
	switch info.Scheme {
	case keyprov.HMAC:
		digest := random(t, info.DigestSize)
		got, err := key.Sign(ctx, alg, digest)
		mac := hmac.New(info.Hash.New, raw)
		mac.Write(digest)
		if err != nil || !bytes.Equal(got, mac.Sum(nil)) {
			t.Errorf("%s is not Go's HMAC: %v", alg, err)
		}
	case keyprov.GCM:
		out, err := key.Encrypt(ctx, alg, sensitive.NewBytes(bytes.Clone(text)), keyprov.Sealed{AAD: iv})
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			return
		}
		gcm, _ := cipher.NewGCM(block)
		got, err := gcm.Open(nil, out.IV, append(bytes.Clone(out.Value), out.Tag...), iv)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s is not Go's GCM: %v", alg, err)
		}
	case keyprov.CBC, keyprov.CBCPad:
		want := make([]byte, 48)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(want, text)
		out, err := key.Encrypt(ctx, alg, sensitive.NewBytes(bytes.Clone(text)), keyprov.Sealed{IV: iv})
		if err != nil || !bytes.HasPrefix(out.Value, want) {
			t.Errorf("%s is not Go's CBC: %v", alg, err)
		}
	}
}

// keyWrapVectors are those of RFC 3394, section 4, and RFC 5649, section 6.
func (s *suite) keyWrapVectors(t *testing.T) {
	decode := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const kek, data = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"
	const kwp = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"
	for _, v := range []struct {
		alg            keyprov.Algorithm
		key, text, out string
	}{
		{keyprov.A128KW, kek[:32], data[:32], "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"},
		{keyprov.A192KW, kek[:48], data[:32], "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"},
		{keyprov.A256KW, kek, data[:32], "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"},
		{keyprov.A256KW, kek, data[:48], "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"},
		{keyprov.KW, kek, data, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"},
		{keyprov.KWP, kwp, "c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"},
		{keyprov.KWP, kwp, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"},
	} {
		raw, text := decode(v.key), decode(v.text)
		if !s.provider.Supports(keyprov.Spec{Kind: keyprov.Oct, Size: 8 * len(raw)}, v.alg) {
			continue
		}
		key := s.imported(t, keyprov.PrivateJWK{Kind: keyprov.Oct, K: sensitive.NewBytes(raw)})
		out, err := key.Encrypt(t.Context(), v.alg, sensitive.NewBytes(bytes.Clone(text)), keyprov.Sealed{})
		if err != nil || !bytes.Equal(out.Value, decode(v.out)) {
			t.Errorf("%s of %d bytes under %d: %x, %v", v.alg, len(text), 8*len(raw), out.Value, err)
		}
		decrypt(t, key, v.alg, keyprov.Sealed{Value: decode(v.out)}, text)
	}
}
