package store

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

// DataKey returns the data key id as it was wrapped; seal.ErrNoDataKey if there is none.
func (v *View) DataKey(id string) ([]byte, error) {
	var wrapped []byte
	err := v.s.row("SELECT wrapped FROM data_keys WHERE id = ?", id).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read data key %s: %w", id, seal.ErrNoDataKey)
	}
	if err != nil {
		return nil, fmt.Errorf("read data key %s: %w", id, err)
	}
	return wrapped, nil
}

// DataKeyIDs returns up to limit ids of data keys that follow after, in order.
func (v *View) DataKeyIDs(after string, limit int) ([]string, error) {
	var ids []string
	err := v.s.each("SELECT id FROM data_keys WHERE id > ? ORDER BY id LIMIT ?", []any{after, limit},
		func(scan func(...any) error) error {
			var id string
			if err := scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("list data keys: %w", err)
	}
	return ids, nil
}

// PutDataKey adds a wrapped data key. It fails if there is one of that id: to replace
// it would destroy everything that it sealed.
func (tx *Tx) PutDataKey(id string, wrapped []byte) error {
	err := tx.s.exec("INSERT INTO data_keys (id, wrapped, created) VALUES (?, ?, ?)", id, wrapped, tx.Now().Unix())
	if err != nil {
		return fmt.Errorf("write data key %s: %w", id, err)
	}
	return nil
}

// RewrapDataKey replaces the wrapped form before of a data key by after, and reports
// whether it still was before.
func (tx *Tx) RewrapDataKey(id string, before, after []byte) (bool, error) {
	n, err := tx.s.changed("UPDATE data_keys SET wrapped = ? WHERE id = ? AND wrapped = ?", after, id, before)
	if err != nil {
		return false, fmt.Errorf("rewrap data key %s: %w", id, err)
	}
	return n == 1, nil
}

// DeleteDataKey destroys a data key, and with it all that it sealed.
func (tx *Tx) DeleteDataKey(id string) error {
	if err := tx.s.exec("DELETE FROM data_keys WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete data key %s: %w", id, err)
	}
	return nil
}
