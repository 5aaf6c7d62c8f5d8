package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

var (
	_ resource.Reader = (*View)(nil)
	_ resource.Writer = (*Tx)(nil)
)

// maxAncestors bounds the walk up the management groups.
const maxAncestors = 16

// placeholders returns n question marks and the values for them, as many as the next
// power of two so that few statements serve all lengths: the last value is repeated.
func placeholders(values []string) (string, []any) {
	n := 1
	for n < len(values) {
		n *= 2
	}
	args := make([]any, n)
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", "), args
}

// maxPlaceholders bounds the values of one statement.
const maxPlaceholders = 512

// chunks calls fn with pieces of values that fit into one statement.
func chunks(values []string, fn func(marks string, args []any) error) error {
	for len(values) > 0 {
		n := min(len(values), maxPlaceholders)
		marks, args := placeholders(values[:n])
		if err := fn(marks, args); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// AssignmentsOf implements access.Reader.
func (v *View) AssignmentsOf(principalIDs []string) ([]access.Assignment, error) {
	var list []access.Assignment
	err := chunks(principalIDs, func(marks string, args []any) error {
		return v.s.each("SELECT id, scope, principal_id, role_id, condition FROM role_assignments WHERE principal_id IN ("+marks+") ORDER BY id",
			args, func(scan func(...any) error) error {
				var a resource.RoleAssignment
				if err := scan(&a.ID, &a.Scope, &a.PrincipalID, &a.RoleID, &a.Condition); err != nil {
					return err
				}
				list = append(list, access.Assignment{
					ID: a.ResourceID(), Scope: a.Scope, PrincipalID: a.PrincipalID, RoleID: a.RoleID, Condition: a.Condition,
				})
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read role assignments: %w", err)
	}
	return list, nil
}

// CustomRole implements access.Reader.
func (v *View) CustomRole(id string) (authz.RoleDefinition, bool, error) {
	d, found, err := v.RoleDefinition(id)
	return d.RoleDefinition, found, err
}

// LiveVault implements access.Reader.
func (v *View) LiveVault(name string) (access.Vault, bool, error) {
	row, found, err := v.VaultByName(name)
	if err != nil || !found || !row.Live() {
		return access.Vault{}, false, err
	}
	return row.Access(), true, nil
}

// ManagementGroups implements access.Reader.
func (v *View) ManagementGroups(subscriptionID string) ([]string, error) {
	var parent string
	err := v.s.row("SELECT parent FROM subscriptions WHERE id = ?", strings.ToLower(subscriptionID)).Scan(&parent)
	if errors.Is(err, sql.ErrNoRows) || err == nil && parent == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read subscription: %w", err)
	}
	above, err := v.ManagementGroupAncestors(parent)
	return append([]string{parent}, above...), err
}

// ManagementGroupAncestors returns the ids of the management groups above the one with
// the id, the nearest first.
func (v *View) ManagementGroupAncestors(id string) ([]string, error) {
	var ids []string
	for range maxAncestors {
		var parent string
		err := v.s.row("SELECT parent FROM management_groups WHERE fold = ?", strings.ToLower(id)).Scan(&parent)
		if errors.Is(err, sql.ErrNoRows) || err == nil && parent == "" {
			return ids, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read management group: %w", err)
		}
		ids = append(ids, parent)
		id = parent
	}
	return nil, fmt.Errorf("management groups above %s: more than %d levels", id, maxAncestors)
}

// principalQuery finds a principal of any kind by its id.
const principalQuery = `SELECT 'User', upn, '', enabled FROM users WHERE id = ?
UNION ALL SELECT 'Group', display_name, '', 1 FROM groups WHERE id = ?
UNION ALL SELECT 'ServicePrincipal', display_name, app_id, enabled FROM service_principals WHERE id = ?`

// PrincipalInfo implements resource.Reader.
func (v *View) PrincipalInfo(objectID string) (resource.Principal, bool, error) {
	id := strings.ToLower(objectID)
	p := resource.Principal{ID: id}
	err := v.s.row(principalQuery, id, id, id).Scan((*string)(&p.Type), &p.Name, &p.AppID, &p.Enabled)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	if err != nil {
		return p, false, fmt.Errorf("read principal: %w", err)
	}
	return p, true, nil
}

// GroupMemberIDs implements resource.Reader.
func (v *View) GroupMemberIDs(groupID string, limit int) ([]string, error) {
	var ids []string
	seen := map[string]bool{groupID: true}
	for queue := []string{groupID}; len(queue) > 0 && len(ids) < limit; queue = queue[1:] {
		err := v.s.each("SELECT m.member_id, g.id IS NOT NULL FROM group_members m LEFT JOIN groups g ON g.id = m.member_id WHERE m.group_id = ? ORDER BY m.member_id",
			[]any{queue[0]}, func(scan func(...any) error) error {
				var id string
				var group bool
				if err := scan(&id, &group); err != nil {
					return err
				}
				switch {
				case seen[id]:
				case group:
					queue = append(queue, id)
				case len(ids) < limit:
					ids = append(ids, id)
				}
				seen[id] = true
				return nil
			})
		if err != nil {
			return nil, fmt.Errorf("read group members: %w", err)
		}
	}
	return ids, nil
}

// micros and the functions below turn times into columns and back; zero is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func unixTime(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// encode and decode keep a value in a text column; the zero value is the empty text.
func encode(value any, zero bool) (string, error) {
	if zero {
		return "", nil
	}
	data, err := json.Marshal(value)
	return string(data), err
}

func decode(text string, value any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), value)
}
