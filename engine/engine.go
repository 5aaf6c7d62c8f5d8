package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"crypto/rand"

	"github.com/hashicorp/go-hclog"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov/soft"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/server"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// Engine is an open engine. It is safe for concurrent use.
type Engine struct {
	info    Info
	hosts   []httpx.Hosts
	handler http.Handler
	secret  sensitive.String
	logger  hclog.Logger
	now     func() time.Time

	db        *store.DB
	root      seal.Root
	directory *directory.Service
	resource  *resource.Service
	vault     *vault.Service
	login     []*login.Service
}

// Open opens the engine on a database; the database, the root key, a tenant, a
// subscription and the operator (a service principal with the role Owner at "/") are
// made at first use. The returned engine needs no clean shutdown.
//
// Its errors wrap ErrBadOptions, ErrNoDatabase, ErrUnreadable, ErrForeignDatabase,
// ErrNewerDatabase, ErrNoRootKey, ErrWrongRootKey or ErrOtherTenant.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	db, root, err := openStore(ctx, o)
	if err != nil {
		return nil, err
	}
	e, err := start(ctx, o, db, root)
	if err != nil {
		return nil, errors.Join(err, db.Close(), root.Close())
	}
	return e, nil
}

func start(ctx context.Context, o Options, db *store.DB, root seal.Root) (*Engine, error) {
	ring := seal.NewRing(root)
	id, err := firstUse(ctx, o, db, ring)
	if err != nil {
		return nil, err
	}
	if o.TenantID != "" && o.TenantID != id.TenantID {
		return nil, fmt.Errorf("%w: the database %s belongs to tenant %s, not %s", ErrOtherTenant, o.Database, id.TenantID, o.TenantID)
	}
	e := &Engine{
		info: Info{
			Domain: o.Domain, TenantID: id.TenantID, SubscriptionID: id.SubscriptionID,
			OperatorClientID: id.OperatorClientID, OperatorObjectID: id.OperatorObjectID,
		},
		hosts:  hostsOf(o),
		secret: sensitive.NewString(rand.Text() + rand.Text()),
		logger: o.Logger,
		now:    o.Now,
		db:     db,
		root:   root,
	}
	control := access.NewControl()
	vaultURL := e.hosts[0].Vault
	e.directory = directory.New(directory.Options{
		Store: port[directory.Reader, directory.Writer]{db}, Control: control, Ring: ring, TenantID: id.TenantID, Now: o.Now,
	})
	e.resource = resource.New(resource.Options{
		Store: port[resource.Reader, resource.Writer]{db}, Control: control, Ring: ring, TenantID: id.TenantID, Now: o.Now, VaultURL: vaultURL,
	})
	e.vault = vault.New(vault.Options{
		Store: port[vault.Reader, vault.Writer]{db}, Control: control, Ring: ring, Now: o.Now, Soft: soft.New(), VaultURL: vaultURL,
	})
	var fronts []server.Fronts
	for _, hosts := range e.hosts {
		fronts = append(fronts, e.fronts(o, hosts, ring))
	}
	e.handler = server.New(server.Options{Fronts: fronts, Local: o.Local, Logger: o.Logger})
	return e, nil
}

// firstUse returns the identity of the database, which it makes if there is none. Of
// several processes that open a new database at once, one does.
func firstUse(ctx context.Context, o Options, db *store.DB, ring *seal.Ring) (identity, error) {
	id, found, err := readIdentity(ctx, db)
	if err != nil || found {
		return id, err
	}
	check, err := ring.NewCheck(ctx)
	if err != nil {
		return id, err
	}
	rec := audit.Start(authz.Caller{}, audit.CategoryAdministrative, "Coffer.Engine/bootstrap", o.Now())
	err = db.Commit(ctx, func(tx *store.Tx) error {
		if _, found, err := tx.Setting(settingIdentity); err != nil || found {
			return err
		}
		return bootstrap(tx, o, check)
	}, func(err error) *audit.Record {
		rec.Finish(http.StatusCreated, err, o.Now())
		return rec
	})
	if err != nil {
		return id, fmt.Errorf("set up the database: %w", err)
	}
	id, _, err = readIdentity(ctx, db)
	return id, err
}

func bootstrap(tx *store.Tx, o Options, check []byte) error {
	id := identity{TenantID: o.TenantID, SubscriptionID: o.SubscriptionID}
	if id.TenantID == "" {
		id.TenantID = newGUID()
	}
	if id.SubscriptionID == "" {
		id.SubscriptionID = newGUID()
	}
	var err error
	if id.OperatorClientID, id.OperatorObjectID, err = directory.Bootstrap(tx, "Coffer operator"); err != nil {
		return err
	}
	err = resource.Bootstrap(tx, resource.First{TenantID: id.TenantID, SubscriptionID: id.SubscriptionID, OperatorID: id.OperatorObjectID})
	if err != nil {
		return err
	}
	value, err := json.Marshal(id)
	if err != nil {
		return err
	}
	return errors.Join(tx.PutSetting(settingIdentity, value), tx.PutSetting(settingRootCheck, check))
}

// Handler serves every host of the engine's domain, told apart by Request.Host.
func (e *Engine) Handler() http.Handler { return e.handler }

// Info returns what a client needs to connect.
func (e *Engine) Info() Info { return e.info }

// OperatorSecret returns a client secret of the operator's application that only this
// process accepts and that is stored nowhere.
func (e *Engine) OperatorSecret() string { return e.secret.Reveal() }

// Close stops the engine. It waits for the commit that is running.
func (e *Engine) Close() error { return errors.Join(e.db.Close(), e.root.Close()) }

// services are the domain services, for the test that calls every method of theirs.
func (e *Engine) services() []any { return []any{e.directory, e.resource, e.vault} }
