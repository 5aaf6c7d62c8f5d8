package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*vaultDataSource)(nil)

// vaultDataSource is data.coffer_vault.
type vaultDataSource struct{ dataSourceBase }

func newVaultDataSource() datasource.DataSource { return &vaultDataSource{} }

// Metadata implements datasource.DataSource.
func (d *vaultDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_vault"
}

// Schema implements datasource.DataSource.
func (d *vaultDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	flag := func(description string) schema.BoolAttribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A vault that exists, read through the management plane.",
		Attributes: map[string]schema.Attribute{
			"name":                            schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "Name of the vault.", Validators: []validator.String{vaultName}},
			"resource_group_name":             schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "Resource group that the vault is in.", Validators: []validator.String{resourceGroupName}},
			"subscription_id":                 schema.StringAttribute{Optional: true, Computed: true, CustomType: uuidType{}, MarkdownDescription: "Subscription of the vault. Defaults to the provider's."},
			"id":                              schema.StringAttribute{Computed: true, MarkdownDescription: "ARM id."},
			"location":                        schema.StringAttribute{Computed: true, CustomType: locationType, MarkdownDescription: "Location that is recorded for the vault."},
			"sku_name":                        schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "`standard` or `premium`."},
			"tenant_id":                       schema.StringAttribute{Computed: true, CustomType: uuidType{}, MarkdownDescription: "Tenant whose principals use the vault."},
			"vault_uri":                       schema.StringAttribute{Computed: true, MarkdownDescription: "URL of the vault, with a slash at its end."},
			"rbac_authorization_enabled":      flag("Whether roles decide what principals may do inside (true) or access policies do."),
			"enabled_for_deployment":          flag("Whether virtual machines may fetch certificates that are stored as secrets."),
			"enabled_for_disk_encryption":     flag("Whether disk encryption may fetch secrets and unwrap keys."),
			"enabled_for_template_deployment": flag("Whether resource deployments may fetch secrets."),
			"public_network_access_enabled":   flag("Whether clients may reach the vault other than through private endpoints and as trusted services."),
			"purge_protection_enabled":        flag("Whether nothing deleted can be purged before its retention is over."),
			"soft_delete_retention_days":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How many days deleted things can be recovered."},
			"tags":                            schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags of the vault."},
			"network_acls": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Firewall of the vault; null if there is none.",
				Attributes: map[string]schema.Attribute{
					"default_action":             schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "What happens to clients that no rule matches: `Allow` or `Deny`."},
					"bypass":                     schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "Who passes without a rule: `AzureServices` or `None`."},
					"ip_rules":                   schema.SetAttribute{Computed: true, CustomType: addressSet, MarkdownDescription: "Addresses and ranges that may pass."},
					"virtual_network_subnet_ids": schema.SetAttribute{Computed: true, CustomType: foldedSet, MarkdownDescription: "ARM ids of subnets that may pass."},
				},
			},
		},
	}
}

// Read implements datasource.DataSource.
func (d *vaultDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m vaultAttributes
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := d.armVaults(m.SubscriptionID.ValueString()).Get(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), nil)
	if err != nil {
		addError(&resp.Diagnostics, "read the vault "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.Vault, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
