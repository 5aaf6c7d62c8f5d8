package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*clientConfigDataSource)(nil)

// clientConfigDataSource says who the provider is.
type clientConfigDataSource struct{ dataSourceBase }

func newClientConfigDataSource() datasource.DataSource { return &clientConfigDataSource{} }

type clientConfigModel struct {
	TenantID       types.String `tfsdk:"tenant_id"`
	SubscriptionID types.String `tfsdk:"subscription_id"`
	ObjectID       types.String `tfsdk:"object_id"`
	ClientID       types.String `tfsdk:"client_id"`
}

// Metadata implements datasource.DataSource.
func (d *clientConfigDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_client_config"
}

// Schema implements datasource.DataSource.
func (d *clientConfigDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Who the provider is signed in as, and where it works by default.",
		Attributes: map[string]schema.Attribute{
			"tenant_id":       schema.StringAttribute{Computed: true, MarkdownDescription: "Tenant that the provider is signed in to."},
			"subscription_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Subscription of what names none itself."},
			"object_id":       schema.StringAttribute{Computed: true, MarkdownDescription: "Object id of the provider's service principal: what role assignments and access policies take."},
			"client_id":       schema.StringAttribute{Computed: true, MarkdownDescription: "Client id of the provider's application."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *clientConfigDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if d.pending != nil {
		addError(&resp.Diagnostics, "say who the provider is", &pendingError{d.pending})
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, clientConfigModel{
		TenantID:       types.StringValue(d.tenantID),
		SubscriptionID: textOrNull(d.subscriptionID),
		ObjectID:       types.StringValue(d.objectID),
		ClientID:       types.StringValue(d.clientID),
	})...)
}
