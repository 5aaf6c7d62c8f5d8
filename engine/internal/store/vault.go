package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

var (
	_ vault.Reader = (*View)(nil)
	_ vault.Writer = (*Tx)(nil)
)

const (
	objectColumns  = "o.id, o.vault_id, o.kind, o.fold, o.name, o.current, o.seq, o.deleted, o.purge_at, o.rotate_at, o.policy"
	versionColumns = "v.version, v.seq, v.enabled, v.nbf, v.exp, v.created, v.updated, v.content_type, v.tags, v.managed, v.kty, v.crv, v.size, v.ops, v.detail"

	selectObject = "SELECT " + objectColumns + " FROM objects o WHERE o.vault_id = ? AND o.kind = ? AND o.fold = ?"

	fromCurrent  = " FROM objects o JOIN versions v ON v.object_id = o.id AND v.version = o.current WHERE o.vault_id = ? AND o.kind = ?"
	fromVersion  = " FROM objects o JOIN versions v ON v.object_id = o.id WHERE o.vault_id = ? AND o.kind = ? AND o.fold = ? AND v.version = ?"
	selectBoth   = "SELECT " + objectColumns + ", " + versionColumns
	selectSealed = selectBoth + ", v.sealed"

	findCurrent       = selectBoth + fromCurrent + " AND o.fold = ?"
	findCurrentSealed = selectSealed + fromCurrent + " AND o.fold = ?"
	findVersion       = selectBoth + fromVersion
	findVersionSealed = selectSealed + fromVersion

	// The literal conditions let each list go by its own index.
	listLive    = selectBoth + fromCurrent + " AND o.fold > ? AND o.deleted = 0 ORDER BY o.fold LIMIT ?"
	listDeleted = selectBoth + fromCurrent + " AND o.fold > ? AND o.deleted > 0 AND o.purge_at > ? ORDER BY o.fold LIMIT ?"

	listVersions       = "SELECT " + versionColumns + " FROM versions v WHERE v.object_id = ? AND v.version > ? ORDER BY v.version LIMIT ?"
	listVersionsSealed = "SELECT " + versionColumns + ", v.sealed FROM versions v WHERE v.object_id = ? AND v.version > ? ORDER BY v.version LIMIT ?"
)

func objectFields(o *vault.Object) []any {
	return []any{&o.ID, &o.VaultID, &o.Kind, &o.Fold, &o.Name, &o.Current, &o.Seq, &o.Deleted, &o.PurgeAt, &o.RotateAt, &o.Policy}
}

func versionFields(v *vault.Version) []any {
	return []any{&v.ID, &v.Seq, &v.Enabled, &v.NotBefore, &v.Expires, &v.Created, &v.Updated, &v.ContentType, &v.Tags, &v.Managed,
		&v.Key.Type, &v.Key.Curve, &v.Key.Size, &v.Key.Ops, &v.Key.Detail}
}

// Object implements vault.Reader.
func (v *View) Object(vaultID string, kind vault.Kind, fold string) (o vault.Object, found bool, err error) {
	err = v.s.row(selectObject, vaultID, string(kind), fold).Scan(objectFields(&o)...)
	if errors.Is(err, sql.ErrNoRows) {
		return vault.Object{}, false, nil
	}
	if err != nil {
		return vault.Object{}, false, fmt.Errorf("read object: %w", err)
	}
	return o, true, nil
}

// Find implements vault.Reader.
func (v *View) Find(vaultID string, kind vault.Kind, fold, version string, sealed bool) (o vault.Object, ver vault.Version, found bool, err error) {
	fields := append(objectFields(&o), versionFields(&ver)...)
	if sealed {
		fields = append(fields, &ver.Sealed)
	}
	switch {
	case version == "" && sealed:
		err = v.s.row(findCurrentSealed, vaultID, string(kind), fold).Scan(fields...)
	case version == "":
		err = v.s.row(findCurrent, vaultID, string(kind), fold).Scan(fields...)
	case sealed:
		err = v.s.row(findVersionSealed, vaultID, string(kind), fold, version).Scan(fields...)
	default:
		err = v.s.row(findVersion, vaultID, string(kind), fold, version).Scan(fields...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return vault.Object{}, vault.Version{}, false, nil
	}
	if err != nil {
		return vault.Object{}, vault.Version{}, false, fmt.Errorf("read object version: %w", err)
	}
	return o, ver, true, nil
}

// Objects implements vault.Reader.
func (v *View) Objects(vaultID string, kind vault.Kind, deleted bool, now int64, after string, limit int) ([]vault.Entry, error) {
	query, args := listLive, []any{vaultID, string(kind), after, limit}
	if deleted {
		query, args = listDeleted, []any{vaultID, string(kind), after, now, limit}
	}
	var out []vault.Entry
	err := v.s.each(query, args, func(scan func(...any) error) error {
		var e vault.Entry
		if err := scan(append(objectFields(&e.Object), versionFields(&e.Version)...)...); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list objects: %w", err)
	}
	return out, nil
}

// Versions implements vault.Reader.
func (v *View) Versions(objectID, after string, limit int, sealed bool) ([]vault.Version, error) {
	query := listVersions
	if sealed {
		query = listVersionsSealed
	}
	var out []vault.Version
	err := v.s.each(query, []any{objectID, after, limit}, func(scan func(...any) error) error {
		var ver vault.Version
		fields := versionFields(&ver)
		if sealed {
			fields = append(fields, &ver.Sealed)
		}
		if err := scan(fields...); err != nil {
			return err
		}
		out = append(out, ver)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	return out, nil
}

// InsertObject implements vault.Writer.
func (tx *Tx) InsertObject(o vault.Object) error {
	err := tx.s.exec("INSERT INTO objects (id, vault_id, kind, fold, name, current, seq, deleted, purge_at, rotate_at, policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		o.ID, o.VaultID, string(o.Kind), o.Fold, o.Name, o.Current, o.Seq, o.Deleted, o.PurgeAt, o.RotateAt, o.Policy)
	if err != nil {
		return fmt.Errorf("insert object: %w", err)
	}
	return nil
}

// UpdateObject implements vault.Writer.
func (tx *Tx) UpdateObject(o vault.Object) error {
	n, err := tx.s.changed("UPDATE objects SET current = ?, seq = ?, deleted = ?, purge_at = ?, rotate_at = ?, policy = ? WHERE id = ?",
		o.Current, o.Seq, o.Deleted, o.PurgeAt, o.RotateAt, o.Policy, o.ID)
	if err == nil && n != 1 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return fmt.Errorf("update object %s: %w", o.ID, err)
	}
	return nil
}

// DeleteObject implements vault.Writer.
func (tx *Tx) DeleteObject(id string) error {
	if err := tx.s.exec("DELETE FROM objects WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete object %s: %w", id, err)
	}
	return nil
}

// InsertVersion implements vault.Writer.
func (tx *Tx) InsertVersion(objectID string, v vault.Version) error {
	err := tx.s.exec("INSERT INTO versions (object_id, version, seq, enabled, nbf, exp, created, updated, content_type, tags, managed, kty, crv, size, ops, detail, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		objectID, v.ID, v.Seq, flag(v.Enabled), v.NotBefore, v.Expires, v.Created, v.Updated, v.ContentType, string(v.Tags), flag(v.Managed),
		v.Key.Type, v.Key.Curve, v.Key.Size, v.Key.Ops, v.Key.Detail, v.Sealed)
	if err != nil {
		return fmt.Errorf("insert version: %w", err)
	}
	return nil
}

// UpdateVersion implements vault.Writer.
func (tx *Tx) UpdateVersion(objectID string, v vault.Version) error {
	n, err := tx.s.changed("UPDATE versions SET enabled = ?, nbf = ?, exp = ?, updated = ?, content_type = ?, tags = ?, ops = ? WHERE object_id = ? AND version = ?",
		flag(v.Enabled), v.NotBefore, v.Expires, v.Updated, v.ContentType, string(v.Tags), v.Key.Ops, objectID, v.ID)
	if err == nil && n != 1 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return fmt.Errorf("update version %s: %w", v.ID, err)
	}
	return nil
}

// PurgeObjects implements vault.Writer.
func (tx *Tx) PurgeObjects(now int64, limit int) (int, error) {
	n, err := tx.s.changed("DELETE FROM objects WHERE id IN (SELECT id FROM objects WHERE purge_at > 0 AND purge_at <= ? LIMIT ?)", now, limit)
	if err != nil {
		return 0, fmt.Errorf("purge objects: %w", err)
	}
	return int(n), nil
}

// flag is a truth value as it is stored.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
