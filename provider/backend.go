package provider

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
)

// engines are the embedded engines of this process: one for each database and root
// key. They outlive the Configure call that opens them, and are never closed: they
// need no clean shutdown.
var engines = struct {
	sync.Mutex
	open map[embeddedSettings]openEngine
}{open: map[embeddedSettings]openEngine{}}

type openEngine struct {
	*engine.Engine
	file os.FileInfo // of the database when it was opened
}

// openEmbedded returns the engine of the database, which it opens once.
func openEmbedded(ctx context.Context, s settings) (*engine.Engine, error) {
	engines.Lock()
	defer engines.Unlock()
	if e, ok := engines.open[s.embedded]; ok {
		// A file that was deleted or put in the place of another needs a new engine.
		if now, err := os.Stat(s.embedded.database); err == nil && os.SameFile(now, e.file) {
			return e.Engine, checkTenant(s, e.Engine)
		}
		delete(engines.open, s.embedded)
		_ = e.Close() // The file it had is gone.
	}
	e, err := engine.Open(context.WithoutCancel(ctx), engine.Options{
		Database: s.embedded.database,
		RootKey: engine.RootKey{
			File: s.embedded.rootKeyFile, Env: s.embedded.rootKeyEnv, PassphraseEnv: s.embedded.rootKeyPassEnv,
		},
		TenantID:       s.tenantID,
		SubscriptionID: s.subscriptionID,
		Local:          true,
		Logger:         engineLogger(),
	})
	if err != nil {
		return nil, err
	}
	if file, err := os.Stat(s.embedded.database); err == nil {
		engines.open[s.embedded] = openEngine{e, file}
	}
	return e, nil
}

func checkTenant(s settings, e *engine.Engine) error {
	if s.tenantID != "" && s.tenantID != e.Info().TenantID {
		return engine.ErrOtherTenant
	}
	return nil
}

// engineLogger writes what no client may see where Terraform collects the provider's
// log, if there is one.
func engineLogger() hclog.Logger {
	level := hclog.LevelFromString(os.Getenv("TF_LOG_PROVIDER"))
	if level == hclog.NoLevel {
		level = hclog.LevelFromString(os.Getenv("TF_LOG"))
	}
	if level == hclog.NoLevel {
		return hclog.NewNullLogger()
	}
	return hclog.New(&hclog.LoggerOptions{Name: "engine", Level: level, JSONFormat: true, Output: os.Stderr})
}

// connectEmbedded returns clients of the embedded engine: as its operator, or as the
// application that the settings name.
func connectEmbedded(ctx context.Context, s settings, version string, diags *diag.Diagnostics) *clients {
	e, err := openEmbedded(ctx, s)
	if err != nil {
		diags.Append(openError(s, err))
		return nil
	}
	info := e.Info()
	c := newClients(hosts{
		login:      "https://login." + info.Domain,
		management: "https://management." + info.Domain,
		graph:      "https://graph." + info.Domain,
	}, inproc.New(e.Handler()), version)
	c.subscriptionID = s.subscriptionID
	if c.subscriptionID == "" {
		c.subscriptionID = info.SubscriptionID
	}
	s.tenantID = info.TenantID
	if s.clientID != "" {
		signIn(ctx, c, s, diags)
		return c
	}
	operator, err := azidentity.NewClientSecretCredential(info.TenantID, info.OperatorClientID, e.OperatorSecret(),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: c.options, DisableInstanceDiscovery: true})
	if err == nil {
		err = c.start(ctx, operator)
	}
	if err != nil {
		diags.Append(signInError(path.Root("embedded"), s, err))
	}
	return c
}

// openError says why the embedded engine cannot be opened, on the attribute that
// settles it.
func openError(s settings, err error) diag.Diagnostic {
	database := quote(s.embedded.database)
	untouched := " Nothing was changed."
	why := sentence(err.Error())
	switch {
	case errors.Is(err, engine.ErrForeignDatabase):
		return diag.NewAttributeErrorDiagnostic(databasePath, "Not a Coffer database",
			"The file "+database+" is something else than a database of this provider, or is damaged. "+why+untouched+
				" Name another path in embedded.database (or COFFER_DATABASE), or restore the file from a backup.")
	case errors.Is(err, engine.ErrNewerDatabase):
		return diag.NewAttributeErrorDiagnostic(databasePath, "The database is from a newer version",
			"A later version of Coffer has written "+database+", and this one cannot read it. "+why+untouched+
				" Use that version of the provider, or a later one.")
	case errors.Is(err, engine.ErrOtherTenant):
		return diag.NewAttributeErrorDiagnostic(path.Root("tenant_id"), "The database belongs to another tenant",
			"The database "+database+" is not one of tenant "+s.tenantID+". "+why+untouched+
				" A database has one tenant: remove tenant_id (or the environment variable COFFER_TENANT_ID), correct it, or name another database.")
	case errors.Is(err, engine.ErrWrongRootKey):
		return diag.NewAttributeErrorDiagnostic(rootKeyPath, "Not the root key of this database",
			"The root key that is configured is not the one that "+database+" was made with. "+why+untouched+
				" Point embedded.root_key at the original key. Without it nothing in the database can be read.")
	case errors.Is(err, engine.ErrNoRootKey):
		return diag.NewAttributeErrorDiagnostic(rootKeyPath, "The root key is missing",
			"The root key of "+database+" was not found, or cannot be used. "+why+untouched+
				" Put the key file, the environment variable or the passphrase that embedded.root_key names in place.")
	case errors.Is(err, engine.ErrNoDatabase), errors.Is(err, engine.ErrUnreadable):
		return diag.NewAttributeErrorDiagnostic(databasePath, "The database cannot be opened",
			"The file "+database+" or its directory is missing, or cannot be read and written. "+why+
				" Create the directory, or give the user who runs Terraform the right to read and write there.")
	default:
		return diag.NewAttributeErrorDiagnostic(path.Root("embedded"), "The embedded engine cannot be opened",
			"Opened "+database+". "+why+" Correct the provider block, or the file, accordingly.")
	}
}
