package resource

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadGroup   = "Microsoft.Resources/subscriptions/resourceGroups/read"
	actionWriteGroup  = "Microsoft.Resources/subscriptions/resourceGroups/write"
	actionDeleteGroup = "Microsoft.Resources/subscriptions/resourceGroups/delete"
)

// GroupID names a resource group.
type GroupID struct{ SubscriptionID, Name string }

// ResourceID returns the group's scope.
func (id GroupID) ResourceID() string {
	return "/subscriptions/" + id.SubscriptionID + "/resourceGroups/" + id.Name
}

// GroupInput is what a request says of a resource group; what is nil was not said.
type GroupInput struct {
	Location  *string
	ManagedBy *string
	Tags      *map[string]string
}

// GetGroup returns the resource group.
func (s *Service) GetGroup(ctx context.Context, caller authz.Caller, id GroupID) (Group, error) {
	var out Group
	op := administrative(200, need{action: actionReadGroup, scope: id.ResourceID()})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) (err error) {
		out, err = findGroup(r, id.SubscriptionID, id.Name)
		return err
	})
	return out, err
}

// PutGroup creates the resource group or changes it.
func (s *Service) PutGroup(ctx context.Context, caller authz.Caller, id GroupID, in GroupInput) (g Group, created bool, err error) {
	op := administrative(200, need{action: actionWriteGroup, scope: id.ResourceID()})
	var location string
	prepare := func(context.Context) (err error) {
		if err := checkGroupName(id.Name); err != nil {
			return err
		}
		if in.Location == nil {
			return fault.New(fault.InvalidRequestContent, "The required property 'location' is missing.")
		}
		if location, err = checkLocation(*in.Location); err != nil {
			return err
		}
		return in.checkTags()
	}
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		sub, err := writableSubscription(w, id.SubscriptionID)
		if err != nil {
			return err
		}
		before, found, err := w.ResourceGroup(id.SubscriptionID, id.Name)
		if err != nil {
			return err
		}
		g = before
		if !found {
			created = true
			g = Group{SubscriptionID: sub.ID, Name: id.Name, Location: location, Created: w.Now()}
		} else if before.Location != location {
			return fault.New(fault.InvalidGroupLocation, "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", location, before.Location)
		}
		// PUT replaces: what is not said is not there any more.
		g.Tags, g.ManagedBy = nil, ""
		return in.apply(w, &g)
	})
	return g, created, err
}

// PatchGroup changes what the input says of an existing resource group.
func (s *Service) PatchGroup(ctx context.Context, caller authz.Caller, id GroupID, in GroupInput) (Group, error) {
	var out Group
	op := administrative(200, need{action: actionWriteGroup, scope: id.ResourceID()})
	err := s.gate.Write(ctx, caller, op, func(context.Context) error { return in.checkTags() }, func(w Writer, _ *audit.Record) error {
		if _, err := writableSubscription(w, id.SubscriptionID); err != nil {
			return err
		}
		g, err := findGroup(w, id.SubscriptionID, id.Name)
		if err != nil {
			return err
		}
		if in.Location != nil && NormalLocation(*in.Location) != g.Location {
			return fault.New(fault.InvalidGroupLocation, "Invalid resource group location '%s'. The Resource group already exists in location '%s'.", NormalLocation(clean(*in.Location)), g.Location)
		}
		err = in.apply(w, &g)
		out = g
		return err
	})
	return out, err
}

func (in *GroupInput) checkTags() error {
	if in.Tags == nil {
		return nil
	}
	return checkTags(*in.Tags, maxGroupTags)
}

func (in *GroupInput) apply(w Writer, g *Group) error {
	if in.Tags != nil {
		g.Tags = *in.Tags
	}
	if in.ManagedBy != nil {
		g.ManagedBy = clean(*in.ManagedBy)
	}
	g.Updated = w.Now()
	return w.PutResourceGroup(*g)
}

// DeleteGroup deletes the resource group with its role assignments; its vaults are
// deleted softly.
func (s *Service) DeleteGroup(ctx context.Context, caller authz.Caller, id GroupID) error {
	op := administrative(200, need{action: actionDeleteGroup, scope: id.ResourceID()})
	return s.gate.Write(ctx, caller, op, nil, func(w Writer, rec *audit.Record) error {
		if _, err := writableSubscription(w, id.SubscriptionID); err != nil {
			return err
		}
		g, err := findGroup(w, id.SubscriptionID, id.Name)
		if err != nil {
			return err
		}
		deleted, err := s.deleteVaultsOf(w, caller, g)
		if err != nil {
			return err
		}
		if len(deleted) > 0 {
			rec.Properties.Properties = map[string]any{"deletedVaults": deleted}
		}
		if err := w.DeleteRoleAssignmentsBelow(g.ResourceID()); err != nil {
			return err
		}
		return w.DeleteResourceGroup(g.SubscriptionID, g.Name)
	})
}

func (s *Service) deleteVaultsOf(w Writer, caller authz.Caller, g Group) (names []string, err error) {
	for {
		list, err := w.Vaults(g.SubscriptionID, g.Name, "", MaxPage)
		if err != nil || len(list) == 0 {
			return names, err
		}
		for _, v := range list {
			if err := s.softDelete(w, caller, v); err != nil {
				return nil, err
			}
			names = append(names, v.Name)
		}
	}
}

// ListGroups returns the resource groups of the subscription that the caller may read:
// up to top of them that follow after.
func (s *Service) ListGroups(ctx context.Context, caller authz.Caller, subscription, after string, top int) (Page[Group], error) {
	var out Page[Group]
	var see viewer
	err := s.gate.Read(ctx, caller, anyone(actionReadGroup, &see), func(r Reader, _ *audit.Record) error {
		if err := s.visibleSubscription(r, &see, subscription); err != nil {
			return err
		}
		limit := pageLimit(top)
		for {
			list, err := r.ResourceGroups(subscription, after, limit+1)
			if err != nil {
				return err
			}
			for i, g := range list {
				ok, err := see.may(actionReadGroup, g.ResourceID())
				if err != nil {
					return err
				}
				if ok {
					out.Items = append(out.Items, list[i])
				}
			}
			if len(out.Items) > limit || len(list) <= limit {
				out = page(out.Items, limit, func(g Group) string { return g.Name })
				return nil
			}
			after = lower(list[len(list)-1].Name)
		}
	})
	return out, err
}

// Item is an entry of the generic list of resources.
type Item struct {
	ID, Name, Type, Location string
	Tags                     map[string]string
}

// ItemFilter selects resources; what is empty does not select.
type ItemFilter struct {
	Type, Name, ResourceGroup, TagName, TagValue string
}

func (f *ItemFilter) matches(v *Vault) bool {
	switch {
	case f.Type != "" && lower(f.Type) != "microsoft.keyvault/vaults",
		f.Name != "" && lower(f.Name) != lower(v.Name),
		f.ResourceGroup != "" && lower(f.ResourceGroup) != lower(v.ResourceGroup):
		return false
	}
	if f.TagName == "" {
		return true
	}
	for name, value := range v.Tags {
		if lower(name) == lower(f.TagName) && (f.TagValue == "" || value == f.TagValue) {
			return true
		}
	}
	return false
}

// ListResources returns the resources of the subscription, or of its resource group if
// that is not empty, that match the filter and that the caller may read: up to top of
// them that follow after.
func (s *Service) ListResources(ctx context.Context, caller authz.Caller, subscription, group string, filter ItemFilter, after string, top int) (Page[Item], error) {
	var out Page[Item]
	var see viewer
	err := s.gate.Read(ctx, caller, anyone("Microsoft.Resources/subscriptions/resources/read", &see), func(r Reader, _ *audit.Record) error {
		if err := s.visibleSubscription(r, &see, subscription); err != nil {
			return err
		}
		if group != "" {
			if _, err := findGroup(r, subscription, group); err != nil {
				return err
			}
		}
		limit := pageLimit(top)
		for {
			list, err := r.Vaults(subscription, group, after, MaxPage)
			if err != nil {
				return err
			}
			for i := range list {
				if ok, err := see.may(actionReadVault, list[i].ResourceID()); err != nil {
					return err
				} else if ok && filter.matches(&list[i]) {
					out.Items = append(out.Items, item(&list[i]))
				}
			}
			if len(out.Items) > limit || len(list) < MaxPage {
				out = page(out.Items, limit, func(i Item) string { return i.Name })
				return nil
			}
			after = lower(list[len(list)-1].Name)
		}
	})
	return out, err
}

func item(v *Vault) Item {
	return Item{ID: v.ResourceID(), Name: v.Name, Type: "Microsoft.KeyVault/vaults", Location: v.Location, Tags: v.Tags}
}
