package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var (
	_ resource.ResourceWithConfigure   = (*secretResource)(nil)
	_ resource.ResourceWithImportState = (*secretResource)(nil)
	_ resource.ResourceWithIdentity    = (*secretResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*secretResource)(nil)
	_ resource.ResourceWithMoveState   = (*secretResource)(nil)
)

// secretResource is coffer_secret.
type secretResource struct{ resourceBase }

func newSecretResource() resource.Resource { return &secretResource{} }

// Metadata implements resource.Resource.
func (r *secretResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *secretResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(itemIdentityVault, "ARM id of the vault.", itemIdentityName, "Name of the secret.")
}

// Schema implements resource.Resource.
func (r *secretResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := itemAttributes("secret")
	attributes["value"] = schema.StringAttribute{
		Optional: true, Sensitive: true,
		MarkdownDescription: "The value, up to 25 KiB. It is in the state; `value_wo` is not.",
		Validators: []validator.String{
			stringvalidator.LengthAtMost(25 << 10), stringvalidator.ExactlyOneOf(path.MatchRoot("value"), path.MatchRoot("value_wo")),
		},
	}
	attributes["value_wo"] = schema.StringAttribute{
		Optional: true, Sensitive: true, WriteOnly: true,
		MarkdownDescription: "The value, up to 25 KiB, write-only: it is in no plan and no state. A change of it outside of Terraform is seen all the same, by the version.",
		Validators:          []validator.String{stringvalidator.LengthAtMost(25 << 10), stringvalidator.AlsoRequires(path.MatchRoot("value_wo_version"))},
	}
	attributes["value_wo_version"] = schema.Int64Attribute{
		Optional:            true,
		MarkdownDescription: "Raise it to have `value_wo` written again. A refresh that finds a version which Terraform did not write blanks it in the state, so that the plan shows the drift.",
		Validators:          []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRoot("value_wo"))},
	}
	attributes["content_type"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "What the value is, in up to 255 characters, such as `text/plain`. Without the attribute there is none.",
		Validators: []validator.String{stringvalidator.LengthBetween(1, 255)},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A secret. Changing the value makes a new version; everything else changes in place. The `id` has no version, so that a rotation outside of Terraform does not make it stale.",
		Attributes:          attributes,
	}
}

// Create implements resource.Resource.
func (r *secretResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m, config secretModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the secret " + quote(m.Name.ValueString())
	api, err := r.secretsOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	existing, err := findSecret(ctx, api, m.Name.ValueString(), "")
	if err == nil {
		addExists(&resp.Diagnostics, "coffer_secret", "secret "+quote(m.Name.ValueString()), existing.id.Versionless())
		return
	}
	if !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	written, ok := createSecret(ctx, api, doing, &m, config.text(), &resp.Diagnostics)
	if !ok {
		return
	}
	m.from(ctx, written, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Read implements resource.Resource. The value is fetched only if it is in the state.
func (r *secretResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m secretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the secret " + quote(m.Name.ValueString())
	api, err := r.secretsOf(ctx, m.VaultID.ValueString())
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	found, err := m.read(ctx, api)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.drift(found)
	m.from(ctx, found, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource. A new value makes a version; the rest is
// changed on the current one.
func (r *secretResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, config, state secretModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "change the secret " + quote(m.Name.ValueString())
	api, err := r.secretsOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	var written secretAnswer
	if m.newVersion(&state) {
		written, err = setSecret(ctx, api, &m, config.text())
	} else {
		written, err = updateSecret(ctx, api, &m)
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.from(ctx, written, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Delete implements resource.Resource.
func (r *secretResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m secretModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	api, err := r.secretsOf(ctx, m.VaultID.ValueString())
	if isNotFound(err) {
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "delete the secret "+quote(m.Name.ValueString()), err)
		return
	}
	deleteItem(m.itemPlace, "secret", &resp.Diagnostics, func() error {
		_, err := api.DeleteSecret(ctx, m.Name.ValueString(), nil)
		return err
	}, func() error {
		_, err := api.PurgeDeletedSecret(ctx, m.Name.ValueString(), nil)
		return err
	})
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *secretResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state *secretModel
	if !req.Plan.Raw.IsNull() {
		plan = &secretModel{}
		resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	}
	if !req.State.Raw.IsNull() {
		state = &secretModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case plan == nil:
		r.planItemDestroy(ctx, state.itemPlace, "secret", &resp.Diagnostics)
	case state != nil && len(resp.RequiresReplace) == 0 && plan.ID.Equal(state.ID):
		planItemIDs(ctx, &plan.itemIDs, &state.itemIDs, plan.newVersion(state), resp)
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *secretResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.importItem(ctx, resourceid.Secrets, "a secret", req, resp)
	setImportedDefaults(ctx, resp)
}

// setImportedDefaults gives what only the configuration knows its default.
func setImportedDefaults(ctx context.Context, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_destroy"), types.StringValue(softDeleteOnDestroy))...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("on_conflict"), types.StringValue(recoverOnConflict))...)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *secretResource) MoveState(context.Context) []resource.StateMover {
	return moveItem("azurerm_key_vault_secret")
}
