package armplane

import (
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

// vaultRequest is the body of PUT and PATCH of a vault. What the service computes
// (vaultUri, provisioningState, privateEndpointConnections) is echoed by clients and
// not read.
type vaultRequest struct {
	Location   *string            `json:"location"`
	Tags       *map[string]string `json:"tags"`
	Properties *vaultProperties   `json:"properties"`
}

type vaultProperties struct {
	SKU                          *sku            `json:"sku"`
	TenantID                     *string         `json:"tenantId"`
	AccessPolicies               *[]accessPolicy `json:"accessPolicies"`
	EnabledForDeployment         *bool           `json:"enabledForDeployment"`
	EnabledForDiskEncryption     *bool           `json:"enabledForDiskEncryption"`
	EnabledForTemplateDeployment *bool           `json:"enabledForTemplateDeployment"`
	EnableSoftDelete             *bool           `json:"enableSoftDelete"`
	SoftDeleteRetentionInDays    *int            `json:"softDeleteRetentionInDays"`
	EnableRbacAuthorization      *bool           `json:"enableRbacAuthorization"`
	EnablePurgeProtection        *bool           `json:"enablePurgeProtection"`
	CreateMode                   *string         `json:"createMode"`
	NetworkAcls                  *networkACLs    `json:"networkAcls"`
	PublicNetworkAccess          *string         `json:"publicNetworkAccess"`
}

type sku struct {
	Family string `json:"family"`
	Name   string `json:"name"`
}

type accessPolicy struct {
	TenantID      string            `json:"tenantId"`
	ObjectID      string            `json:"objectId"`
	ApplicationID string            `json:"applicationId,omitempty"`
	Permissions   policyPermissions `json:"permissions"`
}

type policyPermissions struct {
	Keys         []string `json:"keys"`
	Secrets      []string `json:"secrets"`
	Certificates []string `json:"certificates"`
	Storage      []string `json:"storage,omitempty"`
}

type networkACLs struct {
	Bypass              *string     `json:"bypass"`
	DefaultAction       *string     `json:"defaultAction"`
	IPRules             *[]ipRule   `json:"ipRules"`
	VirtualNetworkRules *[]vnetRule `json:"virtualNetworkRules"`
}

type ipRule struct {
	Value string `json:"value"`
}

type vnetRule struct {
	ID                               string `json:"id"`
	IgnoreMissingVnetServiceEndpoint bool   `json:"ignoreMissingVnetServiceEndpoint,omitempty"`
}

func policyFrom(p *accessPolicy) authz.AccessPolicy {
	return authz.AccessPolicy{
		TenantID: p.TenantID, ObjectID: p.ObjectID, ApplicationID: p.ApplicationID,
		Keys: p.Permissions.Keys, Secrets: p.Permissions.Secrets, Certificates: p.Permissions.Certificates, Storage: p.Permissions.Storage,
	}
}

func policyBody(p *authz.AccessPolicy) accessPolicy {
	return accessPolicy{
		TenantID: p.TenantID, ObjectID: p.ObjectID, ApplicationID: p.ApplicationID,
		Permissions: policyPermissions{
			Keys: notNil(p.Keys), Secrets: notNil(p.Secrets), Certificates: notNil(p.Certificates), Storage: p.Storage,
		},
	}
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// input turns the body into what the service takes.
func (b *vaultRequest) input(api string) (resource.VaultInput, error) {
	in := resource.VaultInput{Location: b.Location, Tags: b.Tags, RBACByDefault: api >= rbacByDefault}
	p := b.Properties
	if p == nil {
		return in, nil
	}
	in.TenantID, in.PublicNetworkAccess = p.TenantID, p.PublicNetworkAccess
	in.ForDeployment, in.ForDiskEncryption, in.ForTemplateDeployment = p.EnabledForDeployment, p.EnabledForDiskEncryption, p.EnabledForTemplateDeployment
	in.SoftDelete, in.RetentionDays = p.EnableSoftDelete, p.SoftDeleteRetentionInDays
	in.RBAC, in.PurgeProtection = p.EnableRbacAuthorization, p.EnablePurgeProtection
	if p.SKU != nil {
		in.SKU = &resource.SKU{Family: p.SKU.Family, Name: p.SKU.Name}
	}
	if p.AccessPolicies != nil {
		policies := each(*p.AccessPolicies, policyFrom)
		in.Policies = &policies
	}
	in.Network = p.NetworkAcls.input()
	if p.CreateMode != nil {
		switch strings.ToLower(*p.CreateMode) {
		case "default", "":
		case "recover":
			in.Recover = true
		default:
			return in, fault.New(fault.BadRequest, "An invalid value was provided for 'createMode'.")
		}
	}
	return in, nil
}

func (n *networkACLs) input() *resource.NetworkInput {
	if n == nil {
		return nil
	}
	in := &resource.NetworkInput{Bypass: n.Bypass, DefaultAction: n.DefaultAction}
	if n.IPRules != nil {
		rules := each(*n.IPRules, func(r *ipRule) string { return r.Value })
		in.IPRules = &rules
	}
	if n.VirtualNetworkRules != nil {
		rules := each(*n.VirtualNetworkRules, func(r *vnetRule) resource.SubnetRule {
			return resource.SubnetRule{ID: r.ID, IgnoreMissing: r.IgnoreMissingVnetServiceEndpoint}
		})
		in.SubnetRules = &rules
	}
	return in
}

// vaultBody is a vault in answers.
type vaultBody struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	SystemData systemData        `json:"systemData"`
	Properties vaultAnswer       `json:"properties"`
}

type systemData struct {
	CreatedBy          string `json:"createdBy"`
	CreatedByType      string `json:"createdByType"`
	CreatedAt          string `json:"createdAt"`
	LastModifiedBy     string `json:"lastModifiedBy"`
	LastModifiedByType string `json:"lastModifiedByType"`
	LastModifiedAt     string `json:"lastModifiedAt"`
}

type vaultAnswer struct {
	SKU                          sku            `json:"sku"`
	TenantID                     string         `json:"tenantId"`
	NetworkAcls                  *networkAnswer `json:"networkAcls,omitempty"`
	AccessPolicies               []accessPolicy `json:"accessPolicies"`
	EnabledForDeployment         bool           `json:"enabledForDeployment"`
	EnabledForDiskEncryption     *bool          `json:"enabledForDiskEncryption,omitempty"`
	EnabledForTemplateDeployment *bool          `json:"enabledForTemplateDeployment,omitempty"`
	EnableSoftDelete             bool           `json:"enableSoftDelete"`
	SoftDeleteRetentionInDays    int            `json:"softDeleteRetentionInDays"`
	EnableRbacAuthorization      bool           `json:"enableRbacAuthorization"`
	EnablePurgeProtection        bool           `json:"enablePurgeProtection,omitempty"`
	VaultURI                     string         `json:"vaultUri"`
	ProvisioningState            string         `json:"provisioningState"`
	PublicNetworkAccess          string         `json:"publicNetworkAccess"`
}

type networkAnswer struct {
	Bypass              string     `json:"bypass"`
	DefaultAction       string     `json:"defaultAction"`
	IPRules             []ipRule   `json:"ipRules"`
	VirtualNetworkRules []vnetRule `json:"virtualNetworkRules"`
}

const (
	milliseconds = "2006-01-02T15:04:05.000Z"
	ticks        = "2006-01-02T15:04:05.0000000Z"
	wholeSeconds = "2006-01-02T15:04:05Z"
)

func (p *plane) vaultBody(v *resource.Vault) vaultBody {
	body := vaultBody{
		ID: v.ResourceID(), Name: v.Name, Type: "Microsoft.KeyVault/vaults", Location: v.Location, Tags: tagsBody(v.Tags),
		SystemData: systemData{
			CreatedBy: v.Created.By, CreatedByType: v.Created.Type, CreatedAt: v.Created.At.UTC().Format(milliseconds),
			LastModifiedBy: v.Updated.By, LastModifiedByType: v.Updated.Type, LastModifiedAt: v.Updated.At.UTC().Format(milliseconds),
		},
		Properties: vaultAnswer{
			SKU:                          sku{Family: "A", Name: skuName(v)},
			TenantID:                     v.TenantID,
			AccessPolicies:               each(v.Policies, policyBody),
			EnabledForDeployment:         v.ForDeployment != nil && *v.ForDeployment,
			EnabledForDiskEncryption:     v.ForDiskEncryption,
			EnabledForTemplateDeployment: v.ForTemplateDeployment,
			EnableSoftDelete:             true,
			SoftDeleteRetentionInDays:    v.RetentionDays,
			EnableRbacAuthorization:      v.RBAC,
			EnablePurgeProtection:        v.PurgeProtection,
			VaultURI:                     p.hosts.Vault(v.Name) + "/",
			ProvisioningState:            "Succeeded",
			PublicNetworkAccess:          "Enabled",
		},
	}
	if !v.PublicNetworkAccess {
		body.Properties.PublicNetworkAccess = "Disabled"
	}
	if n := v.Network; n != nil {
		body.Properties.NetworkAcls = networkBody(n)
	}
	return body
}

func skuName(v *resource.Vault) string {
	if v.Premium {
		return "premium"
	}
	return "standard"
}

func networkBody(n *resource.Network) *networkAnswer {
	out := &networkAnswer{
		Bypass: "AzureServices", DefaultAction: "Allow",
		IPRules: each(n.IPRules, func(rule *string) ipRule { return ipRule{*rule} }),
		VirtualNetworkRules: each(n.SubnetRules, func(r *resource.SubnetRule) vnetRule {
			return vnetRule{r.ID, r.IgnoreMissing}
		}),
	}
	if n.BypassNone {
		out.Bypass = "None"
	}
	if n.DenyByDefault {
		out.DefaultAction = "Deny"
	}
	return out
}

func tagsBody(tags map[string]string) map[string]string {
	if tags == nil {
		return map[string]string{}
	}
	return tags
}

// deletedBody is a deleted vault in answers.
type deletedBody struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Properties deletedProperties `json:"properties"`
}

type deletedProperties struct {
	VaultID                string            `json:"vaultId"`
	Location               string            `json:"location"`
	Tags                   map[string]string `json:"tags"`
	DeletionDate           string            `json:"deletionDate"`
	ScheduledPurgeDate     string            `json:"scheduledPurgeDate"`
	PurgeProtectionEnabled bool              `json:"purgeProtectionEnabled,omitempty"`
}

func deletedVaultBody(v *resource.Vault) deletedBody {
	return deletedBody{
		ID: v.DeletedID(), Name: v.Name, Type: "Microsoft.KeyVault/deletedVaults",
		Properties: deletedProperties{
			VaultID: v.ResourceID(), Location: v.Location, Tags: tagsBody(v.Tags),
			DeletionDate: date(v.Deleted), ScheduledPurgeDate: date(v.PurgeAt), PurgeProtectionEnabled: v.PurgeProtection,
		},
	}
}

func date(t time.Time) string { return t.UTC().Format(wholeSeconds) }
