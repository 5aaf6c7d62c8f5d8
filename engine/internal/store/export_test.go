package store

import "strconv"

// SetSchemaVersion pretends that another version of the program migrated the file.
func (tx *Tx) SetSchemaVersion(v int) error {
	return tx.s.exec("PRAGMA user_version = " + strconv.Itoa(v))
}
