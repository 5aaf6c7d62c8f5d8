package login

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Limits of a signed token that somebody presents.
const (
	maxToken = 16 << 10
	maxClaim = 1024
	maxNest  = 8
)

// What is wrong with a token. The texts are for the engine; clients get the wording of
// the service that they called.
var (
	errMalformed = errors.New("login: the token is malformed")
	errAlgorithm = errors.New("login: the token has an algorithm that is not allowed")
	errSignature = errors.New("login: the token's signature does not verify")
)

// jwt is a token in parts, of which nothing is verified yet.
//
//	base64url(header) "." base64url(claims) "." base64url(signature)
type jwt struct {
	header, claims object
	signed         string // what the signature is over
	signature      []byte
	rawHeader      string
}

// object is a JSON object. Names are compared exactly: the decoder of encoding/json
// would take "AUD" for "aud".
type object map[string]json.RawMessage

var strictBase64 = base64.RawURLEncoding.Strict()

// parseJWT splits a token in the compact form. It refuses anything but the one way to
// write it: padding, line breaks, names that come twice, trailing data.
func parseJWT(token string) (*jwt, error) {
	if len(token) == 0 || len(token) > maxToken {
		return nil, errMalformed
	}
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 {
		return nil, errMalformed
	}
	t := &jwt{signed: token[:len(parts[0])+1+len(parts[1])], rawHeader: parts[0]}
	var err error
	if t.header, err = decodeObject(parts[0]); err != nil {
		return nil, err
	}
	if t.claims, err = decodeObject(parts[1]); err != nil {
		return nil, err
	}
	if t.signature, err = decodeBase64(parts[2]); err != nil || len(t.signature) == 0 {
		return nil, errMalformed
	}
	if _, ok := t.header["crit"]; ok {
		return nil, errMalformed
	}
	return t, nil
}

// decodeBase64 also refuses the line breaks that encoding/base64 skips.
func decodeBase64(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, errMalformed
	}
	data, err := strictBase64.DecodeString(part)
	if err != nil {
		return nil, errMalformed
	}
	return data, nil
}

func decodeObject(part string) (object, error) {
	data, err := decodeBase64(part)
	if err != nil {
		return nil, err
	}
	return parseObject(data)
}

// parseObject reads exactly one JSON object.
func parseObject(data []byte) (object, error) {
	data = bytes.TrimSpace(data)
	if !json.Valid(data) || data[0] != '{' {
		return nil, errMalformed
	}
	return parseNested(data, maxNest)
}

// checkNested refuses names that come twice in objects below.
func checkNested(value json.RawMessage, depth int) error {
	if depth == 0 {
		return errMalformed
	}
	switch value[0] {
	case '{':
		_, err := parseNested(value, depth)
		return err
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(value, &list); err != nil {
			return errMalformed
		}
		for _, item := range list {
			if err := checkNested(item, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseNested(data []byte, depth int) (object, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return nil, errMalformed
	}
	o := object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, errMalformed
		}
		key, ok := name.(string)
		if _, twice := o[key]; !ok || twice {
			return nil, errMalformed
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errMalformed
		}
		if err := checkNested(value, depth-1); err != nil {
			return nil, err
		}
		o[key] = value
	}
	return o, nil
}

// text returns the claim as text, empty if it is missing, is no text or is too long.
func (o object) text(name string) string {
	var s string
	if raw, ok := o[name]; !ok || json.Unmarshal(raw, &s) != nil || len(s) > maxClaim {
		return ""
	}
	return s
}

// texts returns the claim as a list of texts: of one if it is text.
func (o object) texts(name string) []string {
	if s := o.text(name); s != "" {
		return []string{s}
	}
	var list []string
	if raw, ok := o[name]; !ok || len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil || len(list) > 64 {
		return nil
	}
	return list
}

// seconds returns the claim as a number of seconds since 1970; ok is false if it is
// missing or no number.
func (o object) seconds(name string) (int64, bool) {
	raw, present := o[name]
	if !present || len(raw) == 0 || raw[0] == '"' {
		return 0, false
	}
	var f float64
	if json.Unmarshal(raw, &f) != nil || math.IsNaN(f) || f < 0 || f > 1<<52 {
		return 0, false
	}
	return int64(f), true
}

// verify checks the signature with the key, if the algorithm of the header is one of
// the allowed and fits the key. derECDSA also lets an ECDSA signature be in ASN.1 DER.
func (t *jwt) verify(key crypto.PublicKey, derECDSA bool, allowed ...string) error {
	alg := t.header.text("alg")
	if !slices.Contains(allowed, alg) {
		return errAlgorithm
	}
	digest := sha256.Sum256([]byte(t.signed))
	switch key := key.(type) {
	case *rsa.PublicKey:
		var err error
		switch alg {
		case "RS256":
			err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.signature)
		case "PS256":
			err = rsa.VerifyPSS(key, crypto.SHA256, digest[:], t.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		default:
			return errAlgorithm
		}
		if err != nil {
			return errSignature
		}
		return nil
	case *ecdsa.PublicKey:
		if alg != "ES256" || key.Curve.Params().Name != "P-256" {
			return errAlgorithm
		}
		if len(t.signature) == 64 {
			r, s := new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])
			if ecdsa.Verify(key, digest[:], r, s) {
				return nil
			}
		}
		if derECDSA && ecdsa.VerifyASN1(key, digest[:], t.signature) {
			return nil
		}
		return errSignature
	}
	return errAlgorithm
}
