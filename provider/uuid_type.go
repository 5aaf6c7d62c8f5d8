package provider

import (
	"context"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.StringTypable                    = uuidType{}
	_ basetypes.StringValuableWithSemanticEquals = uuidValue{}
	_ xattr.ValidateableAttribute                = uuidValue{}
)

// uuidType is a string that must be a UUID and is compared without regard to case.
type uuidType struct{ basetypes.StringType }

// Equal implements attr.Type.
func (t uuidType) Equal(o attr.Type) bool { _, ok := o.(uuidType); return ok }

// String implements attr.Type.
func (t uuidType) String() string { return "uuid" }

// ValueFromString implements basetypes.StringTypable.
func (t uuidType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return uuidValue{in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t uuidType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	return fromTerraform(ctx, in, func(s basetypes.StringValue) attr.Value { return uuidValue{s} })
}

// ValueType implements attr.Type.
func (t uuidType) ValueType(context.Context) attr.Value { return uuidValue{} }

// uuidValue is a value of uuidType.
type uuidValue struct{ basetypes.StringValue }

func newUUID(text string) uuidValue { return uuidValue{basetypes.NewStringValue(text)} }

// newUUIDOrNull treats the empty string as no value.
func newUUIDOrNull(text string) uuidValue {
	if text == "" {
		return uuidValue{basetypes.NewStringNull()}
	}
	return newUUID(text)
}

// Type implements attr.Value.
func (v uuidValue) Type(context.Context) attr.Type { return uuidType{} }

// Equal implements attr.Value.
func (v uuidValue) Equal(o attr.Value) bool {
	other, ok := o.(uuidValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (v uuidValue) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	return sameFolded(v.StringValue, o)
}

// ValidateAttribute implements xattr.ValidateableAttribute.
func (v uuidValue) ValidateAttribute(_ context.Context, req xattr.ValidateAttributeRequest, resp *xattr.ValidateAttributeResponse) {
	if v.IsNull() || v.IsUnknown() || isUUID(v.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not a UUID",
		quote(v.ValueString())+" is not a UUID, such as 6f1c2b0a-8d3e-4f5a-9b7c-0d1e2f3a4b5c.")
}

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(text string) bool { return uuidPattern.MatchString(text) }

// fromTerraform builds a value of a custom string type.
func fromTerraform(ctx context.Context, in tftypes.Value, build func(basetypes.StringValue) attr.Value) (attr.Value, error) {
	value, err := basetypes.StringType{}.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	return build(value.(basetypes.StringValue)), nil
}

func sameFolded(a basetypes.StringValue, b basetypes.StringValuable) (bool, diag.Diagnostics) {
	return sameText(a, b, strings.EqualFold)
}

func sameText(a basetypes.StringValue, b basetypes.StringValuable, same func(a, b string) bool) (bool, diag.Diagnostics) {
	other, diags := b.ToStringValue(context.Background())
	if a.IsNull() || a.IsUnknown() || other.IsNull() || other.IsUnknown() {
		return a.Equal(other), diags
	}
	return same(a.ValueString(), other.ValueString()), diags
}
