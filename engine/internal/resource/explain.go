package resource

import (
	"context"
	"sort"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Question asks who may do something, or whether one principal may.
type Question struct {
	Scope, Action string
	// PrincipalID is the principal; empty for everyone.
	PrincipalID string
	// ApplicationID is the application through which a user acts, if it matters.
	ApplicationID string
	// Data says whether Action is one of the data plane; if nil that is taken from its
	// name: vaults/keys/read, which is both, counts as one.
	Data *bool
	// Permission chooses among the permissions of access policies that go by the
	// action, such as get and list.
	Permission string
}

// The kinds of grants.
const (
	ByRole   = "roleAssignment"
	ByPolicy = "accessPolicy"
)

// Step is a group on the way from a principal to what was granted.
type Step struct{ ID, Name string }

// Grant is one reason why a principal may, or might, do something.
type Grant struct {
	Kind string
	// AssignmentID, RoleID, RoleName and Condition are of a role assignment.
	AssignmentID, RoleID, RoleName, Condition string
	// ApplicationID and Permissions are of an access policy.
	ApplicationID string
	Permissions   []string
	Scope         string
	// PrincipalID is who holds it: the principal, or the last group of Path.
	PrincipalID string
	Path        []Step
	// Reason says why it does not count.
	Reason string
}

// Access says what one principal may do, and why.
type Access struct {
	Principal Principal
	Allowed   bool
	Grants    []Grant
	// Conditional are grants whose condition or application does not hold, Elsewhere
	// those at scopes that the scope does not lie in.
	Conditional, Elsewhere []Grant
	// Missing says in a sentence what would be needed; empty if allowed.
	Missing string
}

// RoleHint is a role that would allow the action. Actions counts what it allows.
type RoleHint struct {
	ID, Name    string
	Actions     int
	Conditional bool
}

// SelfGrant is a principal who could give itself, or anyone, what was asked about.
type SelfGrant struct {
	Principal Principal
	Ways      []Way
}

// Way is one way of doing so: an action of the management plane and what allows it.
type Way struct {
	Action, Meaning string
	Grants          []Grant
}

// Effective is the answer to a Question.
type Effective struct {
	Scope, Action string
	Data          bool
	// Model is what decides: ByRole or ByPolicy. Permission is that of access policies.
	Model, Permission string
	// Subject is the answer for the principal that was asked about.
	Subject *Access
	// Who are all who may, SelfGrants those who could make it so.
	Who        []Access
	SelfGrants []SelfGrant
	LeastRoles []RoleHint
	// Truncated is set if there are more principals than were looked at.
	Truncated bool
}

const (
	maxPeople = 2000
	mostHints = 5
)

// EffectiveAccess explains who may perform an action at a scope. It needs the right to
// read role assignments there.
func (s *Service) EffectiveAccess(ctx context.Context, caller authz.Caller, q Question) (Effective, error) {
	var out Effective
	op := administrative(200, need{action: actionReadAssignment, scope: normalScope(q.Scope)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		in, err := s.newInquiry(r, q)
		if err != nil {
			return err
		}
		out = Effective{Scope: in.scope.String(), Action: in.action, Data: in.data, Model: ByRole}
		if in.policy {
			out.Model, out.Permission = ByPolicy, strings.ToLower(in.objects.String())+" "+in.permission
		} else if out.LeastRoles, err = s.leastRoles(in, mostHints); err != nil {
			return err
		}
		if q.PrincipalID == "" {
			return s.everyone(in, &out)
		}
		return s.one(in, q.PrincipalID, &out)
	})
	return out, err
}

func (s *Service) one(in *inquiry, id string, out *Effective) error {
	p, found, err := in.r.PrincipalInfo(id)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.PrincipalNotFound, "Principal %s does not exist in the directory %s.", clean(strings.ReplaceAll(id, "-", "")), s.tenant)
	}
	a, err := in.access(p)
	if err != nil {
		return err
	}
	if !a.Allowed {
		a.Missing = in.missing(&a, out)
	}
	out.Subject = &a
	return nil
}

// missing says what would be needed for the principal to be allowed.
func (in *inquiry) missing(a *Access, out *Effective) string {
	switch {
	case len(a.Grants) > 0:
		return "The principal is disabled."
	case in.policy:
		return "The vault decides by access policies, and none gives the principal or a group that it is in the permission " + out.Permission + "."
	case len(out.LeastRoles) == 0:
		return "No role that can be assigned at this scope allows the action."
	case len(a.Conditional) > 0:
		return "The condition of a role assignment does not hold. Without a condition, the role " + out.LeastRoles[0].Name + " would be enough."
	}
	return "No role assignment at this scope or above it allows the action. The narrowest role that does is " + out.LeastRoles[0].Name + "."
}

// everyone finds all who may, and all who could.
func (s *Service) everyone(in *inquiry, out *Effective) error {
	var chain []string
	for _, scope := range in.chain {
		chain = append(chain, scope.String())
	}
	rows, err := in.r.RoleAssignmentsAt(chain)
	if err != nil {
		return err
	}
	holders := make([]string, 0, len(rows))
	for _, row := range rows {
		holders = append(holders, row.PrincipalID)
	}
	if in.policy {
		for _, p := range in.vault.Policies {
			holders = append(holders, p.ObjectID)
		}
	}
	people, truncated, err := in.people(holders)
	if err != nil {
		return err
	}
	out.Truncated = truncated
	roles, err := s.rolesThatWouldDo(in)
	if err != nil {
		return err
	}
	for _, p := range people {
		a, err := in.access(p)
		if err != nil {
			return err
		}
		if a.Allowed {
			out.Who = append(out.Who, a)
		}
		ways, err := s.ways(in, p, roles)
		if err != nil {
			return err
		}
		if len(ways) > 0 && p.Enabled {
			out.SelfGrants = append(out.SelfGrants, SelfGrant{Principal: p, Ways: ways})
		}
	}
	return nil
}

// rolesThatWouldDo are the roles that allow the action. Where access policies decide they
// are those that can write the vault, and so its policies.
func (s *Service) rolesThatWouldDo(in *inquiry) ([]RoleHint, error) {
	control := *in
	if in.policy {
		control.action, control.data = actionWriteVault, false
	}
	return s.leastRoles(&control, maxRoles)
}

// people returns the users and service principals among the ids, and those in groups
// among them.
func (in *inquiry) people(ids []string) (people []Principal, truncated bool, err error) {
	seen := map[string]bool{}
	add := func(id string) error {
		if id = lower(id); seen[id] {
			return nil
		}
		if len(people) >= maxPeople {
			truncated = true
			return nil
		}
		seen[id] = true
		p, found, err := in.r.PrincipalInfo(id)
		if err == nil && found && p.Type != authz.Group {
			people = append(people, p)
		}
		return err
	}
	for _, id := range ids {
		members, err := in.r.GroupMemberIDs(lower(id), maxPeople+1)
		if err != nil {
			return nil, false, err
		}
		for _, member := range append([]string{id}, members...) {
			if err := add(member); err != nil {
				return nil, false, err
			}
		}
	}
	sort.Slice(people, func(i, j int) bool {
		if people[i].Name != people[j].Name {
			return people[i].Name < people[j].Name
		}
		return people[i].ID < people[j].ID
	})
	return people, truncated, nil
}

// ways returns how the principal could give what was asked about to itself.
func (s *Service) ways(in *inquiry, p Principal, roles []RoleHint) ([]Way, error) {
	var ways []Way
	grants, err := in.grants(p)
	if err != nil {
		return nil, err
	}
	try := func(action, meaning string, at authz.Chain, attributes authz.Attributes) (bool, error) {
		if !grants.Decide(authz.Request{Action: action, Chain: at, Attributes: attributes}).Allowed {
			return false, nil
		}
		held := &inquiry{r: in.r, scope: at.Scope(), chain: at, action: action, attributes: attributes}
		a, err := held.access(p)
		if err == nil && len(a.Grants) > 0 {
			ways = append(ways, Way{Action: action, Meaning: meaning, Grants: a.Grants})
			return true, nil
		}
		return false, err
	}
	if in.policy {
		// The vault's scope, not the object's: policies are of the whole vault.
		at, err := parseScope(in.vault.ResourceID())
		if err != nil {
			return nil, err
		}
		chain, err := chainOf(in.r, at)
		if err != nil {
			return nil, err
		}
		for action, meaning := range map[string]string{
			actionWriteVault: "can write the vault's access policies",
			"Microsoft.KeyVault/vaults/accessPolicies/write": "can change the vault's access policies",
		} {
			if _, err := try(action, meaning, chain, authz.Attributes{}); err != nil {
				return nil, err
			}
		}
		sort.Slice(ways, func(i, j int) bool { return ways[i].Action < ways[j].Action })
	}
	if err := s.assignmentWays(in, p, roles, try); err != nil {
		return nil, err
	}
	root := authz.Chain{authz.RootScope}
	for _, w := range []struct{ action, meaning string }{
		{"Microsoft.Authorization/directoryMembers/write", "can put anyone into a group"},
		{"Microsoft.Authorization/directoryCredentials/write", "can set the credentials of another principal"},
	} {
		if _, err := try(w.action, w.meaning, root, authz.Attributes{}); err != nil {
			return nil, err
		}
	}
	return ways, nil
}

// grants are all role assignments that count for the principal.
func (in *inquiry) grants(p Principal) (*authz.Grants, error) {
	ids, err := identities(in.r, p.ID)
	if err != nil {
		return nil, err
	}
	rows, err := in.r.RoleAssignmentsFor(ids)
	if err != nil {
		return nil, err
	}
	list, err := compiled(in.r, rows)
	return authz.NewGrants(list), err
}

// assignmentWays tries whether the principal may assign itself one of the roles that
// would do, or change a role.
func (s *Service) assignmentWays(in *inquiry, p Principal, roles []RoleHint, try func(string, string, authz.Chain, authz.Attributes) (bool, error)) error {
	for _, hint := range roles {
		attributes := authz.RoleAssignmentAttributes(authz.FromRequest, hint.ID, p.ID, p.Type)
		if done, err := try(actionAssign, "can assign the role "+hint.Name, in.chain, attributes); done || err != nil {
			return err
		}
	}
	_, err := try(actionWriteRole, "can change the custom roles that are assigned here", in.chain, authz.Attributes{})
	return err
}
