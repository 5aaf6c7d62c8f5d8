package resource

import (
	"sort"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// inquiry is one question about access, with what every part of its answer needs.
type inquiry struct {
	r           Reader
	scope       authz.Scope
	chain       authz.Chain
	action      string
	data        bool
	application string

	// policy is set if a vault's access policies decide, and then vault is that vault.
	policy     bool
	vault      *Vault
	objects    authz.ObjectType
	permission string

	attributes authz.Attributes
}

// newInquiry finds out what decides the question.
func (s *Service) newInquiry(r Reader, q Question) (*inquiry, error) {
	scope, err := parseScope(normalScope(q.Scope))
	if err != nil {
		return nil, err
	}
	if err := s.scopeExists(r, scope); err != nil {
		return nil, err
	}
	if q.Action == "" || len(q.Action) > 256 || clip(q.Action) != q.Action {
		return nil, fault.New(fault.BadRequest, "The parameter 'action' is missing or not valid.")
	}
	in := &inquiry{r: r, scope: scope, action: q.Action, application: lower(q.ApplicationID), data: isDataAction(q.Action)}
	if q.Data != nil {
		in.data = *q.Data
	}
	if in.chain, err = chainOf(r, scope); err != nil || !in.data {
		return in, err
	}
	parts := strings.Split(strings.Trim(scope.String(), "/"), "/")
	if len(parts) < 8 || !strings.EqualFold(parts[5], "Microsoft.KeyVault") {
		return in, nil
	}
	v, err := findVault(r, VaultID{SubscriptionID: parts[1], ResourceGroup: parts[3], Name: parts[7]})
	if err != nil {
		return nil, err
	}
	in.vault = &v
	collection, name := "", ""
	if len(parts) >= 10 {
		collection, name = lower(parts[8]), parts[9]
	}
	in.attributes = authz.ObjectAttributes(sourceOf(q.Action), v.Name, collection, name, nil)
	if !v.RBAC {
		in.policy = true
		return in, in.choosePermission(q.Permission, name != "")
	}
	return in, nil
}

// sourceOf says whether the name of the object belongs to the request: it does where
// the request brings the object.
func sourceOf(action string) authz.Source {
	for _, verb := range []string{"/setsecret/action", "/create/action", "/import/action", "/restore/action"} {
		if strings.HasSuffix(lower(action), verb) {
			return authz.FromRequest
		}
	}
	return authz.FromResource
}

// choosePermission finds the permission of access policies that the action needs: the
// one that was asked for, or "get" for the reading of one object and "list" for that of
// a collection.
func (in *inquiry) choosePermission(asked string, object bool) error {
	grants := policyGrants[strings.TrimPrefix(lower(in.action), lower(dataPrefix))]
	if len(grants) == 0 {
		return fault.New(fault.BadRequest, "The vault decides by access policies, which do not know the action '%s'.", clean(in.action))
	}
	want := asked
	if want == "" && len(grants) > 1 {
		want = "list"
		if object {
			want = "get"
		}
	}
	for _, g := range grants {
		if want == "" || strings.EqualFold(g.permission, want) {
			in.objects, in.permission = g.objects, g.permission
			return nil
		}
	}
	if asked != "" {
		return fault.New(fault.BadRequest, "The permission '%s' has nothing to do with the action '%s'.", clean(asked), clean(in.action))
	}
	in.objects, in.permission = grants[0].objects, grants[0].permission
	return nil
}

// request is the question as a decision takes it.
func (in *inquiry) request() authz.Request {
	return authz.Request{Action: in.action, Data: in.data, Chain: in.chain, Attributes: in.attributes}
}

// access answers the question for one principal.
func (in *inquiry) access(p Principal) (Access, error) {
	out := Access{Principal: p}
	ids, err := identities(in.r, p.ID)
	if err != nil {
		return out, err
	}
	if in.policy {
		err = in.byPolicy(&out, ids)
	} else {
		err = in.byRole(&out, ids)
	}
	out.Allowed = len(out.Grants) > 0 && p.Enabled
	return out, err
}

func (in *inquiry) byPolicy(out *Access, ids []string) error {
	for _, p := range in.vault.Policies {
		holder := -1
		for i, id := range ids {
			if strings.EqualFold(id, p.ObjectID) {
				holder = i
			}
		}
		if holder < 0 || !p.Grants(in.objects, in.permission) {
			continue
		}
		path, err := in.path(out.Principal.ID, p.ObjectID)
		if err != nil {
			return err
		}
		g := Grant{
			Kind: ByPolicy, Scope: in.vault.ResourceID(), PrincipalID: p.ObjectID, ApplicationID: p.ApplicationID, Path: path,
			Permissions: append([]string(nil), p.Of(in.objects)...),
		}
		// An entry with an application is for its user through that application only.
		if p.ApplicationID != "" && (holder != 0 || p.ApplicationID != in.application) {
			g.Reason = "The policy is for this identity through the application " + p.ApplicationID + " only."
			out.Conditional = append(out.Conditional, g)
			continue
		}
		out.Grants = append(out.Grants, g)
	}
	return nil
}

func (in *inquiry) byRole(out *Access, ids []string) error {
	rows, err := in.r.RoleAssignmentsFor(ids)
	if err != nil {
		return err
	}
	for _, row := range rows {
		held, err := in.judge(row)
		if err != nil {
			return err
		}
		if held.verdict == grantsNothing {
			continue
		}
		if held.Path, err = in.path(out.Principal.ID, row.PrincipalID); err != nil {
			return err
		}
		switch held.verdict {
		case grantsHere:
			out.Grants = append(out.Grants, held.Grant)
		case grantsOnCondition:
			out.Conditional = append(out.Conditional, held.Grant)
		default:
			out.Elsewhere = append(out.Elsewhere, held.Grant)
		}
	}
	return nil
}

// verdict is what one role assignment means for a question.
type verdict uint8

const (
	grantsNothing     verdict = iota
	grantsHere                // it allows the action
	grantsOnCondition         // it would but for a condition
	grantsElsewhere           // it allows the action, but not at this scope
)

type judged struct {
	Grant
	verdict verdict
}

// judge decides the question by one role assignment alone.
func (in *inquiry) judge(row RoleAssignment) (judged, error) {
	var out judged
	list, err := compiled(in.r, []RoleAssignment{row})
	if err != nil || len(list) == 0 {
		return out, err
	}
	definition, _, err := role(in.r, row.RoleID)
	if err != nil {
		return out, err
	}
	out.Grant = Grant{
		Kind: ByRole, AssignmentID: row.ResourceID(), Scope: row.Scope, PrincipalID: row.PrincipalID,
		RoleID: row.RoleID, RoleName: definition.Name, Condition: conditions(row, definition),
	}
	if authz.NewGrants(list).Decide(in.request()).Allowed {
		out.verdict = grantsHere
		return out, nil
	}
	bare := list[0]
	bare.Condition = nil
	if bare.Role, err = authz.Compile(unconditional(definition.RoleDefinition)); err != nil {
		return out, err
	}
	grants := authz.NewGrants([]authz.Assignment{bare})
	elsewhere := in.request()
	elsewhere.Chain = authz.Chain{bare.Scope}
	switch {
	case grants.Decide(in.request()).Allowed:
		out.verdict = grantsOnCondition
		out.Reason = "The condition does not hold for what is known of the request: the names in the scope, and no tags."
	case grants.Decide(elsewhere).Allowed:
		out.verdict = grantsElsewhere
		out.Reason = "The role is held at a scope that this one does not lie in."
	}
	return out, nil
}

// unconditional returns the role without its conditions.
func unconditional(d authz.RoleDefinition) authz.RoleDefinition {
	permissions := append([]authz.Permission(nil), d.Permissions...)
	for i := range permissions {
		permissions[i].Condition, permissions[i].ConditionVersion = "", ""
	}
	d.Permissions = permissions
	return d
}

// conditions joins the condition of the assignment and those of its role.
func conditions(a RoleAssignment, d RoleDefinition) string {
	var all []string
	if a.Condition != "" {
		all = append(all, a.Condition)
	}
	for _, p := range d.Permissions {
		if p.Condition != "" {
			all = append(all, p.Condition)
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return strings.Join(wrapped(all), " AND ")
}

func wrapped(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = "(" + text + ")"
	}
	return out
}

// path returns the shortest chain of groups from the principal to the one that holds
// the grant; it is empty if that is the principal itself.
func (in *inquiry) path(from, to string) ([]Step, error) {
	if strings.EqualFold(from, to) {
		return nil, nil
	}
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		groups, err := in.r.DirectGroupIDs(queue[0])
		if err != nil {
			return nil, err
		}
		for _, id := range groups {
			if _, seen := before[id]; seen {
				continue
			}
			before[id] = queue[0]
			if !strings.EqualFold(id, to) {
				queue = append(queue, id)
				continue
			}
			var steps []Step
			for at := id; at != from; at = before[at] {
				p, _, err := in.r.PrincipalInfo(at)
				if err != nil {
					return nil, err
				}
				steps = append([]Step{{ID: at, Name: p.Name}}, steps...)
			}
			return steps, nil
		}
	}
	return nil, nil
}

// leastRoles returns the roles that allow the action, the narrowest first.
func (s *Service) leastRoles(in *inquiry, most int) ([]RoleHint, error) {
	all, err := in.r.RoleDefinitions()
	if err != nil {
		return nil, err
	}
	for _, d := range authz.BuiltInRoles() {
		all = append(all, RoleDefinition{RoleDefinition: d})
	}
	var out []RoleHint
	for _, d := range all {
		if ok, err := s.concerns(in.r, d, in.scope.String(), false); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		breadth, covers, err := measure(d.RoleDefinition, in.action, in.data)
		if err != nil {
			return nil, err
		}
		if covers {
			out = append(out, RoleHint{ID: d.ID, Name: d.Name, Actions: breadth, Conditional: hasCondition(d)})
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Actions != out[j].Actions {
			return out[i].Actions < out[j].Actions
		}
		return out[i].Name < out[j].Name
	})
	return out[:min(most, len(out))], nil
}

func hasCondition(d RoleDefinition) bool {
	for _, p := range d.Permissions {
		if p.Condition != "" {
			return true
		}
	}
	return false
}

// measure counts the known actions that the role allows, its conditions aside, and says
// whether it allows the given one.
func measure(d authz.RoleDefinition, action string, data bool) (breadth int, covers bool, err error) {
	allows, err := permits(d)
	if err != nil {
		return 0, false, err
	}
	for _, known := range [][]string{ControlActions, otherActions} {
		for _, a := range known {
			if allows(a, false) {
				breadth++
			}
		}
	}
	for _, a := range DataActions {
		if allows(a, true) {
			breadth++
		}
	}
	return breadth, allows(action, data), nil
}

// permits returns whether the role, its conditions aside, allows an action.
func permits(d authz.RoleDefinition) (func(action string, data bool) bool, error) {
	compiled, err := authz.Compile(unconditional(d))
	if err != nil {
		return nil, err
	}
	grants := authz.NewGrants([]authz.Assignment{{Scope: authz.RootScope, Role: compiled}})
	return func(action string, data bool) bool {
		return grants.Decide(authz.Request{Action: action, Data: data, Chain: authz.Chain{authz.RootScope}}).Allowed
	}, nil
}
