package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*keyDataSource)(nil)

// keyDataSource is data.coffer_key.
type keyDataSource struct{ dataSourceBase }

func newKeyDataSource() datasource.DataSource { return &keyDataSource{} }

type keyDataModel struct {
	itemIDs
	keyPublic
	VaultID    foldedValue       `tfsdk:"vault_id"`
	Name       foldedValue       `tfsdk:"name"`
	Type       foldedValue       `tfsdk:"key_type"`
	Size       types.Int64       `tfsdk:"key_size"`
	Curve      types.String      `tfsdk:"curve"`
	Operations foldedSetValue    `tfsdk:"key_opts"`
	NotBefore  timetypes.RFC3339 `tfsdk:"not_before_date"`
	Expiration timetypes.RFC3339 `tfsdk:"expiration_date"`
	Enabled    types.Bool        `tfsdk:"enabled"`
	Tags       types.Map         `tfsdk:"tags"`
}

// Metadata implements datasource.DataSource.
func (d *keyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_key"
}

// Schema implements datasource.DataSource.
func (d *keyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := itemDataAttributes("key")
	attributes["key_type"] = schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "Kind of the key."}
	attributes["key_size"] = schema.Int64Attribute{Computed: true, MarkdownDescription: "Size of an RSA key in bits."}
	attributes["curve"] = schema.StringAttribute{Computed: true, MarkdownDescription: "Curve of an EC key."}
	attributes["key_opts"] = schema.SetAttribute{Computed: true, CustomType: foldedSet, MarkdownDescription: "What the key may be used for."}
	for name, description := range map[string]string{
		"n": "Modulus of an RSA key, base64url.", "e": "Public exponent of an RSA key, base64url.",
		"x": "X coordinate of an EC key, base64url.", "y": "Y coordinate of an EC key, base64url.",
		"public_key_pem": "Public key in PEM form.", "public_key_openssh": "Public key in OpenSSH form.",
	} {
		attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{MarkdownDescription: "A key: its metadata and its public part.", Attributes: attributes}
}

// Read implements datasource.DataSource.
func (d *keyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m keyDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the key " + quote(m.Name.ValueString())
	api, err := d.keysOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	got, err := api.GetKey(ctx, m.Name.ValueString(), m.Version.ValueString(), nil)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	found, err := keyAnswerOf(got.KeyBundle)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	full := keyModel{itemPlace: itemPlace{VaultID: m.VaultID, Name: m.Name}, Tags: types.MapNull(types.StringType)}
	full.from(ctx, found, &resp.Diagnostics)
	m.itemIDs, m.keyPublic = full.itemIDs, full.keyPublic
	m.Type, m.Size, m.Curve, m.Operations = full.Type, full.Size, full.Curve, full.Operations
	m.NotBefore, m.Expiration, m.Enabled, m.Tags = full.NotBefore, full.Expiration, full.Enabled, full.Tags
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
