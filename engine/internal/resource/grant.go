package resource

import (
	"fmt"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// role returns the role with the guid, built-in or custom.
func role(r Reader, id string) (RoleDefinition, bool, error) {
	if builtIn, ok := authz.BuiltInRole(strings.ToLower(id)); ok {
		return RoleDefinition{RoleDefinition: builtIn}, true, nil
	}
	return r.RoleDefinition(id)
}

// compiled returns the role assignments made ready for decisions, in the same order.
// Assignments of roles that no longer exist are left out.
func compiled(r Reader, list []RoleAssignment) ([]authz.Assignment, error) {
	roles := map[string]*authz.Role{}
	out := make([]authz.Assignment, 0, len(list))
	for _, a := range list {
		known, ok := roles[a.RoleID]
		if !ok {
			definition, found, err := role(r, a.RoleID)
			if err != nil {
				return nil, err
			}
			if found {
				if known, err = authz.Compile(definition.RoleDefinition); err != nil {
					return nil, fmt.Errorf("role %s: %w", a.RoleID, err)
				}
			}
			roles[a.RoleID] = known
		}
		if known == nil {
			continue
		}
		scope, err := authz.ParseScope(a.Scope)
		if err != nil {
			return nil, fmt.Errorf("role assignment %s: %w", a.ID, err)
		}
		assignment := authz.Assignment{ID: a.ResourceID(), Scope: scope, PrincipalID: a.PrincipalID, Role: known}
		if a.Condition != "" {
			if assignment.Condition, err = authz.ParseCondition(a.Condition); err != nil {
				return nil, fmt.Errorf("role assignment %s: %w", a.ID, err)
			}
		}
		out = append(out, assignment)
	}
	return out, nil
}

// identities returns the principal's id and those of all its groups.
func identities(r Reader, principalID string) ([]string, error) {
	groups, err := r.GroupIDs(principalID)
	return append([]string{principalID}, groups...), err
}

// chainOf returns the scope and every scope above it as r sees them now.
func chainOf(r Reader, scope authz.Scope) (authz.Chain, error) {
	snapshot, err := access.Fresh(r)
	if err != nil {
		return nil, err
	}
	return snapshot.Chain(scope)
}

// requireUnconditional refuses unless the caller holds the action at the scope by an
// assignment that no condition restricts.
func requireUnconditional(r Reader, caller authz.Caller, action, scope string) error {
	parsed, err := parseScope(scope)
	if err != nil {
		return err
	}
	chain, err := chainOf(r, parsed)
	if err != nil {
		return err
	}
	ids, err := identities(r, caller.ObjectID)
	if err != nil {
		return err
	}
	rows, err := r.RoleAssignmentsFor(ids)
	if err != nil {
		return err
	}
	assignments, err := compiled(r, rows)
	if err != nil {
		return err
	}
	request := authz.Request{Action: action, Chain: chain, Unconditional: true}
	if authz.NewGrants(assignments).Decide(request).Allowed {
		return nil
	}
	name := caller.Name
	if name == "" {
		name = caller.AppID
	}
	return fault.New(fault.AuthorizationFailed,
		"The client '%s' with object id '%s' does not have unrestricted authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		name, caller.ObjectID, action, scope)
}
