package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// fill checks the options and sets the defaults.
func (o *Options) fill() error {
	if o.Database == "" {
		return fmt.Errorf("%w: no database is named", ErrBadOptions)
	}
	if o.Domain == "" {
		o.Domain = DefaultDomain
	}
	o.Domain = strings.ToLower(o.Domain)
	if !domainPattern.MatchString(o.Domain) {
		return fmt.Errorf("%w: %q is not a domain, such as vault.example.com:8443", ErrBadOptions, o.Domain)
	}
	for name, id := range map[string]*string{"tenant": &o.TenantID, "subscription": &o.SubscriptionID} {
		*id = strings.ToLower(*id)
		if *id != "" && !guidPattern.MatchString(*id) {
			return fmt.Errorf("%w: the %s id %q is not a UUID", ErrBadOptions, name, *id)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return checkRootOptions(o.RootKey)
}

var (
	domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:[0-9]{1,5})?$`)
	guidPattern   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// openStore opens the database and the root key; both are made if neither exists. If
// anything is wrong with what exists, nothing is written.
func openStore(ctx context.Context, o Options) (*store.DB, seal.Root, error) {
	exists, err := lookFor(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	root, err := earlyRoot(o.RootKey, o.Database, !exists)
	if err != nil {
		return nil, nil, rootError(err)
	}
	if exists && root != nil {
		if err := checkRoot(ctx, o.Database, root); err != nil {
			return nil, nil, errors.Join(err, root.Close())
		}
	}
	db, err := store.Open(ctx, store.Options{Path: o.Database, Now: o.Now})
	if err != nil {
		return nil, nil, openError(err)
	}
	if root == nil {
		if root, err = passphraseRoot(ctx, db, o.RootKey.PassphraseEnv); err != nil {
			return nil, nil, errors.Join(rootError(err), db.Close())
		}
	}
	return db, root, nil
}

// lookFor says whether there is a database; it fails if there is a file that is none.
func lookFor(ctx context.Context, o Options) (exists bool, err error) {
	if _, err := os.Stat(o.Database); errors.Is(err, fs.ErrNotExist) {
		if o.Existing {
			return false, fmt.Errorf("%w at %s", ErrNoDatabase, o.Database)
		}
		if _, err := os.Stat(filepath.Dir(o.Database)); err != nil {
			return false, fmt.Errorf("%w: the directory %s does not exist or cannot be read", ErrNoDatabase, filepath.Dir(o.Database))
		}
		return false, nil
	}
	return true, openError(store.Inspect(ctx, o.Database))
}

// checkRoot compares the root key with the database before anything writes to it.
func checkRoot(ctx context.Context, database string, root seal.Root) error {
	db, err := store.Open(ctx, store.Options{Path: database, ReadOnly: true})
	if err != nil {
		return openError(err)
	}
	check, err := readSetting(ctx, db, settingRootCheck)
	if err == nil && check != nil {
		err = seal.NewRing(root).Check(ctx, check)
	}
	return errors.Join(rootError(err), db.Close())
}

// openError gives an error of the store the sentinel of this package.
func openError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrForeign):
		return fmt.Errorf("%w: %w", ErrForeignDatabase, err)
	case errors.Is(err, store.ErrNewer):
		return fmt.Errorf("%w: %w", ErrNewerDatabase, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrNoDatabase, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}

// settingIdentity holds what was made at first use.
const settingIdentity = "identity"

// identity is what the database is: made at first use, never changed.
type identity struct {
	TenantID         string `json:"tenantId"`
	SubscriptionID   string `json:"subscriptionId"`
	OperatorClientID string `json:"operatorClientId"`
	OperatorObjectID string `json:"operatorObjectId"`
}

func readIdentity(ctx context.Context, db *store.DB) (identity, bool, error) {
	var id identity
	value, err := readSetting(ctx, db, settingIdentity)
	if err != nil || value == nil {
		return id, false, err
	}
	if err := json.Unmarshal(value, &id); err != nil {
		return id, false, fmt.Errorf("read identity of the database: %w", err)
	}
	return id, true, nil
}

// newGUID returns a random UUID.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
