package resource

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadManagementGroup   = "Microsoft.Management/managementGroups/read"
	actionWriteManagementGroup  = "Microsoft.Management/managementGroups/write"
	actionDeleteManagementGroup = "Microsoft.Management/managementGroups/delete"
	// maxLevels is the depth of the tree below the root (as in Azure).
	maxLevels = 6
)

func managementGroupID(id string) string {
	return "/providers/Microsoft.Management/managementGroups/" + id
}

func findManagementGroup(r Reader, id string) (ManagementGroup, error) {
	g, found, err := r.ManagementGroup(id)
	if err == nil && !found {
		err = fault.New(fault.ManagementGroupNotFound, "'%s' not found.", clean(managementGroupID(id)))
	}
	return g, err
}

// ManagementGroupView is a management group with what lies above and below it.
type ManagementGroupView struct {
	ManagementGroup
	ParentName    string
	Path          []ManagementGroup // from the root to the parent
	Children      []ManagementGroup
	Subscriptions []Subscription
}

// GetManagementGroup returns the management group with its neighbours.
func (s *Service) GetManagementGroup(ctx context.Context, caller authz.Caller, id string) (ManagementGroupView, error) {
	var out ManagementGroupView
	op := administrative(200, need{action: actionReadManagementGroup, scope: managementGroupID(id)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) (err error) {
		out, err = viewManagementGroup(r, id)
		return err
	})
	return out, err
}

func viewManagementGroup(r Reader, id string) (ManagementGroupView, error) {
	g, err := findManagementGroup(r, id)
	if err != nil {
		return ManagementGroupView{}, err
	}
	out := ManagementGroupView{ManagementGroup: g}
	above, err := r.ManagementGroupAncestors(id)
	if err != nil {
		return out, err
	}
	for i := len(above) - 1; i >= 0; i-- {
		parent, err := findManagementGroup(r, above[i])
		if err != nil {
			return out, err
		}
		out.Path = append(out.Path, parent)
		out.ParentName = parent.Name
	}
	groups, err := r.ManagementGroupList()
	if err != nil {
		return out, err
	}
	for _, child := range groups {
		if strings.EqualFold(child.Parent, g.ID) {
			out.Children = append(out.Children, child)
		}
	}
	subs, err := r.Subscriptions()
	if err != nil {
		return out, err
	}
	for _, sub := range subs {
		if strings.EqualFold(sub.Parent, g.ID) {
			out.Subscriptions = append(out.Subscriptions, sub)
		}
	}
	return out, nil
}

// ListManagementGroups returns the management groups that the caller may read.
func (s *Service) ListManagementGroups(ctx context.Context, caller authz.Caller) ([]ManagementGroup, error) {
	var out []ManagementGroup
	var see viewer
	err := s.gate.Read(ctx, caller, anyone(actionReadManagementGroup, &see), func(r Reader, _ *audit.Record) error {
		list, err := r.ManagementGroupList()
		if err != nil {
			return err
		}
		for _, g := range list {
			ok, err := see.may(actionReadManagementGroup, managementGroupID(g.ID))
			if err != nil {
				return err
			}
			if ok {
				out = append(out, g)
			}
		}
		return nil
	})
	return out, err
}

// Descendant is a management group or subscription below a management group.
type Descendant struct {
	ID, Name, Type, DisplayName, Parent string
}

// Descendants returns everything below the management group.
func (s *Service) Descendants(ctx context.Context, caller authz.Caller, id string) ([]Descendant, error) {
	var out []Descendant
	op := administrative(200, need{action: "Microsoft.Management/managementGroups/descendants/read", scope: managementGroupID(id)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		g, err := findManagementGroup(r, id)
		if err != nil {
			return err
		}
		out, err = descendants(r, g.ID)
		return err
	})
	return out, err
}

func descendants(r Reader, id string) ([]Descendant, error) {
	groups, err := r.ManagementGroupList()
	if err != nil {
		return nil, err
	}
	subs, err := r.Subscriptions()
	if err != nil {
		return nil, err
	}
	var out []Descendant
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		for _, g := range groups {
			if strings.EqualFold(g.Parent, queue[0]) {
				queue = append(queue, g.ID)
				out = append(out, Descendant{managementGroupID(g.ID), g.ID, "Microsoft.Management/managementGroups", g.Name, managementGroupID(g.Parent)})
			}
		}
		for _, sub := range subs {
			if strings.EqualFold(sub.Parent, queue[0]) {
				out = append(out, Descendant{sub.ResourceID(), sub.ID, "/subscriptions", sub.Name, managementGroupID(sub.Parent)})
			}
		}
	}
	return out, nil
}

// ManagementGroupInput is what a request says of a management group; what is nil was
// not said.
type ManagementGroupInput struct {
	Name *string
	// Parent is the id of the group that it is in; a new one goes into the root.
	Parent *string
}

// PutManagementGroup creates the management group, changes its name, or moves it.
// To move it is to put other people in charge of it: it needs the right to assign roles
// in it, and to write both its parents.
func (s *Service) PutManagementGroup(ctx context.Context, caller authz.Caller, id string, in ManagementGroupInput) (view ManagementGroupView, created bool, err error) {
	parent := s.tenant
	if in.Parent != nil {
		parent = *in.Parent
	}
	needs := []need{{action: actionWriteManagementGroup, scope: managementGroupID(id)}}
	exists := false
	if !caller.IsZero() {
		if exists, err = s.managementGroupExists(ctx, id); err != nil {
			return view, false, err
		}
	}
	if !exists {
		needs = []need{{action: actionWriteManagementGroup, scope: managementGroupID(parent)}}
	}
	op := administrative(200, needs...)
	prepare := func(context.Context) error { return in.check(id) }
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		g, found, err := w.ManagementGroup(id)
		if err != nil {
			return err
		}
		if found != exists {
			return fault.New(fault.Conflict, "The management group '%s' was changed by another request. Please retry.", clean(id))
		}
		if !found {
			created = true
			g = ManagementGroup{ID: id, Name: id, Parent: parent, Created: w.Now()}
			if err := s.place(w, id, parent); err != nil {
				return err
			}
		} else if in.Parent != nil && !strings.EqualFold(*in.Parent, g.Parent) {
			if err := s.moveManagementGroup(w, caller, g, *in.Parent); err != nil {
				return err
			}
			g.Parent = *in.Parent
		}
		if in.Name != nil {
			g.Name = *in.Name
		}
		g.Updated, g.UpdatedBy = w.Now(), caller.ObjectID
		if err := w.PutManagementGroup(g); err != nil {
			return err
		}
		if created {
			if err := ownManagementGroup(w, caller, g); err != nil {
				return err
			}
		}
		view, err = viewManagementGroup(w, id)
		return err
	})
	return view, created, err
}

// ownManagementGroup makes the creator of the group its Owner, as Azure does.
func ownManagementGroup(w Writer, caller authz.Caller, g ManagementGroup) error {
	return w.PutRoleAssignment(RoleAssignment{
		ID: newID(), Scope: managementGroupID(g.ID), PrincipalID: caller.ObjectID, PrincipalType: caller.Type, RoleID: ownerRoleID,
		Created: w.Now(), CreatedBy: caller.ObjectID, Updated: w.Now(), UpdatedBy: caller.ObjectID,
	})
}

func (s *Service) managementGroupExists(ctx context.Context, id string) (found bool, err error) {
	err = s.view(ctx, func(r Reader) (err error) {
		_, found, err = r.ManagementGroup(id)
		return err
	})
	return found, err
}

func (in *ManagementGroupInput) check(id string) error {
	if !mgNamePattern.MatchString(id) {
		return fault.New(fault.InvalidResourceName, "The management group id '%s' is not valid. It may have 1 to 90 letters, digits, '-', '_', '.', '(' and ')', and must not end with '.'.", clean(id))
	}
	if in.Name != nil {
		return checkDisplayName(*in.Name)
	}
	return nil
}

// place refuses a parent that does not exist, lies below the group itself, or is too
// deep.
func (s *Service) place(r Reader, id, parent string) error {
	if _, err := findManagementGroup(r, parent); err != nil {
		return err
	}
	above, err := r.ManagementGroupAncestors(parent)
	if err != nil {
		return err
	}
	for _, a := range append(above, parent) {
		if strings.EqualFold(a, id) {
			return fault.New(fault.BadRequest, "The management group '%s' cannot be moved below itself.", clean(id))
		}
	}
	height, err := height(r, id)
	if err != nil {
		return err
	}
	if len(above)+height > maxLevels {
		return fault.New(fault.BadRequest, "The management group '%s' would be deeper than %d levels below the root.", clean(id), maxLevels)
	}
	return nil
}

// height returns how many levels of management groups the group is, itself included.
func height(r Reader, id string) (int, error) {
	groups, err := r.ManagementGroupList()
	if err != nil {
		return 0, err
	}
	n := 0
	for level := []string{id}; len(level) > 0; n++ {
		var next []string
		for _, g := range groups {
			for _, parent := range level {
				if strings.EqualFold(g.Parent, parent) {
					next = append(next, g.ID)
				}
			}
		}
		level = next
	}
	return n, nil
}

func (s *Service) moveManagementGroup(w Writer, caller authz.Caller, g ManagementGroup, parent string) error {
	if g.Parent == "" {
		return fault.New(fault.BadRequest, "The root management group cannot be moved.")
	}
	if err := s.place(w, g.ID, parent); err != nil {
		return err
	}
	return mayMove(w, caller, managementGroupID(g.ID), g.Parent, parent)
}

// mayMove refuses unless the caller may assign roles in what is moved, without
// conditions, and write the management groups that it leaves and joins.
func mayMove(w Writer, caller authz.Caller, child, from, to string) error {
	if err := requireUnconditional(w, caller, actionAssign, child); err != nil {
		return err
	}
	for _, parent := range []string{from, to} {
		if parent == "" {
			continue
		}
		if err := requireUnconditional(w, caller, actionWriteManagementGroup, managementGroupID(parent)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteManagementGroup deletes an empty management group with its role assignments.
func (s *Service) DeleteManagementGroup(ctx context.Context, caller authz.Caller, id string) (found bool, err error) {
	op := administrative(200, need{action: actionDeleteManagementGroup, scope: managementGroupID(id)})
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		view, err := viewManagementGroup(w, id)
		if fault.Is(err, fault.ManagementGroupNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		switch {
		case view.Parent == "":
			return fault.New(fault.BadRequest, "The root management group cannot be deleted.")
		case len(view.Children)+len(view.Subscriptions) > 0:
			return fault.New(fault.BadRequest, "The management group '%s' has children. Move or delete them before it is deleted.", view.ID)
		}
		if err := w.DeleteRoleAssignmentsBelow(managementGroupID(view.ID)); err != nil {
			return err
		}
		return w.DeleteManagementGroup(view.ID)
	})
	return found, err
}

// MoveSubscription puts the subscription into the management group.
func (s *Service) MoveSubscription(ctx context.Context, caller authz.Caller, group, subscription string) (Subscription, error) {
	var out Subscription
	op := administrative(200, need{action: "Microsoft.Management/managementGroups/subscriptions/write", scope: managementGroupID(group)})
	err := s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		target, err := findManagementGroup(w, group)
		if err != nil {
			return err
		}
		sub, err := findSubscription(w, subscription)
		if err != nil {
			return err
		}
		if !strings.EqualFold(sub.Parent, target.ID) {
			if err := mayMove(w, caller, sub.ResourceID(), sub.Parent, target.ID); err != nil {
				return err
			}
			sub.Parent = target.ID
		}
		out = sub
		return w.PutSubscription(sub)
	})
	return out, err
}

// SubscriptionOfGroup returns the subscription if it is in the management group.
func (s *Service) SubscriptionOfGroup(ctx context.Context, caller authz.Caller, group, subscription string) (Subscription, error) {
	var out Subscription
	op := administrative(200, need{action: "Microsoft.Management/managementGroups/subscriptions/read", scope: managementGroupID(group)})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		if _, err := findManagementGroup(r, group); err != nil {
			return err
		}
		sub, found, err := r.Subscription(subscription)
		if err == nil && (!found || !strings.EqualFold(sub.Parent, group)) {
			err = fault.New(fault.ManagementGroupNotFound, "The subscription '%s' is not in the management group '%s'.", clean(subscription), clean(group))
		}
		out = sub
		return err
	})
	return out, err
}

// RemoveSubscription moves the subscription out of the management group into the root.
func (s *Service) RemoveSubscription(ctx context.Context, caller authz.Caller, group, subscription string) (found bool, err error) {
	op := administrative(200, need{action: "Microsoft.Management/managementGroups/subscriptions/delete", scope: managementGroupID(group)})
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		sub, exists, err := w.Subscription(subscription)
		if err != nil || !exists || !strings.EqualFold(sub.Parent, group) || strings.EqualFold(sub.Parent, s.tenant) {
			return err
		}
		if err := mayMove(w, caller, sub.ResourceID(), sub.Parent, s.tenant); err != nil {
			return err
		}
		found = true
		sub.Parent = s.tenant
		return w.PutSubscription(sub)
	})
	return found, err
}
