package provider

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

type keyModel struct {
	itemPlace
	itemIDs
	keyPublic
	Type           foldedValue         `tfsdk:"key_type"`
	Size           types.Int64         `tfsdk:"key_size"`
	Curve          types.String        `tfsdk:"curve"`
	Operations     foldedSetValue      `tfsdk:"key_opts"`
	NotBefore      timetypes.RFC3339   `tfsdk:"not_before_date"`
	Expiration     timetypes.RFC3339   `tfsdk:"expiration_date"`
	Enabled        types.Bool          `tfsdk:"enabled"`
	Tags           types.Map           `tfsdk:"tags"`
	RotationPolicy *rotationPolicyData `tfsdk:"rotation_policy"`

	// known is set if the key was in the state before, with its type: not at an import.
	known bool
}

// keyPublic are the public parts of a key.
type keyPublic struct {
	N       types.String `tfsdk:"n"`
	E       types.String `tfsdk:"e"`
	X       types.String `tfsdk:"x"`
	Y       types.String `tfsdk:"y"`
	PEM     types.String `tfsdk:"public_key_pem"`
	OpenSSH types.String `tfsdk:"public_key_openssh"`
}

// public are the public parts by attribute.
func (p *keyPublic) public() map[string]types.String {
	return map[string]types.String{"n": p.N, "e": p.E, "x": p.X, "y": p.Y, "public_key_pem": p.PEM, "public_key_openssh": p.OpenSSH}
}

func (m *keyModel) identity() []string {
	return []string{itemIdentityVault, m.VaultID.ValueString(), itemIdentityName, m.Name.ValueString()}
}

// keyAnswer is the current version as the engine tells of it; key is nil if only the
// metadata could be read.
type keyAnswer struct {
	id         resourceid.Object
	key        *azkeys.JSONWebKey
	attributes *azkeys.KeyAttributes
	tags       map[string]*string
}

func keyAnswerOf(b azkeys.KeyBundle) (keyAnswer, error) {
	id, err := resourceid.ParseObject(string(deref(deref(b.Key).KID)))
	return keyAnswer{id: id, key: b.Key, attributes: b.Attributes, tags: b.Tags}, err
}

// findKey returns the current version. A disabled key does not show itself; its
// metadata is in the list of versions.
func findKey(ctx context.Context, api *azkeys.Client, name string) (keyAnswer, error) {
	got, err := api.GetKey(ctx, name, "", nil)
	if err == nil {
		return keyAnswerOf(got.KeyBundle)
	}
	if !hasCode(err, "KeyDisabled") {
		return keyAnswer{}, err
	}
	var newest keyAnswer
	pager := api.NewListKeyPropertiesVersionsPager(name, nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return keyAnswer{}, err
		}
		for _, item := range page.Value {
			id, err := resourceid.ParseObject(string(deref(item.KID)))
			if err != nil {
				return keyAnswer{}, err
			}
			created := deref(deref(item.Attributes).Created)
			if newest.attributes == nil || created.After(deref(newest.attributes.Created)) {
				newest = keyAnswer{id: id, attributes: item.Attributes, tags: item.Tags}
			}
		}
	}
	if newest.attributes == nil {
		return keyAnswer{}, err
	}
	return newest, nil
}

// from takes over what the engine says.
func (m *keyModel) from(ctx context.Context, a keyAnswer, diags *diag.Diagnostics) {
	m.known = !m.Type.IsNull()
	if err := m.set(m.VaultID.ValueString(), a.id.URL()); err != nil {
		addError(diags, "read the key "+quote(m.Name.ValueString()), err)
		return
	}
	attributes := deref(a.attributes)
	m.NotBefore, m.Expiration = timeOrNull(attributes.NotBefore), timeOrNull(attributes.Expires)
	m.Enabled = types.BoolValue(attributes.Enabled == nil || *attributes.Enabled)
	m.Tags = tagsIn(ctx, a.tags, m.Tags, diags)
	if a.key == nil {
		return
	}
	words := make([]string, 0, len(a.key.KeyOps))
	for _, op := range a.key.KeyOps {
		words = append(words, string(deref(op)))
	}
	m.Operations = newFoldedSet(words)
	m.Type = newFolded(string(deref(a.key.Kty)))
	m.keyPublic.from(a.key)
	m.Curve, m.Size = types.StringNull(), types.Int64Null()
	switch {
	case a.key.Crv != nil:
		m.Curve = types.StringValue(string(*a.key.Crv))
	case len(a.key.N) > 0:
		m.Size = types.Int64Value(int64(bitLength(a.key.N)))
	}
}

func (p *keyPublic) from(key *azkeys.JSONWebKey) {
	encode := func(b []byte) types.String {
		if len(b) == 0 {
			return types.StringNull()
		}
		return types.StringValue(base64.RawURLEncoding.EncodeToString(b))
	}
	p.N, p.E, p.X, p.Y = encode(key.N), encode(key.E), encode(key.X), encode(key.Y)
	p.PEM, p.OpenSSH = publicText(key)
}

func (m *keyModel) operations() []*azkeys.KeyOperation {
	if m.Operations.IsNull() || m.Operations.IsUnknown() {
		return nil
	}
	ops := []*azkeys.KeyOperation{}
	// The wire's own spelling and order, whatever those of the configuration are.
	for _, name := range keyOperations {
		for _, word := range m.Operations.words() {
			if strings.EqualFold(word, name) {
				ops = append(ops, to.Ptr(azkeys.KeyOperation(name)))
				break
			}
		}
	}
	return ops
}

func (m *keyModel) attributes(clear bool) *azkeys.KeyAttributes {
	a := &azkeys.KeyAttributes{Enabled: to.Ptr(m.Enabled.ValueBool())}
	if t, diags := m.NotBefore.ValueRFC3339Time(); !m.NotBefore.IsNull() && !diags.HasError() {
		a.NotBefore = &t
	} else if clear {
		a.NotBefore = azcore.NullValue[*time.Time]()
	}
	if t, diags := m.Expiration.ValueRFC3339Time(); !m.Expiration.IsNull() && !diags.HasError() {
		a.Expires = &t
	} else if clear {
		a.Expires = azcore.NullValue[*time.Time]()
	}
	return a
}

// createKey makes the first version, or recovers the deleted key that holds the name
// and makes a new version of it, so that it is as the configuration says.
func createKey(ctx context.Context, api *azkeys.Client, doing string, m *keyModel, diags *diag.Diagnostics) (keyAnswer, bool) {
	parameters := azkeys.CreateKeyParameters{
		Kty: to.Ptr(azkeys.KeyType(canonical(m.Type.ValueString(), keyTypes))), KeyOps: m.operations(),
		KeyAttributes: m.attributes(false), Tags: tagsOut(m.Tags),
	}
	if !m.Size.IsNull() && !m.Size.IsUnknown() {
		parameters.KeySize = to.Ptr(int32(m.Size.ValueInt64()))
	}
	if !m.Curve.IsNull() && !m.Curve.IsUnknown() {
		parameters.Curve = to.Ptr(azkeys.CurveName(m.Curve.ValueString()))
	}
	made, err := api.CreateKey(ctx, m.Name.ValueString(), parameters, nil)
	if hasCode(err, "ObjectIsDeletedButRecoverable") {
		if m.OnConflict.ValueString() == errorOnConflict {
			blockedName(diags, "key", m.Name.ValueString())
			return keyAnswer{}, false
		}
		if _, err = api.RecoverDeletedKey(ctx, m.Name.ValueString(), nil); err == nil {
			made, err = api.CreateKey(ctx, m.Name.ValueString(), parameters, nil)
		}
	}
	var answer keyAnswer
	if err == nil {
		answer, err = keyAnswerOf(made.KeyBundle)
	}
	if err != nil {
		addError(diags, doing, err)
		return answer, false
	}
	return answer, true
}

// canonical returns the word of the list that is the same in another letter case.
func canonical(word string, list []string) string {
	for _, w := range list {
		if strings.EqualFold(w, word) {
			return w
		}
	}
	return word
}

// updateKey changes the current version; what the configuration leaves out is cleared.
func updateKey(ctx context.Context, api *azkeys.Client, m *keyModel) (keyAnswer, error) {
	got, err := api.UpdateKey(ctx, m.Name.ValueString(), "", azkeys.UpdateKeyParameters{
		KeyOps: m.operations(), KeyAttributes: m.attributes(true), Tags: tagsOut(m.Tags),
	}, nil)
	if err != nil {
		return keyAnswer{}, err
	}
	return keyAnswerOf(got.KeyBundle)
}

// keysOf returns the client of the keys in the vault.
func (c *clients) keysOf(ctx context.Context, vaultID string) (*azkeys.Client, error) {
	uri, err := c.vaultURI(ctx, vaultID)
	if err != nil {
		return nil, err
	}
	return c.keys(uri)
}
