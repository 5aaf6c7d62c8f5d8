package authz

import (
	"fmt"
	"slices"
)

// RoleDefinition is a role as it is stored and shown (wire reference 4.4).
type RoleDefinition struct {
	// ID is the guid of the role, in lower case.
	ID, Name, Description string
	BuiltIn               bool
	AssignableScopes      []string
	Permissions           []Permission
}

// Permission is one entry of a role's permissions. It grants Actions without
// NotActions on the management plane and DataActions without NotDataActions on the
// data plane, while its condition holds. The subtraction ends with the entry: it takes
// nothing from other entries or other roles.
type Permission struct {
	Actions, NotActions, DataActions, NotDataActions []string
	Condition, ConditionVersion                      string
}

const (
	maxPermissions = 64
	maxPatterns    = 4096
)

// Role is a role definition made ready for decisions.
type Role struct {
	id, name    string
	permissions []permission
}

// permission has the patterns of both planes; index 1 is the data plane.
type permission struct {
	allow, except [2]patterns
	condition     *Condition
}

// ID returns the guid of the role.
func (r *Role) ID() string { return r.id }

// Name returns the name of the role.
func (r *Role) Name() string { return r.name }

// Compile checks a role definition and makes it ready for decisions.
func Compile(d RoleDefinition) (*Role, error) {
	if len(d.Permissions) > maxPermissions {
		return nil, fmt.Errorf("more than %d permissions", maxPermissions)
	}
	role := &Role{id: lowerASCII(d.ID), name: d.Name}
	for _, p := range d.Permissions {
		compiled, err := compilePermission(p)
		if err != nil {
			return nil, err
		}
		role.permissions = append(role.permissions, compiled)
	}
	return role, nil
}

func compilePermission(p Permission) (permission, error) {
	var c permission
	for i, list := range [][]string{p.Actions, p.DataActions, p.NotActions, p.NotDataActions} {
		if len(list) > maxPatterns {
			return c, fmt.Errorf("more than %d actions", maxPatterns)
		}
		compiled, err := compilePatterns(list)
		if err != nil {
			return c, err
		}
		if i < 2 {
			c.allow[i] = compiled
		} else {
			c.except[i-2] = compiled
		}
	}
	if p.Condition == "" {
		return c, nil
	}
	if err := CheckConditionVersion(p.ConditionVersion); err != nil {
		return c, err
	}
	var err error
	c.condition, err = ParseCondition(p.Condition)
	return c, err
}

func plane(data bool) int {
	if data {
		return 1
	}
	return 0
}

// Permits reports whether the role grants the action, on the data plane if data is
// set; conditional is set if it does so only under a condition of the role itself.
func (r *Role) Permits(action string, data bool) (permitted, conditional bool) {
	var buf [maxAction]byte
	name, ok := foldAction(&buf, action)
	if !ok {
		return false, false
	}
	for i := range r.permissions {
		if p := &r.permissions[i]; p.covers(name, plane(data)) {
			if p.condition == nil {
				return true, false
			}
			permitted = true
		}
	}
	return permitted, permitted
}

func (p *permission) covers(action []byte, plane int) bool {
	return p.allow[plane].matches(action) && !p.except[plane].matches(action)
}

// Permits reports whether the role document grants the action. It is for one-off
// questions; Compile serves repeated ones.
func (d RoleDefinition) Permits(action string, data bool) (permitted, conditional bool, err error) {
	role, err := Compile(d)
	if err != nil {
		return false, false, err
	}
	permitted, conditional = role.Permits(action, data)
	return permitted, conditional, nil
}

// clone returns a copy of d that shares nothing with it.
func (d RoleDefinition) clone() RoleDefinition {
	d.AssignableScopes = slices.Clone(d.AssignableScopes)
	d.Permissions = slices.Clone(d.Permissions)
	for i, p := range d.Permissions {
		d.Permissions[i] = Permission{
			slices.Clone(p.Actions), slices.Clone(p.NotActions), slices.Clone(p.DataActions), slices.Clone(p.NotDataActions),
			p.Condition, p.ConditionVersion,
		}
	}
	return d
}
