package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

var (
	_ datasource.DataSourceWithConfigure        = (*userDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*userDataSource)(nil)
)

// userDataSource is data.coffer_user.
type userDataSource struct{ dataSourceBase }

func newUserDataSource() datasource.DataSource { return &userDataSource{} }

// Metadata implements datasource.DataSource.
func (d *userDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// Schema implements datasource.DataSource.
func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A user, by name or by object id.",
		Attributes: map[string]schema.Attribute{
			"user_principal_name": schema.StringAttribute{Optional: true, Computed: true, CustomType: foldedType{}, MarkdownDescription: "Name that the user signs in with. Give either this or `object_id`."},
			"object_id":           schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Object id of the user."},
			"id":                  text("The same as `object_id`."),
			"display_name":        text("Name to show."),
			"mail_nickname":       text("Mail alias."),
			"mail":                text("Mail address."),
			"given_name":          text("First name."),
			"surname":             text("Last name."),
			"job_title":           text("Job title."),
			"account_enabled":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the user may sign in."},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *userDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("user_principal_name"), path.MatchRoot("object_id")),
	}
}

// Read implements datasource.DataSource.
func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m userAttributes
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	key := m.ObjectID.ValueString() + m.UPN.ValueString()
	var got graphUser
	if err := d.graph().get(ctx, "/v1.0/users/"+segment(key), &got); err != nil {
		addError(&resp.Diagnostics, "read the user "+quote(key), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
