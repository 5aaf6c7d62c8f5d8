package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var (
	_ resource.ResourceWithConfigure   = (*vaultResource)(nil)
	_ resource.ResourceWithImportState = (*vaultResource)(nil)
	_ resource.ResourceWithIdentity    = (*vaultResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*vaultResource)(nil)
	_ resource.ResourceWithMoveState   = (*vaultResource)(nil)
)

// vaultResource is coffer_vault. It speaks to the management plane only, so that a
// vault behind a firewall can be planned.
type vaultResource struct{ resourceBase }

func newVaultResource() resource.Resource { return &vaultResource{} }

// What to do with a vault that is destroyed, and with a deleted one that has the name.
const (
	purgeOnDestroy      = "purge"
	softDeleteOnDestroy = "soft_delete"
	recoverOnConflict   = "recover"
	errorOnConflict     = "error"
)

// Metadata implements resource.Resource.
func (r *vaultResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_vault"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *vaultResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("subscription_id", "Subscription of the vault.",
		"resource_group_name", "Resource group of the vault.", "name", "Name of the vault.")
}

// Schema implements resource.Resource.
func (r *vaultResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A vault. Terraform manages it through the management plane alone: what is inside, and whether a firewall is in front of it, makes no difference to a plan.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "Name, unique in the deployment: 3 to 24 letters, digits and single hyphens, beginning with a letter and ending with a letter or digit. Changing it replaces the vault.",
				Validators:          []validator.String{vaultName},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"resource_group_name": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "Resource group that the vault is in. Changing it replaces the vault.",
				Validators:          []validator.String{resourceGroupName},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"location":        locationAttribute("Location that is recorded for the vault, such as `westeurope`. Changing it replaces the vault."),
			"subscription_id": subscriptionAttribute("the vault"),
			"sku_name": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: foldedType{}, Default: stringdefault.StaticString("standard"),
				MarkdownDescription: "`standard` (the default), or `premium`, which allows keys in an HSM. It can be raised in place and never lowered.",
				Validators:          []validator.String{oneOfFolded("standard", "premium")},
				PlanModifiers:       []planmodifier.String{keepEqual{}},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: uuidType{},
				MarkdownDescription: "Tenant whose principals use the vault. Defaults to the provider's, which is the only one that works.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown()},
			},
			"rbac_authorization_enabled":      flagAttribute(true, "Whether roles decide what principals may do inside (true, the default) or access policies do. Changing it changes who has access, and takes the right to assign roles; the plan names who loses it."),
			"enabled_for_deployment":          flagAttribute(false, "Whether virtual machines may fetch certificates that are stored as secrets. Recorded only."),
			"enabled_for_disk_encryption":     flagAttribute(false, "Whether disk encryption may fetch secrets and unwrap keys. Recorded only."),
			"enabled_for_template_deployment": flagAttribute(false, "Whether resource deployments may fetch secrets. Recorded only."),
			"public_network_access_enabled":   flagAttribute(true, "Whether clients may reach the vault at all other than through private endpoints and as trusted services. Defaults to true."),
			"purge_protection_enabled":        flagAttribute(false, "Whether nothing deleted can be purged before its retention is over. Once on it cannot be turned off."),
			"soft_delete_retention_days": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(90),
				MarkdownDescription: "How many days deleted things can be recovered: 7 to 90, by default 90. It cannot be changed.",
				Validators:          []validator.Int64{int64validator.Between(7, 90)},
			},
			"network_acls": networkACLsAttribute(),
			"tags":         tagsAttribute("the vault"),
			"on_destroy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(softDeleteOnDestroy),
				MarkdownDescription: "What destroying does: `soft_delete` (the default) leaves the vault recoverable for its retention time, `purge` deletes it for good.",
				Validators:          []validator.String{oneOf(softDeleteOnDestroy, purgeOnDestroy)},
			},
			"on_conflict": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(recoverOnConflict),
				MarkdownDescription: "What creating does when a deleted vault has the name: `recover` (the default) brings it back with what is in it, `error` fails at plan.",
				Validators:          []validator.String{oneOf(recoverOnConflict, errorOnConflict)},
			},
			"id":        idAttribute("ARM id: what `vault_id` of other resources and `scope` of role assignments take."),
			"vault_uri": idAttribute("URL of the vault, with a slash at its end."),
		},
	}
}

func flagAttribute(byDefault bool, description string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional: true, Computed: true, Default: booldefault.StaticBool(byDefault), MarkdownDescription: description,
	}
}

func networkACLsAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Firewall of the vault. Without the attribute there is none.",
		Attributes: map[string]schema.Attribute{
			"default_action": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "What happens to clients that no rule matches: `Allow` or `Deny`.",
				Validators:          []validator.String{oneOfFolded("Allow", "Deny")},
				PlanModifiers:       []planmodifier.String{keepEqual{}},
			},
			"bypass": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: foldedType{}, Default: stringdefault.StaticString("AzureServices"),
				MarkdownDescription: "Who passes without a rule: `AzureServices` (trusted services, the default) or `None`.",
				Validators:          []validator.String{oneOfFolded("AzureServices", "None")},
				PlanModifiers:       []planmodifier.String{keepEqual{}},
			},
			"ip_rules": schema.SetAttribute{
				Optional: true, CustomType: addressSet,
				MarkdownDescription: "Addresses that may pass: IPv4 or IPv6, single or as a range in CIDR notation.",
				Validators:          []validator.Set{addresses{}},
				PlanModifiers:       []planmodifier.Set{keepEqual{}},
			},
			"virtual_network_subnet_ids": schema.SetAttribute{
				Optional: true, CustomType: foldedSet,
				MarkdownDescription: "ARM ids of subnets that may pass.",
				PlanModifiers:       []planmodifier.Set{keepEqual{}},
			},
		},
	}
}

// Create implements resource.Resource.
func (r *vaultResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m vaultModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the vault " + quote(m.Name.ValueString())
	api := r.armVaults(m.SubscriptionID.ValueString())
	existing, err := api.Get(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), nil)
	if err == nil {
		addExists(&resp.Diagnostics, "coffer_vault", "vault "+quote(m.Name.ValueString()), deref(existing.ID))
		return
	}
	if !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if m.TenantID.ValueString() == "" {
		m.TenantID = newUUID(r.tenantID)
	}
	vault, ok := r.createOrRecover(ctx, doing, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	m.from(ctx, vault, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Read implements resource.Resource.
func (r *vaultResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m vaultModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.armVaults(m.SubscriptionID.ValueString()).Get(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), nil)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the vault "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.Vault, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource. It sends what the configuration says and leaves
// the access policies alone, which are resources of their own.
func (r *vaultResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m vaultModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	patch := m.patch(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.armVaults(m.SubscriptionID.ValueString()).Update(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), patch, nil)
	if err != nil {
		addError(&resp.Diagnostics, "change the vault "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.Vault, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Delete implements resource.Resource.
func (r *vaultResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m vaultModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	api := r.armVaults(m.SubscriptionID.ValueString())
	_, err := api.Delete(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), nil)
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "delete the vault "+quote(m.Name.ValueString()), err)
		return
	}
	if m.OnDestroy.ValueString() != purgeOnDestroy || isNotFound(err) {
		return
	}
	poller, err := api.BeginPurgeDeleted(ctx, m.Name.ValueString(), m.Location.ValueString(), nil)
	if err == nil {
		_, err = poller.PollUntilDone(ctx, pollOften)
	}
	if err != nil && !isNotFound(err) {
		// The vault is gone for Terraform; to fail here would have it deleted again.
		resp.Diagnostics.AddWarning("The vault "+quote(m.Name.ValueString())+" is deleted, but not purged", explain(err))
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *vaultResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var id resourceid.Vault
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "subscription_id", "resource_group_name", "name"); ok {
		id = resourceid.Vault{SubscriptionID: v[0], ResourceGroup: v[1], Name: v[2]}
	} else if parsed, err := resourceid.ParseVault(req.ID); err == nil {
		id = parsed
	} else {
		badImportID(&resp.Diagnostics, "a vault", req.ID, vaultIDForm)
		return
	}
	setImported(ctx, resp, vaultPairs(id)...)
}

const vaultIDForm = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"

func vaultPairs(id resourceid.Vault) []string {
	return []string{"subscription_id", id.SubscriptionID, "resource_group_name", id.ResourceGroup, "name", id.Name}
}

// MoveState implements resource.ResourceWithMoveState.
func (r *vaultResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azurerm_key_vault", func(id string) ([]string, error) {
		vault, err := resourceid.ParseVault(id)
		return vaultPairs(vault), err
	}, "subscription_id", "resource_group_name", "name")
}
