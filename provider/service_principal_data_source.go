package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSourceWithConfigure        = (*servicePrincipalDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*servicePrincipalDataSource)(nil)
)

// servicePrincipalDataSource is data.coffer_service_principal.
type servicePrincipalDataSource struct{ dataSourceBase }

func newServicePrincipalDataSource() datasource.DataSource { return &servicePrincipalDataSource{} }

// Metadata implements datasource.DataSource.
func (d *servicePrincipalDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_service_principal"
}

// Schema implements datasource.DataSource.
func (d *servicePrincipalDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A service principal, by name, client id or object id.",
		Attributes: map[string]schema.Attribute{
			"display_name":    schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Name of the service principal, which only one may have."},
			"client_id":       schema.StringAttribute{Optional: true, Computed: true, CustomType: uuidType{}, MarkdownDescription: "Client id of its application."},
			"object_id":       schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Object id of the service principal: what role assignments and access policies take."},
			"id":              schema.StringAttribute{Computed: true, MarkdownDescription: "The same as `object_id`."},
			"application_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Object id of its application."},
			"account_enabled": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the program may sign in."},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *servicePrincipalDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("display_name"), path.MatchRoot("client_id"), path.MatchRoot("object_id")),
	}
}

// Read implements datasource.DataSource.
func (d *servicePrincipalDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m servicePrincipalModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	property, value := "displayName", m.DisplayName.ValueString()
	if client := m.ClientID.ValueString(); client != "" {
		property, value = "appId", client
	}
	got, ok := lookUp[graphServicePrincipal](ctx, d.clients, "servicePrincipals", "service principal", m.ObjectID.ValueString(), property, value, &resp.Diagnostics)
	if !ok {
		return
	}
	application, err := d.applicationOf(ctx, got.AppID)
	if err != nil {
		addError(&resp.Diagnostics, "read the application of the service principal "+got.ID, err)
		return
	}
	m.DisplayName = types.StringValue(got.DisplayName)
	m.from(got, application)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
