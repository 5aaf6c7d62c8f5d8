package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*resourceGroupDataSource)(nil)

// resourceGroupDataSource is data.coffer_resource_group.
type resourceGroupDataSource struct{ dataSourceBase }

func newResourceGroupDataSource() datasource.DataSource { return &resourceGroupDataSource{} }

// Metadata implements datasource.DataSource.
func (d *resourceGroupDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_resource_group"
}

// Schema implements datasource.DataSource.
func (d *resourceGroupDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A resource group that exists.",
		Attributes: map[string]schema.Attribute{
			"name":            schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "Name of the resource group.", Validators: []validator.String{resourceGroupName}},
			"subscription_id": schema.StringAttribute{Optional: true, Computed: true, CustomType: uuidType{}, MarkdownDescription: "Subscription of the resource group. Defaults to the provider's."},
			"id":              schema.StringAttribute{Computed: true, MarkdownDescription: "ARM id."},
			"location":        schema.StringAttribute{Computed: true, CustomType: locationType, MarkdownDescription: "Location that is recorded for the group."},
			"tags":            schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags of the group."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *resourceGroupDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m resourceGroupModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := d.resourceGroups(m.SubscriptionID.ValueString()).Get(ctx, m.Name.ValueString(), nil)
	if err != nil {
		addError(&resp.Diagnostics, "read the resource group "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.ResourceGroup, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
