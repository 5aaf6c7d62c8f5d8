package resource

import (
	"context"
	"sort"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadRole   = "Microsoft.Authorization/roleDefinitions/read"
	actionWriteRole  = "Microsoft.Authorization/roleDefinitions/write"
	actionDeleteRole = "Microsoft.Authorization/roleDefinitions/delete"

	maxRoles           = 5000
	maxRoleName        = 512
	maxRoleDescription = 2048
	maxRoleScopes      = 2000
)

// RoleInput is what a request says of a custom role.
type RoleInput struct {
	Name, Description string
	AssignableScopes  []string
	Permissions       []authz.Permission
	// BuiltIn is set if the request calls it a built-in role.
	BuiltIn bool
}

// RoleFilter selects role definitions; what is empty does not select.
type RoleFilter struct {
	Name string
	// Type is BuiltInRole or CustomRole, in any letter case.
	Type string
	// Below adds the roles that can be assigned below the scope only.
	Below bool
}

func roleNotFound(id string) error {
	return fault.New(fault.RoleDefinitionNotFound, "The specified role definition with ID '%s' does not exist.", clean(id))
}

func checkRoleID(id string) (string, error) {
	guid, ok := parseGUID(id)
	if !ok {
		return "", fault.New(fault.InvalidRoleDefinitionID, "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", clean(id))
	}
	return guid, nil
}

// GetRole returns a role definition, as seen from the scope.
func (s *Service) GetRole(ctx context.Context, caller authz.Caller, scope, id string) (RoleDefinition, error) {
	var out RoleDefinition
	op := administrative(200, need{action: actionReadRole, scope: scope})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		guid, err := checkRoleID(id)
		if err != nil {
			return err
		}
		d, found, err := role(r, guid)
		if err != nil {
			return err
		}
		if found {
			if found, err = s.concerns(r, d, scope, true); err != nil {
				return err
			}
		}
		if !found {
			return roleNotFound(id)
		}
		out = d
		return nil
	})
	return out, err
}

// ListRoles returns the role definitions that can be assigned at the scope.
func (s *Service) ListRoles(ctx context.Context, caller authz.Caller, scope string, filter RoleFilter) ([]RoleDefinition, error) {
	var out []RoleDefinition
	op := administrative(200, need{action: actionReadRole, scope: scope})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		all, err := r.RoleDefinitions()
		if err != nil {
			return err
		}
		for _, d := range authz.BuiltInRoles() {
			all = append(all, RoleDefinition{RoleDefinition: d})
		}
		for _, d := range all {
			if filter.Name != "" && !strings.EqualFold(filter.Name, d.Name) ||
				filter.Type != "" && strings.EqualFold(filter.Type, "BuiltInRole") != d.BuiltIn {
				continue
			}
			ok, err := s.concerns(r, d, scope, filter.Below)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, d)
			}
		}
		sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
		return nil
	})
	return out, err
}

// concerns reports whether the role can be assigned at the scope, or below it if below
// is set.
func (s *Service) concerns(r Reader, d RoleDefinition, scope string, below bool) (bool, error) {
	if d.BuiltIn {
		return true, nil
	}
	at, err := parseScope(scope)
	if err != nil {
		return false, err
	}
	chain, err := chainOf(r, at)
	if err != nil {
		return false, err
	}
	for _, text := range d.AssignableScopes {
		assignable, err := authz.ParseScope(text)
		if err != nil {
			return false, err
		}
		if inChain(chain, assignable) {
			return true, nil
		}
		if below {
			up, err := chainOf(r, assignable)
			if err != nil {
				return false, err
			}
			if inChain(up, at) {
				return true, nil
			}
		}
	}
	return false, nil
}

func inChain(chain authz.Chain, scope authz.Scope) bool {
	for _, s := range chain {
		if s.Equal(scope) {
			return true
		}
	}
	return false
}

// check returns the definition that the input asks for.
func (in *RoleInput) check(id string) (authz.RoleDefinition, error) {
	d := authz.RoleDefinition{Name: strings.TrimSpace(in.Name), Description: in.Description, Permissions: in.Permissions}
	guid, err := checkRoleID(id)
	if err != nil {
		return d, err
	}
	d.ID = guid
	_, builtIn := authz.BuiltInRole(guid)
	_, builtInName := authz.BuiltInRoleByName(d.Name)
	switch {
	case builtIn || in.BuiltIn:
		return d, fault.New(fault.BadRequest, "The role definition '%s' is a built-in role: it cannot be created or changed.", clean(id))
	case builtInName:
		return d, roleNameExists(d.Name)
	case d.Name == "" || len(d.Name) > maxRoleName || clip(d.Name) != d.Name:
		return d, fault.New(fault.BadRequest, "The role name is not valid. It has 1 to %d characters, none of them a control character.", maxRoleName)
	case len(d.Description) > maxRoleDescription:
		return d, fault.New(fault.BadRequest, "The description is longer than %d characters.", maxRoleDescription)
	case len(in.Permissions) == 0:
		return d, missing("permissions")
	}
	if _, err := authz.Compile(d); err != nil {
		return d, &fault.Error{Kind: fault.BadRequest, Message: "The permissions of the role are not valid: " + clean(err.Error()) + ".", Cause: err}
	}
	d.AssignableScopes, err = checkAssignableScopes(in.AssignableScopes)
	return d, err
}

func roleNameExists(name string) error {
	return fault.New(fault.RoleDefinitionNameExists, "A custom role with the same name already exists in this directory: '%s'. Use a different name.", clean(name))
}

// checkAssignableScopes allows management groups, subscriptions and resource groups.
func checkAssignableScopes(scopes []string) ([]string, error) {
	if len(scopes) == 0 || len(scopes) > maxRoleScopes {
		return nil, fault.New(fault.BadRequest, "A custom role must have 1 to %d assignable scopes.", maxRoleScopes)
	}
	seen := map[string]bool{}
	var out []string
	for _, text := range scopes {
		text = strings.TrimRight(text, "/")
		scope, err := authz.ParseScope(text)
		parts := strings.Count(text, "/")
		_, group := scope.ManagementGroup()
		_, subscription := scope.Subscription()
		_, resourceGroup := scope.ResourceGroup()
		ok := err == nil && (group && parts == 4 || subscription && (parts == 2 || resourceGroup && parts == 4))
		if !ok {
			return nil, fault.New(fault.BadRequest, "The assignable scope '%s' is not the id of a management group, a subscription or a resource group.", clean(text))
		}
		if fold := lower(text); !seen[fold] {
			seen[fold] = true
			out = append(out, text)
		}
	}
	return out, nil
}

// roleNeeds is the action at the scope of the request and at every scope that the role
// can be assigned at, now or before.
func roleNeeds(action, scope string, assignable ...[]string) []need {
	needs := []need{{action: action, scope: scope}}
	for _, list := range assignable {
		for i, text := range list {
			if i >= maxRoleScopes {
				break
			}
			if text = strings.TrimRight(text, "/"); text != "" {
				needs = append(needs, need{action: action, scope: text})
			}
		}
	}
	return needs
}

// customRole reads a custom role for a decision that the caller does not see.
func (s *Service) customRole(ctx context.Context, caller authz.Caller, id string) (d RoleDefinition, found bool, err error) {
	if caller.IsZero() {
		return d, false, nil
	}
	err = s.view(ctx, func(r Reader) (err error) {
		d, found, err = r.RoleDefinition(id)
		return err
	})
	return d, found, err
}

// PutRole creates a custom role or changes it. The caller must hold the right to write
// role definitions at every assignable scope.
func (s *Service) PutRole(ctx context.Context, caller authz.Caller, scope, id string, in RoleInput) (RoleDefinition, error) {
	var out RoleDefinition
	before, existed, err := s.customRole(ctx, caller, id)
	if err != nil {
		return out, err
	}
	op := administrative(201, roleNeeds(actionWriteRole, scope, in.AssignableScopes, before.AssignableScopes)...)
	var definition authz.RoleDefinition
	prepare := func(context.Context) (err error) {
		definition, err = in.check(id)
		return err
	}
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		current, found, err := w.RoleDefinition(definition.ID)
		if err != nil {
			return err
		}
		if found != existed || found && !sameTexts(current.AssignableScopes, before.AssignableScopes) {
			return fault.New(fault.Conflict, "The role definition '%s' was changed by another request. Please retry.", definition.ID)
		}
		for _, text := range definition.AssignableScopes {
			at, err := parseScope(text)
			if err == nil {
				err = s.scopeExists(w, at)
			}
			if err != nil {
				return err
			}
		}
		out = RoleDefinition{RoleDefinition: definition, Created: w.Now(), CreatedBy: caller.ObjectID, Updated: w.Now(), UpdatedBy: caller.ObjectID}
		if found {
			out.Created, out.CreatedBy = current.Created, current.CreatedBy
		}
		return s.storeRole(w, out, found)
	})
	return out, err
}

func (s *Service) storeRole(w Writer, d RoleDefinition, exists bool) error {
	named, taken, err := w.RoleDefinitionByName(d.Name)
	if err != nil {
		return err
	}
	if taken && named.ID != d.ID {
		return roleNameExists(d.Name)
	}
	if !exists {
		all, err := w.RoleDefinitions()
		if err != nil {
			return err
		}
		if len(all) >= maxRoles {
			return fault.New(fault.RoleDefinitionLimitExceeded, "The role definition limit of %d custom roles has been reached.", maxRoles)
		}
	}
	return w.PutRoleDefinition(d)
}

func sameTexts(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// DeleteRole deletes a custom role that is not assigned, and returns what it was; found
// is false if there was none.
func (s *Service) DeleteRole(ctx context.Context, caller authz.Caller, scope, id string) (d RoleDefinition, found bool, err error) {
	before, _, err := s.customRole(ctx, caller, id)
	if err != nil {
		return d, false, err
	}
	op := administrative(200, roleNeeds(actionDeleteRole, scope, before.AssignableScopes)...)
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		guid, err := checkRoleID(id)
		if err != nil {
			return err
		}
		if _, builtIn := authz.BuiltInRole(guid); builtIn {
			return fault.New(fault.BadRequest, "The role definition '%s' is a built-in role: it cannot be deleted.", guid)
		}
		current, exists, err := w.RoleDefinition(guid)
		if err != nil || !exists {
			return err
		}
		if !sameTexts(current.AssignableScopes, before.AssignableScopes) {
			return fault.New(fault.Conflict, "The role definition '%s' was changed by another request. Please retry.", guid)
		}
		n, err := w.CountRoleAssignments(guid, "")
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.RoleDefinitionHasAssignments, "There are existing role assignments referencing role (code: %s). The role definition cannot be deleted while it is assigned.", guid)
		}
		d, found = current, true
		return w.DeleteRoleDefinition(guid)
	})
	return d, found, err
}

// EffectivePermissions returns the permissions of the roles that the caller holds at
// the scope, as the portal and az ask for them.
func (s *Service) EffectivePermissions(ctx context.Context, caller authz.Caller, scope string) ([]authz.Permission, error) {
	var out []authz.Permission
	var see viewer
	err := s.gate.Read(ctx, caller, anyone("Microsoft.Authorization/permissions/read", &see), func(r Reader, rec *audit.Record) error {
		at, err := parseScope(scope)
		if err != nil {
			return err
		}
		rec.ResourceID = strings.ToUpper(at.String())
		chain, err := see.snapshot.Chain(at)
		if err != nil {
			return err
		}
		assignments, err := r.AssignmentsOf(see.subject.IDs)
		if err != nil {
			return err
		}
		for _, a := range assignments {
			held, err := authz.ParseScope(a.Scope)
			if err != nil {
				return err
			}
			if !inChain(chain, held) {
				continue
			}
			d, found, err := role(r, a.RoleID)
			if err != nil {
				return err
			}
			if found {
				out = append(out, d.Permissions...)
			}
		}
		return nil
	})
	return out, err
}
