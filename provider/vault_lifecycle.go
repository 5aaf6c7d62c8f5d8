package provider

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// createOrRecover creates the vault of the model, or recovers the deleted one that
// holds its name and gives it the configuration of the model.
func (r *vaultResource) createOrRecover(ctx context.Context, doing string, m *vaultModel, diags *diag.Diagnostics) (armkeyvault.Vault, bool) {
	api := r.armVaults(m.SubscriptionID.ValueString())
	wanted := m.properties(ctx, diags)
	if diags.HasError() {
		return armkeyvault.Vault{}, false
	}
	created, err := put(ctx, api, m, wanted)
	if err == nil {
		return created, true
	}
	deleted, found := r.deletedVault(ctx, m)
	if !isConflict(err) || !found {
		addError(diags, doing, err)
		return armkeyvault.Vault{}, false
	}
	if problem := m.cannotRecover(deleted); problem != nil {
		diags.Append(problem)
		return armkeyvault.Vault{}, false
	}
	wanted.Properties.CreateMode = to.Ptr(armkeyvault.CreateModeRecover)
	recovered, err := put(ctx, api, m, wanted)
	if err != nil {
		addError(diags, "recover the vault "+quote(m.Name.ValueString()), err)
		return armkeyvault.Vault{}, false
	}
	// Recovering brings the old settings back; those of the configuration follow.
	patch := m.patch(ctx, diags)
	patched, err := api.Update(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), patch, nil)
	if err != nil {
		addError(diags, "configure the recovered vault "+quote(m.Name.ValueString()), err)
		return recovered, true // It is there: Terraform must know it.
	}
	return patched.Vault, true
}

func put(ctx context.Context, api *armkeyvault.VaultsClient, m *vaultModel, wanted armkeyvault.VaultCreateOrUpdateParameters) (armkeyvault.Vault, error) {
	poller, err := api.BeginCreateOrUpdate(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), wanted, nil)
	if err != nil {
		return armkeyvault.Vault{}, err
	}
	done, err := poller.PollUntilDone(ctx, pollOften)
	return done.Vault, err
}

// deletedVault returns the deleted vault with the name, wherever in the subscription
// it was. Who may not list deleted vaults finds none, and learns of it at apply.
func (r *vaultResource) deletedVault(ctx context.Context, m *vaultModel) (armkeyvault.DeletedVault, bool) {
	pager := r.armVaults(m.SubscriptionID.ValueString()).NewListDeletedPager(nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return armkeyvault.DeletedVault{}, false
		}
		for _, vault := range page.Value {
			if strings.EqualFold(deref(vault.Name), m.Name.ValueString()) && vault.Properties != nil {
				return *vault, true
			}
		}
	}
	return armkeyvault.DeletedVault{}, false
}

// cannotRecover says why the deleted vault cannot become the one that is configured.
func (m *vaultModel) cannotRecover(deleted armkeyvault.DeletedVault) diag.Diagnostic {
	p := *deleted.Properties
	name := quote(m.Name.ValueString())
	since := "It was deleted " + on(p.DeletionDate) + " and will be purged " + on(p.ScheduledPurgeDate) + "."
	if m.OnConflict.ValueString() == errorOnConflict {
		return diag.NewAttributeErrorDiagnostic(path.Root("on_conflict"), "A deleted vault has the name "+name,
			since+" on_conflict = \"error\" forbids to recover it. Purge it, choose another name, or set on_conflict = \"recover\".")
	}
	id, err := resourceid.ParseVault(deref(p.VaultID))
	if err == nil && !strings.EqualFold(id.ResourceGroup, m.ResourceGroup.ValueString()) || !sameLocation(deref(p.Location), m.Location.ValueString()) {
		return diag.NewAttributeErrorDiagnostic(path.Root("name"), "A deleted vault has the name "+name,
			since+" It can be recovered only where it was: in resource group "+quote(id.ResourceGroup)+", location "+quote(deref(p.Location))+". Declare it there, purge it, or choose another name.")
	}
	if days := retentionOf(p); days > 0 && days != m.RetentionDays.ValueInt64() {
		return diag.NewAttributeErrorDiagnostic(path.Root("soft_delete_retention_days"), "A deleted vault has the name "+name,
			fmt.Sprintf("%s Its retention of %d days cannot be changed by recovering it. Set soft_delete_retention_days = %d, purge it, or choose another name.", since, days, days))
	}
	if deref(p.PurgeProtectionEnabled) && !m.PurgeProtection.ValueBool() {
		return diag.NewAttributeErrorDiagnostic(path.Root("purge_protection_enabled"), "A deleted vault has the name "+name,
			since+" Its purge protection cannot be turned off. Set purge_protection_enabled = true to recover it, or choose another name.")
	}
	return nil
}

func retentionOf(p armkeyvault.DeletedVaultProperties) int64 {
	if p.DeletionDate == nil || p.ScheduledPurgeDate == nil {
		return 0
	}
	return int64(math.Round(p.ScheduledPurgeDate.Sub(*p.DeletionDate).Hours() / 24))
}

func on(t *time.Time) string {
	if t == nil {
		return "at an unknown time"
	}
	return "on " + t.UTC().Format(time.DateOnly)
}

// ModifyPlan implements resource.ResourceWithModifyPlan: what must fail fails at plan.
func (r *vaultResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state, plan *vaultModel
	if !req.State.Raw.IsNull() {
		state = new(vaultModel)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if !req.Plan.Raw.IsNull() {
		plan = new(vaultModel)
		resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	}
	if resp.Diagnostics.HasError() || r.clients == nil {
		return
	}
	switch {
	case plan == nil:
		planVaultDestroy(state, &resp.Diagnostics)
	case state == nil:
		r.planVaultCreate(ctx, plan, &resp.Diagnostics)
		if plan.TenantID.IsUnknown() && r.tenantID != "" {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("tenant_id"), r.tenantID)...)
		}
		if plan.SubscriptionID.IsUnknown() && r.subscriptionID != "" {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("subscription_id"), r.subscriptionID)...)
		}
	case replaces(state, plan):
		planVaultReplace(state, plan, &resp.Diagnostics)
	default:
		planVaultUpdate(state, plan, &resp.Diagnostics)
		r.warnModelSwitch(ctx, state, plan, &resp.Diagnostics)
	}
}

// replaces reports whether the plan makes another vault.
func replaces(state, plan *vaultModel) bool {
	differs := func(a, b foldedValue) bool {
		same, _ := a.StringSemanticEquals(context.Background(), b)
		return !same
	}
	return differs(state.Name, plan.Name) || differs(state.ResourceGroup, plan.ResourceGroup) || differs(state.Location, plan.Location) ||
		!strings.EqualFold(state.SubscriptionID.ValueString(), plan.SubscriptionID.ValueString())
}

func planVaultDestroy(state *vaultModel, diags *diag.Diagnostics) {
	if state.PurgeProtection.ValueBool() && state.OnDestroy.ValueString() == purgeOnDestroy {
		diags.AddAttributeError(path.Root("on_destroy"), "The vault "+quote(state.Name.ValueString())+" cannot be purged",
			"It has purge protection: nothing in it, nor itself, can be purged before its retention is over. Set on_destroy = \"soft_delete\", apply, and destroy then.")
	}
}

func planVaultReplace(state, plan *vaultModel, diags *diag.Diagnostics) {
	planVaultDestroy(state, diags)
	if state.OnDestroy.ValueString() == softDeleteOnDestroy && strings.EqualFold(state.Name.ValueString(), plan.Name.ValueString()) {
		diags.AddAttributeError(path.Root("name"), "The vault "+quote(state.Name.ValueString())+" cannot be replaced under the same name",
			"Deleted, it holds its name for "+fmt.Sprint(state.RetentionDays.ValueInt64())+" days. Set on_destroy = \"purge\" and apply first, if what is in it may be lost, or choose another name.")
	}
}

// planVaultUpdate refuses to turn back what goes one way only.
func planVaultUpdate(state, plan *vaultModel, diags *diag.Diagnostics) {
	if state.PurgeProtection.ValueBool() && !plan.PurgeProtection.IsUnknown() && !plan.PurgeProtection.ValueBool() {
		diags.AddAttributeError(path.Root("purge_protection_enabled"), "Purge protection cannot be turned off",
			"The vault "+quote(state.Name.ValueString())+" has it, and keeps it for good. Set purge_protection_enabled = true.")
	}
	if !plan.RetentionDays.IsUnknown() && !plan.RetentionDays.Equal(state.RetentionDays) {
		days := state.RetentionDays.ValueInt64()
		diags.AddAttributeError(path.Root("soft_delete_retention_days"), "The retention time cannot be changed",
			fmt.Sprintf("The vault %s was created with %d days. Set soft_delete_retention_days = %d, or destroy and purge the vault first and create it anew.", quote(state.Name.ValueString()), days, days))
	}
	if strings.EqualFold(state.SKU.ValueString(), "premium") && strings.EqualFold(plan.SKU.ValueString(), "standard") {
		diags.AddAttributeError(path.Root("sku_name"), "The SKU cannot be lowered",
			"The vault "+quote(state.Name.ValueString())+" is a premium one and may hold keys that only a premium vault can use. Set sku_name = \"premium\".")
	}
}

// planVaultCreate looks for a deleted vault that holds the name.
func (r *vaultResource) planVaultCreate(ctx context.Context, plan *vaultModel, diags *diag.Diagnostics) {
	if r.pending != nil || plan.Name.IsUnknown() || plan.SubscriptionID.IsUnknown() && r.subscriptionID == "" {
		return
	}
	deleted, found := r.deletedVault(ctx, plan)
	if !found || plan.ResourceGroup.IsUnknown() || plan.Location.IsUnknown() || plan.RetentionDays.IsUnknown() || plan.PurgeProtection.IsUnknown() {
		return
	}
	if problem := plan.cannotRecover(deleted); problem != nil {
		diags.Append(problem)
		return
	}
	diags.AddAttributeWarning(path.Root("name"), "The vault "+quote(plan.Name.ValueString())+" will be recovered",
		"A vault of this name was deleted "+on(deleted.Properties.DeletionDate)+". Applying brings it back with all that is in it and with its access policies, and gives it this configuration. Role assignments on it are lost. To prevent that set on_conflict = \"error\", or choose another name.")
}
