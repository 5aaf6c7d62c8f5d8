package keyprovtest

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/internal/testutil/wycheproof"
)

// verifyFiles are the vectors of signatures, with their algorithms.
var verifyFiles = map[string]keyprov.Algorithm{
	"rsa_signature_2048_sha256_test.json":    keyprov.RS256,
	"rsa_signature_2048_sha384_test.json":    keyprov.RS384,
	"rsa_signature_2048_sha512_test.json":    keyprov.RS512,
	"rsa_signature_3072_sha256_test.json":    keyprov.RS256,
	"rsa_signature_3072_sha384_test.json":    keyprov.RS384,
	"rsa_signature_3072_sha512_test.json":    keyprov.RS512,
	"rsa_signature_4096_sha256_test.json":    keyprov.RS256,
	"rsa_signature_4096_sha384_test.json":    keyprov.RS384,
	"rsa_signature_4096_sha512_test.json":    keyprov.RS512,
	"rsa_pss_2048_sha256_mgf1_32_test.json":  keyprov.PS256,
	"rsa_pss_2048_sha384_mgf1_48_test.json":  keyprov.PS384,
	"rsa_pss_3072_sha256_mgf1_32_test.json":  keyprov.PS256,
	"rsa_pss_4096_sha256_mgf1_32_test.json":  keyprov.PS256,
	"rsa_pss_4096_sha384_mgf1_48_test.json":  keyprov.PS384,
	"rsa_pss_4096_sha512_mgf1_64_test.json":  keyprov.PS512,
	"ecdsa_secp256r1_sha256_p1363_test.json": keyprov.ES256,
	"ecdsa_secp256k1_sha256_p1363_test.json": keyprov.ES256K,
	"ecdsa_secp384r1_sha384_p1363_test.json": keyprov.ES384,
	"ecdsa_secp521r1_sha512_p1363_test.json": keyprov.ES512,
}

// WycheproofVerify runs the published signatures through verify.
func WycheproofVerify(t *testing.T, verify func(t *testing.T, pub keyprov.Public, alg keyprov.Algorithm, digest, signature []byte) (bool, error)) {
	for file, alg := range verifyFiles {
		t.Run(file, func(t *testing.T) {
			info, _ := keyprov.AlgorithmInfo(alg)
			for _, g := range wycheproof.Load(t, file) {
				pub := groupPublic(info, g)
				for _, v := range g.Tests {
					h := info.Hash.New()
					h.Write(v.Msg)
					ok, err := verify(t, pub, alg, h.Sum(nil), v.Sig)
					if err != nil || ok != (v.Result == "valid") && v.Result != "acceptable" {
						t.Errorf("vector %d (%s, %v): %v, %v, want %s", v.ID, v.Comment, v.Flags, ok, err, v.Result)
					}
				}
			}
		})
	}
}

func groupPublic(info keyprov.Info, g wycheproof.Group) keyprov.Public {
	if info.Kind == keyprov.RSA {
		return keyprov.Public{Kind: keyprov.RSA, N: g.PublicKey.Modulus, E: g.PublicKey.Exponent}
	}
	size := keyprov.FieldSize(info.Curve)
	fit := func(b []byte) []byte {
		b = bytes.TrimLeft(b, "\x00")
		return append(make([]byte, size-len(b), size), b...)
	}
	return keyprov.Public{Kind: keyprov.EC, Curve: info.Curve, X: fit(g.PublicKey.X), Y: fit(g.PublicKey.Y)}
}

// decryptFiles are the vectors of RSA decryption.
var decryptFiles = map[string]keyprov.Algorithm{
	"rsa_pkcs1_2048_test.json":                  keyprov.RSA15,
	"rsa_pkcs1_3072_test.json":                  keyprov.RSA15,
	"rsa_pkcs1_4096_test.json":                  keyprov.RSA15,
	"rsa_oaep_2048_sha1_mgf1sha1_test.json":     keyprov.RSAOAEP,
	"rsa_oaep_2048_sha256_mgf1sha256_test.json": keyprov.RSAOAEP256,
	"rsa_oaep_3072_sha256_mgf1sha256_test.json": keyprov.RSAOAEP256,
	"rsa_oaep_4096_sha256_mgf1sha256_test.json": keyprov.RSAOAEP256,
}

var generateFiles = []string{"rsa_pkcs1_2048_sig_gen_test.json", "rsa_pkcs1_3072_sig_gen_test.json", "rsa_pkcs1_4096_sig_gen_test.json"}

var wrapFiles = map[string]keyprov.Scheme{
	"aes_wrap_test.json":      keyprov.KeyWrap,
	"aes_kwp_test.json":       keyprov.KeyWrapPad,
	"aes_gcm_test.json":       keyprov.GCM,
	"aes_cbc_pkcs5_test.json": keyprov.CBCPad,
}

// Wycheproof runs the published vectors that need a private key through keys that it
// imports, for every algorithm that the provider supports.
func Wycheproof(t *testing.T, provider keyprov.Provider) {
	s := &suite{provider: provider}
	for file, alg := range decryptFiles {
		t.Run(file, func(t *testing.T) { s.wycheproofDecrypt(t, file, alg) })
	}
	for _, file := range generateFiles {
		t.Run(file, func(t *testing.T) { s.wycheproofSign(t, file) })
	}
	for file, scheme := range wrapFiles {
		t.Run(file, func(t *testing.T) { s.wycheproofOct(t, file, scheme) })
	}
}

func (s *suite) groupKey(t *testing.T, g wycheproof.Group) keyprov.Key {
	t.Helper()
	parsed, err := x509.ParsePKCS8PrivateKey(g.PrivatePKCS8)
	if err != nil {
		t.Fatal(err)
	}
	return s.imported(t, RSAJWK(parsed.(*rsa.PrivateKey)))
}

// refusesUnbalanced reports whether the key of the group has primes of very different
// length, which are not to be imported, and checks that they are not.
func (s *suite) refusesUnbalanced(t *testing.T, g wycheproof.Group) bool {
	t.Helper()
	parsed, err := x509.ParsePKCS8PrivateKey(g.PrivatePKCS8)
	if err != nil {
		t.Fatal(err)
	}
	key := parsed.(*rsa.PrivateKey)
	for _, prime := range key.Primes {
		if prime.BitLen() == key.N.BitLen()/2 {
			continue
		}
		if _, err := s.provider.Import(t.Context(), RSAJWK(key)); !errors.Is(err, keyprov.ErrInvalid) {
			t.Errorf("a key of unbalanced primes is imported: %v", err)
		}
		return true
	}
	return false
}

func (s *suite) wycheproofDecrypt(t *testing.T, file string, alg keyprov.Algorithm) {
	for _, g := range wycheproof.Load(t, file) {
		if !s.provider.Supports(keyprov.Spec{Kind: keyprov.RSA, Size: g.KeySize}, alg) {
			continue
		}
		key := s.groupKey(t, g)
		for _, v := range g.Tests {
			// The wire has no OAEP label.
			valid := v.Result == "valid" && len(v.Label) == 0
			s.wycheproofOne(t, key, alg, v, keyprov.Sealed{Value: v.CT}, valid)
		}
	}
}

func (s *suite) wycheproofOne(t *testing.T, key keyprov.Key, alg keyprov.Algorithm, v wycheproof.Vector, in keyprov.Sealed, valid bool) {
	t.Helper()
	got, err := key.Decrypt(t.Context(), alg, in)
	switch {
	case valid && (err != nil || !bytes.Equal(got.Reveal(), v.Msg)):
		t.Errorf("vector %d (%s, %v): %d bytes, %v, want the message", v.ID, v.Comment, v.Flags, got.Len(), err)
	case !valid && v.Result != "acceptable" && !errors.Is(err, keyprov.ErrDecrypt):
		t.Errorf("vector %d (%s, %v): %v, want ErrDecrypt", v.ID, v.Comment, v.Flags, err)
	}
}

func (s *suite) wycheproofSign(t *testing.T, file string) {
	algs := map[string]keyprov.Algorithm{"SHA-256": keyprov.RS256, "SHA-384": keyprov.RS384, "SHA-512": keyprov.RS512}
	for _, g := range wycheproof.Load(t, file) {
		alg, ok := algs[g.SHA]
		if !ok || !s.provider.Supports(keyprov.Spec{Kind: keyprov.RSA, Size: g.KeySize}, alg) {
			continue
		}
		if s.refusesUnbalanced(t, g) {
			continue
		}
		info, _ := keyprov.AlgorithmInfo(alg)
		key := s.groupKey(t, g)
		for _, v := range g.Tests {
			h := info.Hash.New()
			h.Write(v.Msg)
			got, err := key.Sign(t.Context(), alg, h.Sum(nil))
			if err != nil || bytes.Equal(got, v.Sig) != (v.Result != "invalid") {
				t.Errorf("vector %d (%s): %v", v.ID, v.Comment, err)
			}
		}
	}
}

func (s *suite) wycheproofOct(t *testing.T, file string, scheme keyprov.Scheme) {
	for _, g := range wycheproof.Load(t, file) {
		alg := keyprov.KWP
		switch scheme {
		case keyprov.KeyWrap:
			alg = keyprov.Algorithm(fmt.Sprintf("A%dKW", g.KeySize))
		case keyprov.GCM:
			alg = keyprov.Algorithm(fmt.Sprintf("A%dGCM", g.KeySize))
		case keyprov.CBCPad:
			alg = keyprov.Algorithm(fmt.Sprintf("A%dCBCPAD", g.KeySize))
		}
		if !s.provider.Supports(keyprov.Spec{Kind: keyprov.Oct, Size: g.KeySize}, alg) {
			continue
		}
		info, _ := keyprov.AlgorithmInfo(alg)
		for _, v := range g.Tests {
			key := s.imported(t, keyprov.PrivateJWK{Kind: keyprov.Oct, K: sensitive.NewBytes(bytes.Clone(v.Key))})
			in := keyprov.Sealed{Value: v.CT, IV: v.IV, AAD: v.AAD, Tag: v.Tag}
			if scheme == keyprov.GCM && len(v.IV) != 12 {
				if _, err := key.Decrypt(t.Context(), alg, in); !errors.Is(err, keyprov.ErrLength) {
					t.Errorf("vector %d (%s): %v, want ErrLength", v.ID, v.Comment, err)
				}
				continue
			}
			s.wycheproofOne(t, key, alg, v, in, v.Result == "valid")
			if v.Result == "valid" && scheme != keyprov.GCM && info.CheckPlaintext(len(v.Msg)) == nil {
				out, err := key.Encrypt(t.Context(), alg, sensitive.NewBytes(bytes.Clone(v.Msg)), keyprov.Sealed{IV: v.IV})
				if err != nil || !bytes.Equal(out.Value, v.CT) {
					t.Errorf("vector %d (%s): encrypts otherwise: %v", v.ID, v.Comment, err)
				}
			}
		}
	}
}
