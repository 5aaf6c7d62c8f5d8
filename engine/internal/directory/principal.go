package directory

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// ServicePrincipalInput is what a request says of a service principal; nil means that
// it does not say.
type ServicePrincipalInput struct {
	AppID   *string // at creation only
	Enabled *bool
	Keys    *[]Credential // the whole list of certificates
	// Passwords are the key ids of the client secrets to keep.
	Passwords *[]string
	Extra     Extra
	Owners    []string // at creation only
}

// CreateServicePrincipal creates the service principal of an application.
func (s *Service) CreateServicePrincipal(ctx context.Context, caller authz.Caller, in ServicePrincipalInput) (ServicePrincipal, error) {
	p := ServicePrincipal{ID: NewID(), Enabled: true}
	op := operation{name: "Add service principal", action: actionWriteServicePrincipals, collection: "servicePrincipals", target: p.ID}
	prepare := func() error {
		if in.AppID == nil {
			return invalid("appId", "it is required")
		}
		var ok bool
		if p.AppID, ok = ParseID(*in.AppID); !ok {
			return invalid("appId", "it is not a GUID")
		}
		if len(in.Owners) > maxReferences {
			return fault.New(fault.GraphBadRequest, "At most %d owners can be bound in one request.", maxReferences)
		}
		return in.applyTo(&p)
	}
	err := s.write(ctx, caller, op, 201, prepare, func(w Writer) error {
		app, found, err := w.ApplicationByAppID(p.AppID)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.GraphBadRequest, "The appId '%s' of the service principal does not reference a valid application object.", p.AppID)
		}
		if _, taken, err := w.ServicePrincipalByAppID(p.AppID); err != nil || taken {
			return orConflict(err, "servicePrincipalNames")
		}
		p.DisplayName, p.IdentifierURIs, p.Created = app.DisplayName, app.IdentifierURIs, w.Now()
		if err := w.InsertServicePrincipal(p); err != nil {
			return err
		}
		if err := replaceCredentials(w, p.ID, in.Keys, in.Passwords); err != nil {
			return err
		}
		return addOwners(w, p.ID, in.Owners)
	})
	return p, err
}

// GetServicePrincipal returns the service principal with the object id or, if byAppID
// is set, of the application with the client id.
func (s *Service) GetServicePrincipal(ctx context.Context, caller authz.Caller, id string, byAppID bool) (ServicePrincipal, error) {
	var p ServicePrincipal
	op := operation{name: "Get service principal", action: actionReadServicePrincipals, collection: "servicePrincipals", target: id, self: !byAppID}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		p, err = findServicePrincipal(r, id, byAppID)
		return err
	})
	return p, err
}

func findServicePrincipal(r Reader, text string, byAppID bool) (ServicePrincipal, error) {
	id, ok := ParseID(text)
	if !ok {
		return ServicePrincipal{}, notFound(text)
	}
	find := r.ServicePrincipal
	if byAppID {
		find = r.ServicePrincipalByAppID
	}
	p, found, err := find(id)
	if err == nil && !found {
		err = notFound(text)
	}
	return p, err
}

// ListServicePrincipals returns a page of the service principals. A caller that asks
// for none but itself may (clients look themselves up by application id).
func (s *Service) ListServicePrincipals(ctx context.Context, caller authz.Caller, q Query) (Page[ServicePrincipal], error) {
	var list Page[ServicePrincipal]
	op := operation{name: "List service principals", action: actionReadServicePrincipals, collection: "servicePrincipals"}
	if caller.Type == authz.ServicePrincipal && asksFor(q.Filter, caller.AppID) {
		op.target, op.self = caller.ObjectID, true
	}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if err := checkQuery(&q, TypeServicePrincipal); err != nil {
			return err
		}
		principals, err := r.ServicePrincipals(more(q))
		list = page(principals, q.Limit, func(p ServicePrincipal) string { return p.ID })
		return err
	})
	return list, err
}

// asksFor reports whether the filter selects by the application id alone.
func asksFor(f *Filter, appID string) bool {
	return f != nil && appID != "" && f.Value == appID &&
		(f.Operator == Equal && f.Property == "appId" || f.Operator == Any && f.Property == "servicePrincipalNames")
}

// UpdateServicePrincipal changes what in says. A service principal cannot disable
// itself.
func (s *Service) UpdateServicePrincipal(ctx context.Context, caller authz.Caller, id string, byAppID bool, in ServicePrincipalInput) (ServicePrincipal, error) {
	var p ServicePrincipal
	op := operation{name: "Update service principal", action: actionWriteServicePrincipals, collection: "servicePrincipals", target: id}
	if in.Keys != nil || in.Passwords != nil {
		op.name, op.and = "Update service principal - Certificates and secrets management", actionWriteCredentials
	}
	prepare := func() error {
		var scratch ServicePrincipal
		return in.applyTo(&scratch)
	}
	err := s.write(ctx, caller, op, 204, prepare, func(w Writer) (err error) {
		if p, err = findServicePrincipal(w, id, byAppID); err != nil {
			return err
		}
		if err = in.applyTo(&p); err != nil {
			return err
		}
		if !p.Enabled && p.ID == caller.ObjectID {
			return fault.New(fault.GraphBadRequest, "You cannot disable the service principal that you are signed in with.")
		}
		if err := replaceCredentials(w, p.ID, in.Keys, in.Passwords); err != nil {
			return err
		}
		return w.UpdateServicePrincipal(p)
	})
	return p, err
}

// DeleteServicePrincipal deletes a service principal; the application stays. A service
// principal cannot delete itself.
func (s *Service) DeleteServicePrincipal(ctx context.Context, caller authz.Caller, id string, byAppID bool) error {
	op := operation{name: "Remove service principal", action: actionDeleteServicePrincipal, collection: "servicePrincipals", target: id}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		p, err := findServicePrincipal(w, id, byAppID)
		if err != nil {
			return err
		}
		if p.ID == caller.ObjectID {
			return fault.New(fault.GraphBadRequest, "You cannot delete the service principal that you are signed in with.")
		}
		return w.DeleteServicePrincipal(p.ID)
	})
}

func (in ServicePrincipalInput) applyTo(p *ServicePrincipal) error {
	if in.Enabled != nil {
		p.Enabled = *in.Enabled
	}
	if value, ok := in.Extra["appRoleAssignmentRequired"]; ok && string(value) != "false" && string(value) != "null" {
		return invalid("appRoleAssignmentRequired", "assignments of application roles are not supported, so it must be false")
	}
	return setExtra(&p.Extra, in.Extra, servicePrincipalExtra)
}
