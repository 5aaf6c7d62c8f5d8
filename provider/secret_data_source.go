package provider

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*secretDataSource)(nil)

// secretDataSource is data.coffer_secret.
type secretDataSource struct{ dataSourceBase }

func newSecretDataSource() datasource.DataSource { return &secretDataSource{} }

type secretDataModel struct {
	itemIDs
	VaultID     foldedValue       `tfsdk:"vault_id"`
	Name        foldedValue       `tfsdk:"name"`
	ReadValue   types.Bool        `tfsdk:"read_value"`
	Value       types.String      `tfsdk:"value"`
	ContentType types.String      `tfsdk:"content_type"`
	NotBefore   timetypes.RFC3339 `tfsdk:"not_before_date"`
	Expiration  timetypes.RFC3339 `tfsdk:"expiration_date"`
	Enabled     types.Bool        `tfsdk:"enabled"`
	Tags        types.Map         `tfsdk:"tags"`
}

// Metadata implements datasource.DataSource.
func (d *secretDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema implements datasource.DataSource.
func (d *secretDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := itemDataAttributes("secret")
	attributes["read_value"] = schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to read the value into the state. Without it the data source reads metadata only; the ephemeral `coffer_secret` reads the value without a state."}
	attributes["value"] = schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The value, if `read_value` is true."}
	attributes["content_type"] = schema.StringAttribute{Computed: true, MarkdownDescription: "What the value is."}
	resp.Schema = schema.Schema{MarkdownDescription: "A secret: its metadata, and its value only if that is asked for.", Attributes: attributes}
}

// itemDataAttributes are the attributes that data sources of secrets and keys share.
func itemDataAttributes(kind string) map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	date := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"vault_id":                schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of the vault.", Validators: []validator.String{vaultID}},
		"name":                    schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "Name of the " + kind + ".", Validators: []validator.String{itemName}},
		"version":                 schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Version to read; the current one if it is left out."},
		"id":                      text("URL of the " + kind + " without a version."),
		"versionless_id":          text("URL of the " + kind + " without a version, as in `id`."),
		"versioned_id":            text("URL of the version."),
		"resource_versionless_id": text("ARM id of the " + kind + ": what `scope` of role assignments takes."),
		"resource_id":             text("ARM id of the version."),
		"not_before_date":         date("Time before which the " + kind + " is not meant to be used."),
		"expiration_date":         date("Time after which the " + kind + " is not meant to be used."),
		"enabled":                 schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the version can be used."},
		"tags":                    schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags of the version."},
	}
}

// Read implements datasource.DataSource.
func (d *secretDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m secretDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, err := d.find(ctx, &m)
	if err != nil {
		addError(&resp.Diagnostics, "read the secret "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, found, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (d *secretDataSource) find(ctx context.Context, m *secretDataModel) (secretAnswer, error) {
	api, err := d.secretsOf(ctx, m.VaultID.ValueString())
	if err != nil {
		return secretAnswer{}, err
	}
	name, version := m.Name.ValueString(), m.Version.ValueString()
	switch {
	case m.ReadValue.ValueBool():
		got, err := api.GetSecret(ctx, name, version, nil)
		if err != nil {
			return secretAnswer{}, err
		}
		return answerOf(got.Secret)
	case version != "":
		return findSecretVersion(ctx, api, name, version)
	}
	return findSecret(ctx, api, name, "")
}

// findSecretVersion returns one version without its value.
func findSecretVersion(ctx context.Context, api *azsecrets.Client, name, version string) (secretAnswer, error) {
	all, err := listSecretVersions(ctx, api, name)
	if err != nil {
		return secretAnswer{}, err
	}
	for _, a := range all {
		if a.id.Version == version {
			return a, nil
		}
	}
	// The engine's own words for a version that does not exist.
	got, err := api.GetSecret(ctx, name, version, nil)
	if err != nil {
		return secretAnswer{}, err
	}
	a, err := answerOf(got.Secret)
	a.value = nil
	return a, err
}

func (m *secretDataModel) from(ctx context.Context, a secretAnswer, diags *diag.Diagnostics) {
	if err := m.set(m.VaultID.ValueString(), a.id.URL()); err != nil {
		addError(diags, "read the secret "+quote(m.Name.ValueString()), err)
		return
	}
	attributes := deref(a.attributes)
	m.Value = types.StringPointerValue(a.value)
	m.ContentType = textOrNull(deref(a.contentType))
	m.NotBefore, m.Expiration = timeOrNull(attributes.NotBefore), timeOrNull(attributes.Expires)
	m.Enabled = types.BoolValue(attributes.Enabled == nil || *attributes.Enabled)
	m.Tags = tagsIn(ctx, a.tags, types.MapNull(types.StringType), diags)
}
