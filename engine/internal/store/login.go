package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
)

var (
	_ login.Reader = (*View)(nil)
	_ login.Writer = (*Tx)(nil)
)

// SigningKeys returns the signing keys, the newest first.
func (v *View) SigningKeys() ([]login.SigningKey, error) {
	var keys []login.SigningKey
	err := v.s.each("SELECT kid, public, sealed, created FROM signing_keys ORDER BY created DESC, kid", nil, func(scan func(...any) error) error {
		var k login.SigningKey
		var created int64
		if err := scan(&k.KID, &k.Public, &k.Sealed, &created); err != nil {
			return err
		}
		k.Created = seconds(created)
		keys = append(keys, k)
		return nil
	})
	return keys, wrapped(err, "read signing keys")
}

// InsertSigningKey adds a signing key.
func (tx *Tx) InsertSigningKey(k login.SigningKey) error {
	return wrapped(tx.s.exec("INSERT INTO signing_keys (kid, public, sealed, created) VALUES (?, ?, ?, ?)",
		k.KID, k.Public, k.Sealed, k.Created.Unix()), "add signing key")
}

// DeleteSigningKeys deletes the keys that were made before the time.
func (tx *Tx) DeleteSigningKeys(createdBefore time.Time) error {
	return wrapped(tx.s.exec("DELETE FROM signing_keys WHERE created < ?", createdBefore.Unix()), "delete signing keys")
}

const selectGrant = "SELECT hash, kind, family, user_id, app_id, data, created, expires, used FROM login_grants"

func (v *View) grantWhere(where string, args ...any) (login.Grant, bool, error) {
	var g login.Grant
	var data string
	var created, expires, used int64
	err := v.s.row(selectGrant+where, args...).Scan(&g.Hash, &g.Kind, &g.Family, &g.UserID, &g.AppID, &data, &created, &expires, &used)
	if err == nil {
		if err = json.Unmarshal([]byte(data), &g.Data); err != nil {
			err = fmt.Errorf("decode: %w", err)
		}
	}
	g.Created, g.Expires, g.Used = nanos(created), seconds(expires), nanos(used)
	return found(g, err, "read sign-in grant")
}

// Grant returns the grant with the hash.
func (v *View) Grant(hash []byte) (login.Grant, bool, error) {
	return v.grantWhere(" WHERE hash = ?", hash)
}

// GrantOf returns the newest grant of the kind with the family.
func (v *View) GrantOf(kind login.GrantKind, family string) (login.Grant, bool, error) {
	return v.grantWhere(" WHERE kind = ? AND family = ? ORDER BY created DESC LIMIT 1", string(kind), family)
}

// PutGrant adds a grant or replaces the one with its hash.
func (tx *Tx) PutGrant(g login.Grant) error {
	data, err := json.Marshal(g.Data)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec(`INSERT INTO login_grants (hash, kind, family, user_id, app_id, data, created, expires, used)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET user_id = excluded.user_id, data = excluded.data, created = excluded.created, used = excluded.used`,
		g.Hash, string(g.Kind), g.Family, g.UserID, g.AppID, string(data), toNanos(g.Created), g.Expires.Unix(), toNanos(g.Used)), "put sign-in grant")
}

// UseGrant marks a grant as used; false if it was before, or is gone.
func (tx *Tx) UseGrant(hash []byte, now time.Time) (bool, error) {
	n, err := tx.s.changed("UPDATE login_grants SET used = ? WHERE hash = ? AND used = 0", toNanos(now), hash)
	return n == 1, wrapped(err, "use sign-in grant")
}

// DeleteFamily revokes all grants of the kind with the family.
func (tx *Tx) DeleteFamily(kind login.GrantKind, family string) error {
	return wrapped(tx.s.exec("DELETE FROM login_grants WHERE kind = ? AND family = ?", string(kind), family), "revoke sign-in grants")
}

// TakeOnce notes something that may come once and what came with it; false if it came
// before with something else.
func (tx *Tx) TakeOnce(hash, with []byte, expires time.Time) (bool, error) {
	n, err := tx.s.changed(`INSERT INTO login_replays (hash, bound, expires) VALUES (?1, ?2, ?3)
		ON CONFLICT (hash) DO UPDATE SET expires = excluded.expires WHERE login_replays.bound = ?2`, hash, with, expires.Unix())
	return n == 1, wrapped(err, "note an assertion")
}

// Failures returns the failed sign-ins under the hash of a name.
func (v *View) Failures(hash []byte) (login.Failures, error) {
	var f login.Failures
	var locked, updated int64
	err := v.s.row("SELECT failures, locked_until, updated FROM login_failures WHERE hash = ?", hash).Scan(&f.Count, &locked, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return login.Failures{}, nil
	}
	f.LockedUntil, f.Updated = seconds(locked), seconds(updated)
	return f, wrapped(err, "read failed sign-ins")
}

// PutFailures replaces them.
func (tx *Tx) PutFailures(hash []byte, f login.Failures) error {
	if f.Count == 0 {
		return wrapped(tx.s.exec("DELETE FROM login_failures WHERE hash = ?", hash), "forget failed sign-ins")
	}
	locked := int64(0)
	if !f.LockedUntil.IsZero() {
		locked = f.LockedUntil.Unix()
	}
	return wrapped(tx.s.exec(`INSERT INTO login_failures (hash, failures, locked_until, updated) VALUES (?, ?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until, updated = excluded.updated`,
		hash, f.Count, locked, f.Updated.Unix()), "count failed sign-ins")
}

// TidyLogin deletes what has expired by the time, at most limit rows of each kind.
func (tx *Tx) TidyLogin(now time.Time, limit int) error {
	for _, query := range []string{
		"DELETE FROM login_grants WHERE hash IN (SELECT hash FROM login_grants WHERE expires < ? ORDER BY expires LIMIT ?)",
		"DELETE FROM login_replays WHERE hash IN (SELECT hash FROM login_replays WHERE expires < ? ORDER BY expires LIMIT ?)",
	} {
		if err := tx.s.exec(query, now.Unix(), limit); err != nil {
			return wrapped(err, "tidy sign-ins")
		}
	}
	return wrapped(tx.s.exec("DELETE FROM login_failures WHERE hash IN (SELECT hash FROM login_failures WHERE updated < ? ORDER BY updated LIMIT ?)",
		now.Add(-24*time.Hour).Unix(), limit), "tidy failed sign-ins")
}
