package vault

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Operation names an operation as audit records do, such as "SecretGet".
type Operation string

// rule is what a caller must be granted for an operation (wire reference 1.4, 1.5).
type rule struct {
	kind Kind
	// action is the data action, without Microsoft.KeyVault/vaults/.
	action string
	// permission is that of an access policy.
	permission string
	// scoped says that the operation is on one object.
	scoped bool
	status int
}

const actionPrefix = "Microsoft.KeyVault/vaults/"

// The operations of every kind are named by its title and one of these verbs.
const (
	verbDelete       = "Delete"
	verbList         = "List"
	verbListVersions = "ListVersions"
	verbListDeleted  = "ListDeleted"
	verbGetDeleted   = "GetDeleted"
	verbPurge        = "Purge"
	verbRecover      = "Recover"
	verbBackup       = "Backup"
	verbRestore      = "Restore"
)

var rules = map[Operation]rule{
	"SecretSet":          {Secrets, "secrets/setSecret/action", "set", true, 200},
	"SecretGet":          {Secrets, "secrets/getSecret/action", "get", true, 200},
	"SecretUpdate":       {Secrets, "secrets/update/action", "set", true, 200},
	"SecretDelete":       {Secrets, "secrets/delete", "delete", true, 200},
	"SecretList":         {Secrets, "secrets/readMetadata/action", "list", false, 200},
	"SecretListVersions": {Secrets, "secrets/readMetadata/action", "list", true, 200},
	"SecretListDeleted":  {Secrets, "secrets/readMetadata/action", "list", false, 200},
	"SecretGetDeleted":   {Secrets, "secrets/readMetadata/action", "get", true, 200},
	"SecretPurge":        {Secrets, "secrets/purge/action", "purge", true, 204},
	"SecretRecover":      {Secrets, "secrets/recover/action", "recover", true, 200},
	"SecretBackup":       {Secrets, "secrets/backup/action", "backup", true, 200},
	"SecretRestore":      {Secrets, "secrets/restore/action", "restore", true, 200},

	"KeyCreate":            {Keys, "keys/create/action", "create", true, 200},
	"KeyImport":            {Keys, "keys/import/action", "import", true, 200},
	"KeyGet":               {Keys, "keys/read", "get", true, 200},
	"KeyUpdate":            {Keys, "keys/update/action", "update", true, 200},
	"KeyDelete":            {Keys, "keys/delete", "delete", true, 200},
	"KeyList":              {Keys, "keys/read", "list", false, 200},
	"KeyListVersions":      {Keys, "keys/read", "list", true, 200},
	"KeyListDeleted":       {Keys, "keys/read", "list", false, 200},
	"KeyGetDeleted":        {Keys, "keys/read", "get", true, 200},
	"KeyPurge":             {Keys, "keys/purge/action", "purge", true, 204},
	"KeyRecover":           {Keys, "keys/recover/action", "recover", true, 200},
	"KeyBackup":            {Keys, "keys/backup/action", "backup", true, 200},
	"KeyRestore":           {Keys, "keys/restore/action", "restore", true, 200},
	"KeyEncrypt":           {Keys, "keys/encrypt/action", "encrypt", true, 200},
	"KeyDecrypt":           {Keys, "keys/decrypt/action", "decrypt", true, 200},
	"KeyWrap":              {Keys, "keys/wrap/action", "wrapKey", true, 200},
	"KeyUnwrap":            {Keys, "keys/unwrap/action", "unwrapKey", true, 200},
	"KeySign":              {Keys, "keys/sign/action", "sign", true, 200},
	"KeyVerify":            {Keys, "keys/verify/action", "verify", true, 200},
	"KeyRelease":           {Keys, "keys/release/action", "release", true, 200},
	"KeyRotate":            {Keys, "keys/rotate/action", "rotate", true, 200},
	"KeyRotationPolicyGet": {Keys, "keyrotationpolicies/read", "getrotationpolicy", true, 200},
	"KeyRotationPolicySet": {Keys, "keyrotationpolicies/write", "setrotationpolicy", true, 200},
}

// call is one operation on its way through the gate.
type call struct {
	s      *Service
	ctx    context.Context
	caller authz.Caller
	op     Operation
	rule   rule
	ref    Ref
	// fold and version are the checked forms of those of ref.
	fold, version string
	// invalid is what is wrong with the request itself. It is answered to callers who
	// are somebody and come from where the vault lets them, before it is asked what
	// they may do (wire reference 3.1).
	invalid error
	// vault is set by authorize, again by every repetition.
	vault *access.Vault
}

// beginVerb is begin for an operation that every kind has.
func (s *Service) beginVerb(ctx context.Context, caller authz.Caller, kind Kind, verb string, ref Ref) *call {
	return s.begin(ctx, caller, Operation(kind.Title()+verb), ref)
}

// begin checks the names of a request. An operation that is not in rules is refused.
func (s *Service) begin(ctx context.Context, caller authz.Caller, op Operation, ref Ref) *call {
	c := &call{s: s, ctx: ctx, caller: caller, op: op, ref: ref}
	var ok bool
	if c.rule, ok = rules[op]; !ok {
		c.invalid = fault.New(fault.NotImplemented, "This operation is not supported.")
	}
	if !c.rule.scoped {
		return c
	}
	if c.fold, ok = fold(ref.Name); !ok {
		c.invalid = fault.New(fault.BadParameter, "The request URI contains an invalid name: %s", printable(ref.Name))
		return c
	}
	if c.version, ok = foldVersion(ref.Version); !ok {
		// No such version can exist; the answer is the same as for one that could.
		c.version = "-"
	}
	return c
}

// reject notes what is wrong with the request, unless something was noted before.
func (c *call) reject(err error) {
	if c.invalid == nil {
		c.invalid = err
	}
}

func (c *call) operation() access.Operation {
	return access.Operation{Category: audit.CategoryAudit, Name: string(c.op), Status: c.rule.status, Authorize: c.authorize}
}

// authorize decides the call. It finds the vault first: a name that is none is told
// only to callers who are somebody.
func (c *call) authorize(s *access.Snapshot, subject *access.Subject, rec *audit.Record) error {
	v, found, err := s.Vault(c.ref.Vault)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.VaultNotFound, "The vault '%s' was not found.", printable(c.ref.Vault))
	}
	c.vault = v
	c.describe(rec)
	err = s.AuthorizeData(subject, v, c.request(v), rec)
	if trace := traceOf(c.ctx); trace != nil {
		trace.Region, trace.AssignmentID = v.Location, rec.Properties.AppliedAssignmentID
	}
	if c.invalid != nil && !fault.Is(err, fault.ForbiddenByFirewall) && !fault.Is(err, fault.ForbiddenByConnection) {
		return c.invalid
	}
	return err
}

func (c *call) request(v *access.Vault) access.DataRequest {
	req := access.DataRequest{
		Action: actionPrefix + c.rule.action, Type: c.rule.kind.objectType(), Permission: c.rule.permission,
		Collection: string(c.rule.kind),
	}
	if c.rule.scoped && c.fold != "" {
		req.Name = c.ref.Name
	}
	if v.RBAC {
		req.Attributes = c.attributes(v, req.Name)
	}
	return req
}

// attributes are what conditions may ask for: the name of the object belongs to the
// request where it may be a new one, and is absent for a collection (wire reference 5.3).
func (c *call) attributes(v *access.Vault, name string) authz.Attributes {
	attrs := authz.Attributes{}.With(authz.FromResource, authz.AttrVaultName, v.Name)
	if name == "" {
		return attrs
	}
	source := authz.FromResource
	switch c.op {
	case "SecretSet", "SecretRestore", "KeyCreate", "KeyImport", "KeyRestore":
		source = authz.FromRequest
	}
	attribute := authz.AttrSecretName
	if c.rule.kind == Keys {
		attribute = authz.AttrKeyName
	}
	return attrs.With(source, attribute, name)
}

// describe notes which object the call is about: its URL, with a version only if the
// request named one, and none for a collection (wire reference 6.1).
func (c *call) describe(rec *audit.Record) {
	if !c.rule.scoped || c.fold == "" {
		return
	}
	collection := string(c.rule.kind)
	switch c.op {
	case "SecretGetDeleted", "SecretPurge", "SecretRecover", "KeyGetDeleted", "KeyPurge", "KeyRecover":
		collection = "deleted" + collection
	}
	id := c.s.vaultURL(c.vault.Name) + "/" + collection + "/" + c.ref.Name
	if c.version != "" {
		id += "/" + printable(c.ref.Version)
	}
	rec.Properties.ID = id
}

// notFound is the answer for an object that is not there.
func (c *call) notFound() error {
	kind := c.rule.kind
	id := c.ref.Name
	if c.ref.Version != "" {
		id += "/" + printable(c.ref.Version)
	}
	return fault.New(notFoundKind(kind), "A %s with (name/id) %s was not found in this key vault. If you recently deleted this %s you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
		kind.Noun(), id, kind.Noun())
}

func (c *call) deletedNotFound() error {
	return fault.New(notFoundKind(c.rule.kind), "Deleted %s not found: %s", c.rule.kind.Title(), c.ref.Name)
}

// blocked is the answer to a write to a name that a deleted object holds.
func (c *call) blocked(name string) error {
	return fault.New(fault.DeletedButRecoverable, "%s %s is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the %s can only be recovered or purged.",
		c.rule.kind.Title(), name, c.rule.kind.Noun())
}

func notFoundKind(kind Kind) fault.Kind {
	switch kind {
	case Secrets:
		return fault.SecretNotFound
	case Keys:
		return fault.KeyNotFound
	default:
		return fault.CertificateNotFound
	}
}

// Trace is what a front end may tell of a request besides its answer.
type Trace struct {
	Region       string
	AssignmentID string
}

type traceKey struct{}

// WithTrace returns a context under which a call fills t.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

func traceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// Refuse records a request that cannot be carried out as it stands, such as one whose
// body cannot be read, and returns what the caller is told: err, unless the caller may
// not even know that.
func (s *Service) Refuse(ctx context.Context, caller authz.Caller, op Operation, ref Ref, err error) error {
	c := s.begin(ctx, caller, op, ref)
	if c.rule.kind == "" && err != nil {
		c.invalid = err
	}
	c.reject(err)
	c.reject(fault.New(fault.NotImplemented, "This operation is not supported."))
	return s.gate.Read(ctx, caller, c.operation(), func(Reader, *audit.Record) error { return c.invalid })
}

// Unauthenticated records a request whose caller could not be told, for the reason
// err, and returns it.
func (s *Service) Unauthenticated(ctx context.Context, caller authz.Caller, err error) error {
	if err == nil {
		err = fault.New(fault.Unauthorized, "AKV10000: Request is missing a Bearer or PoP token.")
	}
	return s.gate.Refuse(ctx, caller, access.Operation{Category: audit.CategoryAudit, Name: "Authentication"}, err)
}
