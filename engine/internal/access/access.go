// Package access answers who may do what, now: it turns a caller into the grants it
// holds at this moment and runs every operation of the services through the same
// gate, which authorises it, lets it act and records it.
//
// What a decision rests on (principals, memberships, assignments, vault properties and
// policies) is read from the store and kept in memory under the store's generation, so
// that a change by any process is seen by the next request. The package does not know
// SQL or HTTP.
package access

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Reader is what a decision reads. A read view and a write transaction both give it.
type Reader interface {
	// Now is the time of the snapshot.
	Now() time.Time
	// Generation moves with every change of what the other methods return.
	Generation() (uint64, error)
	// Principal returns the user or service principal with the object id.
	Principal(objectID string) (p Principal, found bool, err error)
	// ServicePrincipalOf returns the service principal of the application (client) id.
	ServicePrincipalOf(appID string) (p Principal, found bool, err error)
	// GroupIDs returns the ids of all groups that the principal is in, directly or
	// through other groups.
	GroupIDs(memberID string) ([]string, error)
	// AssignmentsOf returns the role assignments of any of the principals.
	AssignmentsOf(principalIDs []string) ([]Assignment, error)
	// CustomRole returns the custom role definition with the id (a guid).
	CustomRole(id string) (role authz.RoleDefinition, found bool, err error)
	// LiveVault returns the vault with the name, in any letter case, that is not deleted.
	LiveVault(name string) (v Vault, found bool, err error)
	// ManagementGroups returns the ids of the management groups above the
	// subscription, the nearest first.
	ManagementGroups(subscriptionID string) ([]string, error)
}

// Principal is a user or service principal of the directory.
type Principal struct {
	ObjectID string
	Type     authz.PrincipalType
	Enabled  bool
	AppID    string // of a service principal
	Name     string // user principal name or display name
}

// Assignment is a stored role assignment.
type Assignment struct {
	ID          string // full resource id
	Scope       string
	PrincipalID string
	RoleID      string // guid of the role definition
	Condition   string
}

// Vault is what requests to a vault need to know of it.
type Vault struct {
	ID                  string // internal, never reused: the key of its data
	Name                string
	ResourceID          string // ARM id in the letter case of its creation
	SubscriptionID      string
	ResourceGroup       string
	Location            string
	TenantID            string
	Premium             bool
	RBAC                bool
	RetentionDays       int
	PurgeProtection     bool
	Policies            []authz.AccessPolicy
	Network             Network
	PublicNetworkAccess bool

	scope  authz.Scope
	policy authz.PolicySet
}

// Scope returns the vault's scope.
func (v *Vault) Scope() authz.Scope { return v.scope }

// Control caches what decisions rest on, for one generation at a time.
type Control struct {
	mu    sync.Mutex
	cache *cache
}

// NewControl returns an empty Control.
func NewControl() *Control { return &Control{cache: newCache(0)} }

type cache struct {
	generation uint64
	mu         sync.RWMutex
	subjects   map[subjectKey]*Subject
	vaults     map[string]*Vault
	parents    map[string][]authz.Scope
}

// subjectKey is all that the check of a caller depends on.
type subjectKey struct {
	objectID, appID string
	kind            authz.PrincipalType
	delegated       bool
}

// maxCached bounds each map of a cache; beyond it entries are dropped at random.
const maxCached = 10_000

func newCache(generation uint64) *cache {
	return &cache{
		generation: generation,
		subjects:   map[subjectKey]*Subject{},
		vaults:     map[string]*Vault{},
		parents:    map[string][]authz.Scope{},
	}
}

// Snapshot is what decisions rest on at one generation.
type Snapshot struct {
	Generation uint64
	r          Reader
	cache      *cache
}

// Snapshot returns the state as r sees it. r must be a view of committed data.
func (c *Control) Snapshot(r Reader) (*Snapshot, error) {
	generation, err := r.Generation()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	if c.cache.generation < generation {
		c.cache = newCache(generation)
	}
	current := c.cache
	c.mu.Unlock()
	if current.generation != generation {
		// A view from before the newest change: answer from it, remember nothing.
		current = newCache(generation)
	}
	return &Snapshot{Generation: generation, r: r, cache: current}, nil
}

// Fresh returns the state as r sees it and remembers nothing of it: for a write
// transaction, whose changes may yet be undone.
func Fresh(r Reader) (*Snapshot, error) {
	generation, err := r.Generation()
	if err != nil {
		return nil, err
	}
	return &Snapshot{Generation: generation, r: r, cache: newCache(generation)}, nil
}

// Vault returns the live vault with the name.
func (s *Snapshot) Vault(name string) (*Vault, bool, error) {
	key := strings.ToLower(name)
	if v := lookup(s.cache, s.cache.vaults, key); v != nil {
		return v, true, nil
	}
	v, found, err := s.r.LiveVault(key)
	if err != nil || !found {
		return nil, false, err
	}
	if v.scope, err = authz.ParseScope(v.ResourceID); err != nil {
		return nil, false, fmt.Errorf("vault %s: %w", v.ID, err)
	}
	v.policy = authz.NewPolicySet(v.Policies)
	remember(s.cache, s.cache.vaults, key, &v)
	return &v, true, nil
}

// Chain returns scope and every scope above it, management groups included.
func (s *Snapshot) Chain(scope authz.Scope) (authz.Chain, error) {
	subscription, ok := scope.Subscription()
	if !ok {
		return s.managementChain(scope)
	}
	s.cache.mu.RLock()
	parents, cached := s.cache.parents[subscription]
	s.cache.mu.RUnlock()
	if !cached {
		ids, err := s.r.ManagementGroups(subscription)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			parents = append(parents, authz.ManagementGroupScope(id))
		}
		remember(s.cache, s.cache.parents, subscription, parents)
	}
	return authz.NewChain(scope, parents), nil
}

// managementChain is the chain of a scope that is in no subscription.
func (s *Snapshot) managementChain(scope authz.Scope) (authz.Chain, error) {
	type ancestry interface {
		ManagementGroupAncestors(id string) ([]string, error)
	}
	id, ok := scope.ManagementGroup()
	r, known := s.r.(ancestry)
	if !ok || !known {
		return authz.NewChain(scope, nil), nil
	}
	ids, err := r.ManagementGroupAncestors(id)
	if err != nil {
		return nil, err
	}
	var parents []authz.Scope
	for _, id := range ids {
		parents = append(parents, authz.ManagementGroupScope(id))
	}
	return authz.NewChain(scope, parents), nil
}

func lookup[K comparable, V any](c *cache, m map[K]*V, key K) *V {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return m[key]
}

func remember[K comparable, V any](c *cache, m map[K]V, key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(m) >= maxCached {
		for k := range m {
			delete(m, k)
			break
		}
	}
	m[key] = value
}

// Subject is a caller with the groups it is in and the assignments it holds.
type Subject struct {
	Caller authz.Caller
	// IDs are the object id followed by the ids of all groups.
	IDs    []string
	grants *authz.Grants
}

// Subject returns what the caller may rely on now. A caller that the directory no
// longer knows, or has disabled, is a fault of kind Unauthorized, as is no caller.
func (s *Snapshot) Subject(caller authz.Caller) (*Subject, error) {
	if caller.IsZero() {
		return nil, fault.New(fault.Unauthorized, "AKV10000: Request is missing a Bearer or PoP token.")
	}
	key := subjectKey{caller.ObjectID, caller.AppID, caller.Type, caller.Delegated}
	if known := lookup(s.cache, s.cache.subjects, key); known != nil {
		return &Subject{Caller: caller, IDs: known.IDs, grants: known.grants}, nil
	}
	if err := s.checkPrincipal(caller); err != nil {
		return nil, err
	}
	groups, err := s.r.GroupIDs(caller.ObjectID)
	if err != nil {
		return nil, err
	}
	ids := append([]string{caller.ObjectID}, groups...)
	grants, err := s.grants(ids)
	if err != nil {
		return nil, err
	}
	subject := &Subject{Caller: caller, IDs: ids, grants: grants}
	remember(s.cache, s.cache.subjects, key, subject)
	return subject, nil
}

func (s *Snapshot) checkPrincipal(caller authz.Caller) error {
	p, found, err := s.r.Principal(caller.ObjectID)
	if err != nil {
		return err
	}
	if !found || p.Type != caller.Type {
		return fault.New(fault.Unauthorized, "The principal '%s' of the token does not exist in the directory.", caller.ObjectID)
	}
	if !p.Enabled {
		return fault.New(fault.Unauthorized, "The principal '%s' of the token is disabled.", caller.ObjectID)
	}
	if caller.AppID == "" {
		return nil
	}
	app, found, err := s.r.ServicePrincipalOf(caller.AppID)
	if err != nil {
		return err
	}
	if !found || !app.Enabled {
		return fault.New(fault.Unauthorized, "The application '%s' of the token is disabled or does not exist.", caller.AppID)
	}
	return nil
}

func (s *Snapshot) grants(ids []string) (*authz.Grants, error) {
	rows, err := s.r.AssignmentsOf(ids)
	if err != nil {
		return nil, err
	}
	roles := map[string]*authz.Role{}
	var list []authz.Assignment
	for _, row := range rows {
		role, known := roles[row.RoleID]
		if !known {
			if role, err = s.role(row.RoleID); err != nil {
				return nil, err
			}
			roles[row.RoleID] = role
		}
		if role == nil {
			continue
		}
		scope, err := authz.ParseScope(row.Scope)
		if err != nil {
			return nil, fmt.Errorf("role assignment %s: %w", row.ID, err)
		}
		assignment := authz.Assignment{ID: row.ID, Scope: scope, PrincipalID: row.PrincipalID, Role: role}
		if row.Condition != "" {
			if assignment.Condition, err = authz.ParseCondition(row.Condition); err != nil {
				return nil, fmt.Errorf("role assignment %s: %w", row.ID, err)
			}
		}
		list = append(list, assignment)
	}
	return authz.NewGrants(list), nil
}

// compiledBuiltIns are the built-in roles, compiled at their first use.
var compiledBuiltIns sync.Map

// role returns the compiled role, nil if it does not exist.
func (s *Snapshot) role(id string) (*authz.Role, error) {
	id = strings.ToLower(id)
	if role, ok := compiledBuiltIns.Load(id); ok {
		return role.(*authz.Role), nil
	}
	definition, builtIn := authz.BuiltInRole(id)
	if !builtIn {
		var found bool
		var err error
		if definition, found, err = s.r.CustomRole(id); err != nil || !found {
			return nil, err
		}
	}
	role, err := authz.Compile(definition)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", id, err)
	}
	if builtIn {
		compiledBuiltIns.Store(id, role)
	}
	return role, nil
}

// In reports whether the subject is the principal or in the group with the id.
func (s *Subject) In(id string) bool { return slices.Contains(s.IDs, id) }

// Decide decides an action of the management plane, or a data action, by role.
func (s *Subject) Decide(action string, data bool, chain authz.Chain, attrs authz.Attributes) authz.Decision {
	return s.grants.Decide(authz.Request{Action: action, Data: data, Chain: chain, Attributes: attrs})
}
