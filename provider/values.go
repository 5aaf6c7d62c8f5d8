package provider

import (
	"context"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// deref returns what p points at, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// textOrNull treats the empty string, in which the wire says "nothing", as no value.
func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// timeOrNull returns a time in RFC 3339, or no value for none.
func timeOrNull(t *time.Time) timetypes.RFC3339 {
	if t == nil || t.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339TimeValue(t.UTC())
}

// tagsOut returns tags for a request. No tags are an empty map, which clears them.
func tagsOut(tags types.Map) map[string]*string {
	out := map[string]*string{}
	for name, value := range tags.Elements() {
		if s, ok := value.(basetypes.StringValue); ok {
			out[name] = to.Ptr(s.ValueString())
		}
	}
	return out
}

// tagsIn returns tags from an answer. The wire does not tell no tags from an empty map,
// so prior decides between the two.
func tagsIn(ctx context.Context, tags map[string]*string, prior types.Map, diags *diag.Diagnostics) types.Map {
	if len(tags) == 0 && (prior.IsNull() || prior.IsUnknown()) {
		return types.MapNull(types.StringType)
	}
	plain := map[string]string{}
	for name, value := range tags {
		plain[name] = deref(value)
	}
	out, more := types.MapValueFrom(ctx, types.StringType, plain)
	diags.Append(more...)
	return out
}

// setIn returns words from an answer; prior decides between no set and an empty one,
// which the wire does not tell apart.
func setIn(list []string, prior foldedSetValue) foldedSetValue {
	if len(list) == 0 && (prior.IsNull() || prior.IsUnknown()) {
		return nullFoldedSet()
	}
	return newFoldedSet(list)
}
