package dataplane_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return b
}

var (
	digest32 = func() string { d := sha256.Sum256([]byte("message")); return b64(d[:]) }()
	digest48 = b64(make([]byte, 48))
	digest64 = b64(make([]byte, 64))

	rsaKey = func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	}()
	// rsaJWK is the body of an import, with a zero byte before the modulus.
	rsaJWK = importBody(append([]byte{0}, rsaKey.N.Bytes()...), "")
)

func importBody(n []byte, more string) string {
	e := big.NewInt(int64(rsaKey.E)).Bytes()
	return fmt.Sprintf(`{"key":{"kty":"RSA","n":%q,"e":%q,"d":%q,"p":%q,"q":%q,"dp":%q,"dq":%q,"qi":%q}%s}`,
		b64(n), b64(e), b64(rsaKey.D.Bytes()), b64(rsaKey.Primes[0].Bytes()), b64(rsaKey.Primes[1].Bytes()),
		b64(rsaKey.Precomputed.Dp.Bytes()), b64(rsaKey.Precomputed.Dq.Bytes()), b64(rsaKey.Precomputed.Qinv.Bytes()), more)
}

func TestKeyBundles(t *testing.T) {
	w := newWorld(t)
	a := w.ok("PUT", "/keys/Imported", importBody(append([]byte{0}, rsaKey.N.Bytes()...), `,"tags":{"a":"b"},"attributes":{"exp":1900000000}`))
	kid := base + "/keys/Imported/" + a.version()
	attributes := `"attributes":{"enabled":true,"exp":1900000000,"created":1800000000,"updated":1800000000,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90,"exportable":false,"hsmPlatform":"0"},"tags":{"a":"b"}`
	want := `{"key":{"kid":"` + kid + `","kty":"RSA","key_ops":["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"],"n":"` +
		b64(append([]byte{0}, rsaKey.N.Bytes()...)) + `","e":"AQAB"},` + attributes + `}`
	if a.text != want {
		t.Errorf("import\n got %s\nwant %s", a.text, want)
	}
	for _, path := range []string{"/keys/imported", "/keys/IMPORTED/", "/keys/imported/" + a.version()} {
		if got := w.ok("GET", path, "").text; got != want {
			t.Errorf("GET %s: %s", path, got)
		}
	}
	if got, want := w.ok("GET", "/keys", "").text, `{"value":[{"kid":"`+base+`/keys/Imported",`+attributes+`}],"nextLink":null}`; got != want {
		t.Errorf("list\n got %s\nwant %s", got, want)
	}
	if got, want := w.ok("GET", "/keys/imported/versions", "").text, `{"value":[{"kid":"`+kid+`",`+attributes+`}],"nextLink":null}`; got != want {
		t.Errorf("versions\n got %s\nwant %s", got, want)
	}
	head := `{"recoveryId":"` + base + `/deletedkeys/Imported","deletedDate":1800000000,"scheduledPurgeDate":1807776000,`
	if got := w.ok("DELETE", "/keys/imported", "").text; got != head+want[1:] {
		t.Errorf("delete\n got %s\nwant %s", got, head+want[1:])
	}
	if got, want := w.ok("GET", "/deletedkeys", "").text, `{"value":[`+head+`"kid":"`+base+`/keys/Imported",`+attributes+`}],"nextLink":null}`; got != want {
		t.Errorf("list deleted\n got %s\nwant %s", got, want)
	}
	w.ok("POST", "/deletedkeys/imported/recover", "")
	if got := w.ok("GET", "/keys/imported", "").text; got != want {
		t.Errorf("recovered: %s", got)
	}
}

func TestCreateKeys(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ body, kty, crv, ops string }{
		"rsa":   {`{"kty":"RSA"}`, "RSA", "", `["encrypt","decrypt","sign","verify","wrapKey","unwrapKey"]`},
		"ops":   {`{"kty":"RSA","key_size":2048,"public_exponent":65537,"key_ops":["unwrapKey","sign"]}`, "RSA", "", `["unwrapKey","sign"]`},
		"none":  {`{"kty":"EC","key_ops":[]}`, "EC", "P-256", `[]`},
		"ec":    {`{"kty":"EC"}`, "EC", "P-256", `["sign","verify"]`},
		"p256k": {`{"kty":"EC","crv":"P-256K"}`, "EC", "P-256K", `["sign","verify"]`},
		"p384":  {`{"kty":"EC","crv":"P-384","key_size":384}`, "EC", "P-384", `["sign","verify"]`},
		"p521":  {`{"kty":"EC","crv":"P-521","attributes":{"exportable":false},"release_policy":null}`, "EC", "P-521", `["sign","verify"]`},
	} {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			a := w.ok("POST", "/keys/"+name+"/create", c.body)
			if a.at("key.kty") != c.kty || a.at("key.crv") != c.crv || a.at("key.key_ops") != c.ops {
				t.Errorf("%s", a.text)
			}
			if n := a.at("key.n"); n != "" && len(unb64(t, n)) != 256 {
				t.Errorf("modulus %q", n)
			}
		})
	}
	w.TB = t
	before := w.ok("GET", "/keys", "").text
	const standard = "Hardware key operation not allowed on standard vault"
	const release = "Secure key release is not supported: a key cannot be exportable or have a release policy."
	for body, want := range map[string]string{
		`{}`:                                                           "BadParameter|" + badValue,
		`{"kty":null}`:                                                 "BadParameter|" + badValue,
		`{"kty":"oct"}`:                                                "BadParameter/KeyTypeNotSupported|Invalid kty value: oct",
		`{"kty":"rsa"}`:                                                "BadParameter/KeyTypeNotSupported|Invalid kty value: rsa",
		`{"kty":"RSA","key_size":1024}`:                                "BadParameter|Unsupported key size",
		`{"kty":"RSA","key_size":2047}`:                                "BadParameter|Unsupported key size",
		`{"kty":"RSA","key_size":-1}`:                                  "BadParameter|Unsupported key size",
		`{"kty":"RSA","key_size":1000000000}`:                          "BadParameter|Unsupported key size",
		`{"kty":"RSA","public_exponent":2}`:                            "BadParameter|Unsupported public exponent",
		`{"kty":"RSA","public_exponent":0}`:                            "BadParameter|Unsupported public exponent",
		`{"kty":"RSA","public_exponent":3}`:                            "BadParameter|The key type, size, curve or algorithm is not supported.",
		`{"kty":"RSA","crv":"P-256"}`:                                  "BadParameter|A key of type RSA has no curve.",
		`{"kty":"EC","crv":"P-192"}`:                                   "BadParameter|Unsupported curve",
		`{"kty":"EC","crv":"p-256"}`:                                   "BadParameter|Unsupported curve",
		`{"kty":"EC","key_size":384}`:                                  "BadParameter|Unsupported key size",
		`{"kty":"EC","public_exponent":3}`:                             "BadParameter|A key of type EC has no public exponent.",
		`{"kty":"EC","key_ops":["encrypt"]}`:                           "BadParameter|The key operation 'encrypt' is not supported by keys of type EC.",
		`{"kty":"RSA","key_ops":["Sign"]}`:                             "BadParameter|Invalid key_ops value: Sign",
		`{"kty":"EC","key_ops":["sign","sign"]}`:                       "BadParameter|The key operation 'sign' is given twice.",
		`{"kty":"RSA-HSM"}`:                                            "BadParameter|" + standard,
		`{"kty":"EC-HSM"}`:                                             "BadParameter|" + standard,
		`{"kty":"oct-HSM"}`:                                            "BadParameter|" + standard,
		`{"kty":"EC","attributes":{"exportable":true}}`:                "NotImplemented|" + release,
		`{"kty":"EC","release_policy":{"data":"e30"}}`:                 "NotImplemented|" + release,
		`{"kty":"EC","tags":{"k":"` + strings.Repeat("v", 257) + `"}}`: "BadParameter|" + badValue,
		`{"kty":"EC","attributes":{"nbf":2,"exp":1}}`:                  "BadParameter|The attribute 'exp' must be later than the attribute 'nbf'.",
	} {
		code, message, _ := strings.Cut(want, "|")
		status := 400
		if code == "NotImplemented" {
			status = 501
		}
		t.Run(body, func(t *testing.T) { w.do("POST", "/keys/new/create", body).fails(t, status, code, message) })
	}
	if after := w.ok("GET", "/keys", "").text; after != before {
		t.Errorf("a refused request made a key: %s", after)
	}
	w.vault = "premium"
	w.do("POST", "/keys/new/create", `{"kty":"RSA-HSM"}`).fails(t, 501, "NotImplemented", "Hardware key operation not allowed: this deployment has no hardware security module.")
}

func TestImportKeys(t *testing.T) {
	w := newWorld(t)
	before := w.ok("GET", "/keys", "").text
	n := rsaKey.N.Bytes()
	other := append([]byte(nil), n...)
	other[10] ^= 1
	for name, c := range map[string]struct {
		body, code, message string
	}{
		"no key":          {`{}`, "BadParameter", badValue},
		"no type":         {`{"key":{}}`, "BadParameter", badValue},
		"no private part": {`{"key":{"kty":"RSA","n":"` + b64(n) + `","e":"AQAB"}}`, "BadParameter", "The key material is not a valid key."},
		"another modulus": {importBody(other, ""), "BadParameter", "The key material is not a valid key."},
		"short":           {`{"key":{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}}`, "BadParameter", "The key material is not a valid key."},
		"not base64":      {`{"key":{"kty":"RSA","n":"+/+/","e":"AQAB"}}`, "BadParameter", "The request body is not a well-formed JSON object."},
		"oct":             {`{"key":{"kty":"oct","k":"` + b64(make([]byte, 32)) + `"}}`, "BadParameter/KeyTypeNotSupported", "Invalid kty value: oct"},
		"hsm":             {importBody(n, `,"Hsm":true`), "BadParameter", "Hardware key operation not allowed on standard vault"},
	} {
		t.Run(name, func(t *testing.T) { w.do("PUT", "/keys/new", c.body).fails(t, 400, c.code, c.message) })
	}
	w.do("PUT", "/keys/new", `{"key":{"kty":"RSA-HSM","key_hsm":"AA"}}`).fails(t, 501, "NotImplemented", "The import of a key transfer blob (key_hsm) is not supported.")
	if after := w.ok("GET", "/keys", "").text; after != before {
		t.Errorf("a refused request made a key: %s", after)
	}
	w.ok("PUT", "/keys/k", rsaJWK)
	a := w.ok("POST", "/keys/k/sign", `{"alg":"RS256","value":"`+digest32+`"}`)
	if err := rsa.VerifyPKCS1v15(&rsaKey.PublicKey, crypto.SHA256, unb64(t, digest32), unb64(t, a.at("value"))); err != nil {
		t.Error(err)
	}
}

func TestCrypto(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/keys/rsa", rsaJWK)
	for _, crv := range []string{"P-256", "P-256K", "P-384", "P-521"} {
		w.ok("POST", "/keys/"+crv+"/create", `{"kty":"EC","crv":"`+crv+`"}`)
	}
	for _, c := range []struct {
		key, alg, digest string
		size             int
	}{
		{"rsa", "RS256", digest32, 256}, {"rsa", "RS384", digest48, 256}, {"rsa", "RS512", digest64, 256}, {"rsa", "RSNULL", "AAEC", 256},
		{"rsa", "PS256", digest32, 256}, {"rsa", "PS384", digest48, 256}, {"rsa", "PS512", digest64, 256},
		{"P-256", "ES256", digest32, 64}, {"P-256K", "ES256K", digest32, 64}, {"P-384", "ES384", digest48, 96}, {"P-521", "ES512", digest64, 132},
	} {
		t.Run(c.alg, func(t *testing.T) {
			w.TB = t
			version := w.ok("GET", "/keys/"+c.key, "").version()
			for _, path := range []string{"/keys/" + c.key + "/sign", "/keys/" + c.key + "//sign", "/keys/" + c.key + "/" + version + "/SIGN"} {
				a := w.ok("POST", path, `{"alg":"`+c.alg+`","value":"`+c.digest+`"}`)
				if got, want := a.at("kid"), base+"/keys/"+c.key+"/"+version; got != want {
					t.Errorf("kid %q", got)
				}
				signature := unb64(t, a.at("value"))
				if len(signature) != c.size {
					t.Errorf("%d bytes", len(signature))
				}
				verify := func(digest string, signature []byte, want string) {
					t.Helper()
					a := w.ok("POST", "/keys/"+c.key+"/verify", `{"alg":"`+c.alg+`","digest":"`+digest+`","value":"`+b64(signature)+`"}`)
					if a.text != `{"value":`+want+`}` {
						t.Errorf("verify: %s", a.text)
					}
				}
				verify(c.digest, signature, "true")
				verify(c.digest, signature[1:], "false")
				verify(c.digest, nil, "false")
				signature[5] ^= 1
				verify(c.digest, signature, "false")
			}
			short := b64(unb64(t, c.digest)[1:])
			if c.alg != "RSNULL" {
				want := fmt.Sprintf("Invalid length of the digest: the algorithm %s needs %d bytes, not %d.", c.alg, len(unb64(t, c.digest)), len(unb64(t, c.digest))-1)
				w.do("POST", "/keys/"+c.key+"/sign", `{"alg":"`+c.alg+`","value":"`+short+`"}`).fails(t, 400, "BadParameter", want)
				w.do("POST", "/keys/"+c.key+"/verify", `{"alg":"`+c.alg+`","digest":"`+short+`","value":"AA"}`).fails(t, 400, "BadParameter", want)
			}
		})
	}
	for alg, limit := range map[string]int{"RSA1_5": 245, "RSA-OAEP": 214, "RSA-OAEP-256": 190} {
		for _, ops := range [][2]string{{"encrypt", "decrypt"}, {"wrapkey", "unwrapkey"}} {
			t.Run(alg+" "+ops[0], func(t *testing.T) {
				w.TB = t
				plaintext := make([]byte, limit)
				_, _ = rand.Read(plaintext)
				a := w.ok("POST", "/keys/rsa/"+ops[0], `{"alg":"`+alg+`","value":"`+b64(plaintext)+`"}`)
				ciphertext := unb64(t, a.at("value"))
				a = w.ok("POST", "/keys/rsa//"+ops[1], `{"alg":"`+alg+`","value":"`+b64(ciphertext)+`"}`)
				if a.at("value") != b64(plaintext) || a.at("kid") == "" {
					t.Errorf("%s", a.text)
				}
				w.do("POST", "/keys/rsa/"+ops[0], `{"alg":"`+alg+`","value":"`+b64(make([]byte, limit+1))+`"}`).fails(t, 400, "BadParameter", "Invalid length of the value for the algorithm.")
				ciphertext[40] ^= 1
				for _, bad := range [][]byte{ciphertext, ciphertext[1:], {}} {
					a := w.do("POST", "/keys/rsa/"+ops[1], `{"alg":"`+alg+`","value":"`+b64(bad)+`"}`)
					if alg != "RSA1_5" || len(bad) != 256 {
						a.fails(t, 400, "BadParameter", "The parameter is incorrect.\r\n")
					}
				}
			})
		}
	}
	w.TB = t
	unsupported := func(alg, op string) string {
		return "The algorithm '" + alg + "' is not supported for the operation " + op + "."
	}
	for _, c := range []struct{ path, body, message string }{
		{"rsa/sign", `{"alg":"RS257","value":"AA"}`, unsupported("RS257", "sign")},
		{"rsa/sign", `{"alg":"rs256","value":"` + digest32 + `"}`, unsupported("rs256", "sign")},
		{"rsa/sign", `{"alg":"RSA-OAEP","value":"AA"}`, unsupported("RSA-OAEP", "sign")},
		{"rsa/encrypt", `{"alg":"RS256","value":"AA"}`, unsupported("RS256", "encrypt")},
		{"rsa/sign", `{"alg":"ES256","value":"` + digest32 + `"}`, "The algorithm 'ES256' is not supported by this key of type RSA."},
		{"P-256/sign", `{"alg":"ES256K","value":"` + digest32 + `"}`, "The algorithm 'ES256K' is not supported by this key of type EC."},
		{"rsa/encrypt", `{"alg":"A256GCM","value":"AA"}`, "The algorithm 'A256GCM' is not supported by this key of type RSA."},
		{"rsa/sign", `{"value":"AA"}`, badValue},
		{"rsa/sign", `{"alg":"RS256"}`, badValue},
		{"rsa/verify", `{"alg":"RS256","value":"AA"}`, badValue},
		{"rsa/sign", `{"alg":"RS256","value":"A"}`, "The request body is not a well-formed JSON object."},
		{"rsa/sign", `{"alg":"RS256","value":"A+A/"}`, "The request body is not a well-formed JSON object."},
		{"rsa/sign", ``, "The request body is not a well-formed JSON object."},
	} {
		w.do("POST", "/keys/"+c.path, c.body).fails(t, 400, "BadParameter", c.message)
	}
	w.do("POST", "/keys/none/sign", `{"alg":"RS256","value":"`+digest32+`"}`).fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "none"))
	w.do("POST", "/keys/rsa/abc/sign", `{"alg":"RS256","value":"`+digest32+`"}`).fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "rsa/abc"))
}

func TestKeyRules(t *testing.T) {
	w := newWorld(t)
	sign := func(a string) answer {
		return w.do("POST", "/keys/k/"+a+"/sign", `{"alg":"RS256","value":"`+digest32+`"}`)
	}
	op := func(name string) answer {
		return w.do("POST", "/keys/k/"+name, `{"alg":"RSA-OAEP","value":"`+b64(make([]byte, 100))+`"}`)
	}
	w.ok("PUT", "/keys/k", rsaJWK)
	sealed := w.ok("POST", "/keys/k/encrypt", `{"alg":"RSA-OAEP","value":"AA"}`).at("value")
	signature := w.ok("POST", "/keys/k/sign", `{"alg":"RS256","value":"`+digest32+`"}`).at("value")
	opens := func() {
		t.Helper()
		w.ok("POST", "/keys/k/decrypt", `{"alg":"RSA-OAEP","value":"`+sealed+`"}`)
		w.ok("POST", "/keys/k/unwrapkey", `{"alg":"RSA-OAEP","value":"`+sealed+`"}`)
		w.ok("POST", "/keys/k/verify", `{"alg":"RS256","digest":"`+digest32+`","value":"`+signature+`"}`)
	}

	// After exp, with some leeway, what was done can be undone but nothing new is done.
	w.ok("PATCH", "/keys/k", fmt.Sprintf(`{"attributes":{"exp":%d}}`, start+3600))
	w.advance(time.Hour + 4*time.Minute)
	if a := sign(""); a.status != 200 {
		t.Errorf("within the leeway: %s", a.text)
	}
	w.advance(time.Minute)
	sign("").fails(t, 403, "Forbidden/KeyExpired", "Operation sign is not allowed on an expired key.")
	op("encrypt").fails(t, 403, "Forbidden/KeyExpired", "Operation encrypt is not allowed on an expired key.")
	op("wrapkey").fails(t, 403, "Forbidden/KeyExpired", "Operation wrapKey is not allowed on an expired key.")
	opens()
	w.ok("GET", "/keys/k", "")

	w.ok("PATCH", "/keys/k", fmt.Sprintf(`{"attributes":{"exp":null,"nbf":%d}}`, w.clock.Load()+301))
	sign("").fails(t, 403, "Forbidden/KeyNotYetValid", "Operation sign is not allowed on a key that is not yet valid.")
	op("wrapkey").fails(t, 403, "Forbidden/KeyNotYetValid", "Operation wrapKey is not allowed on a key that is not yet valid.")
	opens()
	w.advance(time.Second)
	if a := sign(""); a.status != 200 {
		t.Errorf("within the leeway: %s", a.text)
	}

	w.ok("PATCH", "/keys/k", `{"key_ops":["verify"]}`)
	for _, name := range []string{"encrypt", "decrypt", "wrapkey", "unwrapkey"} {
		spelled := map[string]string{"wrapkey": "wrapKey", "unwrapkey": "unwrapKey"}[name]
		if spelled == "" {
			spelled = name
		}
		op(name).fails(t, 403, "Forbidden/KeyOperationForbidden", "Operation "+spelled+" is not permitted on this key.")
	}
	sign("").fails(t, 403, "Forbidden/KeyOperationForbidden", "Operation sign is not permitted on this key.")
	w.do("PATCH", "/keys/k", `{"key_ops":["nonsense"]}`).fails(t, 400, "BadParameter", "Invalid key_ops value: nonsense")

	old := w.ok("GET", "/keys/k", "").version()
	w.ok("PATCH", "/keys/k", `{"attributes":{"enabled":false}}`)
	w.do("GET", "/keys/k", "").fails(t, 403, "Forbidden/KeyDisabled", "Operation get is not allowed on a disabled key.")
	w.do("POST", "/keys/k/verify", `{"alg":"RS256","digest":"`+digest32+`","value":"AA"}`).fails(t, 403, "Forbidden/KeyDisabled", "Operation verify is not allowed on a disabled key.")
	op("unwrapkey").fails(t, 403, "Forbidden/KeyDisabled", "Operation unwrapKey is not allowed on a disabled key.")
	w.ok("POST", "/keys/k/backup", "")
	// A new version takes over; the old one stays what it is.
	w.ok("POST", "/keys/k/create", `{"kty":"RSA"}`)
	if a := sign(""); a.status != 200 {
		t.Errorf("the new version: %s", a.text)
	}
	sign(old).fails(t, 403, "Forbidden/KeyDisabled", "Operation sign is not allowed on a disabled key.")
	w.ok("DELETE", "/keys/k", "")
	sign("").fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "k"))
}

// A key is not looked up in memory when the store says that it is gone or replaced.
func TestOpenedKeysFollowTheStore(t *testing.T) {
	w := newWorld(t)
	other := w.process()
	w.ok("PUT", "/keys/k", rsaJWK)
	sign := func(w *world) answer { return w.do("POST", "/keys/k/sign", `{"alg":"RS256","value":"`+digest32+`"}`) }
	first := sign(w).at("kid")
	if got := sign(other).at("kid"); got != first {
		t.Errorf("%s", got)
	}
	other.ok("POST", "/keys/k/create", `{"kty":"EC"}`)
	sign(w).fails(t, 400, "BadParameter", "The algorithm 'RS256' is not supported by this key of type EC.")
	other.ok("DELETE", "/keys/k", "")
	sign(w).fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "k"))
	other.do("DELETE", "/deletedkeys/k", "")
	w.ok("PUT", "/keys/k", rsaJWK)
	if got := sign(other).at("kid"); got == first || got == "" {
		t.Errorf("%s", got)
	}
}
