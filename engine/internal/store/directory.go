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
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

var (
	_ directory.Reader = (*View)(nil)
	_ directory.Writer = (*Tx)(nil)
)

// Principal returns the user or service principal with the object id.
func (v *View) Principal(objectID string) (access.Principal, bool, error) {
	p := access.Principal{ObjectID: objectID, Type: authz.User}
	err := v.s.row("SELECT upn, enabled FROM users WHERE id = ?", objectID).Scan(&p.Name, &p.Enabled)
	if err == nil {
		return p, true, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return access.Principal{}, false, fmt.Errorf("read principal: %w", err)
	}
	return v.servicePrincipalWhere("id", objectID)
}

// ServicePrincipalOf returns the service principal of the application (client) id.
func (v *View) ServicePrincipalOf(appID string) (access.Principal, bool, error) {
	if name, builtIn := directory.BuiltInClient(appID); builtIn {
		return access.Principal{Type: authz.ServicePrincipal, Enabled: true, AppID: appID, Name: name}, true, nil
	}
	return v.servicePrincipalWhere("app_id", appID)
}

func (v *View) servicePrincipalWhere(column, value string) (access.Principal, bool, error) {
	p := access.Principal{Type: authz.ServicePrincipal}
	err := v.s.row("SELECT id, app_id, display_name, enabled FROM service_principals WHERE "+column+" = ?", value).
		Scan(&p.ObjectID, &p.AppID, &p.Name, &p.Enabled)
	return found(p, err, "read service principal")
}

// PrincipalType says what kind of principal a role may be assigned to the id is.
func (v *View) PrincipalType(id string) (authz.PrincipalType, bool, error) {
	t, ok, err := v.TypeOf(id)
	switch t {
	case directory.TypeUser:
		return authz.User, ok, err
	case directory.TypeGroup:
		return authz.Group, ok, err
	case directory.TypeServicePrincipal:
		return authz.ServicePrincipal, ok, err
	}
	return "", false, err
}

// GroupIDs returns the ids of all groups that the principal is in, directly or through
// other groups. UNION ends the walk where groups are in each other.
func (v *View) GroupIDs(memberID string) ([]string, error) {
	return v.texts(`WITH RECURSIVE above (id) AS (
		SELECT group_id FROM group_members WHERE member_id = ?
		UNION
		SELECT m.group_id FROM group_members m JOIN above a ON m.member_id = a.id
	) SELECT id FROM above ORDER BY id`, memberID)
}

// DirectGroupIDs returns the groups that the object is a direct member of.
func (v *View) DirectGroupIDs(memberID string) ([]string, error) {
	return v.texts("SELECT group_id FROM group_members WHERE member_id = ? ORDER BY group_id", memberID)
}

func (v *View) texts(query string, args ...any) ([]string, error) {
	var list []string
	err := v.s.each(query, args, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		list = append(list, text)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read directory: %w", err)
	}
	return list, nil
}

// TypeOf says what the object is.
func (v *View) TypeOf(id string) (directory.ObjectType, bool, error) {
	var t string
	err := v.s.row(`SELECT 'user' FROM users WHERE id = ?1
		UNION ALL SELECT 'group' FROM groups WHERE id = ?1
		UNION ALL SELECT 'application' FROM applications WHERE id = ?1
		UNION ALL SELECT 'servicePrincipal' FROM service_principals WHERE id = ?1`, id).Scan(&t)
	return found(directory.ObjectType(t), err, "read directory object")
}

// Owners returns who owns an application, service principal or group.
func (v *View) Owners(objectID string) ([]directory.Reference, error) {
	return v.references("SELECT owner_id, owner_type FROM owners WHERE object_id = ? ORDER BY owner_id", objectID)
}

func (v *View) references(query string, args ...any) ([]directory.Reference, error) {
	var list []directory.Reference
	err := v.s.each(query, args, func(scan func(...any) error) error {
		var ref directory.Reference
		if err := scan(&ref.ID, &ref.Type); err != nil {
			return err
		}
		list = append(list, ref)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read directory references: %w", err)
	}
	return list, nil
}

// AddOwner notes an owner; one that is there already stays.
func (tx *Tx) AddOwner(objectID string, owner directory.Reference) error {
	return wrapped(tx.s.exec("INSERT INTO owners (object_id, owner_id, owner_type) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		objectID, owner.ID, string(owner.Type)), "add owner")
}

// RemoveOwner removes an owner.
func (tx *Tx) RemoveOwner(objectID, ownerID string) (bool, error) {
	n, err := tx.s.changed("DELETE FROM owners WHERE object_id = ? AND owner_id = ?", objectID, ownerID)
	return n > 0, wrapped(err, "remove owner")
}

// forget removes what refers to an object that is deleted.
func (tx *Tx) forget(id string) error {
	for _, query := range []string{
		"DELETE FROM group_members WHERE member_id = ?",
		"DELETE FROM owners WHERE owner_id = ?1 OR object_id = ?1",
		"DELETE FROM credentials WHERE owner_id = ?",
	} {
		if err := tx.s.exec(query, id); err != nil {
			return fmt.Errorf("remove references of a directory object: %w", err)
		}
	}
	return nil
}

// found turns the outcome of a single-row read into the three results of a port.
func found[T any](value T, err error, verb string) (T, bool, error) {
	var zero T
	switch {
	case err == nil:
		return value, true, nil
	case errors.Is(err, sql.ErrNoRows):
		return zero, false, nil
	default:
		return zero, false, fmt.Errorf("%s: %w", verb, err)
	}
}

func wrapped(err error, verb string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// fold is the form in which names are compared.
func fold(s string) string { return strings.ToLower(s) }

func encodeExtra(extra directory.Extra) (string, error) {
	if len(extra) == 0 {
		return "{}", nil
	}
	data, err := json.Marshal(extra)
	return string(data), err
}

func decodeExtra(text string) (directory.Extra, error) {
	if text == "" || text == "{}" {
		return nil, nil
	}
	var extra directory.Extra
	if err := json.Unmarshal([]byte(text), &extra); err != nil {
		return nil, fmt.Errorf("read properties of a directory object: %w", err)
	}
	return extra, nil
}

func seconds(n int64) time.Time { return time.Unix(n, 0).UTC() }

// nanos is the time of a nanosecond column; 0 stands for the zero time.
func nanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

func toNanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
