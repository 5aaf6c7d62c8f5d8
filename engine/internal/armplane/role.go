package armplane

import (
	"net/http"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const (
	authorization  = "*/providers/microsoft.authorization/"
	roleType       = "Microsoft.Authorization/roleDefinitions"
	assignmentType = "Microsoft.Authorization/roleAssignments"
)

var roleRoutes = []route{
	{method: "GET", pattern: authorization + "roledefinitions", handle: listRoles},
	{method: "GET", pattern: authorization + "roledefinitions/{}", handle: getRole},
	{method: "PUT", pattern: authorization + "roledefinitions/{}", handle: putRole},
	{method: "DELETE", pattern: authorization + "roledefinitions/{}", handle: deleteRole},
	{method: "GET", pattern: authorization + "roleassignments", handle: listAssignments},
	{method: "GET", pattern: authorization + "roleassignments/{}", handle: getAssignment},
	{method: "PUT", pattern: authorization + "roleassignments/{}", handle: putAssignment},
	{method: "DELETE", pattern: authorization + "roleassignments/{}", handle: deleteAssignment},
	{method: "GET", pattern: authorization + "denyassignments", handle: noDenyAssignments},
	{method: "GET", pattern: authorization + "denyassignments/{}", handle: noDenyAssignment},
	{method: "GET", pattern: authorization + "classicadministrators", handle: noClassicAdministrators},
	{method: "GET", pattern: authorization + "permissions", handle: listPermissions},
	{method: "GET", pattern: authorization + "provideroperations", handle: listProviderOperations},
	{method: "GET", pattern: authorization + "provideroperations/{}", handle: getProviderOperations},
}

// roleID is the id of a role as seen from the scope of the request: in the form of the
// subscription if there is one. az joins assignments with roles by this text.
func roleID(scope, id string) string {
	prefix := ""
	if parsed, err := authz.ParseScope(scope); err == nil {
		if subscription, ok := parsed.Subscription(); ok {
			prefix = "/subscriptions/" + subscription
		}
	}
	return prefix + "/providers/" + roleType + "/" + id
}

type permissionBody struct {
	Actions          []string `json:"actions"`
	NotActions       []string `json:"notActions"`
	DataActions      []string `json:"dataActions"`
	NotDataActions   []string `json:"notDataActions"`
	Condition        *string  `json:"condition,omitempty"`
	ConditionVersion *string  `json:"conditionVersion,omitempty"`
}

func permission(p *authz.Permission) permissionBody {
	return permissionBody{
		Actions: notNil(p.Actions), NotActions: notNil(p.NotActions), DataActions: notNil(p.DataActions), NotDataActions: notNil(p.NotDataActions),
		Condition: orNull(p.Condition), ConditionVersion: orNull(p.ConditionVersion),
	}
}

func permissionFrom(p *permissionBody) authz.Permission {
	return authz.Permission{
		Actions: p.Actions, NotActions: p.NotActions, DataActions: p.DataActions, NotDataActions: p.NotDataActions,
		Condition: orEmpty(p.Condition), ConditionVersion: orEmpty(p.ConditionVersion),
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(ticks)
	return &text
}

func (c *call) roleBody(d *resource.RoleDefinition) map[string]any {
	kind := "CustomRole"
	if d.BuiltIn {
		kind = "BuiltInRole"
	}
	return map[string]any{
		"id": roleID(c.scope, d.ID), "name": d.ID, "type": roleType,
		"properties": map[string]any{
			"roleName": d.Name, "type": kind, "description": d.Description, "assignableScopes": notNil(d.AssignableScopes),
			"permissions": each(d.Permissions, permission),
			"createdOn":   timeOrNull(d.Created), "updatedOn": timeOrNull(d.Updated), "createdBy": orNull(d.CreatedBy), "updatedBy": orNull(d.UpdatedBy),
		},
	}
}

func listRoles(c *call) (reply, error) {
	filter, err := roleFilter(c.query("$filter"))
	if err != nil {
		return c.reject("Microsoft.Authorization/roleDefinitions/read", c.scope, err)
	}
	roles, err := c.resource.ListRoles(c.r.Context(), c.caller, c.scope, filter)
	return done(list{Value: each(roles, c.roleBody)}, err)
}

func roleFilter(text string) (resource.RoleFilter, error) {
	var f resource.RoleFilter
	clauses, err := parseFilter(text)
	if err != nil {
		return f, err
	}
	for _, clause := range clauses {
		switch {
		case clause.name == "rolename" && !clause.call:
			f.Name = clause.value
		case clause.name == "type" && !clause.call && (strings.EqualFold(clause.value, "BuiltInRole") || strings.EqualFold(clause.value, "CustomRole")):
			f.Type = clause.value
		case clause.name == "atscopeandbelow" && clause.call:
			f.Below = true
		case clause.name == "atscope" && clause.call:
		default:
			return f, fault.New(fault.InvalidFilter, "Invalid $filter in query string: '%s' is not supported.", printable(clause.name))
		}
	}
	return f, nil
}

func getRole(c *call) (reply, error) {
	d, err := c.resource.GetRole(c.r.Context(), c.caller, c.scope, c.at[0])
	return done(c.roleBody(&d), err)
}

func putRole(c *call) (reply, error) {
	var body struct {
		Properties struct {
			RoleName         string           `json:"roleName"`
			Description      string           `json:"description"`
			Type             string           `json:"type"`
			AssignableScopes []string         `json:"assignableScopes"`
			Permissions      []permissionBody `json:"permissions"`
		} `json:"properties"`
	}
	if err := c.decode(&body); err != nil {
		return c.reject("Microsoft.Authorization/roleDefinitions/write", c.scope, asFormat(err))
	}
	p := body.Properties
	d, err := c.resource.PutRole(c.r.Context(), c.caller, c.scope, c.at[0], resource.RoleInput{
		Name: p.RoleName, Description: p.Description, AssignableScopes: p.AssignableScopes,
		Permissions: each(p.Permissions, permissionFrom), BuiltIn: strings.EqualFold(p.Type, "BuiltInRole"),
	})
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusCreated, c.roleBody(&d)}, nil
}

// asFormat gives a malformed body the code that Microsoft.Authorization has for it.
func asFormat(err error) error {
	f := fault.From(err)
	if f.Kind != fault.InvalidRequestContent {
		return err
	}
	return &fault.Error{Kind: fault.BadRequestFormat, Message: "The request was incorrectly formatted. " + f.Message, Cause: err}
}

func deleteRole(c *call) (reply, error) {
	d, found, err := c.resource.DeleteRole(c.r.Context(), c.caller, c.scope, c.at[0])
	if err == nil && !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return done(c.roleBody(&d), err)
}

func (c *call) assignmentBody(a *resource.RoleAssignment) map[string]any {
	var version *string
	if a.Condition != "" {
		version = orNull("2.0")
	}
	return map[string]any{
		"id": a.ResourceID(), "name": a.ID, "type": assignmentType,
		"properties": map[string]any{
			"roleDefinitionId": roleID(c.scope, a.RoleID), "principalId": a.PrincipalID, "principalType": string(a.PrincipalType), "scope": a.Scope,
			"condition": orNull(a.Condition), "conditionVersion": version,
			"createdOn": timeOrNull(a.Created), "updatedOn": timeOrNull(a.Updated), "createdBy": orNull(a.CreatedBy), "updatedBy": orNull(a.UpdatedBy),
			"delegatedManagedIdentityResourceId": orNull(a.DelegatedResourceID), "description": orNull(a.Description),
		},
	}
}

func listAssignments(c *call) (reply, error) {
	filter, err := assignmentFilter(c.query("$filter"))
	if err != nil {
		return c.reject("Microsoft.Authorization/roleAssignments/read", c.scope, err)
	}
	assignments, err := c.resource.ListAssignments(c.r.Context(), c.caller, c.scope, filter)
	return done(list{Value: each(assignments, c.assignmentBody)}, err)
}

func assignmentFilter(text string) (resource.AssignmentFilter, error) {
	var f resource.AssignmentFilter
	clauses, err := parseFilter(text)
	if err != nil {
		return f, err
	}
	for _, clause := range clauses {
		switch {
		case clause.name == "atscope" && clause.call && clause.value == "":
			f.AtScope = true
		case clause.name == "principalid" && !clause.call && clause.value != "":
			f.PrincipalID = clause.value
		case clause.name == "assignedto" && clause.call && clause.value != "":
			f.AssignedTo = clause.value
		default:
			return f, fault.New(fault.InvalidFilter, "Invalid $filter in query string: '%s' is not supported.", printable(clause.name))
		}
	}
	if f.PrincipalID != "" && (f.AtScope || f.AssignedTo != "") {
		return f, fault.New(fault.InvalidFilter, "Invalid $filter in query string: principalId cannot be combined with another filter.")
	}
	return f, nil
}

func getAssignment(c *call) (reply, error) {
	a, err := c.resource.GetAssignment(c.r.Context(), c.caller, c.scope, c.at[0])
	return done(c.assignmentBody(&a), err)
}

func putAssignment(c *call) (reply, error) {
	var body struct {
		Properties struct {
			RoleDefinitionID                   string  `json:"roleDefinitionId"`
			PrincipalID                        string  `json:"principalId"`
			PrincipalType                      string  `json:"principalType"`
			Description                        *string `json:"description"`
			Condition                          *string `json:"condition"`
			ConditionVersion                   *string `json:"conditionVersion"`
			DelegatedManagedIdentityResourceID *string `json:"delegatedManagedIdentityResourceId"`
		} `json:"properties"`
	}
	if err := c.decode(&body); err != nil {
		return c.reject("Microsoft.Authorization/roleAssignments/write", c.scope, asFormat(err))
	}
	p := body.Properties
	a, created, err := c.resource.PutAssignment(c.r.Context(), c.caller, c.scope, c.at[0], resource.AssignmentInput{
		RoleID: p.RoleDefinitionID, PrincipalID: p.PrincipalID, PrincipalType: p.PrincipalType, Description: orEmpty(p.Description),
		Condition: orEmpty(p.Condition), ConditionVersion: orEmpty(p.ConditionVersion), DelegatedResourceID: orEmpty(p.DelegatedManagedIdentityResourceID),
	})
	if err != nil {
		return reply{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return reply{status, c.assignmentBody(&a)}, nil
}

func deleteAssignment(c *call) (reply, error) {
	force := strings.EqualFold(c.query("force"), "true")
	a, found, err := c.resource.DeleteAssignment(c.r.Context(), c.caller, c.scope, c.at[0], force)
	if err == nil && !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return done(c.assignmentBody(&a), err)
}

func noDenyAssignments(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.Authorization/denyAssignments/read", c.scope)
	return done(list{Value: []any{}}, err)
}

func noDenyAssignment(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.Authorization/denyAssignments/read", c.scope)
	if err == nil {
		err = fault.New(fault.UnknownRoute, "The deny assignment '%s' is not found.", printable(c.at[0]))
	}
	return reply{}, err
}

func noClassicAdministrators(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.Authorization/classicAdministrators/read", c.scope)
	return done(list{Value: []any{}}, err)
}

func listPermissions(c *call) (reply, error) {
	permissions, err := c.resource.EffectivePermissions(c.r.Context(), c.caller, c.scope)
	return done(list{Value: each(permissions, permission)}, err)
}
