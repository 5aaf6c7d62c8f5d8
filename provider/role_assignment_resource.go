package provider

import (
	"context"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
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
	_ resource.ResourceWithConfigure        = (*roleAssignmentResource)(nil)
	_ resource.ResourceWithConfigValidators = (*roleAssignmentResource)(nil)
	_ resource.ResourceWithImportState      = (*roleAssignmentResource)(nil)
	_ resource.ResourceWithIdentity         = (*roleAssignmentResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*roleAssignmentResource)(nil)
	_ resource.ResourceWithMoveState        = (*roleAssignmentResource)(nil)
)

// roleAssignmentResource is coffer_role_assignment.
type roleAssignmentResource struct{ resourceBase }

func newRoleAssignmentResource() resource.Resource { return &roleAssignmentResource{} }

// Metadata implements resource.Resource.
func (r *roleAssignmentResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_role_assignment"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *roleAssignmentResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("scope", "ARM id of what the role is for.", "name", "UUID of the assignment.")
}

// Schema implements resource.Resource.
func (r *roleAssignmentResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	fixed := []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A role, given to a principal at a scope. It takes effect at once, and for everything below the scope.",
		Attributes: map[string]schema.Attribute{
			"scope": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "ARM id of what the role is for: `/`, a management group, subscription, resource group, vault, or a single secret or key in a vault (its `resource_versionless_id`). Changing it replaces the assignment.",
				Validators:          []validator.String{scopeID},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"principal_id": fixedUUID("Object id of the user, group or service principal. Changing it replaces the assignment."),
			"role_definition_name": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: foldedType{},
				MarkdownDescription: "Name of the role, built-in or custom. Give either this or `role_definition_id`. Changing it replaces the assignment.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       fixed,
			},
			"role_definition_id": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: roleIDType{},
				MarkdownDescription: "ARM id of the role; what counts is the UUID at its end. Changing it replaces the assignment.",
				Validators:          []validator.String{roleID},
				PlanModifiers:       fixed,
			},
			"name": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: uuidType{},
				MarkdownDescription: "UUID of the assignment. By default it is made of scope, principal and role, so that the same assignment made again is the same one. Changing it replaces the assignment.",
				PlanModifiers:       fixed,
			},
			"principal_type": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: foldedType{},
				MarkdownDescription: "What the principal is: `User`, `Group` or `ServicePrincipal`. Not needed; if it is wrong, applying fails. Changing it replaces the assignment.",
				Validators:          []validator.String{oneOfFolded("User", "Group", "ServicePrincipal")},
				PlanModifiers:       fixed,
			},
			"description": schema.StringAttribute{Optional: true, MarkdownDescription: "Why the assignment is there.", Validators: []validator.String{stringvalidator.LengthBetween(1, 2048)}},
			"condition": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Condition that restricts the role, in Azure's condition language.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"condition_version": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Version of the condition language: `2.0`, which is also the default if there is a condition.",
				Validators: []validator.String{oneOf("2.0"), stringvalidator.AlsoRequires(path.MatchRoot("condition"))},
			},
			"id": idAttribute("ARM id: `{scope}/providers/Microsoft.Authorization/roleAssignments/{name}`."),
		},
	}
}

var roleIDPattern = regexp.MustCompile(`(?i)^(/.*)?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// roleID accepts ARM ids of roles.
var roleID = stringRule{
	"the ARM id of a role",
	func(id string) string {
		if roleIDPattern.MatchString(id) {
			return ""
		}
		return quote(id) + " is not the ARM id of a role: it ends in /providers/Microsoft.Authorization/roleDefinitions/{uuid}. Use role_definition_name for a name, or role_definition_resource_id of a coffer_role_definition."
	},
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *roleAssignmentResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("role_definition_name"), path.MatchRoot("role_definition_id")),
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: the name, and with it the id,
// of an assignment to be made are known as soon as what it assigns is.
func (r *roleAssignmentResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.ConditionVersion.IsUnknown() && !m.Condition.IsUnknown() {
		m.ConditionVersion = textOrNull(versionOf(m.Condition.ValueString()))
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("condition_version"), m.ConditionVersion)...)
	}
	if !req.State.Raw.IsNull() || m.Scope.IsUnknown() || m.PrincipalID.IsUnknown() {
		return
	}
	if m.Name.IsUnknown() && !m.RoleID.IsUnknown() {
		m.Name = newUUID(assignmentName(m.Scope.ValueString(), m.PrincipalID.ValueString(), m.RoleID.ValueString()))
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("name"), m.Name)...)
	}
}

func versionOf(condition string) string {
	if condition == "" {
		return ""
	}
	return "2.0"
}

// Create implements resource.Resource.
func (r *roleAssignmentResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.resolveRole(ctx, &m, &resp.Diagnostics) {
		return
	}
	if m.Name.ValueString() == "" {
		m.Name = newUUID(assignmentName(m.Scope.ValueString(), m.PrincipalID.ValueString(), m.RoleID.ValueString()))
	}
	if r.write(ctx, &m, "assign the role "+m.role()+" to "+m.PrincipalID.ValueString()+" at "+m.Scope.ValueString(), &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
	}
}

// resolveRole finds the role that the model names.
func (r *roleAssignmentResource) resolveRole(ctx context.Context, m *roleAssignmentModel, diags *diag.Diagnostics) bool {
	if m.RoleID.ValueString() != "" {
		return true
	}
	scope, name := m.Scope.ValueString(), m.RoleName.ValueString()
	role, others, err := r.roleByName(ctx, scope, name)
	switch {
	case err != nil:
		addAttributeError(diags, path.Root("role_definition_name"), "look up the role "+quote(name), err)
	case role == nil:
		diags.AddAttributeError(path.Root("role_definition_name"), "No role has the name "+quote(name), unknownRole(name, scope, others))
	default:
		m.RoleID = newRoleID(deref(role.ID))
		return true
	}
	return false
}

// write creates or changes the assignment and fills the model from the answer.
func (r *roleAssignmentResource) write(ctx context.Context, m *roleAssignmentModel, doing string, diags *diag.Diagnostics) bool {
	p := &armauthorization.RoleAssignmentProperties{
		PrincipalID:      to.Ptr(m.PrincipalID.ValueString()),
		RoleDefinitionID: to.Ptr(m.RoleID.ValueString()),
		Description:      m.Description.ValueStringPointer(),
		Condition:        m.Condition.ValueStringPointer(),
	}
	if version := versionOf(m.Condition.ValueString()); version != "" {
		p.ConditionVersion = &version
	}
	if kind := m.PrincipalType.ValueString(); kind != "" {
		p.PrincipalType = to.Ptr(principalType(kind))
	}
	got, err := r.roleAssignments().CreateByID(ctx, scopePath(m.armID()), armauthorization.RoleAssignmentCreateParameters{Properties: p}, nil)
	if hasCode(err, "RoleAssignmentExists") {
		addAssignmentExists(diags, m, doing, err)
		return false
	}
	if err != nil {
		addError(diags, doing, err)
		return false
	}
	m.from(got.RoleAssignment)
	r.nameRole(ctx, m)
	return true
}

func principalType(kind string) armauthorization.PrincipalType {
	for _, known := range armauthorization.PossiblePrincipalTypeValues() {
		if strings.EqualFold(string(known), kind) {
			return known
		}
	}
	return armauthorization.PrincipalType(kind)
}

var existingAssignment = regexp.MustCompile(`is ([0-9a-fA-F]{32})\b`)

// addAssignmentExists says how to take over the assignment that is in the way.
func addAssignmentExists(diags *diag.Diagnostics, m *roleAssignmentModel, doing string, err error) {
	e, _ := parseAPIError(err)
	match := existingAssignment.FindStringSubmatch(e.message)
	if match == nil {
		addError(diags, doing, err)
		return
	}
	g := match[1]
	name := strings.ToLower(strings.Join([]string{g[:8], g[8:12], g[12:16], g[16:20], g[20:]}, "-"))
	addExists(diags, "coffer_role_assignment", "role assignment", underScope(m.Scope.ValueString(), roleAssignments, name))
}

// nameRole reads the name of the role, for who may.
func (r *roleAssignmentResource) nameRole(ctx context.Context, m *roleAssignmentModel) {
	role, err := r.roleDefinitions().GetByID(ctx, scopePath(underScope(m.Scope.ValueString(), roleDefinitions, m.RoleID.guid())), nil)
	if err == nil && role.Properties != nil {
		m.RoleName = newFolded(deref(role.Properties.RoleName))
	} else if m.RoleName.IsUnknown() {
		m.RoleName = newFoldedOrNull("")
	}
}

// Read implements resource.Resource.
func (r *roleAssignmentResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.roleAssignments().GetByID(ctx, scopePath(m.armID()), nil)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the role assignment "+m.armID(), err)
		return
	}
	m.from(got.RoleAssignment)
	r.nameRole(ctx, &m)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource: of description and condition.
func (r *roleAssignmentResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.write(ctx, &m, "change the role assignment "+m.armID(), &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
	}
}

// Delete implements resource.Resource.
func (r *roleAssignmentResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m roleAssignmentModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, err := r.roleAssignments().DeleteByID(ctx, scopePath(m.armID()), nil)
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "delete the role assignment "+m.armID(), err)
	}
}

// ImportState implements resource.ResourceWithImportState. azurerm's form with a tenant
// after a bar is taken too.
func (r *roleAssignmentResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "scope", "name"); ok {
		setImported(ctx, resp, "scope", v[0], "name", v[1])
		return
	}
	id, _, _ := strings.Cut(req.ID, "|")
	scope, name, ok := splitScope(id, roleAssignments)
	if !ok {
		badImportID(&resp.Diagnostics, "a role assignment", req.ID, "{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid}")
		return
	}
	setImported(ctx, resp, "scope", scope, "name", name)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *roleAssignmentResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azurerm_role_assignment", func(id string) ([]string, error) {
		id, _, _ = strings.Cut(id, "|")
		scope, name, ok := splitScope(id, roleAssignments)
		if !ok {
			return nil, errNotAnID
		}
		return []string{"scope", scope, "name", name}, nil
	}, "scope", "name")
}
