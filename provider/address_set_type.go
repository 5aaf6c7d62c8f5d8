package provider

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.SetTypable                    = addressSetType{}
	_ basetypes.SetValuableWithSemanticEquals = addressSetValue{}
)

// addressSetType is a set of addresses and ranges of them: 10.0.0.1 and 10.0.0.1/32
// are the same.
type addressSetType struct{ basetypes.SetType }

var addressSet = addressSetType{basetypes.SetType{ElemType: types.StringType}}

// Equal implements attr.Type.
func (t addressSetType) Equal(o attr.Type) bool {
	other, ok := o.(addressSetType)
	return ok && t.SetType.Equal(other.SetType)
}

// String implements attr.Type.
func (t addressSetType) String() string { return "set of addresses" }

// ValueFromSet implements basetypes.SetTypable.
func (t addressSetType) ValueFromSet(_ context.Context, in basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return addressSetValue{in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t addressSetType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.SetType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	set, ok := value.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T", value)
	}
	return addressSetValue{set}, nil
}

// ValueType implements attr.Type.
func (t addressSetType) ValueType(context.Context) attr.Value { return nullAddressSet() }

// addressSetValue is a value of addressSetType.
type addressSetValue struct{ basetypes.SetValue }

func nullAddressSet() addressSetValue { return addressSetValue{types.SetNull(types.StringType)} }

// addressesIn returns addresses from an answer, in the spelling of prior if they are
// the same.
func addressesIn(list []string, prior addressSetValue) addressSetValue {
	if len(list) == 0 && (prior.IsNull() || prior.IsUnknown()) {
		return nullAddressSet()
	}
	if sameAddresses(list, words(prior.SetValue)) && !prior.IsNull() && !prior.IsUnknown() {
		return prior
	}
	return addressSetValue{newFoldedSet(list).SetValue}
}

// Type implements attr.Value.
func (v addressSetValue) Type(ctx context.Context) attr.Type {
	return addressSetType{basetypes.SetType{ElemType: v.ElementType(ctx)}}
}

// Equal implements attr.Value.
func (v addressSetValue) Equal(o attr.Value) bool {
	other, ok := o.(addressSetValue)
	return ok && v.SetValue.Equal(other.SetValue)
}

// SetSemanticEquals implements basetypes.SetValuableWithSemanticEquals.
func (v addressSetValue) SetSemanticEquals(ctx context.Context, o basetypes.SetValuable) (bool, diag.Diagnostics) {
	other, diags := o.ToSetValue(ctx)
	if !fullyKnown(v.SetValue) || !fullyKnown(other) {
		return v.SetValue.Equal(other), diags
	}
	return sameAddresses(words(v.SetValue), words(other)), diags
}

func sameAddresses(a, b []string) bool {
	return slices.Equal(canonicalAddresses(a), canonicalAddresses(b))
}

func canonicalAddresses(list []string) []string {
	canonical := make([]string, len(list))
	for i, text := range list {
		if prefix, ok := parseAddress(text); ok {
			text = prefix.String()
		}
		canonical[i] = text
	}
	return slices.Compact(sorted(canonical))
}

func parseAddress(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err == nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address, address.BitLen()), true
}

// addresses accepts sets of addresses and ranges.
type addresses struct{}

var _ validator.Set = addresses{}

// Description implements validator.Describer.
func (addresses) Description(context.Context) string {
	return "IPv4 or IPv6 addresses, or ranges of them in CIDR notation"
}

// MarkdownDescription implements validator.Describer.
func (a addresses) MarkdownDescription(ctx context.Context) string { return a.Description(ctx) }

// ValidateSet implements validator.Set.
func (addresses) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, text := range words(req.ConfigValue) {
		if _, ok := parseAddress(text); !ok {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(),
				quote(text)+" is neither an address nor a range in CIDR notation, such as 203.0.113.7 or 203.0.113.0/24.")
		}
	}
}
