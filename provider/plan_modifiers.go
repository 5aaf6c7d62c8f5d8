package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// keepEqual keeps the state's value when the configuration only spells it in another
// way: other letter case, other order, another form of the same time. Put it before
// RequiresReplace.
type keepEqual struct{}

var (
	_ planmodifier.String = keepEqual{}
	_ planmodifier.Set    = keepEqual{}
)

// Description implements planmodifier.Describer.
func (keepEqual) Description(context.Context) string {
	return "Another spelling of the same value is no change."
}

// MarkdownDescription implements planmodifier.Describer.
func (m keepEqual) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString implements planmodifier.String. The attribute needs a custom type
// with semantic equality.
func (keepEqual) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() || req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	t, diags := req.Plan.Schema.TypeAtPath(ctx, req.Path)
	typed, ok := t.(basetypes.StringTypable)
	if diags.HasError() || !ok {
		return
	}
	state, diags := typed.ValueFromString(ctx, req.StateValue)
	resp.Diagnostics.Append(diags...)
	config, diags := typed.ValueFromString(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if comparable, ok := config.(basetypes.StringValuableWithSemanticEquals); ok {
		same, diags := comparable.StringSemanticEquals(ctx, state)
		resp.Diagnostics.Append(diags...)
		if same {
			resp.PlanValue = req.StateValue
		}
	}
}

// PlanModifySet implements planmodifier.Set. The attribute needs a custom type with
// semantic equality.
func (keepEqual) PlanModifySet(ctx context.Context, req planmodifier.SetRequest, resp *planmodifier.SetResponse) {
	if req.StateValue.IsNull() || req.ConfigValue.IsNull() || !fullyKnown(req.ConfigValue) {
		return
	}
	t, diags := req.Plan.Schema.TypeAtPath(ctx, req.Path)
	typed, ok := t.(basetypes.SetTypable)
	if diags.HasError() || !ok {
		return
	}
	state, diags := typed.ValueFromSet(ctx, req.StateValue)
	resp.Diagnostics.Append(diags...)
	config, diags := typed.ValueFromSet(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	if comparable, ok := config.(basetypes.SetValuableWithSemanticEquals); ok {
		same, diags := comparable.SetSemanticEquals(ctx, state)
		resp.Diagnostics.Append(diags...)
		if same {
			resp.PlanValue = req.StateValue
		}
	}
}

func fullyKnown(set types.Set) bool {
	if set.IsUnknown() {
		return false
	}
	for _, element := range set.Elements() {
		if element.IsUnknown() {
			return false
		}
	}
	return true
}
