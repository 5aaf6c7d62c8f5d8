package resource

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// Migration is how a vault with access policies could do with role assignments.
type Migration struct {
	VaultID     string
	Assignments []PlannedAssignment
	Lost        []LostPermission
	// Terraform is the plan as text: it changes nothing until somebody applies it.
	Terraform string
}

// PlannedAssignment is a role that stands for permissions of access policies.
type PlannedAssignment struct {
	Principal        Principal
	RoleID, RoleName string
	// For are the permissions that it stands for, as in "secrets get".
	For []string
	// Gained are the data actions that it allows and the policies did not.
	Gained []string
}

// LostPermission is what no role assignment stands for.
type LostPermission struct {
	ObjectID, ApplicationID string
	Permissions             []string
	Reason                  string
}

// MigrationPlan says which role assignments reproduce the access policies of a vault,
// and what would be gained and lost. It changes nothing.
func (s *Service) MigrationPlan(ctx context.Context, caller authz.Caller, vault string) (Migration, error) {
	var out Migration
	op := administrative(200, need{action: actionReadAssignment, scope: normalScope(vault)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		id, err := vaultIDOf(vault)
		if err != nil {
			return err
		}
		v, err := findVault(r, id)
		if err != nil {
			return err
		}
		candidates, err := dataRoles()
		if err != nil {
			return err
		}
		out.VaultID = v.ResourceID()
		for _, p := range v.Policies {
			if err := out.add(r, p, candidates); err != nil {
				return err
			}
		}
		out.Terraform = out.text()
		return nil
	})
	return out, err
}

func vaultIDOf(scope string) (VaultID, error) {
	if _, err := parseScope(normalScope(scope)); err != nil {
		return VaultID{}, err
	}
	parts := strings.Split(strings.Trim(scope, "/"), "/")
	if len(parts) != 8 || !strings.EqualFold(parts[0], "subscriptions") || !strings.EqualFold(parts[2], "resourceGroups") ||
		!strings.EqualFold(parts[5], "Microsoft.KeyVault") || !strings.EqualFold(parts[6], "vaults") {
		return VaultID{}, invalidValue("vault")
	}
	return VaultID{SubscriptionID: parts[1], ResourceGroup: parts[3], Name: parts[7]}, nil
}

// dataRole is a built-in role with the data actions that it allows.
type dataRole struct {
	id, name string
	actions  map[string]bool
}

func dataRoles() ([]dataRole, error) {
	var out []dataRole
	for _, d := range authz.BuiltInRoles() {
		allows, err := permits(d)
		if err != nil {
			return nil, err
		}
		r := dataRole{id: d.ID, name: d.Name, actions: map[string]bool{}}
		for _, action := range DataActions {
			if allows(action, true) {
				r.actions[action] = true
			}
		}
		if len(r.actions) > 0 {
			out = append(out, r)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return len(out[i].actions) < len(out[j].actions) })
	return out, nil
}

func (m *Migration) add(r Reader, policy authz.AccessPolicy, candidates []dataRole) error {
	lost := func(permissions []string, reason string) {
		if len(permissions) > 0 {
			m.Lost = append(m.Lost, LostPermission{ObjectID: policy.ObjectID, ApplicationID: policy.ApplicationID, Permissions: permissions, Reason: reason})
		}
	}
	var all []string
	for t := authz.Keys; t <= authz.Certificates; t++ {
		all = append(all, labels(t, policy.Of(t))...)
	}
	lost(labels(authz.Storage, policy.Of(authz.Storage)), "Managed storage accounts do not exist any more.")
	p, found, err := r.PrincipalInfo(policy.ObjectID)
	switch {
	case err != nil:
		return err
	case !found:
		lost(all, "The directory does not know the principal.")
		return nil
	case policy.ApplicationID != "":
		lost(all, "A role cannot be held through one application only.")
		return nil
	}
	for t := authz.Keys; t <= authz.Certificates; t++ {
		wanted := wantedActions(t, policy)
		if len(wanted) == 0 {
			continue
		}
		best, gained := narrowest(wanted, candidates)
		if best == nil {
			lost(labels(t, policy.Of(t)), "No built-in role allows all of it.")
			continue
		}
		m.Assignments = append(m.Assignments, PlannedAssignment{
			Principal: p, RoleID: best.id, RoleName: best.name, For: labels(t, policy.Of(t)), Gained: gained,
		})
	}
	return nil
}

func labels(t authz.ObjectType, permissions []string) []string {
	var out []string
	for _, permission := range permissions {
		out = append(out, lower(t.String())+" "+permission)
	}
	return out
}

// wantedActions are the data actions that the policy amounts to for the type.
func wantedActions(t authz.ObjectType, policy authz.AccessPolicy) map[string]bool {
	wanted := map[string]bool{}
	for _, permission := range authz.Permissions(t) {
		if policy.Grants(t, permission) {
			for _, action := range permissionActions(t, permission) {
				wanted[action] = true
			}
		}
	}
	return wanted
}

// narrowest returns the role that allows all that is wanted and the least besides.
func narrowest(wanted map[string]bool, candidates []dataRole) (best *dataRole, gained []string) {
	for i := range candidates {
		c := &candidates[i]
		covers := true
		for action := range wanted {
			covers = covers && c.actions[action]
		}
		if covers {
			best = c
			break
		}
	}
	if best == nil {
		return nil, nil
	}
	for _, action := range DataActions {
		if best.actions[action] && !wanted[action] {
			gained = append(gained, action)
		}
	}
	return best, gained
}

// text writes the plan as Terraform. Names from the directory go into comments only,
// on one line.
func (m *Migration) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Role assignments that reproduce the access policies of\n# %s.\n", m.VaultID)
	b.WriteString("# Apply them first; then set rbac_authorization_enabled = true on the vault.\n")
	merged := mergeAssignments(m.Assignments)
	for i, a := range merged {
		fmt.Fprintf(&b, "\n# %s, for %s\n", comment(a.Principal.Name), strings.Join(a.For, ", "))
		for _, gained := range a.Gained {
			fmt.Fprintf(&b, "#   gained: %s\n", gained)
		}
		fmt.Fprintf(&b, "resource \"coffer_role_assignment\" \"policy_%d\" {\n", i+1)
		fmt.Fprintf(&b, "  scope                = %q\n", m.VaultID)
		fmt.Fprintf(&b, "  role_definition_name = %q\n", a.RoleName)
		fmt.Fprintf(&b, "  principal_id         = %q\n", a.Principal.ID)
		fmt.Fprintf(&b, "  principal_type       = %q\n}\n", a.Principal.Type)
	}
	for _, l := range m.Lost {
		holder := l.ObjectID
		if l.ApplicationID != "" {
			holder += " through " + l.ApplicationID
		}
		fmt.Fprintf(&b, "\n# lost: %s for %s\n#   %s\n", strings.Join(l.Permissions, ", "), holder, l.Reason)
	}
	return b.String()
}

// mergeAssignments makes one of several that give the same role to one principal.
func mergeAssignments(list []PlannedAssignment) []PlannedAssignment {
	at := map[string]int{}
	var out []PlannedAssignment
	for _, a := range list {
		key := a.Principal.ID + "|" + a.RoleID
		if i, ok := at[key]; ok {
			out[i].For = append(append([]string(nil), out[i].For...), a.For...)
			out[i].Gained = both(out[i].Gained, a.Gained)
			continue
		}
		at[key] = len(out)
		out = append(out, a)
	}
	return out
}

// both returns what is in both lists: what one part gains may be what the other had.
func both(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			if x == y {
				out = append(out, x)
			}
		}
	}
	return out
}

func comment(s string) string { return clean(strings.ReplaceAll(s, "\u2028", " ")) }
