// Package directory owns the tenant's directory: users, groups and their members,
// applications, service principals, and the credentials of all of them.
//
// It decides who may read and change the directory (by role at the scope "/", see
// action.go) and keeps its rules. It knows no HTTP and no SQL: the package graph
// speaks Microsoft Graph for it, login verifies the credentials, and the store
// implements the ports that it declares here.
package directory

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// ObjectType is the kind of a directory object, as Graph spells it.
type ObjectType string

// The kinds of directory objects.
const (
	TypeUser             ObjectType = "user"
	TypeGroup            ObjectType = "group"
	TypeApplication      ObjectType = "application"
	TypeServicePrincipal ObjectType = "servicePrincipal"
)

// Extra are properties that are kept and given back and mean nothing to the engine.
type Extra map[string]json.RawMessage

// User is a person who signs in.
type User struct {
	ID           string
	UPN          string
	DisplayName  string
	Mail         string
	MailNickname string
	Enabled      bool
	Created      time.Time
	// SessionsFrom is the time before which no sign-in counts any more.
	SessionsFrom time.Time
	HasPassword  bool
	// ForceChange means that the password must be changed before it is good.
	ForceChange bool
	// SecondFactor means that the user has a TOTP secret.
	SecondFactor bool
	Extra        Extra
}

// UserSecrets is what signing a user in needs to know.
type UserSecrets struct {
	PasswordHash string // in the PHC string format; empty without a password
	TOTP         []byte // sealed; nil without a second factor
	TOTPStep     int64  // the last time step that was used
}

// Group is a security group.
type Group struct {
	ID           string
	DisplayName  string
	Description  string
	MailNickname string
	Created      time.Time
	Extra        Extra
}

// Application is the registration of a program; its service principal is what gets
// rights.
type Application struct {
	ID             string
	AppID          string
	DisplayName    string
	IdentifierURIs []string
	// RedirectURIs are those of web, spa and public clients.
	WebRedirectURIs, SPARedirectURIs, PublicRedirectURIs []string
	// PublicClient allows flows without a client credential (isFallbackPublicClient).
	PublicClient bool
	Created      time.Time
	Extra        Extra
	Credentials  []Credential
}

// ServicePrincipal is an application's identity in the tenant.
type ServicePrincipal struct {
	ID             string
	AppID          string
	DisplayName    string
	Enabled        bool
	IdentifierURIs []string // of its application
	Created        time.Time
	Extra          Extra
	Credentials    []Credential
}

// CredentialKind tells passwords from certificates.
type CredentialKind string

// The kinds of credentials.
const (
	PasswordCredential CredentialKind = "password"
	KeyCredential      CredentialKind = "key"
)

// Credential is a password (client secret) or certificate of an application or
// service principal.
type Credential struct {
	KeyID       string
	OwnerID     string
	Kind        CredentialKind
	DisplayName string
	Hint        string // the first characters of a password
	Start, End  time.Time
	// Salt and Hash of a password: Hash = SHA-256(Salt | password).
	Salt, Hash []byte
	// Certificate is the DER form of a certificate.
	Certificate []byte
	Identifier  []byte // customKeyIdentifier
}

// FederatedCredential lets tokens of another issuer stand for the application.
type FederatedCredential struct {
	ID            string
	ApplicationID string
	Name          string
	Issuer        string
	Subject       string
	Audiences     []string
	Description   string
}

// Object is one directory object; the pointer of its type is set.
type Object struct {
	Type             ObjectType
	User             *User
	Group            *Group
	Application      *Application
	ServicePrincipal *ServicePrincipal
}

// ID returns the object's id.
func (o Object) ID() string {
	switch o.Type {
	case TypeUser:
		return o.User.ID
	case TypeGroup:
		return o.Group.ID
	case TypeApplication:
		return o.Application.ID
	default:
		return o.ServicePrincipal.ID
	}
}

// Reference names an object.
type Reference struct {
	ID   string
	Type ObjectType
}

// Query selects part of a collection, in the order of the objects' ids.
type Query struct {
	Filter *Filter
	// After is the id after which the page starts.
	After string
	// Limit is the most that is returned; 0 means DefaultLimit.
	Limit int
}

// Limits of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 999
)

// Page is a part of a collection. Next is the After of the next page, empty if this
// was the last.
type Page[T any] struct {
	Items []T
	Next  string
}

// Reader is what the service reads.
type Reader interface {
	access.Reader

	User(id string) (u User, found bool, err error)
	UserByUPN(upn string) (u User, found bool, err error)
	UserSecrets(id string) (UserSecrets, error)
	Users(q Query) ([]User, error)

	Group(id string) (g Group, found bool, err error)
	Groups(q Query) ([]Group, error)
	// Members returns the members of the group: users, service principals and groups;
	// those of groups in it too if transitive is set.
	Members(groupID string, transitive bool, q Query) ([]Reference, error)
	// DirectGroupIDs returns the groups that the object is a direct member of.
	DirectGroupIDs(memberID string) ([]string, error)

	Application(id string) (a Application, found bool, err error)
	ApplicationByAppID(appID string) (a Application, found bool, err error)
	// ApplicationByURI returns the application with the identifier URI.
	ApplicationByURI(uri string) (a Application, found bool, err error)
	Applications(q Query) ([]Application, error)
	FederatedCredentials(applicationID string) ([]FederatedCredential, error)

	ServicePrincipal(id string) (p ServicePrincipal, found bool, err error)
	ServicePrincipalByAppID(appID string) (p ServicePrincipal, found bool, err error)
	ServicePrincipals(q Query) ([]ServicePrincipal, error)

	// Credentials returns the credentials of an application or service principal.
	Credentials(ownerID string) ([]Credential, error)
	// TypeOf says what the object is.
	TypeOf(id string) (t ObjectType, found bool, err error)
	// Owners returns who owns an application, service principal or group.
	Owners(objectID string) ([]Reference, error)
	// DataKey returns a wrapped data key; seal.ErrNoDataKey if there is none.
	DataKey(id string) ([]byte, error)
}

// Writer is what the service writes.
type Writer interface {
	Reader

	InsertUser(u User, passwordHash string) error
	UpdateUser(u User) error
	SetPassword(userID, hash string, forceChange bool, sessionsFrom time.Time) error
	// SetTOTP replaces the sealed secret; nil removes the second factor.
	SetTOTP(userID string, sealed []byte) error
	// UseTOTP notes a used time step; false if it or a later one was used before.
	UseTOTP(userID string, step int64) (bool, error)
	DeleteUser(id string) error

	InsertGroup(g Group) error
	UpdateGroup(g Group) error
	DeleteGroup(id string) error
	AddMember(groupID string, member Reference) error
	RemoveMember(groupID, memberID string) (existed bool, err error)

	InsertApplication(a Application) error
	UpdateApplication(a Application) error
	DeleteApplication(id string) error
	PutFederatedCredential(c FederatedCredential) error
	DeleteFederatedCredential(applicationID, id string) (existed bool, err error)

	InsertServicePrincipal(p ServicePrincipal) error
	UpdateServicePrincipal(p ServicePrincipal) error
	DeleteServicePrincipal(id string) error

	InsertCredential(c Credential) error
	DeleteCredential(ownerID, keyID string) (existed bool, err error)

	AddOwner(objectID string, owner Reference) error
	RemoveOwner(objectID, ownerID string) (existed bool, err error)

	// PutDataKey keeps the wrapped key that seals second factors.
	PutDataKey(id string, wrapped []byte) error
}

// Options configure New.
type Options struct {
	Store    access.Store[Reader, Writer]
	Control  *access.Control
	Ring     *seal.Ring
	TenantID string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Service is the directory as the front ends use it.
type Service struct {
	gate   access.Gate[Reader, Writer]
	ring   *seal.Ring
	tenant string
	now    func() time.Time
}

// New returns the service.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Control == nil {
		o.Control = access.NewControl()
	}
	return &Service{
		gate:   access.Gate[Reader, Writer]{Store: o.Store, Control: o.Control, Now: o.Now},
		ring:   o.Ring,
		tenant: o.TenantID,
		now:    o.Now,
	}
}

// TenantID returns the id of the tenant whose directory this is.
func (s *Service) TenantID() string { return s.tenant }

// Bootstrap creates the tenant's first application and service principal, both with
// the name. It is for the first use of a database only: nothing authorises it.
func Bootstrap(w Writer, name string) (appID, objectID string, err error) {
	app := Application{ID: NewID(), AppID: NewID(), DisplayName: name, Created: w.Now()}
	if err := w.InsertApplication(app); err != nil {
		return "", "", err
	}
	sp := ServicePrincipal{ID: NewID(), AppID: app.AppID, DisplayName: name, Enabled: true, Created: w.Now()}
	if err := w.InsertServicePrincipal(sp); err != nil {
		return "", "", err
	}
	return sp.AppID, sp.ID, nil
}

// BootstrapPassword adds a client secret to the application at the first use of a
// database, as AddPassword does later.
func BootstrapPassword(w Writer, appID, name string, life time.Duration) (sensitive.String, error) {
	app, found, err := w.ApplicationByAppID(appID)
	if err != nil || !found {
		return sensitive.String{}, err
	}
	credential, secret := newPassword(app.ID, name, w.Now(), w.Now().Add(life))
	return secret, w.InsertCredential(credential)
}

// NewID returns a new random object id (a version 4 UUID).
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// ParseID returns the id in lower case if s has the form of one.
func ParseID(s string) (id string, ok bool) {
	if len(s) != 36 {
		return "", false
	}
	for i, c := range []byte(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (c == '-') || !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return "", false
		}
	}
	return strings.ToLower(s), true
}
