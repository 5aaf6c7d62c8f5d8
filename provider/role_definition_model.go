package provider

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// roleDefinitionModel is coffer_role_definition.
type roleDefinitionModel struct {
	ID               types.String   `tfsdk:"id"`
	RoleDefinitionID uuidValue      `tfsdk:"role_definition_id"`
	Name             types.String   `tfsdk:"name"`
	Scope            foldedValue    `tfsdk:"scope"`
	Description      types.String   `tfsdk:"description"`
	Permissions      types.List     `tfsdk:"permissions"`
	AssignableScopes foldedSetValue `tfsdk:"assignable_scopes"`
	ResourceID       types.String   `tfsdk:"role_definition_resource_id"`
}

type permissionModel struct {
	Actions        foldedSetValue `tfsdk:"actions"`
	NotActions     foldedSetValue `tfsdk:"not_actions"`
	DataActions    foldedSetValue `tfsdk:"data_actions"`
	NotDataActions foldedSetValue `tfsdk:"not_data_actions"`
}

var permissionType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"actions": foldedSet, "not_actions": foldedSet, "data_actions": foldedSet, "not_data_actions": foldedSet,
}}

func (m *roleDefinitionModel) armID() string {
	return underScope(m.Scope.ValueString(), roleDefinitions, m.RoleDefinitionID.ValueString())
}

func (m *roleDefinitionModel) identity() []string {
	return []string{"scope", m.Scope.ValueString(), "role_definition_id", m.RoleDefinitionID.ValueString()}
}

// definition returns the role for a request.
func (m *roleDefinitionModel) definition(ctx context.Context, diags *diag.Diagnostics) armauthorization.RoleDefinition {
	var permissions []permissionModel
	diags.Append(m.Permissions.ElementsAs(ctx, &permissions, false)...)
	p := &armauthorization.RoleDefinitionProperties{
		RoleName:         to.Ptr(m.Name.ValueString()),
		RoleType:         to.Ptr("CustomRole"),
		Description:      to.Ptr(m.Description.ValueString()),
		AssignableScopes: pointers(m.AssignableScopes.words()),
	}
	for _, one := range permissions {
		p.Permissions = append(p.Permissions, &armauthorization.Permission{
			Actions: pointers(one.Actions.words()), NotActions: pointers(one.NotActions.words()),
			DataActions: pointers(one.DataActions.words()), NotDataActions: pointers(one.NotDataActions.words()),
		})
	}
	return armauthorization.RoleDefinition{Properties: p}
}

// from fills the model from an answer. The scope is where the provider looks at the
// role from, which the answer does not say.
func (m *roleDefinitionModel) from(ctx context.Context, d armauthorization.RoleDefinition, diags *diag.Diagnostics) {
	p := deref(d.Properties)
	m.RoleDefinitionID = newUUID(deref(d.Name))
	m.ResourceID = types.StringValue(deref(d.ID))
	m.ID = types.StringValue(m.armID())
	m.Name = types.StringValue(deref(p.RoleName))
	m.Description = textOrNull(deref(p.Description))
	m.AssignableScopes = newFoldedSet(texts(p.AssignableScopes))
	m.Permissions = permissionsOf(ctx, p.Permissions, m.Permissions, diags)
}

// permissionsOf returns the permissions of a role from an answer; prior decides between
// no set and an empty one.
func permissionsOf(ctx context.Context, list []*armauthorization.Permission, prior types.List, diags *diag.Diagnostics) types.List {
	var before []permissionModel
	if !prior.IsNull() && !prior.IsUnknown() {
		diags.Append(prior.ElementsAs(ctx, &before, false)...)
	}
	now := []permissionModel{}
	for i, p := range list {
		was := permissionModel{nullFoldedSet(), nullFoldedSet(), nullFoldedSet(), nullFoldedSet()}
		if i < len(before) {
			was = before[i]
		}
		now = append(now, permissionModel{
			Actions: setIn(texts(p.Actions), was.Actions), NotActions: setIn(texts(p.NotActions), was.NotActions),
			DataActions: setIn(texts(p.DataActions), was.DataActions), NotDataActions: setIn(texts(p.NotDataActions), was.NotDataActions),
		})
	}
	out, more := types.ListValueFrom(ctx, permissionType, now)
	diags.Append(more...)
	return out
}

func pointers(list []string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

func texts(list []*string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = deref(p)
	}
	return out
}
