package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.StringTypable                    = foldedType{}
	_ basetypes.StringValuableWithSemanticEquals = foldedValue{}
)

// foldedType is a string that Azure compares without regard to letter case: an ARM id,
// a name, a word such as a SKU. With location set, blanks do not count either.
type foldedType struct {
	basetypes.StringType
	location bool
}

var locationType = foldedType{location: true}

// Equal implements attr.Type.
func (t foldedType) Equal(o attr.Type) bool {
	other, ok := o.(foldedType)
	return ok && t.location == other.location
}

// String implements attr.Type.
func (t foldedType) String() string { return "folded string" }

// ValueFromString implements basetypes.StringTypable.
func (t foldedType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return foldedValue{in, t.location}, nil
}

// ValueFromTerraform implements attr.Type.
func (t foldedType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	return fromTerraform(ctx, in, func(s basetypes.StringValue) attr.Value { return foldedValue{s, t.location} })
}

// ValueType implements attr.Type.
func (t foldedType) ValueType(context.Context) attr.Value { return foldedValue{location: t.location} }

// foldedValue is a value of foldedType.
type foldedValue struct {
	basetypes.StringValue
	location bool
}

func newFolded(text string) foldedValue {
	return foldedValue{StringValue: basetypes.NewStringValue(text)}
}

func newLocation(text string) foldedValue { return foldedValue{basetypes.NewStringValue(text), true} }

// newFoldedOrNull treats the empty string as no value.
func newFoldedOrNull(text string) foldedValue {
	if text == "" {
		return foldedValue{StringValue: basetypes.NewStringNull()}
	}
	return newFolded(text)
}

// Type implements attr.Value.
func (v foldedValue) Type(context.Context) attr.Type { return foldedType{location: v.location} }

// Equal implements attr.Value.
func (v foldedValue) Equal(o attr.Value) bool {
	other, ok := o.(foldedValue)
	return ok && v.location == other.location && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (v foldedValue) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	if v.location {
		return sameText(v.StringValue, o, sameLocation)
	}
	return sameFolded(v.StringValue, o)
}

// sameLocation compares locations as ARM does: "West Europe" is westeurope.
func sameLocation(a, b string) bool { return foldLocation(a) == foldLocation(b) }

func foldLocation(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}
