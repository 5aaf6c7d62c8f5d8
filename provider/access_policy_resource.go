package provider

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var (
	_ resource.ResourceWithConfigure   = (*accessPolicyResource)(nil)
	_ resource.ResourceWithImportState = (*accessPolicyResource)(nil)
	_ resource.ResourceWithIdentity    = (*accessPolicyResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*accessPolicyResource)(nil)
	_ resource.ResourceWithMoveState   = (*accessPolicyResource)(nil)
)

// accessPolicyResource is coffer_access_policy: what one principal may do in a vault of
// the policy model. Each call changes that principal's entry alone.
type accessPolicyResource struct{ resourceBase }

func newAccessPolicyResource() resource.Resource { return &accessPolicyResource{} }

// Metadata implements resource.Resource.
func (r *accessPolicyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_access_policy"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *accessPolicyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("id", "The vault's ARM id, then `/objectId/{object id}`, and for an application that acts for a user `/applicationId/{client id}`.")
}

// Schema implements resource.Resource.
func (r *accessPolicyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	permissions := func(of string, accepted []string) schema.SetAttribute {
		return schema.SetAttribute{
			Optional: true, CustomType: foldedSet,
			MarkdownDescription: "Permissions for " + of + ", in any letter case: `" + strings.Join(accepted, "`, `") + "`. `All` is every one but `Purge`. Without the attribute there are none.",
			Validators:          []validator.Set{wordsOf{accepted}},
			PlanModifiers:       []planmodifier.Set{keepEqual{}},
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a principal may do in a vault of the policy model (`rbac_authorization_enabled = false`). It takes effect at once.",
		Attributes: map[string]schema.Attribute{
			"vault_id": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "ARM id of the vault. Changing it replaces the policy.",
				Validators:          []validator.String{vaultID},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"object_id": fixedUUID("Object id of the user, group or service principal. Changing it replaces the policy."),
			"application_id": schema.StringAttribute{
				Optional: true, CustomType: uuidType{},
				MarkdownDescription: "Client id of an application: the policy then holds only when that application acts for the principal. Changing it replaces the policy.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"tenant_id": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: uuidType{},
				MarkdownDescription: "Tenant of the principal. Defaults to the provider's, which is the only one that works.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"key_permissions":         permissions("keys", keyPermissions),
			"secret_permissions":      permissions("secrets", secretPermissions),
			"certificate_permissions": permissions("certificates", certificatePermissions),
			"storage_permissions":     permissions("storage accounts, which are recorded only", storagePermissions),
			"id":                      idAttribute("The vault's ARM id, then `/objectId/{object id}`, and with an application `/applicationId/{client id}`."),
		},
	}
}

// Create implements resource.Resource.
func (r *accessPolicyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m accessPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the access policy of " + m.ObjectID.ValueString()
	vault, existing, err := r.find(ctx, &m)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if existing != nil {
		addExists(&resp.Diagnostics, "coffer_access_policy", "access policy of "+m.ObjectID.ValueString(), m.id())
		return
	}
	if m.TenantID.ValueString() == "" {
		m.TenantID = newUUID(r.tenantID)
	}
	r.write(ctx, &m, armkeyvault.AccessPolicyUpdateKindAdd, doing, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if deref(deref(vault.Properties).EnableRbacAuthorization) {
		resp.Diagnostics.AddAttributeWarning(path.Root("vault_id"), "The access policy has no effect",
			"The vault "+quote(deref(vault.Name))+" is in the RBAC model: roles decide, and policies count only after rbac_authorization_enabled = false. Use coffer_role_assignment.")
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "id", m.id())
}

// Read implements resource.Resource.
func (r *accessPolicyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m accessPolicyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, entry, err := r.find(ctx, &m)
	if isNotFound(err) || err == nil && entry == nil {
		removed(ctx, resp, "id", m.id())
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the access policy of "+m.ObjectID.ValueString(), err)
		return
	}
	m.from(entry)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "id", m.id())
}

// Update implements resource.Resource.
func (r *accessPolicyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m accessPolicyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.write(ctx, &m, armkeyvault.AccessPolicyUpdateKindReplace, "change the access policy of "+m.ObjectID.ValueString(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "id", m.id())
}

// removeAttempts bounds how often Delete takes away what somebody adds meanwhile.
const removeAttempts = 5

// Delete implements resource.Resource. An entry is removed by taking all its
// permissions away.
func (r *accessPolicyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m accessPolicyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "delete the access policy of " + m.ObjectID.ValueString()
	for range removeAttempts {
		_, entry, err := r.find(ctx, &m)
		if isNotFound(err) || err == nil && entry == nil {
			return
		}
		if err == nil {
			_, err = r.change(ctx, m.VaultID.ValueString(), armkeyvault.AccessPolicyUpdateKindRemove, entry)
		}
		if err != nil && !isNotFound(err) {
			addError(&resp.Diagnostics, doing, err)
			return
		}
	}
	resp.Diagnostics.AddError("Cannot "+doing, "Something else keeps adding permissions to it. Stop that, and try again.")
}

// ModifyPlan implements resource.ResourceWithModifyPlan: it fills in the tenant.
func (r *accessPolicyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.clients == nil || r.tenantID == "" {
		return
	}
	var tenant uuidValue
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("tenant_id"), &tenant)...)
	if tenant.IsUnknown() {
		var configured uuidValue
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("tenant_id"), &configured)...)
		if configured.IsNull() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("tenant_id"), r.tenantID)...)
		}
	}
}

// find returns the vault and the principal's entry, nil if there is none.
func (r *accessPolicyResource) find(ctx context.Context, m *accessPolicyModel) (armkeyvault.Vault, *armkeyvault.AccessPolicyEntry, error) {
	id, err := resourceid.ParseVault(m.VaultID.ValueString())
	if err != nil {
		return armkeyvault.Vault{}, nil, err
	}
	got, err := r.armVaults(id.SubscriptionID).Get(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil || got.Properties == nil {
		return got.Vault, nil, err
	}
	return got.Vault, m.entryIn(got.Properties.AccessPolicies), nil
}

func (r *accessPolicyResource) change(ctx context.Context, vaultID string, kind armkeyvault.AccessPolicyUpdateKind, entry *armkeyvault.AccessPolicyEntry) ([]*armkeyvault.AccessPolicyEntry, error) {
	id, err := resourceid.ParseVault(vaultID)
	if err != nil {
		return nil, err
	}
	got, err := r.armVaults(id.SubscriptionID).UpdateAccessPolicy(ctx, id.ResourceGroup, id.Name, kind, armkeyvault.VaultAccessPolicyParameters{
		Properties: &armkeyvault.VaultAccessPolicyProperties{AccessPolicies: []*armkeyvault.AccessPolicyEntry{entry}},
	}, nil)
	if err != nil || got.Properties == nil {
		return nil, err
	}
	return got.Properties.AccessPolicies, nil
}

// write adds or replaces the entry of the model and fills the model from the answer.
func (r *accessPolicyResource) write(ctx context.Context, m *accessPolicyModel, kind armkeyvault.AccessPolicyUpdateKind, doing string, diags *diag.Diagnostics) {
	entries, err := r.change(ctx, m.VaultID.ValueString(), kind, m.entry())
	if err != nil {
		addError(diags, doing, err)
		return
	}
	entry := m.entryIn(entries)
	if entry == nil {
		diags.AddError("Cannot "+doing, "The engine took it, and its answer does not have it: something else removed it at the same moment. Run terraform apply again.")
		return
	}
	m.from(entry)
}

// ImportState implements resource.ResourceWithImportState.
func (r *accessPolicyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := req.ID
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "id"); ok {
		id = v[0]
	}
	pairs, err := parsePolicyID(id)
	if err != nil {
		badImportID(&resp.Diagnostics, "an access policy", id, vaultIDForm+"/objectId/{object id}", vaultIDForm+"/objectId/{object id}/applicationId/{client id}")
		return
	}
	setImported(ctx, resp, pairs...)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *accessPolicyResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azurerm_key_vault_access_policy", func(id string) ([]string, error) {
		pairs, err := parsePolicyID(id)
		return append(pairs, "id", id), err
	}, "id")
}
