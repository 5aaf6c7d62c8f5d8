package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*secretEphemeral)(nil)

// secretEphemeral is the ephemeral coffer_secret: a value for one run.
type secretEphemeral struct{ ephemeralBase }

func newSecretEphemeral() ephemeral.EphemeralResource { return &secretEphemeral{} }

type secretEphemeralModel struct {
	VaultID     foldedValue       `tfsdk:"vault_id"`
	Name        foldedValue       `tfsdk:"name"`
	Version     types.String      `tfsdk:"version"`
	Value       types.String      `tfsdk:"value"`
	ContentType types.String      `tfsdk:"content_type"`
	NotBefore   timetypes.RFC3339 `tfsdk:"not_before_date"`
	Expiration  timetypes.RFC3339 `tfsdk:"expiration_date"`
}

// Metadata implements ephemeral.EphemeralResource.
func (e *secretEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema implements ephemeral.EphemeralResource.
func (e *secretEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The value of a secret for this run: in no plan and no state.",
		Attributes: map[string]schema.Attribute{
			"vault_id":        schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of the vault.", Validators: []validator.String{vaultID}},
			"name":            schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "Name of the secret.", Validators: []validator.String{itemName}},
			"version":         schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Version to read; the current one if it is left out."},
			"value":           schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The value."},
			"content_type":    schema.StringAttribute{Computed: true, MarkdownDescription: "What the value is."},
			"not_before_date": schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time before which the secret is not meant to be used."},
			"expiration_date": schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time after which the secret is not meant to be used."},
		},
	}
}

// Open implements ephemeral.EphemeralResource.
func (e *secretEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m secretEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the secret " + quote(m.Name.ValueString())
	api, err := e.secretsOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	got, err := api.GetSecret(ctx, m.Name.ValueString(), m.Version.ValueString(), nil)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	a, err := answerOf(got.Secret)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	attributes := deref(a.attributes)
	m.Version, m.Value = types.StringValue(a.id.Version), types.StringPointerValue(a.value)
	m.ContentType = textOrNull(deref(a.contentType))
	m.NotBefore, m.Expiration = timeOrNull(attributes.NotBefore), timeOrNull(attributes.Expires)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
