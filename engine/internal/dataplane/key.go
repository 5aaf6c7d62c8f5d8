package dataplane

import (
	"context"
	"encoding/json"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// keySettingsBody is what bodies that make or change a key have in common.
type keySettingsBody struct {
	Attributes    attributesBody  `json:"attributes"`
	Tags          tagsBody        `json:"tags"`
	ReleasePolicy json.RawMessage `json:"release_policy"`
}

func (b *keySettingsBody) input(ops vault.Optional[[]string]) (vault.KeySettings, error) {
	tags, err := b.Tags.input()
	return vault.KeySettings{
		Ops: ops, Attributes: b.Attributes.input(), Tags: tags,
		ReleasePolicy: len(b.ReleasePolicy) > 0 && string(b.ReleasePolicy) != "null",
	}, err
}

type createKeyBody struct {
	keySettingsBody
	Type     string             `json:"kty"`
	Size     *int               `json:"key_size"`
	Exponent *int               `json:"public_exponent"`
	Ops      optional[[]string] `json:"key_ops"`
	Curve    string             `json:"crv"`
}

func serveCreateKey(r *request) ([]byte, error) {
	var body createKeyBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	settings, err := body.input(body.Ops.Optional)
	if err != nil {
		return nil, r.refuse(err)
	}
	item, err := r.vault.CreateKey(r.ctx, r.caller, r.route.ref,
		vault.KeyInput{KeySettings: settings, Type: body.Type, Size: body.Size, Curve: body.Curve, Exponent: body.Exponent})
	return r.bundle(&item, err)
}

// jwkBody is a JSON web key with its private parts.
type jwkBody struct {
	Type  string             `json:"kty"`
	Ops   optional[[]string] `json:"key_ops"`
	Curve string             `json:"crv"`
	N     base64URL          `json:"n"`
	E     base64URL          `json:"e"`
	X     base64URL          `json:"x"`
	Y     base64URL          `json:"y"`
	D     base64URL          `json:"d"`
	P     base64URL          `json:"p"`
	Q     base64URL          `json:"q"`
	DP    base64URL          `json:"dp"`
	DQ    base64URL          `json:"dq"`
	QI    base64URL          `json:"qi"`
	K     base64URL          `json:"k"`
	Blob  base64URL          `json:"key_hsm"`
}

func (b *jwkBody) material() keyprov.PrivateJWK {
	s := func(v base64URL) sensitive.Bytes { return sensitive.NewBytes(v) }
	return keyprov.PrivateJWK{
		Curve: keyprov.Curve(b.Curve), N: b.N, E: b.E, X: b.X, Y: b.Y,
		D: s(b.D), P: s(b.P), Q: s(b.Q), DP: s(b.DP), DQ: s(b.DQ), QI: s(b.QI), K: s(b.K),
	}
}

type importKeyBody struct {
	keySettingsBody
	HSM *bool    `json:"Hsm"`
	Key *jwkBody `json:"key"`
}

func serveImportKey(r *request) ([]byte, error) {
	var body importKeyBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	if body.Key == nil {
		return nil, r.refuse(malformed())
	}
	settings, err := body.input(body.Key.Ops.Optional)
	if err != nil {
		return nil, r.refuse(err)
	}
	item, err := r.vault.ImportKey(r.ctx, r.caller, r.route.ref, vault.KeyImport{
		KeySettings: settings, Type: body.Key.Type, HSM: body.HSM != nil && *body.HSM,
		Wrapped: len(body.Key.Blob) > 0, JWK: body.Key.material(),
	})
	return r.bundle(&item, err)
}

func serveGetKey(r *request) ([]byte, error) {
	item, err := r.vault.GetKey(r.ctx, r.caller, r.route.ref)
	return r.bundle(&item, err)
}

type updateKeyBody struct {
	keySettingsBody
	Ops optional[[]string] `json:"key_ops"`
}

func serveUpdateKey(r *request) ([]byte, error) {
	var body updateKeyBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	settings, err := body.input(body.Ops.Optional)
	if err != nil {
		return nil, r.refuse(err)
	}
	item, err := r.vault.UpdateKey(r.ctx, r.caller, r.route.ref, settings)
	return r.bundle(&item, err)
}

func serveRotateKey(r *request) ([]byte, error) {
	item, err := r.vault.RotateKey(r.ctx, r.caller, r.route.ref)
	return r.bundle(&item, err)
}

// cryptoBody is the body of every cryptographic operation.
type cryptoBody struct {
	Algorithm *string   `json:"alg"`
	Value     base64URL `json:"value"`
	Digest    base64URL `json:"digest"`
	IV        base64URL `json:"iv"`
	AAD       base64URL `json:"aad"`
	Tag       base64URL `json:"tag"`
}

func (b *cryptoBody) input() vault.Crypto {
	in := vault.Crypto{Value: sensitive.NewBytes(b.Value), Digest: b.Digest, IV: b.IV, AAD: b.AAD, Tag: b.Tag}
	if b.Algorithm != nil {
		in.Algorithm = *b.Algorithm
	}
	in.Incomplete = b.Algorithm == nil || b.Value == nil
	return in
}

type cryptoMethod func(*vault.Service, context.Context, authz.Caller, vault.Ref, vault.Crypto) (vault.CryptoResult, error)

// operate decodes the body and calls the method.
func (r *request) operate(method cryptoMethod, needsDigest bool) (vault.CryptoResult, error) {
	var body cryptoBody
	if err := r.decode(&body); err != nil {
		return vault.CryptoResult{}, r.refuse(err)
	}
	in := body.input()
	if needsDigest && body.Digest == nil {
		in.Incomplete = true
	}
	return method(r.vault, r.ctx, r.caller, r.route.ref, in)
}

func serveCrypto(method cryptoMethod) func(*request) ([]byte, error) {
	return func(r *request) ([]byte, error) {
		out, err := r.operate(method, false)
		if err != nil {
			return nil, err
		}
		defer out.Value.Wipe()
		e := newEncoder(out.Value.Len()*4/3 + 320)
		e.open('{')
		e.url("kid", r.hosts.Vault(out.Vault), "keys", out.Name, out.Version)
		e.bytes("value", out.Value.Reveal())
		for _, part := range []struct {
			name  string
			value []byte
		}{{"iv", out.IV}, {"tag", out.Tag}, {"aad", out.AAD}} {
			if part.value != nil {
				e.bytes(part.name, part.value)
			}
		}
		e.close('}')
		return e.buf, nil
	}
}

var serveSign = serveCrypto((*vault.Service).Sign)

func serveVerify(r *request) ([]byte, error) {
	out, err := r.operate((*vault.Service).Verify, true)
	if err != nil {
		return nil, err
	}
	e := newEncoder(32)
	e.open('{')
	e.boolean("value", out.Valid)
	e.close('}')
	return e.buf, nil
}
