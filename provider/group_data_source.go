package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

var (
	_ datasource.DataSourceWithConfigure        = (*groupDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*groupDataSource)(nil)
)

// groupDataSource is data.coffer_group.
type groupDataSource struct{ dataSourceBase }

func newGroupDataSource() datasource.DataSource { return &groupDataSource{} }

// Metadata implements datasource.DataSource.
func (d *groupDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group"
}

// Schema implements datasource.DataSource.
func (d *groupDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A group, by name or by object id.",
		Attributes: map[string]schema.Attribute{
			"display_name":  schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Name of the group, which only one may have. Give either this or `object_id`."},
			"object_id":     schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Object id of the group."},
			"id":            schema.StringAttribute{Computed: true, MarkdownDescription: "The same as `object_id`."},
			"description":   schema.StringAttribute{Computed: true, MarkdownDescription: "What the group is for."},
			"mail_nickname": schema.StringAttribute{Computed: true, MarkdownDescription: "Mail alias."},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *groupDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("display_name"), path.MatchRoot("object_id")),
	}
}

// Read implements datasource.DataSource.
func (d *groupDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m groupModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, ok := lookUp[graphGroup](ctx, d.clients, "groups", "group", m.ObjectID.ValueString(), "displayName", m.DisplayName.ValueString(), &resp.Diagnostics)
	if !ok {
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// lookUp reads the directory object with the id or, if that is empty, the only one
// whose property has the value.
func lookUp[T any](ctx context.Context, c *clients, collection, kind, id, property, value string, diags *diag.Diagnostics) (T, bool) {
	var found T
	if id != "" {
		if err := c.graph().get(ctx, "/v1.0/"+collection+"/"+segment(id), &found); err != nil {
			addError(diags, "read the "+kind+" "+quote(id), err)
			return found, false
		}
		return found, true
	}
	matches, err := list[T](ctx, c.graph(), "/v1.0/"+collection+"?$filter="+property+"%20eq%20"+quoted(value))
	switch {
	case err != nil:
		addError(diags, "look up the "+kind+" "+quote(value), err)
	case len(matches) == 0:
		diags.AddError("There is no "+kind+" "+quote(value), "No "+kind+" of the directory has this "+property+". Correct it, or create the "+kind+" first.")
	case len(matches) > 1:
		diags.AddError("There are several "+kind+"s "+quote(value), "More than one "+kind+" has this "+property+". Name the one that is meant by object_id.")
	default:
		return matches[0], true
	}
	return found, false
}
