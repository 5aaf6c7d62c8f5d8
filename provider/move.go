package provider

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// moveByID lets a moved block bring a resource of another provider here. Everything
// but what names the resource is read from the engine at the next refresh, so nothing
// of the other provider's schema is needed but its id. pairs returns names and values
// of the attributes that name it; identity lists which of them are its identity.
func moveByID(from string, pairs func(id string) ([]string, error), identity ...string) []resource.StateMover {
	return []resource.StateMover{{
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if req.SourceTypeName != from || req.SourceRawState == nil {
				return
			}
			var state struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(req.SourceRawState.JSON, &state); err != nil || state.ID == "" {
				resp.Diagnostics.AddError("Cannot move "+from, "Its state has no id. Import the resource by its id instead.")
				return
			}
			values, err := pairs(state.ID)
			if err != nil {
				resp.Diagnostics.AddError("Cannot move "+from, sentence(err.Error())+" Import the resource by its id instead.")
				return
			}
			byName := map[string]string{}
			for i := 0; i < len(values); i += 2 {
				byName[values[i]] = values[i+1]
				if values[i+1] != "" {
					resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root(values[i]), values[i+1])...)
				}
			}
			for _, name := range identity {
				setIdentity(ctx, resp.TargetIdentity, &resp.Diagnostics, name, strings.TrimSpace(byName[name]))
			}
		},
	}}
}
