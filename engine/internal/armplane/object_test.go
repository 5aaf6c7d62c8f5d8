package armplane_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/armplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

func TestObjectsThatNobodyManages(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/keys", "/keys/k", "/keys/k/versions", "/secrets", "/secrets/s"} {
		w.call("root", "GET", vaultPath("rg", "vault1")+path+v2024, nil).want(501, "NotImplemented")
	}
}

// shelf has one object of each name and notes what it was asked for.
type shelf struct {
	vaultID, value string
	ref            vault.Ref
	key            vault.KeyInput
}

func (s *shelf) item(kind vault.Kind, vaultID string, ref vault.Ref) vault.Item {
	s.vaultID, s.ref = vaultID, ref
	return vault.Item{
		Vault: ref.Vault, Kind: kind, Name: ref.Name, Version: strings.Repeat("a", 32), Enabled: true, Created: 1, Updated: 2,
		Recovery: vault.Recovery{Level: "Recoverable"}, Tags: `{"a":"b"}`,
	}
}

func (s *shelf) PutManagedKey(_ context.Context, _ authz.Caller, id string, ref vault.Ref, in vault.KeyInput) (vault.Item, error) {
	s.key = in
	item := s.item(vault.Keys, id, ref)
	item.Key = &vault.KeyInfo{Type: in.Type, Ops: []string{"sign"}}
	return item, nil
}

func (s *shelf) GetManagedKey(_ context.Context, _ authz.Caller, id string, ref vault.Ref) (vault.Item, error) {
	return s.item(vault.Keys, id, ref), nil
}

func (s *shelf) ListManagedKeys(_ context.Context, _ authz.Caller, id string, ref vault.Ref, _ vault.Page) (vault.List, error) {
	return vault.List{Items: []vault.Item{s.item(vault.Keys, id, ref)}, Next: "token"}, nil
}

func (s *shelf) PutManagedSecret(_ context.Context, _ authz.Caller, id string, ref vault.Ref, in vault.SecretInput) (vault.Item, error) {
	s.value = in.Value.Reveal()
	return s.item(vault.Secrets, id, ref), nil
}

func (s *shelf) UpdateManagedSecret(_ context.Context, _ authz.Caller, id string, ref vault.Ref, _ vault.SecretUpdate) (vault.Item, error) {
	return s.item(vault.Secrets, id, ref), nil
}

func (s *shelf) GetManagedSecret(_ context.Context, _ authz.Caller, id string, ref vault.Ref) (vault.Item, error) {
	return s.item(vault.Secrets, id, ref), nil
}

func (s *shelf) ListManagedSecrets(_ context.Context, _ authz.Caller, id string, ref vault.Ref, _ vault.Page) (vault.List, error) {
	return vault.List{Items: []vault.Item{s.item(vault.Secrets, id, ref)}}, nil
}

var _ armplane.Objects = (*shelf)(nil)

func TestObjects(t *testing.T) {
	w := newWorld(t)
	s := &shelf{}
	w.handler = armplane.New(armplane.Options{Resource: w.service, Auth: w.auth, Hosts: httpx.Hosts{Domain: "coffer.test"}, Objects: s})
	base := vaultPath("rg", "vault1")
	got := w.call("root", "PUT", base+"/secrets/one"+v2024, object{"properties": object{"value": "canary-value", "attributes": object{"enabled": true}}}).want(200, "")
	want := object{
		"id": base + "/secrets/one", "name": "one", "type": "Microsoft.KeyVault/vaults/secrets", "tags": object{"a": "b"},
		"properties": object{
			"attributes": object{"enabled": true, "created": 1.0, "updated": 2.0, "recoveryLevel": "Recoverable"},
			"secretUri":  "https://vault1.vault.coffer.test/secrets/one", "secretUriWithVersion": "https://vault1.vault.coffer.test/secrets/one/" + strings.Repeat("a", 32),
		},
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Fatal(diff)
	}
	if s.value != "canary-value" || s.vaultID != base || s.ref != (vault.Ref{Vault: "vault1", Name: "one"}) {
		t.Fatalf("%+v", s)
	}
	got = w.call("root", "PUT", base+"/keys/k"+v2024, object{"properties": object{"kty": "RSA", "keySize": 3072, "keyOps": []any{"sign"}}}).want(200, "")
	if got.at("properties.kty") != "RSA" || got.at("properties.keyUri") != "https://vault1.vault.coffer.test/keys/k" || *s.key.Size != 3072 || len(*s.key.Ops.Value) != 1 {
		t.Fatal(got.text)
	}
	got = w.call("root", "GET", base+"/keys/k/versions"+v2024, nil).want(200, "")
	if got.list()[0]["type"] != "Microsoft.KeyVault/vaults/keys/versions" || !strings.Contains(got.body["nextLink"].(string), "%24skiptoken=token") {
		t.Fatal(got.text)
	}
	w.call("root", "GET", base+"/keys/k/versions/"+strings.Repeat("a", 32)+v2024, nil).want(200, "")
	w.call("root", "PATCH", base+"/secrets/one"+v2024, object{"properties": object{"value": "x"}}).want(400, "BadRequest")
	w.call("root", "PUT", base+"/keys/k"+v2024, object{"properties": object{"kty": "RSA", "rotationPolicy": object{}}}).want(501, "NotImplemented")
	w.call("root", "PUT", base+"/secrets/one"+v2024, "{").want(400, "InvalidRequestContent")
}
