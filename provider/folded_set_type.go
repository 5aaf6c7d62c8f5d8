package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	_ basetypes.SetTypable                    = foldedSetType{}
	_ basetypes.SetValuableWithSemanticEquals = foldedSetValue{}
)

// foldedSetType is a set of strings whose letter case does not count: permissions,
// key operations, addresses.
type foldedSetType struct{ basetypes.SetType }

var foldedSet = foldedSetType{basetypes.SetType{ElemType: types.StringType}}

// Equal implements attr.Type.
func (t foldedSetType) Equal(o attr.Type) bool {
	other, ok := o.(foldedSetType)
	return ok && t.SetType.Equal(other.SetType)
}

// String implements attr.Type.
func (t foldedSetType) String() string { return "set of folded strings" }

// ValueFromSet implements basetypes.SetTypable.
func (t foldedSetType) ValueFromSet(_ context.Context, in basetypes.SetValue) (basetypes.SetValuable, diag.Diagnostics) {
	return foldedSetValue{in}, nil
}

// ValueFromTerraform implements attr.Type.
func (t foldedSetType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	value, err := t.SetType.ValueFromTerraform(ctx, in)
	if err != nil {
		return nil, err
	}
	set, ok := value.(basetypes.SetValue)
	if !ok {
		return nil, fmt.Errorf("unexpected value type %T", value)
	}
	return foldedSetValue{set}, nil
}

// ValueType implements attr.Type.
func (t foldedSetType) ValueType(context.Context) attr.Value {
	return foldedSetValue{basetypes.NewSetNull(types.StringType)}
}

// foldedSetValue is a value of foldedSetType.
type foldedSetValue struct{ basetypes.SetValue }

func nullFoldedSet() foldedSetValue { return foldedSetValue{types.SetNull(types.StringType)} }

// newFoldedSet returns a set of the words.
func newFoldedSet(words []string) foldedSetValue {
	values := make([]attr.Value, 0, len(words))
	for _, word := range slices.Compact(slices.Sorted(slices.Values(words))) {
		values = append(values, types.StringValue(word))
	}
	return foldedSetValue{types.SetValueMust(types.StringType, values)}
}

// words returns the elements of the set that are known.
func (v foldedSetValue) words() []string { return words(v.SetValue) }

// words returns the elements of a set of strings that are known, sorted.
func words(set basetypes.SetValue) []string {
	var list []string
	for _, element := range set.Elements() {
		if s, ok := element.(basetypes.StringValuable); ok {
			if text, _ := s.ToStringValue(context.Background()); !text.IsNull() && !text.IsUnknown() {
				list = append(list, text.ValueString())
			}
		}
	}
	return sorted(list)
}

// Type implements attr.Value.
func (v foldedSetValue) Type(ctx context.Context) attr.Type {
	return foldedSetType{basetypes.SetType{ElemType: v.ElementType(ctx)}}
}

// Equal implements attr.Value.
func (v foldedSetValue) Equal(o attr.Value) bool {
	other, ok := o.(foldedSetValue)
	return ok && v.SetValue.Equal(other.SetValue)
}

// SetSemanticEquals implements basetypes.SetValuableWithSemanticEquals. No set and an
// empty one are the same: the wire does not tell them apart.
func (v foldedSetValue) SetSemanticEquals(ctx context.Context, o basetypes.SetValuable) (bool, diag.Diagnostics) {
	other, diags := o.ToSetValue(ctx)
	if v.IsUnknown() || other.IsUnknown() {
		return v.SetValue.Equal(other), diags
	}
	return sameWords(words(v.SetValue), words(other)), diags
}

// sameWords compares two lists as sets, without regard to letter case.
func sameWords(a, b []string) bool { return slices.Equal(foldWords(a), foldWords(b)) }

func foldWords(list []string) []string {
	folded := make([]string, len(list))
	for i, word := range list {
		folded[i] = strings.ToLower(word)
	}
	return slices.Compact(sorted(folded))
}
