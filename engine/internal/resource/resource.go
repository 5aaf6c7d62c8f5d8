// Package resource owns the management plane: management groups, subscriptions,
// resource groups, vaults with their properties and access policies, role definitions
// and role assignments.
//
// Every exported method of Service takes the caller first, and decides, acts and
// records through one access.Gate. The package knows no HTTP and no SQL: it declares
// the ports that it needs, and returns faults with Azure's own texts (wire reference 4).
//
// What is due by the clock has happened as far as any reader can tell: a deleted vault
// whose scheduled purge has passed does not exist, whether PurgeDue ran or not.
package resource

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

// Stamp says when and by whom something was made or changed.
type Stamp struct {
	At time.Time
	// By is the user principal name of a user, the application id of an application.
	By   string
	Type string // User or Application
}

// Principal is what the directory knows of a principal.
type Principal struct {
	ID      string
	Type    authz.PrincipalType
	Name    string
	AppID   string // of a service principal
	Enabled bool
}

// Reader is what the service reads. Names and ids are compared without regard to
// letter case. Vaults come as they are stored: those past their scheduled purge are
// among them unless a method says otherwise.
type Reader interface {
	access.Reader
	// ManagementGroupAncestors returns the ids of the management groups above the
	// management group, the nearest first.
	ManagementGroupAncestors(id string) ([]string, error)

	ManagementGroup(id string) (g ManagementGroup, found bool, err error)
	ManagementGroupList() ([]ManagementGroup, error)
	Subscription(id string) (s Subscription, found bool, err error)
	SubscriptionByAlias(alias string) (s Subscription, found bool, err error)
	Subscriptions() ([]Subscription, error)
	// ProviderUnregistered reports whether the resource provider was unregistered.
	ProviderUnregistered(subscriptionID, namespace string) (bool, error)

	ResourceGroup(subscriptionID, name string) (g Group, found bool, err error)
	// ResourceGroups returns up to limit groups that follow the folded name after.
	ResourceGroups(subscriptionID, after string, limit int) ([]Group, error)

	// VaultByName returns the vault with the name, live or deleted.
	VaultByName(name string) (v Vault, found bool, err error)
	// Vaults returns up to limit live vaults of the subscription, or of its group if
	// that is not empty, that follow the folded name after.
	Vaults(subscriptionID, group, after string, limit int) ([]Vault, error)
	// DeletedVaults returns up to limit deleted vaults of the subscription that follow
	// the folded name after and are not to be purged by now.
	DeletedVaults(subscriptionID string, now time.Time, after string, limit int) ([]Vault, error)
	// DueVaults returns up to limit deleted vaults that were to be purged by now.
	DueVaults(now time.Time, limit int) ([]Vault, error)
	OperationResult(subscriptionID, id string) (created time.Time, found bool, err error)

	RoleDefinition(id string) (d RoleDefinition, found bool, err error)
	RoleDefinitionByName(name string) (d RoleDefinition, found bool, err error)
	RoleDefinitions() ([]RoleDefinition, error)
	RoleAssignment(id string) (a RoleAssignment, found bool, err error)
	// RoleAssignmentOf returns the assignment of the role to the principal at the scope.
	RoleAssignmentOf(scope, principalID, roleID string) (a RoleAssignment, found bool, err error)
	// RoleAssignmentsAt returns the assignments whose scope is one of scopes.
	RoleAssignmentsAt(scopes []string) ([]RoleAssignment, error)
	// RoleAssignmentsBelow returns the assignments at scope and below it.
	RoleAssignmentsBelow(scope string) ([]RoleAssignment, error)
	RoleAssignmentsFor(principalIDs []string) ([]RoleAssignment, error)
	// CountRoleAssignments counts those of a role, if role is set, or those that count
	// against the subscription or management group anchor.
	CountRoleAssignments(role, anchor string) (int, error)

	// PrincipalInfo returns the user, group or service principal with the object id.
	PrincipalInfo(objectID string) (p Principal, found bool, err error)
	// DirectGroupIDs returns the groups that the principal is a direct member of.
	DirectGroupIDs(memberID string) ([]string, error)
	// GroupMemberIDs returns the users and service principals that are in the group,
	// directly or through other groups, up to limit.
	GroupMemberIDs(groupID string, limit int) ([]string, error)
}

// Writer is what the service writes. Put methods insert or replace.
type Writer interface {
	Reader

	PutManagementGroup(g ManagementGroup) error
	DeleteManagementGroup(id string) error
	PutSubscription(s Subscription) error
	SetProviderUnregistered(subscriptionID, namespace string, unregistered bool) error

	PutResourceGroup(g Group) error
	DeleteResourceGroup(subscriptionID, name string) error

	InsertVault(v Vault) error
	UpdateVault(v Vault) error
	// DeleteVault removes the vault and everything in it. Its data key is not touched.
	DeleteVault(id string) error
	PutOperationResult(subscriptionID, id string) error
	// DeleteOperationResults removes those made before the time.
	DeleteOperationResults(before time.Time) error
	PutDataKey(id string, wrapped []byte) error
	DeleteDataKey(id string) error

	PutRoleDefinition(d RoleDefinition) error
	DeleteRoleDefinition(id string) error
	PutRoleAssignment(a RoleAssignment) error
	DeleteRoleAssignment(id string) error
	// DeleteRoleAssignmentsBelow removes the assignments at scope and below it.
	DeleteRoleAssignmentsBelow(scope string) error
}

// Options configure New.
type Options struct {
	Store    access.Store[Reader, Writer]
	Control  *access.Control
	Ring     *seal.Ring
	TenantID string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// VaultURL returns the base URL of a vault, without a slash at its end: audit
	// records name vaults by it.
	VaultURL func(vault string) string
}

// Service carries out the operations of the management plane. It is safe for
// concurrent use.
type Service struct {
	gate     access.Gate[Reader, Writer]
	ring     *seal.Ring
	tenant   string
	now      func() time.Time
	vaultURL func(string) string
}

// New returns a Service. It panics if an option that has no default is missing.
func New(o Options) *Service {
	if o.Store == nil || o.Control == nil || o.Ring == nil || o.VaultURL == nil || o.TenantID == "" {
		panic(errors.New("resource: New: an option is missing"))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{
		gate:     access.Gate[Reader, Writer]{Store: o.Store, Control: o.Control, Now: o.Now},
		ring:     o.Ring,
		tenant:   strings.ToLower(o.TenantID),
		now:      o.Now,
		vaultURL: o.VaultURL,
	}
}

// TenantID returns the id of the tenant.
func (s *Service) TenantID() string { return s.tenant }

// view reads outside of any authorised operation: only for what the decision itself
// needs and the caller does not see.
func (s *Service) view(ctx context.Context, fn func(Reader) error) error {
	return s.gate.Store.View(ctx, fn)
}

// newID returns a new random id (a version 4 UUID).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// parseGUID returns the id in lower case if s has the form of one.
func parseGUID(s string) (string, bool) {
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
