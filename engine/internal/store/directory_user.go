package store

import (
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

const selectUser = `SELECT id, upn, display_name, mail, nickname, enabled, created, sessions_from,
	password_hash <> '', force_change, totp IS NOT NULL, extra FROM users`

func scanUser(scan func(...any) error) (directory.User, error) {
	var u directory.User
	var created, sessions int64
	var extra string
	err := scan(&u.ID, &u.UPN, &u.DisplayName, &u.Mail, &u.MailNickname, &u.Enabled, &created, &sessions,
		&u.HasPassword, &u.ForceChange, &u.SecondFactor, &extra)
	if err != nil {
		return directory.User{}, err
	}
	u.Created, u.SessionsFrom = seconds(created), nanos(sessions)
	u.Extra, err = decodeExtra(extra)
	return u, err
}

// User returns the user with the object id.
func (v *View) User(id string) (directory.User, bool, error) {
	u, err := scanUser(v.s.row(selectUser+" WHERE id = ?", id).Scan)
	return found(u, err, "read user")
}

// UserByUPN returns the user with the user principal name, in any letter case.
func (v *View) UserByUPN(upn string) (directory.User, bool, error) {
	u, err := scanUser(v.s.row(selectUser+" WHERE upn_key = ?", fold(upn)).Scan)
	return found(u, err, "read user")
}

// UserSecrets returns what signing the user in needs to know.
func (v *View) UserSecrets(id string) (directory.UserSecrets, error) {
	var s directory.UserSecrets
	err := v.s.row("SELECT password_hash, totp, totp_step FROM users WHERE id = ?", id).Scan(&s.PasswordHash, &s.TOTP, &s.TOTPStep)
	s, _, err = found(s, err, "read secrets of a user")
	return s, err
}

// Users returns the users that q selects.
func (v *View) Users(q directory.Query) ([]directory.User, error) {
	where, args, err := selection(q, directory.TypeUser)
	if err != nil {
		return nil, err
	}
	var users []directory.User
	err = v.list(selectUser+where, args, func(scan func(...any) error) error {
		u, err := scanUser(scan)
		users = append(users, u)
		return err
	})
	return users, err
}

// InsertUser adds a user.
func (tx *Tx) InsertUser(u directory.User, passwordHash string) error {
	extra, err := encodeExtra(u.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec(`INSERT INTO users (id, upn, upn_key, display_name, name_key, mail, mail_key, nickname, nickname_key,
		enabled, created, sessions_from, password_hash, force_change, totp, totp_step, extra)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, ?)`,
		u.ID, u.UPN, fold(u.UPN), u.DisplayName, fold(u.DisplayName), u.Mail, fold(u.Mail), u.MailNickname, fold(u.MailNickname),
		u.Enabled, u.Created.Unix(), toNanos(u.SessionsFrom), passwordHash, u.ForceChange, extra), "add user")
}

// UpdateUser stores what u says but for the password and the second factor.
func (tx *Tx) UpdateUser(u directory.User) error {
	extra, err := encodeExtra(u.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec(`UPDATE users SET upn = ?, upn_key = ?, display_name = ?, name_key = ?, mail = ?, mail_key = ?,
		nickname = ?, nickname_key = ?, enabled = ?, sessions_from = ?, force_change = ?, extra = ? WHERE id = ?`,
		u.UPN, fold(u.UPN), u.DisplayName, fold(u.DisplayName), u.Mail, fold(u.Mail), u.MailNickname, fold(u.MailNickname),
		u.Enabled, toNanos(u.SessionsFrom), u.ForceChange, extra, u.ID), "update user")
}

// SetPassword replaces the user's password hash.
func (tx *Tx) SetPassword(userID, hash string, forceChange bool, sessionsFrom time.Time) error {
	return wrapped(tx.s.exec("UPDATE users SET password_hash = ?, force_change = ?, sessions_from = ? WHERE id = ?",
		hash, forceChange, toNanos(sessionsFrom), userID), "set password")
}

// SetTOTP replaces the user's sealed TOTP secret; nil removes it.
func (tx *Tx) SetTOTP(userID string, sealed []byte) error {
	var value any
	if sealed != nil {
		value = sealed
	}
	return wrapped(tx.s.exec("UPDATE users SET totp = ?, totp_step = 0 WHERE id = ?", value, userID), "set second factor")
}

// UseTOTP notes a used time step; false if it or a later one was used before.
func (tx *Tx) UseTOTP(userID string, step int64) (bool, error) {
	n, err := tx.s.changed("UPDATE users SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1", step, userID)
	return n == 1, wrapped(err, "use second factor")
}

// DeleteUser deletes a user with its memberships and sign-ins.
func (tx *Tx) DeleteUser(id string) error {
	if err := tx.forget(id); err != nil {
		return err
	}
	if err := tx.s.exec("DELETE FROM login_grants WHERE user_id = ?", id); err != nil {
		return wrapped(err, "delete sign-ins of a user")
	}
	return wrapped(tx.s.exec("DELETE FROM users WHERE id = ?", id), "delete user")
}
