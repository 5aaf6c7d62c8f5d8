package engine

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// Settings of the root key.
const (
	settingRootCheck = "root_key_check"
	settingRootSalt  = "root_key_salt"
)

// checkRootOptions refuses more than one place of the root key, and a variable that is
// not set, before anything is created.
func checkRootOptions(k RootKey) error {
	given := 0
	for _, place := range []string{k.File, k.Env, k.PassphraseEnv} {
		if place != "" {
			given++
		}
	}
	if given > 1 {
		return fmt.Errorf("%w: the root key can be in one place only: a file, an environment variable, or a passphrase", ErrBadOptions)
	}
	for _, name := range []string{k.Env, k.PassphraseEnv} {
		if name != "" && os.Getenv(name) == "" {
			return fmt.Errorf("%w: the environment variable %s is not set", ErrNoRootKey, name)
		}
	}
	return nil
}

// earlyRoot opens a root key that needs nothing from the database; nil for a passphrase.
func earlyRoot(k RootKey, database string, create bool) (seal.Root, error) {
	switch {
	case k.PassphraseEnv != "":
		return nil, nil
	case k.Env != "":
		return seal.EnvRoot(k.Env, os.LookupEnv)
	case k.File != "":
		return seal.FileRoot(k.File, create)
	}
	return seal.FileRoot(database+".key", create)
}

// passphraseRoot derives the root key from the passphrase and the salt in the
// settings, which it makes at first use.
func passphraseRoot(ctx context.Context, db *store.DB, name string) (seal.Root, error) {
	pass := sensitive.NewString(os.Getenv(name))
	salt, err := readSetting(ctx, db, settingRootSalt)
	if err != nil {
		return nil, err
	}
	if salt == nil {
		if salt, err = makeSalt(ctx, db); err != nil {
			return nil, err
		}
	}
	root, err := seal.PassphraseRoot(pass, salt)
	if err != nil {
		return nil, err
	}
	check, err := readSetting(ctx, db, settingRootCheck)
	if err == nil && check != nil {
		err = seal.NewRing(root).Check(ctx, check)
	}
	return root, err
}

func makeSalt(ctx context.Context, db *store.DB) ([]byte, error) {
	fresh, err := seal.NewSalt()
	if err != nil {
		return nil, err
	}
	salt := fresh
	err = db.Commit(ctx, func(tx *store.Tx) error {
		stored, found, err := tx.Setting(settingRootSalt)
		if err != nil || found {
			salt = stored
			return err
		}
		if _, found, err := tx.Setting(settingRootCheck); err != nil || found {
			return errors.Join(err, fmt.Errorf("%w: it was not made with a passphrase", ErrWrongRootKey))
		}
		return tx.PutSetting(settingRootSalt, fresh)
	}, nil)
	return salt, err
}

func readSetting(ctx context.Context, db *store.DB, name string) (value []byte, err error) {
	err = db.View(ctx, func(v *store.View) error {
		var found bool
		value, found, err = v.Setting(name)
		if !found {
			value = nil
		}
		return err
	})
	return value, err
}

// rootError gives an error of the root key the sentinel of this package.
func rootError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, seal.ErrWrongRootKey), errors.Is(err, seal.ErrTampered):
		return fmt.Errorf("%w: %w", ErrWrongRootKey, err)
	case errors.Is(err, seal.ErrNoRootKey), errors.Is(err, seal.ErrBadRootKey), errors.Is(err, seal.ErrExposed), errors.Is(err, os.ErrNotExist), errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: %w", ErrNoRootKey, err)
	}
	return err
}
