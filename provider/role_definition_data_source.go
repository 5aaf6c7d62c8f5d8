package provider

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ datasource.DataSourceWithConfigure        = (*roleDefinitionDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*roleDefinitionDataSource)(nil)
)

// roleDefinitionDataSource is data.coffer_role_definition: a role, built-in or custom.
type roleDefinitionDataSource struct{ dataSourceBase }

func newRoleDefinitionDataSource() datasource.DataSource { return &roleDefinitionDataSource{} }

type roleDefinitionDataModel struct {
	roleDefinitionModel
	BuiltIn types.Bool `tfsdk:"built_in"`
}

// Metadata implements datasource.DataSource.
func (d *roleDefinitionDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role_definition"
}

// Schema implements datasource.DataSource.
func (d *roleDefinitionDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	actions := func(description string) schema.SetAttribute {
		return schema.SetAttribute{Computed: true, CustomType: foldedSet, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A role, built-in or custom, by its name or its UUID.",
		Attributes: map[string]schema.Attribute{
			"name":               schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Name of the role. Give either this or `role_definition_id`."},
			"role_definition_id": schema.StringAttribute{Optional: true, Computed: true, CustomType: uuidType{}, MarkdownDescription: "UUID of the role."},
			"scope": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: foldedType{},
				MarkdownDescription: "Scope at which the role can be assigned. Defaults to the provider's subscription.",
				Validators:          []validator.String{scopeID},
			},
			"id":                          schema.StringAttribute{Computed: true, MarkdownDescription: "ARM id at the scope."},
			"role_definition_resource_id": schema.StringAttribute{Computed: true, MarkdownDescription: "ARM id as role assignments give it."},
			"description":                 schema.StringAttribute{Computed: true, MarkdownDescription: "What the role is for."},
			"built_in":                    schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the role is a built-in one."},
			"assignable_scopes":           actions("Scopes at and below which the role can be assigned."),
			"permissions": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "What the role permits.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"actions":          actions("Actions of the management plane that are permitted."),
					"not_actions":      actions("Actions that are taken out of `actions`."),
					"data_actions":     actions("Actions inside vaults that are permitted."),
					"not_data_actions": actions("Actions that are taken out of `data_actions`."),
				}},
			},
		},
	}
}

// ConfigValidators implements datasource.DataSourceWithConfigValidators.
func (d *roleDefinitionDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{
		datasourcevalidator.ExactlyOneOf(path.MatchRoot("name"), path.MatchRoot("role_definition_id")),
	}
}

// Read implements datasource.DataSource.
func (d *roleDefinitionDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m roleDefinitionDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.Scope.ValueString() == "" {
		m.Scope = newFolded("/subscriptions/" + d.subscriptionID)
	}
	var role armauthorization.RoleDefinition
	if name := m.Name.ValueString(); name != "" {
		found, others, err := d.roleByName(ctx, m.Scope.ValueString(), name)
		if err != nil {
			addError(&resp.Diagnostics, "look up the role "+quote(name), err)
			return
		}
		if found == nil {
			resp.Diagnostics.AddAttributeError(path.Root("name"), "No role has the name "+quote(name), unknownRole(name, m.Scope.ValueString(), others))
			return
		}
		role = *found
	} else {
		got, err := d.roleDefinitions().GetByID(ctx, scopePath(m.armID()), nil)
		if err != nil {
			addError(&resp.Diagnostics, "read the role "+m.RoleDefinitionID.ValueString(), err)
			return
		}
		role = got.RoleDefinition
	}
	m.from(ctx, role, &resp.Diagnostics)
	m.BuiltIn = types.BoolValue(deref(deref(role.Properties).RoleType) == "BuiltInRole")
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
