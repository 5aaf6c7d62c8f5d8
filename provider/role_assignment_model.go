package provider

import (
	"errors"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var errNotAnID = errors.New("the state's id has another form than expected")

// roleAssignmentModel is coffer_role_assignment, as a resource and as a data source.
type roleAssignmentModel struct {
	ID               types.String `tfsdk:"id"`
	Name             uuidValue    `tfsdk:"name"`
	Scope            foldedValue  `tfsdk:"scope"`
	PrincipalID      uuidValue    `tfsdk:"principal_id"`
	PrincipalType    foldedValue  `tfsdk:"principal_type"`
	RoleName         foldedValue  `tfsdk:"role_definition_name"`
	RoleID           roleIDValue  `tfsdk:"role_definition_id"`
	Description      types.String `tfsdk:"description"`
	Condition        types.String `tfsdk:"condition"`
	ConditionVersion types.String `tfsdk:"condition_version"`
}

func (m *roleAssignmentModel) armID() string {
	return underScope(m.Scope.ValueString(), roleAssignments, m.Name.ValueString())
}

// role names the role for messages.
func (m *roleAssignmentModel) role() string {
	if name := m.RoleName.ValueString(); name != "" {
		return quote(name)
	}
	return m.RoleID.guid()
}

func (m *roleAssignmentModel) identity() []string {
	return []string{"scope", m.Scope.ValueString(), "name", m.Name.ValueString()}
}

// from fills the model from an answer; the name of the role is not in it.
func (m *roleAssignmentModel) from(a armauthorization.RoleAssignment) {
	p := deref(a.Properties)
	m.ID = types.StringValue(deref(a.ID))
	m.Name = newUUID(deref(a.Name))
	m.Scope = newFolded(deref(p.Scope))
	m.PrincipalID = newUUID(deref(p.PrincipalID))
	m.PrincipalType = newFoldedOrNull(string(deref(p.PrincipalType)))
	m.RoleID = newRoleID(deref(p.RoleDefinitionID))
	m.Description = textOrNull(deref(p.Description))
	m.Condition = textOrNull(deref(p.Condition))
	m.ConditionVersion = textOrNull(deref(p.ConditionVersion))
}
