package graph

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// applications serves /applications and what is below it. The key may be the object
// id, or the application id if byAppID is set.
func (q *request) applications(rest []string, byAppID bool) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodGet:
		p, err := q.dir.ListApplications(q.ctx, q.caller, q.query.Query)
		return q.sendList(render(p.Items, renderApplication), p.Next, err)
	case len(rest) == 0 && q.method == http.MethodPost:
		in, err := q.readBody().application()
		if err != nil {
			return q.bad(err)
		}
		a, err := q.dir.CreateApplication(q.ctx, q.caller, in)
		return q.send(http.StatusCreated, renderApplication(a), err)
	case len(rest) == 1:
		return q.application(rest[0], byAppID)
	case len(rest) >= 2 && !byAppID && strings.EqualFold(rest[1], "federatedIdentityCredentials"):
		return q.federated(rest[0], rest[2:])
	case len(rest) >= 2 && !byAppID && strings.EqualFold(rest[1], "owners"):
		return q.owners(rest[0], rest[2:])
	case len(rest) == 2 && !byAppID:
		return q.passwords(directory.Reference{ID: rest[0], Type: directory.TypeApplication}, rest[1])
	}
	return q.unknown()
}

func (q *request) application(id string, byAppID bool) error {
	switch q.method {
	case http.MethodGet:
		a, err := q.dir.GetApplication(q.ctx, q.caller, id, byAppID)
		return q.send(http.StatusOK, renderApplication(a), err)
	case http.MethodPatch:
		in, err := q.readBody().application()
		if err == nil && in.Owners != nil {
			err = fault.New(fault.GraphBadRequest, "Invalid property 'owners@odata.bind'.")
		}
		if err != nil {
			return q.bad(err)
		}
		_, err = q.dir.UpdateApplication(q.ctx, q.caller, id, byAppID, in)
		return q.done(err)
	case http.MethodDelete:
		return q.done(q.dir.DeleteApplication(q.ctx, q.caller, id, byAppID))
	}
	return q.unknown()
}

// servicePrincipals serves /servicePrincipals and what is below it.
func (q *request) servicePrincipals(rest []string, byAppID bool) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodGet:
		p, err := q.dir.ListServicePrincipals(q.ctx, q.caller, q.query.Query)
		return q.sendList(render(p.Items, renderServicePrincipal), p.Next, err)
	case len(rest) == 0 && q.method == http.MethodPost:
		in, err := q.readBody().servicePrincipal()
		if err != nil {
			return q.bad(err)
		}
		p, err := q.dir.CreateServicePrincipal(q.ctx, q.caller, in)
		return q.send(http.StatusCreated, renderServicePrincipal(p), err)
	case len(rest) == 1:
		return q.servicePrincipal(rest[0], byAppID)
	case len(rest) >= 2 && !byAppID && strings.EqualFold(rest[1], "owners"):
		return q.owners(rest[0], rest[2:])
	case len(rest) == 2 && !byAppID && (strings.EqualFold(rest[1], "addPassword") || strings.EqualFold(rest[1], "removePassword")):
		return q.passwords(directory.Reference{ID: rest[0], Type: directory.TypeServicePrincipal}, rest[1])
	case len(rest) == 2 && !byAppID:
		return q.memberships(rest[0], rest[1])
	}
	return q.unknown()
}

func (q *request) servicePrincipal(id string, byAppID bool) error {
	switch q.method {
	case http.MethodGet:
		p, err := q.dir.GetServicePrincipal(q.ctx, q.caller, id, byAppID)
		return q.send(http.StatusOK, renderServicePrincipal(p), err)
	case http.MethodPatch:
		in, err := q.readBody().servicePrincipal()
		if err == nil && in.Owners != nil {
			err = fault.New(fault.GraphBadRequest, "Invalid property 'owners@odata.bind'.")
		}
		if err != nil {
			return q.bad(err)
		}
		_, err = q.dir.UpdateServicePrincipal(q.ctx, q.caller, id, byAppID, in)
		return q.done(err)
	case http.MethodDelete:
		return q.done(q.dir.DeleteServicePrincipal(q.ctx, q.caller, id, byAppID))
	}
	return q.unknown()
}

// passwords serves addPassword and removePassword.
func (q *request) passwords(owner directory.Reference, what string) error {
	if q.method != http.MethodPost {
		return q.unknown()
	}
	b := q.readBody()
	switch strings.ToLower(what) {
	case "addpassword":
		var in directory.PasswordInput
		if c := take[wireCredential](b, "passwordCredential"); c != nil {
			in = directory.PasswordInput{DisplayName: text(c.DisplayName), Start: b.time(c.StartDateTime, "startDateTime"), End: b.time(c.EndDateTime, "endDateTime")}
		}
		if b.err != nil {
			return q.bad(b.err)
		}
		c, secret, err := q.dir.AddPassword(q.ctx, q.caller, owner, in)
		answer := renderPassword(c)
		answer["secretText"] = secret.Reveal()
		return q.send(http.StatusOK, answer, err)
	case "removepassword":
		keyID := take[string](b, "keyId")
		if b.err != nil {
			return q.bad(b.err)
		}
		return q.done(q.dir.RemovePassword(q.ctx, q.caller, owner, text(keyID)))
	}
	return q.unknown()
}

// federated serves the federated identity credentials of an application.
func (q *request) federated(application string, rest []string) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodGet:
		list, err := q.dir.ListFederatedCredentials(q.ctx, q.caller, application)
		return q.sendList(render(list, renderFederated), "", err)
	case len(rest) == 0 && q.method == http.MethodPost:
		in, err := q.readBody().federated()
		if err != nil {
			return q.bad(err)
		}
		c, err := q.dir.CreateFederatedCredential(q.ctx, q.caller, application, in)
		return q.send(http.StatusCreated, renderFederated(c), err)
	case len(rest) == 1 && q.method == http.MethodGet:
		c, err := q.dir.GetFederatedCredential(q.ctx, q.caller, application, rest[0])
		return q.send(http.StatusOK, renderFederated(c), err)
	case len(rest) == 1 && q.method == http.MethodPatch:
		in, err := q.readBody().federated()
		if err != nil {
			return q.bad(err)
		}
		return q.done(q.dir.UpdateFederatedCredential(q.ctx, q.caller, application, rest[0], in))
	case len(rest) == 1 && q.method == http.MethodDelete:
		return q.done(q.dir.DeleteFederatedCredential(q.ctx, q.caller, application, rest[0]))
	}
	return q.unknown()
}
