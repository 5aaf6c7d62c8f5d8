package login

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// Lock-out: after lockAfter failures in a row a name is locked for lockFirst, and for
// twice as long after each further failure, up to lockMost. A row of failures is
// forgotten after forgetAfter.
const (
	lockAfter   = 10
	lockFirst   = time.Minute
	lockMost    = 15 * time.Minute
	forgetAfter = 24 * time.Hour
)

// The authentication methods of tokens (RFC 8176).
const (
	amrPassword = "pwd"
	amrMFA      = "mfa"
)

// identification is what a person gives to sign in.
type identification struct {
	name     string
	password sensitive.String
	code     string // of the second factor
	// renewed is the new password of a user who must change it.
	renewed sensitive.String
	// interactive is set where a second factor could be asked for.
	interactive bool
}

// identified is what was found out about it, before it is known whether it counts.
type identified struct {
	user    directory.User
	found   bool
	matches bool
	totp    bool
	step    int64
	key     []byte // of the failures
	hash    string // that the password was compared with
	renewed string // hash of the new password
}

// identify checks name, password and code. It does the same work whether the user
// exists, is locked, or gave the right password; confirm says what came of it.
func (s *Service) identify(ctx context.Context, in identification) (identified, error) {
	name, valid := directory.CanonicalUPN(in.name)
	if !valid {
		name = strings.ToLower(in.name)
	}
	sum := sha256.Sum256([]byte("user\x00" + name))
	out := identified{key: sum[:]}
	var secrets directory.UserSecrets
	err := s.store.View(ctx, func(r Reader) (err error) {
		if valid {
			if out.user, out.found, err = r.UserByUPN(name); err != nil || !out.found {
				return err
			}
		}
		secrets, err = r.UserSecrets(out.user.ID)
		return err
	})
	if err != nil {
		return out, err
	}
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return out, ctx.Err()
	}
	out.hash = secrets.PasswordHash
	out.matches, err = directory.CheckPassword(secrets.PasswordHash, in.password)
	if in.renewed.Len() > 0 {
		out.renewed = directory.HashPassword(in.renewed)
	}
	<-s.hashing
	if err != nil || len(secrets.TOTP) == 0 {
		return out, err
	}
	key, err := directory.DataKey(ctx, s.ring, s.store, directory.KeyID)
	if err != nil {
		return out, err
	}
	secret, err := directory.OpenTOTP(key, out.user.ID, secrets.TOTP)
	if err != nil {
		return out, err
	}
	defer secret.Wipe()
	out.step, out.totp = directory.CheckTOTP(secret, in.code, s.now())
	return out, nil
}

// confirm decides in a transaction whether the identification counts, and notes a
// failure. refusal is for the client; err undoes everything.
func (a *attempt) confirm(w Writer, in identification, id identified) (refusal, err error) {
	now := w.Now()
	f, err := w.Failures(id.key)
	if err != nil {
		return nil, err
	}
	if now.Before(f.LockedUntil) {
		return badCredentials(), nil
	}
	user, found, err := w.User(id.user.ID)
	if err != nil {
		return nil, err
	}
	secrets, err := w.UserSecrets(id.user.ID)
	if err != nil {
		return nil, err
	}
	good := id.matches && found && secrets.PasswordHash == id.hash
	if good && user.SecondFactor && in.interactive {
		if good = id.totp; good {
			if good, err = w.UseTOTP(user.ID, id.step); err != nil {
				return nil, err
			}
		}
	}
	if !good {
		return badCredentials(), w.PutFailures(id.key, f.next(now))
	}
	if f.Count > 0 {
		if err := w.PutFailures(id.key, Failures{Updated: now}); err != nil {
			return nil, err
		}
	}
	a.user = &user
	a.amr = []string{amrPassword}
	switch {
	case !user.Enabled:
		return badGrant(50057, "The user account is disabled."), nil
	case user.SecondFactor && !in.interactive:
		return badGrant(50076, "Due to a configuration change made by your administrator, you must use multi-factor authentication to access '%s'.", quotable(a.audience)), nil
	case user.ForceChange && id.renewed == "":
		return badGrant(passwordExpired, "The password has expired. Choose a new one."), nil
	}
	if user.SecondFactor {
		a.amr = append(a.amr, amrMFA)
	}
	if user.ForceChange {
		// What is granted now is younger than what this ends.
		return nil, w.SetPassword(user.ID, id.renewed, false, now.Add(-1))
	}
	return nil, nil
}

// passwordExpired is the number of the refusal that asks for a new password.
const passwordExpired = 50055

// next is the count after one more failure.
func (f Failures) next(now time.Time) Failures {
	if now.Sub(f.Updated) > forgetAfter {
		f = Failures{}
	}
	f.Count, f.Updated = f.Count+1, now
	if over := f.Count - lockAfter; over >= 0 {
		f.LockedUntil = now.Add(min(lockFirst<<min(over, 10), lockMost))
	}
	return f
}

// password is the resource owner password grant. It cannot ask for a second factor, so
// users who have one are refused.
func (a *attempt) password(ctx context.Context, r *http.Request) (*tokenReply, error) {
	if err := a.authenticateClient(ctx, r, true); err != nil {
		return nil, a.fail(ctx, err)
	}
	want, err := a.wanted(ctx)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	in := identification{name: a.form.Get("username"), password: sensitive.NewString(a.form.Get("password"))}
	switch {
	case in.name == "":
		return nil, a.fail(ctx, missingParameter("username"))
	case in.password.Len() == 0:
		return nil, a.fail(ctx, missingParameter("password"))
	case len(in.name) > maxClaim || in.password.Len() > maxClaim:
		return nil, a.fail(ctx, badCredentials())
	}
	id, err := a.s.identify(ctx, in)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return a.userTokens(ctx, session{want: want, user: id.user, family: directory.NewID()}, func(w Writer) (error, error) {
		return a.confirm(w, in, id)
	})
}
