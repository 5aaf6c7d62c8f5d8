package directory

import (
	"context"
	"slices"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// maxIDs bounds the ids of one request (as in Graph).
const maxIDs = 1000

// Refuse records a request that stands for no operation (an unknown path, a body that
// cannot be read, a token that is not good) and returns why it is refused: for want of
// a caller before anything else.
func (s *Service) Refuse(ctx context.Context, caller authz.Caller, why error) error {
	switch {
	case why == nil && caller.IsZero(), caller.IsZero() && fault.From(why).Status() != 401:
		why = fault.New(fault.GraphUnauthorized, "Access token is empty.")
	case why == nil:
		why = fault.New(fault.GraphBadRequest, "The request is not one that is known here.")
	}
	op := operation{name: "Authentication", collection: "directoryObjects"}
	if !caller.IsZero() {
		op.name = "Unknown operation"
	}
	return s.gate.Refuse(ctx, caller, s.gated(op, 200), why)
}

// Me returns the caller's own object: a user or a service principal.
func (s *Service) Me(ctx context.Context, caller authz.Caller) (Object, error) {
	var o Object
	op := operation{name: "Get me", action: actionReadObjects, collection: "me", target: caller.ObjectID, self: true}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		o, err = findObject(r, caller.ObjectID)
		return err
	})
	return o, err
}

// GetObject returns the object with the id, of whatever type.
func (s *Service) GetObject(ctx context.Context, caller authz.Caller, id string) (Object, error) {
	var o Object
	op := operation{name: "Get directory object", action: actionReadObjects, collection: "directoryObjects", target: id, self: true}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		o, err = findObject(r, id)
		return err
	})
	return o, err
}

// GetByIDs returns those of the objects that exist and have one of the types; no types
// means all.
func (s *Service) GetByIDs(ctx context.Context, caller authz.Caller, ids []string, types []ObjectType) ([]Object, error) {
	var objects []Object
	op := operation{name: "Get directory objects by ids", action: actionReadObjects, collection: "directoryObjects"}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if len(ids) == 0 || len(ids) > maxIDs {
			return fault.New(fault.GraphBadRequest, "The property 'ids' must have 1 to %d values.", maxIDs)
		}
		for _, text := range ids {
			id, ok := ParseID(text)
			if !ok {
				return fault.New(fault.GraphBadRequest, "Invalid GUID:%s", clean(text))
			}
			t, found, err := r.TypeOf(id)
			if err != nil {
				return err
			}
			if !found || len(types) > 0 && !slices.Contains(types, t) {
				continue
			}
			list, err := resolve(r, []Reference{{ID: id, Type: t}})
			if err != nil {
				return err
			}
			objects = append(objects, list...)
		}
		return nil
	})
	return objects, err
}

// GroupsOf returns the ids of the groups that the object is in, directly or not; of
// those in among only, if that is not nil.
func (s *Service) GroupsOf(ctx context.Context, caller authz.Caller, id string, among []string) ([]string, error) {
	var ids []string
	op := operation{name: "Get member groups", action: actionReadGroups, collection: "directoryObjects", target: id, self: true}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if len(among) > maxIDs {
			return fault.New(fault.GraphBadRequest, "At most %d groups can be checked in one request.", maxIDs)
		}
		o, err := findObject(r, id)
		if err != nil {
			return err
		}
		if ids, err = r.GroupIDs(o.ID()); err != nil || among == nil {
			return err
		}
		wanted := map[string]bool{}
		for _, text := range among {
			if id, ok := ParseID(text); ok {
				wanted[id] = true
			}
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return !wanted[id] })
		return nil
	})
	return ids, err
}

// MemberOf returns the groups that the object is in; all of them if transitive is set,
// those that it is a direct member of otherwise.
func (s *Service) MemberOf(ctx context.Context, caller authz.Caller, id string, transitive bool) ([]Object, error) {
	var objects []Object
	op := operation{name: "List memberships", action: actionReadGroups, collection: "directoryObjects", target: id, self: true}
	err := s.read(ctx, caller, op, func(r Reader) error {
		o, err := findObject(r, id)
		if err != nil {
			return err
		}
		find := r.DirectGroupIDs
		if transitive {
			find = r.GroupIDs
		}
		ids, err := find(o.ID())
		if err != nil {
			return err
		}
		refs := make([]Reference, 0, len(ids))
		for _, id := range ids {
			refs = append(refs, Reference{ID: id, Type: TypeGroup})
		}
		objects, err = resolve(r, refs)
		return err
	})
	return objects, err
}

// ListOwners returns the owners of an application, service principal or group. Owning
// is a note only: it gives no rights.
func (s *Service) ListOwners(ctx context.Context, caller authz.Caller, id string) ([]Object, error) {
	var objects []Object
	op := operation{name: "List owners", action: actionReadObjects, collection: "directoryObjects", target: id, self: true}
	err := s.read(ctx, caller, op, func(r Reader) error {
		o, err := findObject(r, id)
		if err != nil {
			return err
		}
		refs, err := r.Owners(o.ID())
		if err != nil {
			return err
		}
		objects, err = resolve(r, refs)
		return err
	})
	return objects, err
}

// AddOwner notes an owner of an application, service principal or group.
func (s *Service) AddOwner(ctx context.Context, caller authz.Caller, id, ownerID string) error {
	op := operation{name: "Add owner", action: actionWriteApplications, and: actionWriteGroups, collection: "directoryObjects", target: id}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		o, err := findObject(w, id)
		if err != nil {
			return err
		}
		if o.Type == TypeUser {
			return fault.New(fault.GraphBadRequest, "A user has no owners.")
		}
		return addOwners(w, o.ID(), []string{ownerID})
	})
}

// RemoveOwner removes an owner.
func (s *Service) RemoveOwner(ctx context.Context, caller authz.Caller, id, ownerID string) error {
	op := operation{name: "Remove owner", action: actionWriteApplications, and: actionWriteGroups, collection: "directoryObjects", target: id}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		o, err := findObject(w, id)
		if err != nil {
			return err
		}
		owner, _ := ParseID(ownerID)
		existed, err := w.RemoveOwner(o.ID(), owner)
		if err == nil && !existed {
			err = notFound(ownerID)
		}
		return err
	})
}

func addOwners(w Writer, objectID string, owners []string) error {
	for _, text := range owners {
		o, err := findObject(w, text)
		if err != nil {
			return err
		}
		if o.Type != TypeUser && o.Type != TypeServicePrincipal {
			return fault.New(fault.GraphBadRequest, "An owner must be a user or a service principal.")
		}
		if err := w.AddOwner(objectID, Reference{ID: o.ID(), Type: o.Type}); err != nil {
			return err
		}
	}
	return nil
}

func findObject(r Reader, text string) (Object, error) {
	id, ok := ParseID(text)
	if !ok {
		// Only users have another name.
		u, err := findUser(r, text)
		return Object{Type: TypeUser, User: &u}, err
	}
	t, found, err := r.TypeOf(id)
	if err != nil {
		return Object{}, err
	}
	if found {
		list, err := resolve(r, []Reference{{ID: id, Type: t}})
		if err != nil {
			return Object{}, err
		}
		if len(list) == 1 {
			return list[0], nil
		}
	}
	return Object{}, notFound(text)
}

// resolve reads the objects; those that are gone are left out.
func resolve(r Reader, refs []Reference) ([]Object, error) {
	objects := make([]Object, 0, len(refs))
	for _, ref := range refs {
		o := Object{Type: ref.Type}
		var found bool
		var err error
		switch ref.Type {
		case TypeUser:
			o.User, found, err = address(r.User(ref.ID))
		case TypeGroup:
			o.Group, found, err = address(r.Group(ref.ID))
		case TypeApplication:
			o.Application, found, err = address(r.Application(ref.ID))
		case TypeServicePrincipal:
			o.ServicePrincipal, found, err = address(r.ServicePrincipal(ref.ID))
		}
		if err != nil {
			return nil, err
		}
		if found {
			objects = append(objects, o)
		}
	}
	return objects, nil
}

func address[T any](v T, found bool, err error) (*T, bool, error) { return &v, found, err }
