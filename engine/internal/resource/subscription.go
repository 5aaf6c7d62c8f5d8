package resource

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadSubscription  = "Microsoft.Resources/subscriptions/read"
	actionWriteSubscription = "Microsoft.Subscription/aliases/write"
	maxDisplayName          = 90
)

// sees reports whether the caller may know of the subscription: it may read it, or
// holds any role at it, above it or below it.
func (s *Service) sees(r Reader, see *viewer, sub *Subscription) (bool, error) {
	scope, err := parseScope(sub.ResourceID())
	if err != nil {
		return false, err
	}
	chain, err := see.snapshot.Chain(scope)
	if err != nil {
		return false, err
	}
	assignments, err := r.AssignmentsOf(see.subject.IDs)
	if err != nil {
		return false, err
	}
	for _, a := range assignments {
		at, err := authz.ParseScope(a.Scope)
		if err != nil {
			return false, err
		}
		if scope.Contains(at) {
			return true, nil
		}
		for _, above := range chain {
			if above.Equal(at) {
				return true, nil
			}
		}
	}
	return false, nil
}

// visibleSubscription refuses a caller who holds nothing in the subscription.
func (s *Service) visibleSubscription(r Reader, see *viewer, id string) error {
	sub, findErr := findSubscription(r, id)
	if findErr != nil && !fault.Is(findErr, fault.SubscriptionNotFound) {
		return findErr
	}
	if findErr != nil {
		sub.ID = id
	}
	ok, err := s.sees(r, see, &sub)
	if err != nil {
		return err
	}
	if !ok {
		return notAuthorized(see.subject.Caller, actionReadSubscription, sub.ResourceID())
	}
	return findErr
}

func notAuthorized(c authz.Caller, action, scope string) error {
	name := c.Name
	if name == "" {
		name = c.AppID
	}
	return fault.New(fault.AuthorizationFailed,
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		name, c.ObjectID, action, clean(scope))
}

// GetSubscription returns a subscription in which the caller holds a role.
func (s *Service) GetSubscription(ctx context.Context, caller authz.Caller, id string) (Subscription, error) {
	var out Subscription
	var see viewer
	err := s.gate.Read(ctx, caller, anyone(actionReadSubscription, &see), func(r Reader, rec *audit.Record) error {
		rec.ResourceID = strings.ToUpper("/subscriptions/" + clean(id))
		if err := s.visibleSubscription(r, &see, id); err != nil {
			return err
		}
		var err error
		out, err = findSubscription(r, id)
		return err
	})
	return out, err
}

// ListSubscriptions returns the subscriptions in which the caller holds a role.
func (s *Service) ListSubscriptions(ctx context.Context, caller authz.Caller) ([]Subscription, error) {
	var out []Subscription
	var see viewer
	err := s.gate.Read(ctx, caller, anyone(actionReadSubscription, &see), func(r Reader, _ *audit.Record) error {
		list, err := r.Subscriptions()
		if err != nil {
			return err
		}
		for i := range list {
			ok, err := s.sees(r, &see, &list[i])
			if err != nil {
				return err
			}
			if ok {
				out = append(out, list[i])
			}
		}
		return nil
	})
	return out, err
}

// Tenant is checked and recorded for whoever asks which tenant this is.
func (s *Service) Tenant(ctx context.Context, caller authz.Caller) (string, error) {
	err := s.gate.Read(ctx, caller, anyone("Microsoft.Resources/tenants/read", &viewer{}), func(Reader, *audit.Record) error { return nil })
	if err != nil {
		return "", err
	}
	return s.tenant, nil
}

// Catalog is checked and recorded for whoever reads what is the same for everyone: the
// operations of a provider, the locations, the providers.
func (s *Service) Catalog(ctx context.Context, caller authz.Caller, action, subscription string) error {
	var see viewer
	return s.gate.Read(ctx, caller, anyone(action, &see), func(r Reader, _ *audit.Record) error {
		if subscription == "" {
			return nil
		}
		return s.visibleSubscription(r, &see, subscription)
	})
}

// SubscriptionInput is what a request says of a subscription.
type SubscriptionInput struct {
	// ID of an existing subscription that gets the alias; empty for a new one.
	ID string
	// Name is the display name.
	Name string
	// ManagementGroup is the id of the group that it is put into; the root if empty.
	ManagementGroup string
}

func checkDisplayName(name string) error {
	if name == "" || len(name) > maxDisplayName || clip(name) != name {
		return fault.New(fault.BadRequest, "The display name is not valid. It has 1 to %d characters, none of them a control character.", maxDisplayName)
	}
	return nil
}

func checkAlias(alias string) error {
	if !mgNamePattern.MatchString(alias) {
		return fault.New(fault.InvalidResourceName, "The alias '%s' is not valid.", clean(alias))
	}
	return nil
}

// CreateSubscription creates a subscription under the alias. If there is one of that
// alias already it is returned as it is. The caller becomes its Owner.
func (s *Service) CreateSubscription(ctx context.Context, caller authz.Caller, alias string, in SubscriptionInput) (sub Subscription, created bool, err error) {
	parent := in.ManagementGroup
	if parent == "" {
		parent = s.tenant
	}
	op := administrative(201, need{action: actionWriteSubscription, scope: managementGroupID(parent)})
	prepare := func(context.Context) error {
		if err := checkAlias(alias); err != nil {
			return err
		}
		if in.ID != "" {
			return fault.New(fault.NotImplemented, "An alias for a subscription that exists already is not supported.")
		}
		return checkDisplayName(in.Name)
	}
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		existing, found, err := w.SubscriptionByAlias(alias)
		if err != nil {
			return err
		}
		if found {
			sub = existing
			return nil
		}
		group, err := findManagementGroup(w, parent)
		if err != nil {
			return err
		}
		created = true
		sub = Subscription{ID: newID(), Name: in.Name, State: SubscriptionEnabled, Parent: group.ID, Alias: alias, Created: w.Now()}
		if err := w.PutSubscription(sub); err != nil {
			return err
		}
		return w.PutRoleAssignment(RoleAssignment{
			ID: newID(), Scope: sub.ResourceID(), PrincipalID: caller.ObjectID, PrincipalType: caller.Type, RoleID: ownerRoleID,
			Created: w.Now(), CreatedBy: caller.ObjectID, Updated: w.Now(), UpdatedBy: caller.ObjectID,
		})
	})
	return sub, created, err
}

// SubscriptionOfAlias returns the subscription that the alias stands for.
func (s *Service) SubscriptionOfAlias(ctx context.Context, caller authz.Caller, alias string) (Subscription, error) {
	var out Subscription
	var see viewer
	err := s.gate.Read(ctx, caller, anyone("Microsoft.Subscription/aliases/read", &see), func(r Reader, _ *audit.Record) error {
		sub, found, err := r.SubscriptionByAlias(alias)
		if err != nil {
			return err
		}
		if found {
			if found, err = s.sees(r, &see, &sub); err != nil {
				return err
			}
		}
		if !found {
			return fault.New(fault.ResourceNotFound, "The subscription alias '%s' was not found.", clean(alias))
		}
		out = sub
		return nil
	})
	return out, err
}

// RemoveAlias forgets the alias; the subscription stays.
func (s *Service) RemoveAlias(ctx context.Context, caller authz.Caller, alias string) (found bool, err error) {
	var sub Subscription
	if !caller.IsZero() {
		err := s.view(ctx, func(r Reader) (err error) {
			sub, found, err = r.SubscriptionByAlias(alias)
			return err
		})
		if err != nil {
			return false, err
		}
	}
	scope := "/"
	if found {
		scope = sub.ResourceID()
	}
	op := administrative(200, need{action: "Microsoft.Subscription/aliases/delete", scope: scope})
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		current, still, err := w.SubscriptionByAlias(alias)
		if err != nil || !still || current.ID != sub.ID {
			found = false
			return err
		}
		current.Alias = ""
		return w.PutSubscription(current)
	})
	return found, err
}

// RenameSubscription gives the subscription another display name.
func (s *Service) RenameSubscription(ctx context.Context, caller authz.Caller, id, name string) error {
	return s.changeSubscription(ctx, caller, id, "Microsoft.Subscription/rename/action", func() error { return checkDisplayName(name) },
		func(_ Writer, sub *Subscription) error {
			sub.Name = name
			return nil
		})
}

// CancelSubscription disables the subscription, which must be empty: nothing can be
// written in it until EnableSubscription.
func (s *Service) CancelSubscription(ctx context.Context, caller authz.Caller, id string) error {
	return s.changeSubscription(ctx, caller, id, "Microsoft.Subscription/cancel/action", nil, func(w Writer, sub *Subscription) error {
		groups, err := w.ResourceGroups(sub.ID, "", 1)
		if err != nil {
			return err
		}
		if len(groups) > 0 {
			return fault.New(fault.Conflict, "The subscription '%s' has resource groups. Delete them before the subscription is cancelled.", sub.ID)
		}
		sub.State = SubscriptionDisabled
		return nil
	})
}

// EnableSubscription undoes CancelSubscription.
func (s *Service) EnableSubscription(ctx context.Context, caller authz.Caller, id string) error {
	return s.changeSubscription(ctx, caller, id, "Microsoft.Subscription/enable/action", nil, func(_ Writer, sub *Subscription) error {
		sub.State = SubscriptionEnabled
		return nil
	})
}

func (s *Service) changeSubscription(ctx context.Context, caller authz.Caller, id, action string, check func() error, change func(Writer, *Subscription) error) error {
	op := administrative(200, need{action: action, scope: "/subscriptions/" + id})
	var prepare func(context.Context) error
	if check != nil {
		prepare = func(context.Context) error { return check() }
	}
	return s.gate.Write(ctx, caller, op, prepare, func(w Writer, _ *audit.Record) error {
		sub, err := findSubscription(w, id)
		if err != nil {
			return err
		}
		if err := change(w, &sub); err != nil {
			return err
		}
		return w.PutSubscription(sub)
	})
}

// ProviderRegistered reports whether the resource provider may be used in the
// subscription.
func (s *Service) ProviderRegistered(ctx context.Context, caller authz.Caller, subscription, namespace string) (bool, error) {
	registered := false
	var see viewer
	err := s.gate.Read(ctx, caller, anyone("Microsoft.Resources/subscriptions/providers/read", &see), func(r Reader, _ *audit.Record) error {
		if err := s.visibleSubscription(r, &see, subscription); err != nil {
			return err
		}
		unregistered, err := r.ProviderUnregistered(subscription, namespace)
		registered = !unregistered
		return err
	})
	return registered, err
}

// RegisterProvider allows or forbids the use of the resource provider in the
// subscription. One whose resources exist cannot be forbidden.
func (s *Service) RegisterProvider(ctx context.Context, caller authz.Caller, subscription, namespace string, registered bool) error {
	verb := "register"
	if !registered {
		verb = "unregister"
	}
	op := administrative(200, need{action: clean(namespace) + "/" + verb + "/action", scope: "/subscriptions/" + subscription})
	return s.gate.Write(ctx, caller, op, nil, func(w Writer, _ *audit.Record) error {
		if _, err := writableSubscription(w, subscription); err != nil {
			return err
		}
		if !registered && lower(namespace) == "microsoft.keyvault" {
			vaults, err := w.Vaults(subscription, "", "", 1)
			if err != nil {
				return err
			}
			if len(vaults) > 0 {
				return fault.New(fault.Conflict, "The resource provider '%s' cannot be unregistered: the subscription has resources of it.", clean(namespace))
			}
		}
		return w.SetProviderUnregistered(subscription, namespace, !registered)
	})
}
