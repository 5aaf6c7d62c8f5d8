package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var (
	_ resource.ResourceWithConfigure      = (*keyResource)(nil)
	_ resource.ResourceWithImportState    = (*keyResource)(nil)
	_ resource.ResourceWithIdentity       = (*keyResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*keyResource)(nil)
	_ resource.ResourceWithMoveState      = (*keyResource)(nil)
	_ resource.ResourceWithValidateConfig = (*keyResource)(nil)
)

// keyResource is coffer_key.
type keyResource struct{ resourceBase }

func newKeyResource() resource.Resource { return &keyResource{} }

// Metadata implements resource.Resource.
func (r *keyResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_key"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *keyResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf(itemIdentityVault, "ARM id of the vault.", itemIdentityName, "Name of the key.")
}

var keyTypes = []string{"RSA", "EC", "RSA-HSM", "EC-HSM", "oct-HSM"}

var keyOperations = []string{"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"}

// Schema implements resource.Resource.
func (r *keyResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := itemAttributes("key")
	attributes["key_type"] = schema.StringAttribute{
		Required: true, CustomType: foldedType{},
		MarkdownDescription: "Kind of the key: `RSA` or `EC` in software, `RSA-HSM`, `EC-HSM` or `oct-HSM` in the HSM of a premium vault. Changing it replaces the key.",
		Validators:          []validator.String{oneOfFolded(keyTypes...)},
		PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
	}
	attributes["key_size"] = schema.Int64Attribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Size in bits: 2048 (the default), 3072 or 4096 for RSA, 128, 192 or 256 (the default) for oct-HSM; not for EC. Changing it replaces the key.",
		Validators:          []validator.Int64{int64validator.OneOf(128, 192, 256, 2048, 3072, 4096)},
		PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown(), int64planmodifier.RequiresReplace()},
	}
	attributes["curve"] = schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "Curve of an EC key: `P-256` (the default), `P-256K`, `P-384` or `P-521`. Changing it replaces the key.",
		Validators:          []validator.String{oneOf("P-256", "P-256K", "P-384", "P-521")},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
	}
	attributes["key_opts"] = schema.SetAttribute{
		Optional: true, Computed: true, CustomType: foldedSet,
		MarkdownDescription: "What the key may be used for: `encrypt`, `decrypt`, `sign`, `verify`, `wrapKey`, `unwrapKey`. Defaults to all that its kind can do.",
		Validators:          []validator.Set{wordsOf{keyOperations}},
		PlanModifiers:       []planmodifier.Set{keepEqual{}, setplanmodifier.UseStateForUnknown()},
	}
	attributes["rotation_policy"] = rotationPolicyAttribute()
	for name, description := range map[string]string{
		"n": "Modulus of an RSA key, base64url.", "e": "Public exponent of an RSA key, base64url.",
		"x": "X coordinate of an EC key, base64url.", "y": "Y coordinate of an EC key, base64url.",
		"public_key_pem":     "Public key in PEM form; null for P-256K and symmetric keys.",
		"public_key_openssh": "Public key in OpenSSH form; null for P-256K and symmetric keys.",
	} {
		attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A key. The private part never leaves the engine. The `id` has no version, so that a rotation does not make it stale: `version` and the public parts are always those of the current version.",
		Attributes:          attributes,
	}
}

func rotationPolicyAttribute() schema.SingleNestedAttribute {
	period := func(description string, more ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: append([]validator.String{isoDuration}, more...)}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "When the key is rotated and its expiry announced. Without the attribute Terraform leaves the policy as it is; removed again, the policy is cleared.",
		Attributes: map[string]schema.Attribute{
			"expire_after":         period("Life of each new version, such as `P90D`; 28 days at least."),
			"notify_before_expiry": period("How long before the expiry it is announced, such as `P30D`."),
			"automatic": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Rotate by the clock, at one of two times.",
				Validators: []validator.Object{objectvalidator.AtLeastOneOf(
					path.MatchRelative().AtName("time_after_creation"), path.MatchRelative().AtName("time_before_expiry"))},
				Attributes: map[string]schema.Attribute{
					"time_after_creation": period("How long after a version is made the next one is, such as `P60D`.",
						stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("time_before_expiry"))),
					"time_before_expiry": period("How long before a version expires the next one is made, such as `P30D`."),
				},
			},
		},
	}
}

// Create implements resource.Resource.
func (r *keyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m keyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the key " + quote(m.Name.ValueString())
	api, err := r.keysOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	existing, err := findKey(ctx, api, m.Name.ValueString())
	if err == nil {
		addExists(&resp.Diagnostics, "coffer_key", "key "+quote(m.Name.ValueString()), existing.id.Versionless())
		return
	}
	if !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	made, ok := createKey(ctx, api, doing, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	// What exists from here on must be in the state, whatever fails later.
	policy := m.RotationPolicy
	m.from(ctx, made, &resp.Diagnostics)
	m.RotationPolicy = nil
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
	if policy == nil || resp.Diagnostics.HasError() {
		return
	}
	if err := setRotationPolicy(ctx, api, m.Name.ValueString(), policy); err != nil {
		addAttributeError(&resp.Diagnostics, path.Root("rotation_policy"), "set the rotation policy of the key "+quote(m.Name.ValueString()), err)
		return
	}
	m.RotationPolicy = policy
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read implements resource.Resource.
func (r *keyResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m keyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the key " + quote(m.Name.ValueString())
	api, err := r.keysOf(ctx, m.VaultID.ValueString())
	var found keyAnswer
	if err == nil {
		found, err = findKey(ctx, api, m.Name.ValueString())
	}
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.from(ctx, found, &resp.Diagnostics)
	// The policy is read if Terraform manages it, and at an import.
	if m.RotationPolicy != nil || !m.known {
		policy, err := getRotationPolicy(ctx, api, m.Name.ValueString())
		switch {
		case err == nil:
			m.RotationPolicy = policy
		case m.RotationPolicy != nil || !isForbidden(err):
			addError(&resp.Diagnostics, "read the rotation policy of the key "+quote(m.Name.ValueString()), err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource.
func (r *keyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, state keyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "change the key " + quote(m.Name.ValueString())
	api, err := r.keysOf(ctx, m.VaultID.ValueString())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	changed, err := updateKey(ctx, api, &m)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if !m.RotationPolicy.equal(state.RotationPolicy) {
		if err := setRotationPolicy(ctx, api, m.Name.ValueString(), m.RotationPolicy); err != nil {
			addAttributeError(&resp.Diagnostics, path.Root("rotation_policy"), "set the rotation policy of the key "+quote(m.Name.ValueString()), err)
			return
		}
	}
	m.from(ctx, changed, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Delete implements resource.Resource.
func (r *keyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m keyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	api, err := r.keysOf(ctx, m.VaultID.ValueString())
	if isNotFound(err) {
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "delete the key "+quote(m.Name.ValueString()), err)
		return
	}
	deleteItem(m.itemPlace, "key", &resp.Diagnostics, func() error {
		_, err := api.DeleteKey(ctx, m.Name.ValueString(), nil)
		return err
	}, func() error {
		_, err := api.PurgeDeletedKey(ctx, m.Name.ValueString(), nil)
		return err
	})
}

// ImportState implements resource.ResourceWithImportState.
func (r *keyResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	r.importItem(ctx, resourceid.Keys, "a key", req, resp)
	setImportedDefaults(ctx, resp)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *keyResource) MoveState(context.Context) []resource.StateMover {
	return moveItem("azurerm_key_vault_key")
}
