package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var _ datasource.DataSourceWithConfigure = (*accessPolicyDataSource)(nil)

// accessPolicyDataSource is data.coffer_access_policy.
type accessPolicyDataSource struct{ dataSourceBase }

func newAccessPolicyDataSource() datasource.DataSource { return &accessPolicyDataSource{} }

// Metadata implements datasource.DataSource.
func (d *accessPolicyDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_policy"
}

// Schema implements datasource.DataSource.
func (d *accessPolicyDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	permissions := func(of string) schema.SetAttribute {
		return schema.SetAttribute{Computed: true, CustomType: foldedSet, MarkdownDescription: "Permissions for " + of + "."}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a principal may do in a vault of the policy model.",
		Attributes: map[string]schema.Attribute{
			"vault_id":                schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of the vault.", Validators: []validator.String{vaultID}},
			"object_id":               schema.StringAttribute{Required: true, CustomType: uuidType{}, MarkdownDescription: "Object id of the user, group or service principal."},
			"application_id":          schema.StringAttribute{Optional: true, CustomType: uuidType{}, MarkdownDescription: "Client id of an application that acts for the principal."},
			"tenant_id":               schema.StringAttribute{Computed: true, CustomType: uuidType{}, MarkdownDescription: "Tenant of the principal."},
			"id":                      schema.StringAttribute{Computed: true, MarkdownDescription: "The vault's ARM id, then `/objectId/{object id}`, and with an application `/applicationId/{client id}`."},
			"key_permissions":         permissions("keys"),
			"secret_permissions":      permissions("secrets"),
			"certificate_permissions": permissions("certificates"),
			"storage_permissions":     permissions("storage accounts"),
		},
	}
}

// Read implements datasource.DataSource.
func (d *accessPolicyDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m accessPolicyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the access policy of " + m.ObjectID.ValueString()
	id, err := resourceid.ParseVault(m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	got, err := d.armVaults(id.SubscriptionID).Get(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	entry := m.entryIn(deref(got.Properties).AccessPolicies)
	if entry == nil {
		resp.Diagnostics.AddError("Cannot "+doing, "The vault "+quote(id.Name)+" has no policy for that principal. Check object_id and application_id.")
		return
	}
	m.from(entry)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
