package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

// permissionRow is a permission of a role as it is stored.
type permissionRow struct {
	Actions          []string `json:"a,omitempty"`
	NotActions       []string `json:"na,omitempty"`
	DataActions      []string `json:"d,omitempty"`
	NotDataActions   []string `json:"nd,omitempty"`
	Condition        string   `json:"c,omitempty"`
	ConditionVersion string   `json:"cv,omitempty"`
}

const roleColumns = "id, name, description, scopes, permissions, created, created_by, updated, updated_by FROM role_definitions"

func scanRole(scan func(...any) error) (resource.RoleDefinition, error) {
	var d resource.RoleDefinition
	var scopes, permissions string
	var created, updated int64
	if err := scan(&d.ID, &d.Name, &d.Description, &scopes, &permissions, &created, &d.CreatedBy, &updated, &d.UpdatedBy); err != nil {
		return d, err
	}
	d.Created, d.Updated = fromMicros(created), fromMicros(updated)
	if err := decode(scopes, &d.AssignableScopes); err != nil {
		return d, fmt.Errorf("scopes of role %s: %w", d.ID, err)
	}
	var rows []permissionRow
	if err := decode(permissions, &rows); err != nil {
		return d, fmt.Errorf("permissions of role %s: %w", d.ID, err)
	}
	for _, r := range rows {
		d.Permissions = append(d.Permissions, authz.Permission{
			Actions: r.Actions, NotActions: r.NotActions, DataActions: r.DataActions, NotDataActions: r.NotDataActions,
			Condition: r.Condition, ConditionVersion: r.ConditionVersion,
		})
	}
	return d, nil
}

func (v *View) role(where, value string) (resource.RoleDefinition, bool, error) {
	d, err := scanRole(v.s.row("SELECT "+roleColumns+" WHERE "+where, strings.ToLower(value)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return resource.RoleDefinition{}, false, nil
	}
	if err != nil {
		return resource.RoleDefinition{}, false, fmt.Errorf("read role definition: %w", err)
	}
	return d, true, nil
}

// RoleDefinition implements resource.Reader.
func (v *View) RoleDefinition(id string) (resource.RoleDefinition, bool, error) {
	return v.role("id = ?", id)
}

// RoleDefinitionByName implements resource.Reader.
func (v *View) RoleDefinitionByName(name string) (resource.RoleDefinition, bool, error) {
	return v.role("fold = ?", name)
}

// RoleDefinitions implements resource.Reader.
func (v *View) RoleDefinitions() ([]resource.RoleDefinition, error) {
	var list []resource.RoleDefinition
	err := v.s.each("SELECT "+roleColumns+" ORDER BY id", nil, func(scan func(...any) error) error {
		d, err := scanRole(scan)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list role definitions: %w", err)
	}
	return list, nil
}

// PutRoleDefinition implements resource.Writer.
func (tx *Tx) PutRoleDefinition(d resource.RoleDefinition) error {
	rows := make([]permissionRow, len(d.Permissions))
	for i, p := range d.Permissions {
		rows[i] = permissionRow{p.Actions, p.NotActions, p.DataActions, p.NotDataActions, p.Condition, p.ConditionVersion}
	}
	permissions, err := encode(rows, len(rows) == 0)
	if err != nil {
		return fmt.Errorf("write role definition: %w", err)
	}
	scopes, err := encode(d.AssignableScopes, len(d.AssignableScopes) == 0)
	if err == nil {
		err = tx.s.exec(`INSERT INTO role_definitions (id, fold, name, description, scopes, permissions, created, created_by, updated, updated_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET fold = excluded.fold, name = excluded.name, description = excluded.description,
scopes = excluded.scopes, permissions = excluded.permissions, updated = excluded.updated, updated_by = excluded.updated_by`,
			strings.ToLower(d.ID), strings.ToLower(d.Name), d.Name, d.Description, scopes, permissions,
			micros(d.Created), d.CreatedBy, micros(d.Updated), d.UpdatedBy)
	}
	if err != nil {
		return fmt.Errorf("write role definition: %w", err)
	}
	return nil
}

// DeleteRoleDefinition implements resource.Writer.
func (tx *Tx) DeleteRoleDefinition(id string) error {
	if err := tx.s.exec("DELETE FROM role_definitions WHERE id = ?", strings.ToLower(id)); err != nil {
		return fmt.Errorf("delete role definition: %w", err)
	}
	return nil
}

const assignmentColumns = "id, scope, principal_id, principal_type, role_id, condition, description, delegated, created, created_by, updated, updated_by FROM role_assignments"

func scanAssignment(scan func(...any) error) (resource.RoleAssignment, error) {
	var a resource.RoleAssignment
	var created, updated int64
	err := scan(&a.ID, &a.Scope, &a.PrincipalID, (*string)(&a.PrincipalType), &a.RoleID, &a.Condition, &a.Description, &a.DelegatedResourceID,
		&created, &a.CreatedBy, &updated, &a.UpdatedBy)
	a.Created, a.Updated = fromMicros(created), fromMicros(updated)
	return a, err
}

func (v *View) assignment(where string, args ...any) (resource.RoleAssignment, bool, error) {
	a, err := scanAssignment(v.s.row("SELECT "+assignmentColumns+" WHERE "+where, args...).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("read role assignment: %w", err)
	}
	return a, true, nil
}

// RoleAssignment implements resource.Reader.
func (v *View) RoleAssignment(id string) (resource.RoleAssignment, bool, error) {
	return v.assignment("id = ?", strings.ToLower(id))
}

// RoleAssignmentOf implements resource.Reader.
func (v *View) RoleAssignmentOf(scope, principalID, roleID string) (resource.RoleAssignment, bool, error) {
	return v.assignment("fold = ? AND principal_id = ? AND role_id = ?", strings.ToLower(scope), strings.ToLower(principalID), strings.ToLower(roleID))
}

func (v *View) assignments(where string, args ...any) ([]resource.RoleAssignment, error) {
	var list []resource.RoleAssignment
	err := v.s.each("SELECT "+assignmentColumns+" WHERE "+where+" ORDER BY id", args, func(scan func(...any) error) error {
		a, err := scanAssignment(scan)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list role assignments: %w", err)
	}
	return list, nil
}

// RoleAssignmentsAt implements resource.Reader.
func (v *View) RoleAssignmentsAt(scopes []string) ([]resource.RoleAssignment, error) {
	folded := make([]string, len(scopes))
	for i, scope := range scopes {
		folded[i] = strings.ToLower(scope)
	}
	return v.assignmentsIn("fold", folded)
}

// RoleAssignmentsFor implements resource.Reader.
func (v *View) RoleAssignmentsFor(principalIDs []string) ([]resource.RoleAssignment, error) {
	return v.assignmentsIn("principal_id", principalIDs)
}

func (v *View) assignmentsIn(column string, values []string) ([]resource.RoleAssignment, error) {
	var list []resource.RoleAssignment
	err := chunks(values, func(marks string, args []any) error {
		part, err := v.assignments(column+" IN ("+marks+")", args...)
		list = append(list, part...)
		return err
	})
	return list, err
}

// below is the condition for a scope and everything under it: from "scope/" up to, but
// not including, "scope0", 0 being the character that follows the slash.
const below = "(fold = ? OR fold >= ? AND fold < ?)"

func belowArgs(scope string) []any {
	fold := strings.TrimSuffix(strings.ToLower(scope), "/")
	return []any{fold, fold + "/", fold + "0"}
}

// RoleAssignmentsBelow implements resource.Reader.
func (v *View) RoleAssignmentsBelow(scope string) ([]resource.RoleAssignment, error) {
	return v.assignments(below, belowArgs(scope)...)
}

// CountRoleAssignments implements resource.Reader.
func (v *View) CountRoleAssignments(role, anchor string) (int, error) {
	query, value := "SELECT COUNT(*) FROM role_assignments WHERE anchor = ?", anchor
	if role != "" {
		query, value = "SELECT COUNT(*) FROM role_assignments WHERE role_id = ?", role
	}
	var n int
	if err := v.s.row(query, strings.ToLower(value)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count role assignments: %w", err)
	}
	return n, nil
}

// PutRoleAssignment implements resource.Writer.
func (tx *Tx) PutRoleAssignment(a resource.RoleAssignment) error {
	err := tx.s.exec(`INSERT INTO role_assignments (id, scope, fold, anchor, principal_id, principal_type, role_id, condition, description, delegated,
created, created_by, updated, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET condition = excluded.condition, description = excluded.description, delegated = excluded.delegated,
updated = excluded.updated, updated_by = excluded.updated_by`,
		strings.ToLower(a.ID), a.Scope, strings.ToLower(a.Scope), strings.ToLower(resource.Anchor(a.Scope)), strings.ToLower(a.PrincipalID), string(a.PrincipalType),
		strings.ToLower(a.RoleID), a.Condition, a.Description, a.DelegatedResourceID,
		micros(a.Created), a.CreatedBy, micros(a.Updated), a.UpdatedBy)
	if err != nil {
		return fmt.Errorf("write role assignment: %w", err)
	}
	return nil
}

// DeleteRoleAssignment implements resource.Writer.
func (tx *Tx) DeleteRoleAssignment(id string) error {
	if err := tx.s.exec("DELETE FROM role_assignments WHERE id = ?", strings.ToLower(id)); err != nil {
		return fmt.Errorf("delete role assignment: %w", err)
	}
	return nil
}

// DeleteRoleAssignmentsBelow implements resource.Writer.
func (tx *Tx) DeleteRoleAssignmentsBelow(scope string) error {
	if err := tx.s.exec("DELETE FROM role_assignments WHERE "+below, belowArgs(scope)...); err != nil {
		return fmt.Errorf("delete role assignments: %w", err)
	}
	return nil
}
