package resource

import (
	"net/netip"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// ManagementGroup holds subscriptions and other management groups. The root has the
// tenant's id and no parent.
type ManagementGroup struct {
	ID        string
	Name      string
	Parent    string // id; empty for the root
	Created   time.Time
	Updated   time.Time
	UpdatedBy string
}

// The states of a subscription.
const (
	SubscriptionEnabled  = "Enabled"
	SubscriptionDisabled = "Disabled"
)

// Subscription holds resource groups.
type Subscription struct {
	ID      string
	Name    string
	State   string
	Parent  string // id of its management group
	Alias   string // that it was created by, if any
	Created time.Time
}

// ResourceID returns the subscription's scope.
func (s *Subscription) ResourceID() string { return "/subscriptions/" + s.ID }

// Group is a resource group.
type Group struct {
	SubscriptionID string
	Name           string
	Location       string
	ManagedBy      string
	Tags           map[string]string
	Created        time.Time
	Updated        time.Time
}

// ResourceID returns the group's scope.
func (g *Group) ResourceID() string {
	return "/subscriptions/" + g.SubscriptionID + "/resourceGroups/" + g.Name
}

// Vault is a vault as the management plane knows it.
type Vault struct {
	ID                    string // internal, random, never used again
	SubscriptionID        string
	ResourceGroup         string
	Name                  string
	Location              string
	TenantID              string
	Premium               bool
	Tags                  map[string]string
	Policies              []authz.AccessPolicy
	Network               *Network // nil if it was never set
	PublicNetworkAccess   bool
	ForDeployment         *bool
	ForDiskEncryption     *bool
	ForTemplateDeployment *bool
	RBAC                  bool
	RetentionDays         int
	PurgeProtection       bool
	Created, Updated      Stamp
	// Deleted and PurgeAt are zero while the vault lives.
	Deleted, PurgeAt time.Time
}

// ResourceID returns the vault's ARM id in the letter case of its creation.
func (v *Vault) ResourceID() string {
	return "/subscriptions/" + v.SubscriptionID + "/resourceGroups/" + v.ResourceGroup + "/providers/Microsoft.KeyVault/vaults/" + v.Name
}

// DeletedID returns the ARM id of the deleted vault.
func (v *Vault) DeletedID() string {
	return "/subscriptions/" + v.SubscriptionID + "/providers/Microsoft.KeyVault/locations/" + v.Location + "/deletedVaults/" + v.Name
}

// Live reports whether the vault is not deleted.
func (v *Vault) Live() bool { return v.Deleted.IsZero() }

// Gone reports whether the vault has been purged by now.
func (v *Vault) Gone(now time.Time) bool { return !v.Live() && !now.Before(v.PurgeAt) }

// in reports whether the vault is in the group.
func (v *Vault) in(subscription, group string) bool {
	return strings.EqualFold(v.SubscriptionID, subscription) && strings.EqualFold(v.ResourceGroup, group)
}

// Access returns what requests to the vault need to know of it.
func (v *Vault) Access() access.Vault {
	out := access.Vault{
		ID: v.ID, Name: v.Name, ResourceID: v.ResourceID(), SubscriptionID: v.SubscriptionID,
		ResourceGroup: v.ResourceGroup, Location: v.Location, TenantID: v.TenantID,
		Premium: v.Premium, RBAC: v.RBAC, RetentionDays: v.RetentionDays, PurgeProtection: v.PurgeProtection,
		Policies: v.Policies, PublicNetworkAccess: v.PublicNetworkAccess,
	}
	if n := v.Network; n != nil {
		out.Network = access.Network{DenyByDefault: n.DenyByDefault, BypassNone: n.BypassNone}
		for _, rule := range n.IPRules {
			if prefix, ok := parseIPRule(rule); ok {
				out.Network.Allowed = append(out.Network.Allowed, prefix)
			}
		}
	}
	return out
}

// Network is a vault's firewall as it was given (networkAcls).
type Network struct {
	DenyByDefault bool
	BypassNone    bool
	IPRules       []string // IPv4 or IPv6 addresses or CIDR ranges
	SubnetRules   []SubnetRule
}

// SubnetRule is a virtual network rule; it is kept and given back.
type SubnetRule struct {
	ID            string
	IgnoreMissing bool
}

// parseIPRule reads an address or a range; host bits of a range are dropped.
func parseIPRule(s string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(s); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, false
	}
	return prefix.Masked(), true
}

// RoleDefinition is a role with its history. Built-in roles have none.
type RoleDefinition struct {
	authz.RoleDefinition
	Created, Updated     time.Time
	CreatedBy, UpdatedBy string
}

// RoleAssignment gives a role to a principal at a scope.
type RoleAssignment struct {
	ID            string // guid, unique in the tenant
	Scope         string
	PrincipalID   string
	PrincipalType authz.PrincipalType
	RoleID        string // guid
	Condition     string
	Description   string
	// DelegatedResourceID is kept and given back.
	DelegatedResourceID  string
	Created, Updated     time.Time
	CreatedBy, UpdatedBy string
}

// ResourceID returns the assignment's full id.
func (a *RoleAssignment) ResourceID() string {
	scope := a.Scope
	if scope == "/" {
		scope = ""
	}
	return scope + "/providers/Microsoft.Authorization/roleAssignments/" + a.ID
}
