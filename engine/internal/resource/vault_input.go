package resource

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Limits of a vault's properties.
const (
	maxPolicies    = 1024
	maxIPRules     = 1000
	maxSubnetRules = 200
	minRetention   = 7
	maxRetention   = 90
)

// VaultInput is what a request says of a vault. What is nil was not said: a new vault
// gets the default, an existing one keeps what it has.
type VaultInput struct {
	Location              *string
	Tags                  *map[string]string
	TenantID              *string
	SKU                   *SKU
	Policies              *[]authz.AccessPolicy
	Network               *NetworkInput
	PublicNetworkAccess   *string
	ForDeployment         *bool
	ForDiskEncryption     *bool
	ForTemplateDeployment *bool
	SoftDelete            *bool
	RetentionDays         *int
	RBAC                  *bool
	PurgeProtection       *bool
	// Recover asks for a deleted vault back, with its old settings (createMode).
	Recover bool
	// RBACByDefault is the permission model of a new vault whose RBAC is nil: it is up
	// to the version of the API (wire reference 4.1).
	RBACByDefault bool
}

// SKU is the family and name of a vault's sku.
type SKU struct{ Family, Name string }

// NetworkInput is networkAcls as a request has it.
type NetworkInput struct {
	Bypass, DefaultAction *string
	IPRules               *[]string
	SubnetRules           *[]SubnetRule
}

func invalidValue(property string) error {
	return fault.New(fault.BadRequest, "An invalid value was provided for '%s'.", property)
}

func missing(property string) error {
	return fault.New(fault.BadRequest, "The parameter '%s' is not specified.", property)
}

// check refuses what is wrong whatever the vault is like now. tenant is the tenant's id.
func (in *VaultInput) check(tenant string) error {
	if in.Location != nil {
		if _, err := checkLocation(*in.Location); err != nil {
			return err
		}
	}
	if in.TenantID != nil && !strings.EqualFold(*in.TenantID, tenant) {
		return invalidValue("tenantId")
	}
	if in.Tags != nil {
		if err := checkTags(*in.Tags, maxVaultTags); err != nil {
			return err
		}
	}
	if in.SKU != nil {
		if _, err := in.SKU.premium(); err != nil {
			return err
		}
	}
	if in.PublicNetworkAccess != nil {
		if _, err := enabledOrDisabled(*in.PublicNetworkAccess); err != nil {
			return err
		}
	}
	if in.Policies != nil {
		if _, err := checkPolicies(*in.Policies, tenant); err != nil {
			return err
		}
	}
	if in.Network != nil {
		if _, err := in.Network.merge(nil); err != nil {
			return err
		}
	}
	return in.checkOneWay()
}

// checkOneWay refuses what can be turned on only.
func (in *VaultInput) checkOneWay() error {
	if in.SoftDelete != nil && !*in.SoftDelete {
		return fault.New(fault.BadRequest, `The property "enableSoftDelete" cannot be set to false. Enabling the soft delete for a vault is an irreversible action.`)
	}
	if in.PurgeProtection != nil && !*in.PurgeProtection {
		return fault.New(fault.BadRequest, `The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.`)
	}
	if n := in.RetentionDays; n != nil && (*n < minRetention || *n > maxRetention) {
		return fault.New(fault.BadRequest, `The property "softDeleteRetentionInDays" must be between %d and %d.`, minRetention, maxRetention)
	}
	return nil
}

func (s SKU) premium() (bool, error) {
	if s.Family != "" && !strings.EqualFold(s.Family, "A") {
		return false, invalidValue("sku.family")
	}
	switch strings.ToLower(s.Name) {
	case "standard":
		return false, nil
	case "premium":
		return true, nil
	}
	return false, invalidValue("sku.name")
}

func enabledOrDisabled(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "enabled", "":
		return true, nil
	case "disabled":
		return false, nil
	}
	return false, invalidValue("publicNetworkAccess")
}

// create returns the new vault that the input asks for. It was checked.
func (in *VaultInput) create() (Vault, error) {
	v := Vault{RetentionDays: maxRetention, PublicNetworkAccess: true, RBAC: in.RBACByDefault}
	switch {
	case in.Location == nil:
		return v, fault.New(fault.InvalidRequestContent, "The required property 'location' is missing.")
	case in.TenantID == nil:
		return v, missing("tenantId")
	case in.SKU == nil:
		return v, missing("sku")
	}
	v.Location = NormalLocation(*in.Location)
	v.TenantID = strings.ToLower(*in.TenantID)
	if in.RBAC != nil {
		v.RBAC = *in.RBAC
	}
	if in.Policies == nil && !v.RBAC {
		return v, missing("accessPolicies")
	}
	if in.RetentionDays != nil {
		v.RetentionDays = *in.RetentionDays
	}
	return v, in.apply(&v)
}

// update changes the vault as the input asks for, within what an existing vault can
// become.
func (in *VaultInput) update(v *Vault) error {
	if in.Location != nil && NormalLocation(*in.Location) != v.Location {
		return locationConflict(v, *in.Location)
	}
	if in.RetentionDays != nil && *in.RetentionDays != v.RetentionDays {
		return fault.New(fault.BadRequest, `The property "softDeleteRetentionInDays" has been set already and it can't be modified.`)
	}
	if in.SKU != nil {
		if premium, err := in.SKU.premium(); err != nil {
			return err
		} else if v.Premium && !premium {
			return fault.New(fault.BadRequest, `The property "sku" cannot be changed from premium to standard: the vault may hold keys that only a premium vault can use.`)
		}
	}
	if in.RBAC != nil {
		v.RBAC = *in.RBAC
	}
	return in.apply(v)
}

// apply sets what new and existing vaults take in the same way.
func (in *VaultInput) apply(v *Vault) (err error) {
	if in.Tags != nil {
		v.Tags = *in.Tags
	}
	if in.SKU != nil {
		if v.Premium, err = in.SKU.premium(); err != nil {
			return err
		}
	}
	if in.Policies != nil {
		if v.Policies, err = checkPolicies(*in.Policies, v.TenantID); err != nil {
			return err
		}
	}
	if in.Network != nil {
		if v.Network, err = in.Network.merge(v.Network); err != nil {
			return err
		}
	}
	if in.PublicNetworkAccess != nil {
		if v.PublicNetworkAccess, err = enabledOrDisabled(*in.PublicNetworkAccess); err != nil {
			return err
		}
	}
	if in.ForDeployment != nil {
		v.ForDeployment = in.ForDeployment
	}
	if in.ForDiskEncryption != nil {
		v.ForDiskEncryption = in.ForDiskEncryption
	}
	if in.ForTemplateDeployment != nil {
		v.ForTemplateDeployment = in.ForTemplateDeployment
	}
	if in.PurgeProtection != nil {
		v.PurgeProtection = *in.PurgeProtection
	}
	return nil
}

func locationConflict(v *Vault, location string) error {
	return fault.New(fault.InvalidResourceLocation,
		"The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.",
		v.Name, v.Location, v.ResourceGroup, NormalLocation(clean(location)))
}

// merge returns the network rules that result from the input and those before it.
func (in *NetworkInput) merge(before *Network) (*Network, error) {
	var n Network
	if before != nil {
		n = *before
	}
	if in.Bypass != nil {
		switch strings.ToLower(*in.Bypass) {
		case "azureservices":
			n.BypassNone = false
		case "none":
			n.BypassNone = true
		default:
			return nil, invalidValue("networkAcls.bypass")
		}
	}
	if in.DefaultAction != nil {
		switch strings.ToLower(*in.DefaultAction) {
		case "allow":
			n.DenyByDefault = false
		case "deny":
			n.DenyByDefault = true
		default:
			return nil, invalidValue("networkAcls.defaultAction")
		}
	}
	if in.IPRules != nil {
		rules, err := checkIPRules(*in.IPRules)
		if err != nil {
			return nil, err
		}
		n.IPRules = rules
	}
	if in.SubnetRules != nil {
		rules, err := checkSubnetRules(*in.SubnetRules)
		if err != nil {
			return nil, err
		}
		n.SubnetRules = rules
	}
	return &n, nil
}

func checkIPRules(rules []string) ([]string, error) {
	if len(rules) > maxIPRules {
		return nil, fault.New(fault.BadRequest, "The vault has %d IP rules; it may have no more than %d.", len(rules), maxIPRules)
	}
	seen := make(map[string]bool, len(rules))
	out := make([]string, 0, len(rules))
	for _, rule := range rules {
		prefix, ok := parseIPRule(rule)
		if !ok {
			return nil, fault.New(fault.BadRequest, "The IP rule '%s' is not an IPv4 or IPv6 address or a range of them in CIDR notation.", clean(rule))
		}
		if key := prefix.String(); !seen[key] {
			seen[key] = true
			out = append(out, rule)
		}
	}
	return out, nil
}

func checkSubnetRules(rules []SubnetRule) ([]SubnetRule, error) {
	if len(rules) > maxSubnetRules {
		return nil, fault.New(fault.BadRequest, "The vault has %d virtual network rules; it may have no more than %d.", len(rules), maxSubnetRules)
	}
	for _, rule := range rules {
		if _, err := authz.ParseScope(rule.ID); err != nil || !strings.Contains(strings.ToLower(rule.ID), "/subnets/") {
			return nil, fault.New(fault.BadRequest, "The virtual network rule '%s' is not the id of a subnet.", clean(rule.ID))
		}
	}
	return append([]SubnetRule(nil), rules...), nil
}
