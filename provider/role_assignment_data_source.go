package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

var _ datasource.DataSourceWithConfigure = (*roleAssignmentDataSource)(nil)

// roleAssignmentDataSource is data.coffer_role_assignment.
type roleAssignmentDataSource struct{ dataSourceBase }

func newRoleAssignmentDataSource() datasource.DataSource { return &roleAssignmentDataSource{} }

// Metadata implements datasource.DataSource.
func (d *roleAssignmentDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role_assignment"
}

// Schema implements datasource.DataSource.
func (d *roleAssignmentDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A role assignment that exists.",
		Attributes: map[string]schema.Attribute{
			"scope":                schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of what the role is for.", Validators: []validator.String{scopeID}},
			"name":                 schema.StringAttribute{Required: true, CustomType: uuidType{}, MarkdownDescription: "UUID of the assignment."},
			"id":                   schema.StringAttribute{Computed: true, MarkdownDescription: "ARM id."},
			"principal_id":         schema.StringAttribute{Computed: true, CustomType: uuidType{}, MarkdownDescription: "Object id of the user, group or service principal."},
			"principal_type":       schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "What the principal is: `User`, `Group` or `ServicePrincipal`."},
			"role_definition_id":   schema.StringAttribute{Computed: true, CustomType: roleIDType{}, MarkdownDescription: "ARM id of the role."},
			"role_definition_name": schema.StringAttribute{Computed: true, CustomType: foldedType{}, MarkdownDescription: "Name of the role."},
			"description":          schema.StringAttribute{Computed: true, MarkdownDescription: "Why the assignment is there."},
			"condition":            schema.StringAttribute{Computed: true, MarkdownDescription: "Condition that restricts the role."},
			"condition_version":    schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the condition language."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *roleAssignmentDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := d.roleAssignments().GetByID(ctx, scopePath(m.armID()), nil)
	if err != nil {
		addError(&resp.Diagnostics, "read the role assignment "+m.armID(), err)
		return
	}
	m.from(got.RoleAssignment)
	named := roleAssignmentResource{resourceBase{d.withClients}}
	named.nameRole(ctx, &m)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
