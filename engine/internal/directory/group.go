package directory

import (
	"context"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// GroupInput is what a request says of a group; nil means that it does not say.
type GroupInput struct {
	DisplayName  *string
	Description  *string
	MailNickname *string
	Extra        Extra
	// Members are the ids of first members, Owners those of owners, at creation only.
	Members, Owners []string
}

// maxReferences bounds the members and owners that one request names.
const maxReferences = 20

// CreateGroup creates a security group. With first members it needs the right to
// write members too.
func (s *Service) CreateGroup(ctx context.Context, caller authz.Caller, in GroupInput) (Group, error) {
	g := Group{ID: NewID()}
	op := operation{name: "Add group", action: actionWriteGroups, collection: "groups", target: g.ID}
	if len(in.Members) > 0 {
		op.and = actionWriteMembers
	}
	prepare := func() error {
		if in.DisplayName == nil {
			return invalid("displayName", "it is required")
		}
		if len(in.Members) > maxReferences || len(in.Owners) > maxReferences {
			return fault.New(fault.GraphBadRequest, "At most %d members and owners can be bound in one request.", maxReferences)
		}
		return in.applyTo(&g)
	}
	err := s.write(ctx, caller, op, 201, prepare, func(w Writer) error {
		g.Created = w.Now()
		if err := w.InsertGroup(g); err != nil {
			return err
		}
		for _, id := range in.Members {
			if err := addMember(w, g.ID, id); err != nil {
				return err
			}
		}
		return addOwners(w, g.ID, in.Owners)
	})
	return g, err
}

// GetGroup returns the group with the object id.
func (s *Service) GetGroup(ctx context.Context, caller authz.Caller, id string) (Group, error) {
	var g Group
	op := operation{name: "Get group", action: actionReadGroups, collection: "groups", target: id}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		g, err = findGroup(r, id)
		return err
	})
	return g, err
}

func findGroup(r Reader, text string) (Group, error) {
	id, ok := ParseID(text)
	if !ok {
		return Group{}, notFound(text)
	}
	g, found, err := r.Group(id)
	if err == nil && !found {
		err = notFound(text)
	}
	return g, err
}

// ListGroups returns a page of the groups.
func (s *Service) ListGroups(ctx context.Context, caller authz.Caller, q Query) (Page[Group], error) {
	var p Page[Group]
	op := operation{name: "List groups", action: actionReadGroups, collection: "groups"}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if err := checkQuery(&q, TypeGroup); err != nil {
			return err
		}
		groups, err := r.Groups(more(q))
		p = page(groups, q.Limit, func(g Group) string { return g.ID })
		return err
	})
	return p, err
}

// UpdateGroup changes what in says.
func (s *Service) UpdateGroup(ctx context.Context, caller authz.Caller, id string, in GroupInput) (Group, error) {
	var g Group
	op := operation{name: "Update group", action: actionWriteGroups, collection: "groups", target: id}
	if len(in.Members) > 0 {
		op.name, op.and = "Add member to group", actionWriteMembers
	}
	prepare := func() error {
		if len(in.Members) > maxReferences {
			return fault.New(fault.GraphBadRequest, "At most %d members can be bound in one request.", maxReferences)
		}
		var scratch Group
		return in.applyTo(&scratch)
	}
	err := s.write(ctx, caller, op, 204, prepare, func(w Writer) (err error) {
		if g, err = findGroup(w, id); err != nil {
			return err
		}
		if err = in.applyTo(&g); err != nil {
			return err
		}
		for _, member := range in.Members {
			if err := addMember(w, g.ID, member); err != nil {
				return err
			}
		}
		return w.UpdateGroup(g)
	})
	return g, err
}

// DeleteGroup deletes a group; its members stay.
func (s *Service) DeleteGroup(ctx context.Context, caller authz.Caller, id string) error {
	op := operation{name: "Delete group", action: actionDeleteGroups, collection: "groups", target: id}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		g, err := findGroup(w, id)
		if err != nil {
			return err
		}
		return w.DeleteGroup(g.ID)
	})
}

// AddMember adds a user, a service principal or another group to a group. Groups may
// be in each other in a circle: a member of one is then a member of all.
func (s *Service) AddMember(ctx context.Context, caller authz.Caller, groupID, memberID string) error {
	op := operation{name: "Add member to group", action: actionWriteMembers, collection: "groups", target: groupID}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		g, err := findGroup(w, groupID)
		if err != nil {
			return err
		}
		return addMember(w, g.ID, memberID)
	})
}

func addMember(w Writer, groupID, text string) error {
	id, ok := ParseID(text)
	if !ok {
		return notFound(text)
	}
	t, found, err := w.TypeOf(id)
	if err != nil {
		return err
	}
	if !found {
		return notFound(text)
	}
	if t == TypeApplication || id == groupID {
		return fault.New(fault.GraphBadRequest, "A member of a group must be a user, a service principal or another group.")
	}
	direct, err := w.DirectGroupIDs(id)
	if err != nil {
		return err
	}
	if slices.Contains(direct, groupID) {
		return fault.New(fault.GraphBadRequest, "One or more added object references already exist for the following modified properties: 'members'.")
	}
	return w.AddMember(groupID, Reference{ID: id, Type: t})
}

// RemoveMember removes a direct member from a group.
func (s *Service) RemoveMember(ctx context.Context, caller authz.Caller, groupID, memberID string) error {
	op := operation{name: "Remove member from group", action: actionWriteMembers, collection: "groups", target: groupID}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		g, err := findGroup(w, groupID)
		if err != nil {
			return err
		}
		existed, err := w.RemoveMember(g.ID, strings.ToLower(memberID))
		if err == nil && !existed {
			err = notFound(memberID)
		}
		return err
	})
}

// ListMembers returns a page of the members of a group, with those of the groups in it
// if transitive is set.
func (s *Service) ListMembers(ctx context.Context, caller authz.Caller, groupID string, transitive bool, q Query) (Page[Object], error) {
	var p Page[Object]
	op := operation{name: "List group members", action: actionReadGroups, collection: "groups", target: groupID}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if q.Filter != nil {
			return fault.New(fault.GraphBadRequest, "Filters on members are not supported.")
		}
		if err := checkQuery(&q, TypeGroup); err != nil {
			return err
		}
		g, err := findGroup(r, groupID)
		if err != nil {
			return err
		}
		refs, err := r.Members(g.ID, transitive, more(q))
		if err != nil {
			return err
		}
		cut := page(refs, q.Limit, func(ref Reference) string { return ref.ID })
		p.Next = cut.Next
		p.Items, err = resolve(r, cut.Items)
		return err
	})
	return p, err
}

func (in GroupInput) applyTo(g *Group) error {
	if err := setName(&g.DisplayName, in.DisplayName, "displayName"); err != nil {
		return err
	}
	if in.Description != nil {
		if len(*in.Description) > 1024 {
			return invalid("description", "it must be at most 1024 bytes")
		}
		g.Description = *in.Description
	}
	if err := setText(&g.MailNickname, in.MailNickname, "mailNickname"); err != nil {
		return err
	}
	for name, want := range map[string]string{"mailEnabled": "false", "securityEnabled": "true", "isAssignableToRole": "false", "groupTypes": "[]"} {
		if got, ok := in.Extra[name]; ok && string(got) != want && string(got) != "null" {
			return invalid(name, "only security groups with assigned members are supported, so it must be "+want)
		}
	}
	return setExtra(&g.Extra, in.Extra, groupExtra)
}
