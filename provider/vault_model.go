package provider

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// vaultModel is coffer_vault.
type vaultModel struct {
	vaultAttributes
	OnDestroy  types.String `tfsdk:"on_destroy"`
	OnConflict types.String `tfsdk:"on_conflict"`
}

// vaultAttributes are what the resource and the data source have in common.
type vaultAttributes struct {
	ID                  types.String `tfsdk:"id"`
	Name                foldedValue  `tfsdk:"name"`
	ResourceGroup       foldedValue  `tfsdk:"resource_group_name"`
	SubscriptionID      uuidValue    `tfsdk:"subscription_id"`
	Location            foldedValue  `tfsdk:"location"`
	SKU                 foldedValue  `tfsdk:"sku_name"`
	TenantID            uuidValue    `tfsdk:"tenant_id"`
	RBAC                types.Bool   `tfsdk:"rbac_authorization_enabled"`
	ForDeployment       types.Bool   `tfsdk:"enabled_for_deployment"`
	ForDiskEncryption   types.Bool   `tfsdk:"enabled_for_disk_encryption"`
	ForTemplate         types.Bool   `tfsdk:"enabled_for_template_deployment"`
	PublicNetworkAccess types.Bool   `tfsdk:"public_network_access_enabled"`
	PurgeProtection     types.Bool   `tfsdk:"purge_protection_enabled"`
	RetentionDays       types.Int64  `tfsdk:"soft_delete_retention_days"`
	NetworkACLs         types.Object `tfsdk:"network_acls"`
	Tags                types.Map    `tfsdk:"tags"`
	VaultURI            types.String `tfsdk:"vault_uri"`
}

type networkACLsModel struct {
	DefaultAction foldedValue     `tfsdk:"default_action"`
	Bypass        foldedValue     `tfsdk:"bypass"`
	IPRules       addressSetValue `tfsdk:"ip_rules"`
	SubnetIDs     foldedSetValue  `tfsdk:"virtual_network_subnet_ids"`
}

var networkACLsTypes = map[string]attr.Type{
	"default_action": foldedType{}, "bypass": foldedType{}, "ip_rules": addressSet, "virtual_network_subnet_ids": foldedSet,
}

// from fills the model from an answer; what only the provider knows gets its default
// if it has no value, as after an import.
func (m *vaultModel) from(ctx context.Context, v armkeyvault.Vault, diags *diag.Diagnostics) {
	m.vaultAttributes.from(ctx, v, diags)
	if m.OnDestroy.ValueString() == "" {
		m.OnDestroy = types.StringValue(softDeleteOnDestroy)
	}
	if m.OnConflict.ValueString() == "" {
		m.OnConflict = types.StringValue(recoverOnConflict)
	}
}

func (m *vaultAttributes) from(ctx context.Context, v armkeyvault.Vault, diags *diag.Diagnostics) {
	p := deref(v.Properties)
	m.ID = types.StringValue(deref(v.ID))
	m.Name = newFolded(deref(v.Name))
	if id, err := resourceid.ParseVault(deref(v.ID)); err == nil {
		m.ResourceGroup, m.SubscriptionID = newFolded(id.ResourceGroup), newUUID(id.SubscriptionID)
	}
	m.Location = newLocation(deref(v.Location))
	m.SKU = newFolded(string(deref(deref(p.SKU).Name)))
	m.TenantID = newUUID(deref(p.TenantID))
	m.RBAC = types.BoolValue(deref(p.EnableRbacAuthorization))
	m.ForDeployment = types.BoolValue(deref(p.EnabledForDeployment))
	m.ForDiskEncryption = types.BoolValue(deref(p.EnabledForDiskEncryption))
	m.ForTemplate = types.BoolValue(deref(p.EnabledForTemplateDeployment))
	m.PublicNetworkAccess = types.BoolValue(!strings.EqualFold(deref(p.PublicNetworkAccess), "Disabled"))
	m.PurgeProtection = types.BoolValue(deref(p.EnablePurgeProtection))
	m.RetentionDays = types.Int64Value(int64(deref(p.SoftDeleteRetentionInDays)))
	m.NetworkACLs = networkACLsIn(ctx, p.NetworkACLs, m.NetworkACLs, diags)
	m.Tags = tagsIn(ctx, v.Tags, m.Tags, diags)
	m.VaultURI = types.StringValue(deref(p.VaultURI))
}

func (m *vaultAttributes) identity() []string {
	return vaultPairs(resourceid.Vault{
		SubscriptionID: m.SubscriptionID.ValueString(), ResourceGroup: m.ResourceGroup.ValueString(), Name: m.Name.ValueString(),
	})
}

// properties returns the vault that the model describes, for its creation.
func (m *vaultModel) properties(ctx context.Context, diags *diag.Diagnostics) armkeyvault.VaultCreateOrUpdateParameters {
	p := &armkeyvault.VaultProperties{
		TenantID:                     to.Ptr(m.TenantID.ValueString()),
		SKU:                          m.sku(),
		AccessPolicies:               []*armkeyvault.AccessPolicyEntry{},
		EnableRbacAuthorization:      m.RBAC.ValueBoolPointer(),
		EnabledForDeployment:         m.ForDeployment.ValueBoolPointer(),
		EnabledForDiskEncryption:     m.ForDiskEncryption.ValueBoolPointer(),
		EnabledForTemplateDeployment: m.ForTemplate.ValueBoolPointer(),
		EnableSoftDelete:             to.Ptr(true),
		SoftDeleteRetentionInDays:    to.Ptr(int32(m.RetentionDays.ValueInt64())),
		PublicNetworkAccess:          to.Ptr(enabledWord(m.PublicNetworkAccess.ValueBool())),
		NetworkACLs:                  m.networkACLsOut(ctx, diags),
	}
	if m.PurgeProtection.ValueBool() {
		p.EnablePurgeProtection = to.Ptr(true) // The wire refuses false, even for a new vault.
	}
	return armkeyvault.VaultCreateOrUpdateParameters{Location: to.Ptr(m.Location.ValueString()), Tags: tagsOut(m.Tags), Properties: p}
}

// patch returns what makes an existing vault like the model.
func (m *vaultModel) patch(ctx context.Context, diags *diag.Diagnostics) armkeyvault.VaultPatchParameters {
	p := &armkeyvault.VaultPatchProperties{
		SKU:                          m.sku(),
		EnableRbacAuthorization:      m.RBAC.ValueBoolPointer(),
		EnabledForDeployment:         m.ForDeployment.ValueBoolPointer(),
		EnabledForDiskEncryption:     m.ForDiskEncryption.ValueBoolPointer(),
		EnabledForTemplateDeployment: m.ForTemplate.ValueBoolPointer(),
		PublicNetworkAccess:          to.Ptr(enabledWord(m.PublicNetworkAccess.ValueBool())),
		NetworkACLs:                  m.networkACLsOut(ctx, diags),
	}
	if tenant := m.TenantID.ValueString(); tenant != "" {
		p.TenantID = &tenant
	}
	if m.PurgeProtection.ValueBool() {
		p.EnablePurgeProtection = to.Ptr(true)
	}
	return armkeyvault.VaultPatchParameters{Tags: tagsOut(m.Tags), Properties: p}
}

func (m *vaultAttributes) sku() *armkeyvault.SKU {
	return &armkeyvault.SKU{
		Family: to.Ptr(armkeyvault.SKUFamilyA),
		Name:   to.Ptr(armkeyvault.SKUName(strings.ToLower(m.SKU.ValueString()))),
	}
}

func enabledWord(enabled bool) string {
	if enabled {
		return "Enabled"
	}
	return "Disabled"
}

// networkACLsOut returns the firewall for a request. Without one everybody may pass,
// which has to be said to clear one that is there.
func (m *vaultAttributes) networkACLsOut(ctx context.Context, diags *diag.Diagnostics) *armkeyvault.NetworkRuleSet {
	out := &armkeyvault.NetworkRuleSet{
		DefaultAction:       to.Ptr(armkeyvault.NetworkRuleActionAllow),
		Bypass:              to.Ptr(armkeyvault.NetworkRuleBypassOptionsAzureServices),
		IPRules:             []*armkeyvault.IPRule{},
		VirtualNetworkRules: []*armkeyvault.VirtualNetworkRule{},
	}
	if m.NetworkACLs.IsNull() {
		return out
	}
	var acls networkACLsModel
	diags.Append(m.NetworkACLs.As(ctx, &acls, basetypes.ObjectAsOptions{})...)
	if strings.EqualFold(acls.DefaultAction.ValueString(), "Deny") {
		out.DefaultAction = to.Ptr(armkeyvault.NetworkRuleActionDeny)
	}
	if strings.EqualFold(acls.Bypass.ValueString(), "None") {
		out.Bypass = to.Ptr(armkeyvault.NetworkRuleBypassOptionsNone)
	}
	for _, rule := range words(acls.IPRules.SetValue) {
		out.IPRules = append(out.IPRules, &armkeyvault.IPRule{Value: to.Ptr(rule)})
	}
	for _, id := range acls.SubnetIDs.words() {
		out.VirtualNetworkRules = append(out.VirtualNetworkRules, &armkeyvault.VirtualNetworkRule{ID: to.Ptr(id)})
	}
	return out
}

// networkACLsIn returns the firewall from an answer. A firewall that lets everybody
// pass is the same as none; prior decides between the two.
func networkACLsIn(ctx context.Context, acls *armkeyvault.NetworkRuleSet, prior types.Object, diags *diag.Diagnostics) types.Object {
	none := types.ObjectNull(networkACLsTypes)
	absent := prior.IsNull() || prior.IsUnknown()
	open := acls == nil || strings.EqualFold(string(deref(acls.DefaultAction)), "Allow") &&
		!strings.EqualFold(string(deref(acls.Bypass)), "None") && len(acls.IPRules)+len(acls.VirtualNetworkRules) == 0
	if open && absent {
		return none
	}
	if acls == nil {
		acls = &armkeyvault.NetworkRuleSet{
			DefaultAction: to.Ptr(armkeyvault.NetworkRuleActionAllow), Bypass: to.Ptr(armkeyvault.NetworkRuleBypassOptionsAzureServices),
		}
	}
	before := networkACLsModel{IPRules: nullAddressSet(), SubnetIDs: nullFoldedSet()}
	if !absent {
		diags.Append(prior.As(ctx, &before, basetypes.ObjectAsOptions{})...)
	}
	var ips, subnets []string
	for _, rule := range acls.IPRules {
		ips = append(ips, deref(rule.Value))
	}
	for _, rule := range acls.VirtualNetworkRules {
		subnets = append(subnets, deref(rule.ID))
	}
	now := networkACLsModel{
		DefaultAction: newFolded(string(deref(acls.DefaultAction))),
		Bypass:        newFolded(string(deref(acls.Bypass))),
		IPRules:       addressesIn(ips, before.IPRules),
		SubnetIDs:     setIn(subnets, before.SubnetIDs),
	}
	out, more := types.ObjectValueFrom(ctx, networkACLsTypes, now)
	diags.Append(more...)
	if more.HasError() {
		return none
	}
	return out
}
