package provider

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

type secretModel struct {
	itemPlace
	itemIDs
	Value          types.String      `tfsdk:"value"`
	ValueWO        types.String      `tfsdk:"value_wo"`
	ValueWOVersion types.Int64       `tfsdk:"value_wo_version"`
	ContentType    types.String      `tfsdk:"content_type"`
	NotBefore      timetypes.RFC3339 `tfsdk:"not_before_date"`
	Expiration     timetypes.RFC3339 `tfsdk:"expiration_date"`
	Enabled        types.Bool        `tfsdk:"enabled"`
	Tags           types.Map         `tfsdk:"tags"`
}

func (m *secretModel) identity() []string {
	return []string{itemIdentityVault, m.VaultID.ValueString(), itemIdentityName, m.Name.ValueString()}
}

// text is the value of a configuration, from whichever attribute has it.
func (m *secretModel) text() string {
	if !m.ValueWO.IsNull() {
		return m.ValueWO.ValueString()
	}
	return m.Value.ValueString()
}

// newVersion reports whether the plan writes the value.
func (m *secretModel) newVersion(state *secretModel) bool {
	return !m.Value.Equal(state.Value) && !m.Value.IsNull() || !m.ValueWOVersion.Equal(state.ValueWOVersion) && !m.ValueWOVersion.IsNull()
}

// secretAnswer is one version as the engine tells of it; value is nil if it was not
// asked for, or is not told.
type secretAnswer struct {
	id          resourceid.Object
	value       *string
	contentType *string
	attributes  *azsecrets.SecretAttributes
	tags        map[string]*string
}

func answerOf(s azsecrets.Secret) (secretAnswer, error) {
	id, err := resourceid.ParseObject(string(deref(s.ID)))
	return secretAnswer{id: id, value: s.Value, contentType: s.ContentType, attributes: s.Attributes, tags: s.Tags}, err
}

// from takes over what the engine says.
func (m *secretModel) from(ctx context.Context, a secretAnswer, diags *diag.Diagnostics) {
	if err := m.set(m.VaultID.ValueString(), a.id.URL()); err != nil {
		addError(diags, "read the secret "+quote(m.Name.ValueString()), err)
		return
	}
	attributes := deref(a.attributes)
	m.ContentType = textOrNull(deref(a.contentType))
	m.NotBefore, m.Expiration = timeOrNull(attributes.NotBefore), timeOrNull(attributes.Expires)
	m.Enabled = types.BoolValue(attributes.Enabled == nil || *attributes.Enabled)
	m.Tags = tagsIn(ctx, a.tags, m.Tags, diags)
	m.ValueWO = types.StringNull()
}

// drift notes a value that Terraform did not write: a plain value by itself, a
// write-only one by its version.
func (m *secretModel) drift(a secretAnswer) {
	if a.value != nil {
		m.Value = types.StringValue(*a.value)
	}
	if m.Value.IsNull() && !m.Version.IsNull() && m.Version.ValueString() != a.id.Version {
		m.ValueWOVersion = types.Int64Null()
	}
}

// read returns the current version, with its value only if the state holds one. An
// import, which knows neither value nor version, reads no value either.
func (m *secretModel) read(ctx context.Context, api *azsecrets.Client) (secretAnswer, error) {
	if m.Value.IsNull() {
		return findSecret(ctx, api, m.Name.ValueString(), m.Version.ValueString())
	}
	got, err := api.GetSecret(ctx, m.Name.ValueString(), "", nil)
	if hasCode(err, "SecretDisabled") {
		// Its metadata can be read all the same, its value cannot have changed unseen.
		return findSecret(ctx, api, m.Name.ValueString(), m.Version.ValueString())
	}
	if err != nil {
		return secretAnswer{}, err
	}
	return answerOf(got.Secret)
}

// findSecret returns the current version without its value. It lists the versions,
// which takes no right to read values; the current one is the newest. Two of the same
// second are told apart by a read, which a caller may not be allowed: then known, the
// version that Terraform has seen last, is taken for the current one.
func findSecret(ctx context.Context, api *azsecrets.Client, name, known string) (secretAnswer, error) {
	all, err := listSecretVersions(ctx, api, name)
	if isForbidden(err) {
		return getSecretQuietly(ctx, api, name, err)
	}
	if err != nil {
		return secretAnswer{}, err
	}
	if len(all) == 0 {
		return getSecretQuietly(ctx, api, name, nil)
	}
	slices.SortStableFunc(all, func(a, b secretAnswer) int { return cmp.Compare(createdAt(b), createdAt(a)) })
	newest := slices.IndexFunc(all, func(a secretAnswer) bool { return createdAt(a) != createdAt(all[0]) })
	if newest < 0 {
		newest = len(all)
	}
	if newest == 1 {
		return all[0], nil
	}
	current, err := getSecretQuietly(ctx, api, name, nil)
	if err == nil {
		return current, nil
	}
	if i := slices.IndexFunc(all[:newest], func(a secretAnswer) bool { return a.id.Version == known }); i >= 0 {
		return all[i], nil
	}
	return all[0], nil
}

func listSecretVersions(ctx context.Context, api *azsecrets.Client, name string) ([]secretAnswer, error) {
	var all []secretAnswer
	pager := api.NewListSecretPropertiesVersionsPager(name, nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Value {
			id, err := resourceid.ParseObject(string(deref(item.ID)))
			if err != nil {
				return nil, err
			}
			all = append(all, secretAnswer{id: id, contentType: item.ContentType, attributes: item.Attributes, tags: item.Tags})
		}
	}
	return all, nil
}

func createdAt(a secretAnswer) int64 {
	if a.attributes == nil || a.attributes.Created == nil {
		return 0
	}
	return a.attributes.Created.Unix()
}

// getSecretQuietly reads the current version and drops its value. If even that is
// refused, the refusal that led here is the one to tell.
func getSecretQuietly(ctx context.Context, api *azsecrets.Client, name string, refused error) (secretAnswer, error) {
	got, err := api.GetSecret(ctx, name, "", nil)
	if err != nil {
		if isForbidden(err) && refused != nil {
			err = refused
		}
		return secretAnswer{}, err
	}
	a, err := answerOf(got.Secret)
	a.value = nil
	return a, err
}

func (m *secretModel) attributes(clear bool) *azsecrets.SecretAttributes {
	a := &azsecrets.SecretAttributes{Enabled: to.Ptr(m.Enabled.ValueBool())}
	if t, diags := m.NotBefore.ValueRFC3339Time(); !diags.HasError() && !m.NotBefore.IsNull() {
		a.NotBefore = &t
	} else if clear {
		a.NotBefore = azcore.NullValue[*time.Time]()
	}
	if t, diags := m.Expiration.ValueRFC3339Time(); !diags.HasError() && !m.Expiration.IsNull() {
		a.Expires = &t
	} else if clear {
		a.Expires = azcore.NullValue[*time.Time]()
	}
	return a
}

// setSecret writes a new version.
func setSecret(ctx context.Context, api *azsecrets.Client, m *secretModel, value string) (secretAnswer, error) {
	got, err := api.SetSecret(ctx, m.Name.ValueString(), azsecrets.SetSecretParameters{
		Value: &value, ContentType: m.ContentType.ValueStringPointer(), Tags: tagsOut(m.Tags), SecretAttributes: m.attributes(false),
	}, nil)
	if err != nil {
		return secretAnswer{}, err
	}
	return answerOf(got.Secret)
}

// updateSecret changes the current version; what the configuration leaves out is cleared.
func updateSecret(ctx context.Context, api *azsecrets.Client, m *secretModel) (secretAnswer, error) {
	contentType := m.ContentType.ValueStringPointer()
	if contentType == nil {
		contentType = azcore.NullValue[*string]()
	}
	got, err := api.UpdateSecretProperties(ctx, m.Name.ValueString(), "", azsecrets.UpdateSecretPropertiesParameters{
		ContentType: contentType, Tags: tagsOut(m.Tags), SecretAttributes: m.attributes(true),
	}, nil)
	if err != nil {
		return secretAnswer{}, err
	}
	return answerOf(got.Secret)
}

// createSecret writes the first version, or recovers the deleted secret that holds the
// name and writes a new version of it.
func createSecret(ctx context.Context, api *azsecrets.Client, doing string, m *secretModel, value string, diags *diag.Diagnostics) (secretAnswer, bool) {
	written, err := setSecret(ctx, api, m, value)
	if hasCode(err, "ObjectIsDeletedButRecoverable") {
		if m.OnConflict.ValueString() == errorOnConflict {
			blockedName(diags, "secret", m.Name.ValueString())
			return written, false
		}
		if _, err = api.RecoverDeletedSecret(ctx, m.Name.ValueString(), nil); err == nil {
			written, err = setSecret(ctx, api, m, value)
		}
	}
	if err != nil {
		addError(diags, doing, err)
		return written, false
	}
	return written, true
}

// secretsOf returns the client of the secrets in the vault.
func (c *clients) secretsOf(ctx context.Context, vaultID string) (*azsecrets.Client, error) {
	uri, err := c.vaultURI(ctx, vaultID)
	if err != nil {
		return nil, err
	}
	return c.secrets(uri)
}
