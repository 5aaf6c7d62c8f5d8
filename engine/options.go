package engine

import (
	"errors"
	"time"

	"github.com/hashicorp/go-hclog"
)

// DefaultDomain is the domain of an embedded engine: its hosts are login.D,
// management.D, graph.D and {vault}.vault.D. No resolver needs to know it.
const DefaultDomain = "coffer.internal"

// Options configure Open.
type Options struct {
	// Database is the path of the SQLite file. It is created, with mode 0600, if it is
	// missing and its directory exists.
	Database string
	// RootKey says where the root key is. The zero value means the file Database+".key".
	RootKey RootKey
	// Domain is D of the hosts, with a port if it is not 443. DefaultDomain if empty.
	Domain string
	// TenantID, if set, is the tenant that the database must have; a new database gets
	// it. If empty a new database gets a random one.
	TenantID string
	// SubscriptionID is the same for the subscription made at first use; it is not
	// checked afterwards.
	SubscriptionID string
	// AzureNames answers under Azure's own public names too: login.microsoftonline.com,
	// management.azure.com, graph.microsoft.com and *.vault.azure.net.
	AzureNames bool
	// Local marks every caller as one in the same process: not subject to firewalls.
	Local bool
	// Existing refuses to create anything: the database and the root key must exist.
	Existing bool
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Logger gets what no client may see; none if nil.
	Logger hclog.Logger
}

// RootKey names the place of the root key; at most one field is set.
type RootKey struct {
	// File is a key file. It is created, with mode 0600, together with the database.
	File string
	// Env is the name of an environment variable that holds 32 bytes as base64 or hex.
	Env string
	// PassphraseEnv is the name of an environment variable that holds a passphrase.
	PassphraseEnv string
}

// Info is what a client needs to know to connect.
type Info struct {
	Domain           string
	TenantID         string
	SubscriptionID   string
	OperatorClientID string
	OperatorObjectID string
}

// The errors of Open that a user can do something about; the error's text says what
// was wrong with which file.
var (
	// ErrForeignDatabase: the file is not a Coffer database.
	ErrForeignDatabase = errors.New("not a Coffer database")
	// ErrNewerDatabase: the file was written by a later version of Coffer.
	ErrNewerDatabase = errors.New("the database is from a newer version of Coffer")
	// ErrUnreadable: the file or its directory cannot be read or written.
	ErrUnreadable = errors.New("the database cannot be read or written")
	// ErrNoDatabase: there is no such file, and Options.Existing is set, or its
	// directory does not exist.
	ErrNoDatabase = errors.New("there is no database")
	// ErrNoRootKey: the root key cannot be found or read, such as a missing file,
	// variable or passphrase.
	ErrNoRootKey = errors.New("the root key is missing")
	// ErrWrongRootKey: the root key is not that of the database.
	ErrWrongRootKey = errors.New("the root key is not the one of this database")
	// ErrBadOptions: the options contradict each other or hold a malformed value.
	ErrBadOptions = errors.New("wrong engine options")
	// ErrOtherTenant: the database belongs to another tenant than Options.TenantID.
	ErrOtherTenant = errors.New("the database belongs to another tenant")
)
