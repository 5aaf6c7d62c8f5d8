package authz

// Assignment gives a role to a principal at a scope and everywhere below it, while
// the condition, if there is one, holds.
type Assignment struct {
	ID          string
	Scope       Scope
	PrincipalID string
	Role        *Role
	Condition   *Condition
}

// Grants are the assignments that count for one caller: its own and those of its
// groups. They are immutable and safe for concurrent use.
type Grants struct {
	all     []Assignment
	byScope map[string][]grant
	// conditional is set if a decision may depend on attributes.
	conditional bool
}

// grant is what decisions need of one assignment.
type grant struct {
	role      *Role
	condition *Condition
	index     int // in all
}

// NewGrants indexes the assignments. Those without a role or a scope grant nothing.
func NewGrants(assignments []Assignment) *Grants {
	g := &Grants{all: assignments, byScope: make(map[string][]grant, len(assignments))}
	type same struct {
		scope, condition string
		role             *Role
	}
	seen := make(map[same]struct{}, len(assignments))
	for i := range assignments {
		a := &assignments[i]
		if a.Role == nil || a.Scope.key == "" {
			continue
		}
		g.conditional = g.conditional || a.Condition != nil || a.Role.conditional()
		// Several groups often hold the same role: one of them is enough to decide.
		k := same{a.Scope.key, a.Condition.String(), a.Role}
		if _, repeated := seen[k]; repeated {
			continue
		}
		seen[k] = struct{}{}
		g.byScope[a.Scope.key] = append(g.byScope[a.Scope.key], grant{a.Role, a.Condition, i})
	}
	return g
}

func (r *Role) conditional() bool {
	for i := range r.permissions {
		if r.permissions[i].condition != nil {
			return true
		}
	}
	return false
}

// Conditional reports whether any of the assignments has a condition, of its own or
// of its role: if not, decisions look at no attributes.
func (g *Grants) Conditional() bool { return g != nil && g.conditional }

// Assignments returns the assignments; the slice must not be changed.
func (g *Grants) Assignments() []Assignment {
	if g == nil {
		return nil
	}
	return g.all
}

// Request asks whether an action may be performed on a resource.
type Request struct {
	Action string
	// Data is set for an action of the data plane: data actions are granted by
	// DataActions only, all others by Actions only.
	Data bool
	// SubOperation is for SubOperationMatches; empty if the action has none.
	SubOperation string
	// Chain is the resource and everything above it.
	Chain      Chain
	Attributes Attributes
	// Unconditional asks for a grant that no condition restricts, as switching a
	// vault's permission model does (wire reference 4.2).
	Unconditional bool
}

// Decision is the answer to a Request. If it is allowed, the other fields name one
// assignment that allows it, the one nearest to the resource.
type Decision struct {
	Allowed      bool
	AssignmentID string
	PrincipalID  string
	Scope        Scope
	RoleID       string
	RoleName     string
	// Conditional is set if the grant rests on a condition of the assignment or role.
	Conditional bool
}

// Decide decides. It allocates nothing.
func (g *Grants) Decide(req Request) Decision {
	var buf [maxAction]byte
	action, ok := foldAction(&buf, req.Action)
	if g == nil || !ok {
		return Decision{}
	}
	for i := range req.Chain {
		key := req.Chain[i].key
		if key == "" {
			continue
		}
		grants := g.byScope[key]
		for j := range grants {
			grant := &grants[j]
			if conditional, ok := grant.allows(action, &req); ok {
				return g.allowed(grant.index, conditional)
			}
		}
	}
	return Decision{}
}

func (g *Grants) allowed(index int, conditional bool) Decision {
	a := &g.all[index]
	return Decision{
		Allowed: true, AssignmentID: a.ID, PrincipalID: a.PrincipalID, Scope: a.Scope,
		RoleID: a.Role.id, RoleName: a.Role.name, Conditional: conditional,
	}
}

// input is what conditions look at.
type input struct {
	action       []byte
	subOperation string
	attributes   Attributes
}

// allows reports whether the grant allows the request: a permission of its role covers
// the action, and the conditions of that permission and of the assignment hold.
func (g *grant) allows(action []byte, req *Request) (conditional, ok bool) {
	if req.Unconditional && g.condition != nil {
		return false, false
	}
	for i := range g.role.permissions {
		p := &g.role.permissions[i]
		if !p.covers(action, plane(req.Data)) {
			continue
		}
		if p.condition == nil && g.condition == nil {
			return false, true
		}
		if !req.Unconditional && g.holds(p, action, req) {
			return true, true
		}
	}
	return false, false
}

// holds evaluates the condition of the permission and that of the assignment.
func (g *grant) holds(p *permission, action []byte, req *Request) bool {
	in := input{action: action, subOperation: req.SubOperation, attributes: req.Attributes}
	return p.condition.holds(&in) && g.condition.holds(&in)
}
