package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// maxNamed is how many principals a warning names.
const maxNamed = 20

// warnModelSwitch names, at plan, who loses access when the vault changes from one
// permission model to the other.
func (r *vaultResource) warnModelSwitch(ctx context.Context, state, plan *vaultModel, diags *diag.Diagnostics) {
	if r.pending != nil || plan.RBAC.IsUnknown() || plan.RBAC.Equal(state.RBAC) {
		return
	}
	var losers []string
	var err error
	from, to := "roles", "access policies"
	if plan.RBAC.ValueBool() {
		from, to = to, from
		losers, err = r.policyHolders(ctx, state)
	} else {
		losers, err = r.roleHolders(ctx, state)
	}
	detail := "From now on " + to + " decide what principals may do inside the vault " + quote(state.Name.ValueString()) + ", and " + from + " count no longer. "
	switch {
	case err != nil:
		detail += "Who loses access cannot be said: " + explain(err)
	case len(losers) == 0:
		detail += "Nobody has access through " + from + " now, so nobody loses it."
	default:
		names := r.namesOf(ctx, losers)
		more := ""
		if len(names) > maxNamed {
			more = fmt.Sprintf("\n  and %d more", len(names)-maxNamed)
			names = names[:maxNamed]
		}
		detail += "These principals lose the access that they have, unless " + to + " give it to them:\n\n  " + strings.Join(names, "\n  ") + more
	}
	diags.AddAttributeWarning(path.Root("rbac_authorization_enabled"), "The permission model of the vault changes", detail)
}

// policyHolders returns the object ids in the vault's access policies.
func (r *vaultResource) policyHolders(ctx context.Context, m *vaultModel) ([]string, error) {
	got, err := r.armVaults(m.SubscriptionID.ValueString()).Get(ctx, m.ResourceGroup.ValueString(), m.Name.ValueString(), nil)
	if err != nil || got.Properties == nil {
		return nil, err
	}
	var ids []string
	for _, policy := range got.Properties.AccessPolicies {
		ids = append(ids, strings.ToLower(deref(policy.ObjectID)))
	}
	return slices.Compact(sorted(ids)), nil
}

// roleHolders returns the object ids of those who have a role with data actions at the
// vault, above it, or on something in it.
func (r *vaultResource) roleHolders(ctx context.Context, m *vaultModel) ([]string, error) {
	scope := m.ID.ValueString()
	roles := map[string]bool{}
	definitions, err := r.rolesAt(ctx, scope, nil)
	if err != nil {
		return nil, err
	}
	for _, role := range definitions {
		roles[lastSegment(deref(role.ID))] = hasDataActions(role)
	}
	var ids []string
	for _, filter := range []*string{to.Ptr("atScope()"), nil} {
		assignments := r.roleAssignments().NewListForScopePager(scopePath(scope), &armauthorization.RoleAssignmentsClientListForScopeOptions{Filter: filter})
		for assignments.More() {
			page, err := assignments.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, a := range page.Value {
				if p := a.Properties; p != nil && roles[lastSegment(deref(p.RoleDefinitionID))] {
					ids = append(ids, strings.ToLower(deref(p.PrincipalID)))
				}
			}
		}
	}
	return slices.Compact(sorted(ids)), nil
}

func hasDataActions(role *armauthorization.RoleDefinition) bool {
	if role.Properties == nil {
		return false
	}
	for _, p := range role.Properties.Permissions {
		if len(p.DataActions) > 0 {
			return true
		}
	}
	return false
}

func lastSegment(id string) string { return strings.ToLower(id[strings.LastIndexByte(id, '/')+1:]) }

// namesOf returns "display name (object id)" of principals, or their ids alone for who
// may not read the directory.
func (r *vaultResource) namesOf(ctx context.Context, ids []string) []string {
	var answer struct {
		Value []struct {
			ID   string `json:"id"`
			Name string `json:"displayName"`
		} `json:"value"`
	}
	names := map[string]string{}
	if r.graph().post(ctx, "/v1.0/directoryObjects/getByIds", map[string]any{"ids": ids}, &answer) == nil {
		for _, object := range answer.Value {
			names[strings.ToLower(object.ID)] = object.Name
		}
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if name := names[id]; name != "" {
			out[i] = name + " (" + id + ")"
		}
	}
	return out
}
