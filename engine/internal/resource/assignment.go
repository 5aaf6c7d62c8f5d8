package resource

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadAssignment   = "Microsoft.Authorization/roleAssignments/read"
	actionDeleteAssignment = "Microsoft.Authorization/roleAssignments/delete"

	maxAssignments      = 4000 // of a subscription
	maxGroupAssignments = 500  // of a management group, or at "/"
	maxCondition        = 8192
)

// AssignmentInput is what a request says of a role assignment.
type AssignmentInput struct {
	// RoleID is the guid of the role, or an id that ends in it.
	RoleID, PrincipalID string
	// PrincipalType is looked up if it is empty.
	PrincipalType       string
	Condition           string
	ConditionVersion    string
	Description         string
	DelegatedResourceID string
}

// AssignmentFilter selects role assignments besides their scope.
type AssignmentFilter struct {
	// AtScope leaves out what is below the scope.
	AtScope bool
	// PrincipalID selects those of the principal itself.
	PrincipalID string
	// AssignedTo selects those of the principal and of all groups that it is in.
	AssignedTo string
}

func assignmentNotFound(id string) error {
	return fault.New(fault.RoleAssignmentNotFound, "The role assignment '%s' is not found.", clean(id))
}

func checkAssignmentID(id string) (string, error) {
	guid, ok := parseGUID(id)
	if !ok {
		return "", fault.New(fault.InvalidRoleAssignmentID, "The role assignment ID '%s' is not valid. The role assignment ID must be a GUID.", clean(id))
	}
	return guid, nil
}

// normalScope is the scope without a slash at its end; the empty one is "/".
func normalScope(scope string) string {
	scope = strings.TrimRight(scope, "/")
	if scope == "" {
		return "/"
	}
	return scope
}

// findAssignment returns the assignment with the id at the scope.
func findAssignment(r Reader, scope, id string) (RoleAssignment, error) {
	guid, err := checkAssignmentID(id)
	if err != nil {
		return RoleAssignment{}, err
	}
	a, found, err := r.RoleAssignment(guid)
	if err == nil && (!found || lower(a.Scope) != lower(normalScope(scope))) {
		err = assignmentNotFound(id)
	}
	return a, err
}

// GetAssignment returns a role assignment.
func (s *Service) GetAssignment(ctx context.Context, caller authz.Caller, scope, id string) (RoleAssignment, error) {
	var out RoleAssignment
	op := administrative(200, need{action: actionReadAssignment, scope: normalScope(scope)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) (err error) {
		out, err = findAssignment(r, scope, id)
		return err
	})
	return out, err
}

// ListAssignments returns the role assignments at the scope and above it, and, unless
// the filter says otherwise, below it.
func (s *Service) ListAssignments(ctx context.Context, caller authz.Caller, scope string, filter AssignmentFilter) ([]RoleAssignment, error) {
	var out []RoleAssignment
	op := administrative(200, need{action: actionReadAssignment, scope: normalScope(scope)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		at, err := parseScope(normalScope(scope))
		if err != nil {
			return err
		}
		if err := s.scopeExists(r, at); err != nil {
			return err
		}
		principals, err := filter.principals(r)
		if err != nil {
			return err
		}
		list, err := assignmentsAround(r, at, !filter.AtScope)
		if err != nil {
			return err
		}
		for _, a := range list {
			if principals == nil || principals[a.PrincipalID] {
				out = append(out, a)
			}
		}
		return nil
	})
	return out, err
}

// principals returns the ids that the filter selects, nil for all.
func (f *AssignmentFilter) principals(r Reader) (map[string]bool, error) {
	text := f.PrincipalID
	if f.AssignedTo != "" {
		text = f.AssignedTo
	}
	if text == "" {
		return nil, nil
	}
	id, ok := parseGUID(text)
	if !ok {
		return nil, fault.New(fault.InvalidFilter, "The filter names the principal '%s', which is not a GUID.", clean(text))
	}
	ids := []string{id}
	if f.AssignedTo != "" {
		var err error
		if ids, err = identities(r, id); err != nil {
			return nil, err
		}
	}
	selected := map[string]bool{}
	for _, id := range ids {
		selected[id] = true
	}
	return selected, nil
}

// assignmentsAround returns the assignments at the scope and above, and those below it
// if asked for: of a management group those in everything that it holds.
func assignmentsAround(r Reader, at authz.Scope, below bool) ([]RoleAssignment, error) {
	chain, err := chainOf(r, at)
	if err != nil {
		return nil, err
	}
	var scopes []string
	for _, s := range chain {
		scopes = append(scopes, s.String())
	}
	list, err := r.RoleAssignmentsAt(scopes)
	if err != nil || !below {
		return list, err
	}
	tops := []string{at.String()}
	if id, ok := at.ManagementGroup(); ok {
		inside, err := descendants(r, id)
		if err != nil {
			return nil, err
		}
		for _, d := range inside {
			tops = append(tops, d.ID)
		}
	}
	seen := map[string]bool{}
	for _, a := range list {
		seen[a.ID] = true
	}
	for _, top := range tops {
		more, err := r.RoleAssignmentsBelow(top)
		if err != nil {
			return nil, err
		}
		for _, a := range more {
			if !seen[a.ID] {
				seen[a.ID] = true
				list = append(list, a)
			}
		}
	}
	return list, nil
}

// check returns the assignment that the input asks for, without what the directory and
// the store know.
func (in *AssignmentInput) check(scope, id string) (RoleAssignment, error) {
	a := RoleAssignment{Scope: normalScope(scope), Condition: in.Condition, Description: in.Description, DelegatedResourceID: in.DelegatedResourceID}
	var err error
	if a.ID, err = checkAssignmentID(id); err != nil {
		return a, err
	}
	if in.RoleID == "" || in.PrincipalID == "" {
		return a, fault.New(fault.BadRequestFormat, "The request was incorrectly formatted. 'roleDefinitionId' and 'principalId' are required.")
	}
	var ok bool
	if a.RoleID, ok = parseGUID(in.RoleID[strings.LastIndexByte(in.RoleID, '/')+1:]); !ok {
		return a, fault.New(fault.InvalidRoleDefinitionID, "The role definition ID '%s' is not valid. The role definition ID must be a GUID.", clean(in.RoleID))
	}
	if a.PrincipalID, ok = parseGUID(in.PrincipalID); !ok {
		return a, fault.New(fault.BadRequestFormat, "The request was incorrectly formatted. The principal id '%s' is not a GUID.", clean(in.PrincipalID))
	}
	if len(a.Description) > maxRoleDescription || len(a.DelegatedResourceID) > maxRoleDescription {
		return a, fault.New(fault.BadRequestFormat, "The request was incorrectly formatted. The description is longer than %d characters.", maxRoleDescription)
	}
	return a, in.checkCondition()
}

func (in *AssignmentInput) checkCondition() error {
	if in.Condition == "" {
		if in.ConditionVersion != "" {
			return fault.New(fault.BadRequestFormat, "The request was incorrectly formatted. 'conditionVersion' is given without a condition.")
		}
		return nil
	}
	if in.ConditionVersion != "" && in.ConditionVersion != "2.0" {
		return fault.New(fault.BadRequestFormat, "The condition version '%s' is not supported. The only supported version is '2.0'.", clean(in.ConditionVersion))
	}
	if len(in.Condition) > maxCondition {
		return fault.New(fault.BadRequestFormat, "The condition is longer than %d characters.", maxCondition)
	}
	if _, err := authz.ParseCondition(in.Condition); err != nil {
		return &fault.Error{Kind: fault.BadRequestFormat, Message: "The condition is not valid: " + clean(err.Error()) + ".", Cause: err}
	}
	return nil
}

// PutAssignment creates the role assignment, or changes its condition and description.
func (s *Service) PutAssignment(ctx context.Context, caller authz.Caller, scope, id string, in AssignmentInput) (a RoleAssignment, created bool, err error) {
	principalID := lower(in.PrincipalID)
	principal, err := s.principal(ctx, caller, principalID)
	if err != nil {
		return a, false, err
	}
	kind := principal.Type
	if kind == "" {
		kind = authz.PrincipalType(in.PrincipalType)
	}
	attributes := authz.RoleAssignmentAttributes(authz.FromRequest, lower(in.RoleID), principalID, kind)
	op := administrative(201, need{action: actionAssign, scope: normalScope(scope), attributes: attributes})
	var wanted RoleAssignment
	prepare := func(context.Context) (err error) {
		wanted, err = in.check(scope, id)
		return err
	}
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		if err := s.checkTarget(w, &wanted, in.PrincipalType, kind); err != nil {
			return err
		}
		current, found, err := w.RoleAssignment(wanted.ID)
		if err != nil {
			return err
		}
		if found {
			a, err = updateAssignment(w, caller, current, wanted)
			return err
		}
		created = true
		a, err = s.createAssignment(w, caller, wanted)
		return err
	})
	return a, created, err
}

// principal reads what a decision needs of the principal that is given a role; the
// caller does not see it.
func (s *Service) principal(ctx context.Context, caller authz.Caller, id string) (p Principal, err error) {
	if caller.IsZero() {
		return p, nil
	}
	err = s.view(ctx, func(r Reader) error {
		found := false
		p, found, err = r.PrincipalInfo(id)
		if !found {
			p = Principal{}
		}
		return err
	})
	return p, err
}

// checkTarget refuses a scope, role or principal that is not there. decided is the
// principal's type that the decision was based on.
func (s *Service) checkTarget(w Writer, a *RoleAssignment, given string, decided authz.PrincipalType) error {
	at, err := parseScope(a.Scope)
	if err != nil {
		return err
	}
	if err := s.scopeExists(w, at); err != nil {
		return err
	}
	d, found, err := role(w, a.RoleID)
	if err != nil {
		return err
	}
	if found {
		if found, err = s.concerns(w, d, a.Scope, false); err != nil {
			return err
		}
	}
	if !found {
		return roleNotFound(a.RoleID)
	}
	p, found, err := w.PrincipalInfo(a.PrincipalID)
	switch {
	case err != nil:
		return err
	case !found:
		return fault.New(fault.PrincipalNotFound,
			"Principal %s does not exist in the directory %s. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype",
			strings.ReplaceAll(a.PrincipalID, "-", ""), s.tenant)
	case given != "" && !strings.EqualFold(given, string(p.Type)):
		return fault.New(fault.UnmatchedPrincipalType, "The PrincipalId '%s' has type '%s' , which is different from specified PrinciaplType '%s'.", a.PrincipalID, p.Type, clean(given))
	case p.Type != decided:
		return fault.New(fault.Conflict, "The principal '%s' was created while the request was being carried out. Please retry.", a.PrincipalID)
	}
	a.PrincipalType = p.Type
	return nil
}

func updateAssignment(w Writer, caller authz.Caller, current, wanted RoleAssignment) (RoleAssignment, error) {
	if lower(current.Scope) != lower(wanted.Scope) || current.PrincipalID != wanted.PrincipalID || current.RoleID != wanted.RoleID {
		return current, fault.New(fault.RoleAssignmentUpdateNotPermitted, "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
	}
	if current.Condition == wanted.Condition && current.Description == wanted.Description && current.DelegatedResourceID == wanted.DelegatedResourceID {
		return current, nil
	}
	current.Condition, current.Description, current.DelegatedResourceID = wanted.Condition, wanted.Description, wanted.DelegatedResourceID
	current.Updated, current.UpdatedBy = w.Now(), caller.ObjectID
	return current, w.PutRoleAssignment(current)
}

func (s *Service) createAssignment(w Writer, caller authz.Caller, a RoleAssignment) (RoleAssignment, error) {
	same, found, err := w.RoleAssignmentOf(a.Scope, a.PrincipalID, a.RoleID)
	if err != nil {
		return a, err
	}
	if found {
		return a, fault.New(fault.RoleAssignmentExists, "The role assignment already exists. The ID of the existing role assignment is %s.", strings.ReplaceAll(same.ID, "-", ""))
	}
	anchor := Anchor(a.Scope)
	limit := maxGroupAssignments
	if strings.HasPrefix(anchor, "/subscriptions/") {
		if _, err := writableSubscription(w, strings.TrimPrefix(anchor, "/subscriptions/")); err != nil {
			return a, err
		}
		limit = maxAssignments
	}
	n, err := w.CountRoleAssignments("", anchor)
	if err != nil {
		return a, err
	}
	if n >= limit {
		return a, fault.New(fault.RoleAssignmentLimitExceeded, "The role assignment limit of %d has been reached at '%s'. Remove role assignments, or give roles to groups.", limit, anchor)
	}
	a.Created, a.CreatedBy = w.Now(), caller.ObjectID
	a.Updated, a.UpdatedBy = a.Created, a.CreatedBy
	return a, w.PutRoleAssignment(a)
}

// DeleteAssignment deletes the role assignment and returns what it was; found is false
// if there was none. The last assignment of Owner that reaches the scope is deleted
// only with force: without it nobody could give anyone a role there any more.
func (s *Service) DeleteAssignment(ctx context.Context, caller authz.Caller, scope, id string, force bool) (a RoleAssignment, found bool, err error) {
	var seen RoleAssignment
	if !caller.IsZero() {
		err := s.view(ctx, func(r Reader) (err error) {
			seen, err = findAssignment(r, scope, id)
			return err
		})
		if fault.From(err).Kind == fault.Internal && err != nil {
			return a, false, err
		}
	}
	var attributes authz.Attributes
	if seen.ID != "" {
		attributes = authz.RoleAssignmentAttributes(authz.FromResource, seen.RoleID, seen.PrincipalID, seen.PrincipalType)
	}
	op := administrative(200, need{action: actionDeleteAssignment, scope: normalScope(scope), attributes: attributes})
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		current, err := findAssignment(w, scope, id)
		if fault.Is(err, fault.RoleAssignmentNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if current.RoleID != seen.RoleID || current.PrincipalID != seen.PrincipalID {
			return fault.New(fault.Conflict, "The role assignment '%s' was changed by another request. Please retry.", current.ID)
		}
		if err := w.DeleteRoleAssignment(current.ID); err != nil {
			return err
		}
		a, found = current, true
		if current.RoleID == ownerRoleID && !force {
			return s.ownerRemains(w, current)
		}
		return nil
	})
	return a, found, err
}

// ownerRemains refuses if nobody who can sign in is Owner at the scope any more,
// directly, from above, or through a group, without a condition.
func (s *Service) ownerRemains(w Writer, gone RoleAssignment) error {
	at, err := parseScope(gone.Scope)
	if err != nil {
		return err
	}
	list, err := assignmentsAround(w, at, false)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.RoleID != ownerRoleID || a.Condition != "" {
			continue
		}
		if ok, err := canSignIn(w, a.PrincipalID); ok || err != nil {
			return err
		}
	}
	return fault.New(fault.LastOwner,
		"The role assignment '%s' is the last that makes anyone Owner at the scope '%s'. Make somebody else Owner first, or repeat the request with the query parameter force=true.",
		gone.ID, gone.Scope)
}

// canSignIn reports whether the principal is enabled, or is a group with a member that is.
func canSignIn(r Reader, id string) (bool, error) {
	p, found, err := r.PrincipalInfo(id)
	if err != nil || !found {
		return false, err
	}
	if p.Type != authz.Group {
		return p.Enabled, nil
	}
	members, err := r.GroupMemberIDs(id, maxAssignments)
	if err != nil {
		return false, err
	}
	for _, member := range members {
		m, found, err := r.PrincipalInfo(member)
		if err != nil {
			return false, err
		}
		if found && m.Enabled {
			return true, nil
		}
	}
	return false, nil
}
