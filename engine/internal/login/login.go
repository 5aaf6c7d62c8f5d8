// Package login serves the tenant's OAuth 2.0 and OpenID Connect endpoints and turns
// the tokens that they issue back into callers.
//
// It owns signing keys, tokens, sign-in and what a sign-in leaves behind (refresh
// tokens, codes, failed attempts). It does not decide what a caller may do. Everything
// it gives out is either signed (access and id tokens, JWT with RS256) or a random text
// of which only the SHA-256 is kept.
//
// Access tokens have the claims of Entra's version 1.0:
//
//	aud iss iat nbf exp oid sub tid appid appidacr idtyp uti ver
//	upn unique_name name amr scp      (of users)
//
// They have one issuer, https://login.D/{tenant}/, whichever endpoint issued them; the
// OpenID documents say the same.
package login

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// SigningKey is a stored signing key: its public half as PKIX DER and its private half
// sealed.
type SigningKey struct {
	KID     string
	Public  []byte
	Sealed  []byte
	Created time.Time
}

// GrantKind tells what a grant is.
type GrantKind string

// The kinds of grants.
const (
	RefreshGrant GrantKind = "refresh"
	CodeGrant    GrantKind = "code"
	DeviceGrant  GrantKind = "device"
)

// Grant is something that was given out and can be turned into tokens.
type Grant struct {
	Hash []byte // SHA-256 of its text
	Kind GrantKind
	// Family is what a refresh token and its successors have in common; the hash of the
	// user code of a device code.
	Family           string
	UserID           string // empty for a device code that nobody has confirmed
	AppID            string
	Data             GrantData
	Created, Expires time.Time
	Used             time.Time // zero until it is
}

// GrantData is what a grant remembers of the sign-in.
type GrantData struct {
	Scope     string   `json:"scope,omitempty"`
	Audience  string   `json:"aud,omitempty"`
	AMR       []string `json:"amr,omitempty"`
	ACR       string   `json:"acr,omitempty"` // how the client authenticated
	Redirect  string   `json:"redirect,omitempty"`
	Challenge string   `json:"challenge,omitempty"` // PKCE, S256
	Nonce     string   `json:"nonce,omitempty"`
	Polled    int64    `json:"polled,omitempty"` // Unix seconds of the last poll
	V1        bool     `json:"v1,omitempty"`
}

// Failures counts failed sign-ins in a row.
type Failures struct {
	Count       int
	LockedUntil time.Time
	Updated     time.Time
}

// Reader is what the package reads.
type Reader interface {
	directory.Reader

	SigningKeys() ([]SigningKey, error)
	Grant(hash []byte) (g Grant, found bool, err error)
	// GrantOf returns the grant of the kind with the family.
	GrantOf(kind GrantKind, family string) (g Grant, found bool, err error)
	Failures(hash []byte) (Failures, error)
}

// Writer is what the package writes.
type Writer interface {
	Reader

	SetPassword(userID, hash string, forceChange bool, sessionsFrom time.Time) error
	UseTOTP(userID string, step int64) (bool, error)
	PutDataKey(id string, wrapped []byte) error

	InsertSigningKey(k SigningKey) error
	DeleteSigningKeys(createdBefore time.Time) error
	// PutGrant adds a grant or replaces the one with its hash.
	PutGrant(g Grant) error
	// UseGrant marks a grant as used; false if it was before, or is gone.
	UseGrant(hash []byte, now time.Time) (bool, error)
	// DeleteFamily revokes all grants of the kind with the family.
	DeleteFamily(kind GrantKind, family string) error
	// TakeOnce notes something that may come once and what came with it; false if it
	// came before with something else.
	TakeOnce(hash, with []byte, expires time.Time) (bool, error)
	PutFailures(hash []byte, f Failures) error
	// TidyLogin deletes what has expired by the time, at most limit rows of each kind.
	TidyLogin(now time.Time, limit int) error
}

// Options configure New.
type Options struct {
	Store access.Store[Reader, Writer]
	Ring  *seal.Ring
	Hosts httpx.Hosts
	// Also are the other names of the same deployment (Azure's own): their tokens are
	// good here too.
	Also     []httpx.Hosts
	TenantID string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Client fetches the keys of issuers that federated credentials trust. nil means
	// that there is no way out: federated credentials are refused.
	Client *http.Client
}

// Service is the login host, and the Authenticator of the other hosts.
type Service struct {
	store  access.Store[Reader, Writer]
	ring   *seal.Ring
	hosts  httpx.Hosts
	also   []httpx.Hosts
	tenant string
	now    func() time.Time
	audiences
	keys     keyring
	tokens   tokenCache
	issuers  issuerCache
	hashing  chan struct{} // bounds password hashing, which takes 19 MiB each
	process  map[string][sha256.Size]byte
	procLock sync.RWMutex
}

// maxHashing is how many passwords are hashed at once.
const maxHashing = 4

var _ httpx.Authenticator = (*Service)(nil)

// New returns the service. It touches nothing before its first request.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{
		store: o.Store, ring: o.Ring, hosts: o.Hosts, tenant: strings.ToLower(o.TenantID), now: o.Now,
		also: o.Also, audiences: newAudiences(append([]httpx.Hosts{o.Hosts}, o.Also...)),
		hashing: make(chan struct{}, maxHashing),
		process: map[string][sha256.Size]byte{},
	}
	s.issuers.client = restrict(o.Client)
	return s
}

// AllowProcessSecret makes secret a client secret of the application for as long as
// this process lives. It is the door for the operator of an embedded engine: the
// secret is random and exists in memory only.
func (s *Service) AllowProcessSecret(appID string, secret sensitive.String) {
	s.procLock.Lock()
	defer s.procLock.Unlock()
	s.process[strings.ToLower(appID)] = sha256.Sum256([]byte(secret.Reveal()))
}

// issuer is the issuer of every token that this service makes.
func (s *Service) issuer() string { return s.hosts.Authority(s.tenant) + "/" }

// isIssuer reports whether the tokens of the issuer are the deployment's own.
func (s *Service) isIssuer(issuer string) bool {
	return issuer == s.issuer() || slices.ContainsFunc(s.also, func(h httpx.Hosts) bool {
		return issuer == h.Authority(s.tenant)+"/"
	})
}

// view is store.View with a result.
func view[T any](ctx context.Context, s *Service, fn func(Reader) (T, error)) (T, error) {
	var result T
	err := s.store.View(ctx, func(r Reader) (err error) {
		result, err = fn(r)
		return err
	})
	return result, err
}
