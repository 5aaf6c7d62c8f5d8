package provider

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

var (
	_ resource.ResourceWithConfigure   = (*roleDefinitionResource)(nil)
	_ resource.ResourceWithImportState = (*roleDefinitionResource)(nil)
	_ resource.ResourceWithIdentity    = (*roleDefinitionResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*roleDefinitionResource)(nil)
	_ resource.ResourceWithMoveState   = (*roleDefinitionResource)(nil)
)

// roleDefinitionResource is coffer_role_definition: a custom role.
type roleDefinitionResource struct{ resourceBase }

func newRoleDefinitionResource() resource.Resource { return &roleDefinitionResource{} }

// Metadata implements resource.Resource.
func (r *roleDefinitionResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role_definition"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *roleDefinitionResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("scope", "Scope at which the role is managed.", "role_definition_id", "UUID of the role.")
}

// Schema implements resource.Resource.
func (r *roleDefinitionResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A custom role: a set of permissions that `coffer_role_assignment` can give to principals. A change takes effect at once for everyone who has it.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name, unique in the tenant. It can be changed in place.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 512)},
			},
			"scope": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "Where the role is managed, and by default can be assigned: a management group, subscription or resource group. Changing it replaces the role.",
				Validators:          []validator.String{scopeID},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"permissions": permissionsAttribute(),
			"description": schema.StringAttribute{Optional: true, MarkdownDescription: "What the role is for.", Validators: []validator.String{stringvalidator.LengthBetween(1, 2048)}},
			"assignable_scopes": schema.SetAttribute{
				Optional: true, Computed: true, CustomType: foldedSet,
				MarkdownDescription: "ARM ids of the management groups, subscriptions and resource groups at and below which the role can be assigned. Defaults to `scope`.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1)},
				PlanModifiers:       []planmodifier.Set{keepEqual{}},
			},
			"role_definition_id": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: uuidType{},
				MarkdownDescription: "UUID of the role; a random one by default. Changing it replaces the role.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"role_definition_resource_id": idAttribute("ARM id as role assignments give it: what their `role_definition_id` takes."),
			"id":                          idAttribute("ARM id: `{scope}/providers/Microsoft.Authorization/roleDefinitions/{role_definition_id}`."),
		},
	}
}

var actionPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9.]+(/[A-Za-z0-9.*]+)+|\*(/[A-Za-z0-9.*]+)+)$`)

func permissionsAttribute() schema.ListNestedAttribute {
	actions := func(description string) schema.SetAttribute {
		return schema.SetAttribute{
			Optional: true, CustomType: foldedSet, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.RegexMatches(actionPattern,
				"an action is written as Microsoft.KeyVault/vaults/read, and may have * in place of parts of it"))},
			PlanModifiers: []planmodifier.Set{keepEqual{}},
		}
	}
	return schema.ListNestedAttribute{
		Required:            true,
		MarkdownDescription: "What the role permits: in each element, what `actions` and `data_actions` name and `not_actions` and `not_data_actions` do not. `*` stands for any text, and letter case does not count.",
		Validators:          []validator.List{listvalidator.SizeAtLeast(1)},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"actions":          actions("Actions of the management plane that are permitted, such as `Microsoft.KeyVault/vaults/read`."),
			"not_actions":      actions("Actions that are taken out of `actions`."),
			"data_actions":     actions("Actions inside vaults that are permitted, such as `Microsoft.KeyVault/vaults/secrets/getSecret/action`."),
			"not_data_actions": actions("Actions that are taken out of `data_actions`."),
		}},
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: it fills in the default of
// assignable_scopes.
func (r *roleDefinitionResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var scope foldedValue
	var configured foldedSetValue
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("scope"), &scope)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("assignable_scopes"), &configured)...)
	if resp.Diagnostics.HasError() || !configured.IsNull() || scope.IsUnknown() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("assignable_scopes"), newFoldedSet([]string{scope.ValueString()}))...)
}

// Create implements resource.Resource.
func (r *roleDefinitionResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m roleDefinitionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the role " + quote(m.Name.ValueString())
	if m.RoleDefinitionID.ValueString() == "" {
		m.RoleDefinitionID = newUUID(randomUUID())
	} else if _, err := r.roleDefinitions().GetByID(ctx, scopePath(m.armID()), nil); err == nil {
		addExists(&resp.Diagnostics, "coffer_role_definition", "role "+m.RoleDefinitionID.ValueString(), m.armID())
		return
	} else if !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if r.write(ctx, &m, doing, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
	}
}

func (r *roleDefinitionResource) write(ctx context.Context, m *roleDefinitionModel, doing string, diags *diag.Diagnostics) bool {
	if m.AssignableScopes.IsNull() || m.AssignableScopes.IsUnknown() {
		m.AssignableScopes = newFoldedSet([]string{m.Scope.ValueString()})
	}
	definition := m.definition(ctx, diags)
	if diags.HasError() {
		return false
	}
	got, err := r.roleDefinitions().CreateOrUpdate(ctx, scopePath(m.Scope.ValueString()), m.RoleDefinitionID.ValueString(), definition, nil)
	if err != nil {
		addError(diags, doing, err)
		return false
	}
	m.from(ctx, got.RoleDefinition, diags)
	return true
}

// Read implements resource.Resource.
func (r *roleDefinitionResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m roleDefinitionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.roleDefinitions().GetByID(ctx, scopePath(m.armID()), nil)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the role "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.RoleDefinition, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource.
func (r *roleDefinitionResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m roleDefinitionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.write(ctx, &m, "change the role "+quote(m.Name.ValueString()), &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
	}
}

// Delete implements resource.Resource.
func (r *roleDefinitionResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m roleDefinitionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := r.roleDefinitions().Delete(ctx, scopePath(m.Scope.ValueString()), m.RoleDefinitionID.ValueString(), nil)
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "delete the role "+quote(m.Name.ValueString()), err)
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *roleDefinitionResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "scope", "role_definition_id"); ok {
		setImported(ctx, resp, "scope", v[0], "role_definition_id", v[1])
		return
	}
	pairs, err := parseRoleDefinitionID(req.ID)
	if err != nil {
		badImportID(&resp.Diagnostics, "a custom role", req.ID,
			"{scope}/providers/Microsoft.Authorization/roleDefinitions/{uuid}", "{scope}/providers/Microsoft.Authorization/roleDefinitions/{uuid}|{scope}")
		return
	}
	setImported(ctx, resp, pairs...)
}

// parseRoleDefinitionID reads {scope}/providers/.../{uuid}, and azurerm's form with the
// scope after a bar, which then counts.
func parseRoleDefinitionID(id string) ([]string, error) {
	arm, after, barred := strings.Cut(id, "|")
	scope, name, ok := splitScope(arm, roleDefinitions)
	if barred {
		scope = after
	}
	if !ok || checkScope(scope) != "" {
		return nil, errNotAnID
	}
	return []string{"scope", scope, "role_definition_id", name}, nil
}

// MoveState implements resource.ResourceWithMoveState.
func (r *roleDefinitionResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azurerm_role_definition", parseRoleDefinitionID, "scope", "role_definition_id")
}
