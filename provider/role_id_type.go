package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.StringTypable                    = roleIDType{}
	_ basetypes.StringValuableWithSemanticEquals = roleIDValue{}
)

// roleIDType is the ARM id of a role. Azure gives the same role ids with different
// scopes in front: what counts is the UUID at the end.
type roleIDType struct{ basetypes.StringType }

// Equal implements attr.Type.
func (t roleIDType) Equal(o attr.Type) bool { _, ok := o.(roleIDType); return ok }

// String implements attr.Type.
func (t roleIDType) String() string { return "role id" }

// ValueFromString implements basetypes.StringTypable.
func (t roleIDType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return roleIDValue{in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t roleIDType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	return fromTerraform(ctx, in, func(s basetypes.StringValue) attr.Value { return roleIDValue{s} })
}

// ValueType implements attr.Type.
func (t roleIDType) ValueType(context.Context) attr.Value { return roleIDValue{} }

// roleIDValue is a value of roleIDType.
type roleIDValue struct{ basetypes.StringValue }

func newRoleID(text string) roleIDValue { return roleIDValue{basetypes.NewStringValue(text)} }

// Type implements attr.Value.
func (v roleIDValue) Type(context.Context) attr.Type { return roleIDType{} }

// Equal implements attr.Value.
func (v roleIDValue) Equal(o attr.Value) bool {
	other, ok := o.(roleIDValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals.
func (v roleIDValue) StringSemanticEquals(_ context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	return sameText(v.StringValue, o, func(a, b string) bool { return lastSegment(a) == lastSegment(b) })
}

// guid returns the UUID of the role.
func (v roleIDValue) guid() string { return lastSegment(v.ValueString()) }
