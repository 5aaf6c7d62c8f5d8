package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

var (
	_ datasource.DataSourceWithConfigure        = (*applicationDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*applicationDataSource)(nil)
)

// applicationDataSource is data.coffer_application.
type applicationDataSource struct{ dataSourceBase }

func newApplicationDataSource() datasource.DataSource { return &applicationDataSource{} }

// Metadata implements datasource.DataSource.
func (d *applicationDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application"
}

// Schema implements datasource.DataSource.
func (d *applicationDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	uris := func(description string) schema.SetAttribute {
		return schema.SetAttribute{Computed: true, CustomType: foldedSet, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An application, by name, client id or object id.",
		Attributes: map[string]schema.Attribute{
			"display_name":                   schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Name of the application, which only one may have."},
			"client_id":                      schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Client id of the application."},
			"object_id":                      schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Object id of the application."},
			"id":                             schema.StringAttribute{Computed: true, MarkdownDescription: "The same as `object_id`."},
			"identifier_uris":                uris("URIs that name the application as an audience of tokens."),
			"web_redirect_uris":              uris("Where a web application may have sign-ins come back to."),
			"spa_redirect_uris":              uris("Where a single-page application may have sign-ins come back to."),
			"public_client_redirect_uris":    uris("Where a native application may have sign-ins come back to."),
			"fallback_public_client_enabled": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the application may sign people in without a credential of its own."},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *applicationDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("display_name"), path.MatchRoot("client_id"), path.MatchRoot("object_id")),
	}
}

// Read implements datasource.DataSource.
func (d *applicationDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m applicationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	property, value := "displayName", m.DisplayName.ValueString()
	if client := m.ClientID.ValueString(); client != "" {
		property, value = "appId", client
	}
	got, ok := lookUp[graphApplication](ctx, d.clients, "applications", "application", m.ObjectID.ValueString(), property, value, &resp.Diagnostics)
	if !ok {
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
