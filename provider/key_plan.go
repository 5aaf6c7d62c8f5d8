package provider

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var isoPattern = regexp.MustCompile(`^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$`)

// isoDuration accepts ISO 8601 durations.
var isoDuration = stringRule{
	"an ISO 8601 duration such as `P90D`",
	func(text string) string {
		if isoPattern.MatchString(text) && text != "P" && !strings.HasSuffix(text, "T") {
			return ""
		}
		return quote(text) + " is not an ISO 8601 duration, such as P90D or P1Y."
	},
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (r *keyResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m keyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.Type.IsUnknown() {
		return
	}
	family := strings.TrimSuffix(strings.ToUpper(m.Type.ValueString()), "-HSM")
	if family != "EC" && !m.Curve.IsNull() && !m.Curve.IsUnknown() {
		resp.Diagnostics.AddAttributeError(path.Root("curve"), "Only EC keys have a curve", "The key is of type "+quote(m.Type.ValueString())+". Remove curve, or make it an EC key.")
	}
	if m.Size.IsNull() || m.Size.IsUnknown() {
		return
	}
	size := m.Size.ValueInt64()
	switch {
	case family == "EC":
		resp.Diagnostics.AddAttributeError(path.Root("key_size"), "EC keys have no size", "The curve says how large an EC key is. Remove key_size.")
	case family == "RSA" && size < 2048:
		resp.Diagnostics.AddAttributeError(path.Root("key_size"), "Wrong size of an RSA key", "An RSA key has 2048, 3072 or 4096 bits.")
	case family == "OCT" && size > 256:
		resp.Diagnostics.AddAttributeError(path.Root("key_size"), "Wrong size of a symmetric key", "A symmetric key has 128, 192 or 256 bits.")
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *keyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state *keyModel
	if !req.Plan.Raw.IsNull() {
		plan = &keyModel{}
		resp.Diagnostics.Append(req.Plan.Get(ctx, plan)...)
	}
	if !req.State.Raw.IsNull() {
		state = &keyModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case plan == nil:
		r.planItemDestroy(ctx, state.itemPlace, "key", &resp.Diagnostics)
	case state == nil:
		r.planHSM(ctx, plan, &resp.Diagnostics)
	case len(resp.RequiresReplace) == 0 && plan.ID.Equal(state.ID):
		planItemIDs(ctx, &plan.itemIDs, &state.itemIDs, false, resp)
		for name, value := range state.public() {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
		}
	}
}

// planHSM refuses at plan a key in an HSM for a vault that has none.
func (r *keyResource) planHSM(ctx context.Context, plan *keyModel, diags *diag.Diagnostics) {
	if !strings.HasSuffix(strings.ToUpper(plan.Type.ValueString()), "-HSM") || plan.VaultID.IsUnknown() || r.clients == nil || r.pending != nil {
		return
	}
	id, err := resourceid.ParseVault(plan.VaultID.ValueString())
	if err != nil {
		return
	}
	vault, err := r.armVaults(id.SubscriptionID).Get(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil || vault.Properties == nil || vault.Properties.SKU == nil || !strings.EqualFold(string(deref(vault.Properties.SKU.Name)), "standard") {
		return
	}
	diags.AddAttributeError(path.Root("key_type"), "The vault "+quote(id.Name)+" holds no keys in an HSM",
		"It is a standard vault, which holds software keys. Set sku_name = \"premium\" on the vault, or key_type = "+quote(strings.TrimSuffix(strings.ToUpper(plan.Type.ValueString()), "-HSM"))+".")
}
