package directory

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// ApplicationInput is what a request says of an application; nil means that it does
// not say.
type ApplicationInput struct {
	DisplayName        *string
	IdentifierURIs     *[]string
	WebRedirectURIs    *[]string
	SPARedirectURIs    *[]string
	PublicRedirectURIs *[]string
	PublicClient       *bool
	Keys               *[]Credential // the whole list of certificates
	Passwords          *[]string     // the key ids of the client secrets to keep
	Extra              Extra
	Owners             []string // at creation only
}

const maxURIs = 256

// CreateApplication registers an application. It gets rights through a service
// principal only.
func (s *Service) CreateApplication(ctx context.Context, caller authz.Caller, in ApplicationInput) (Application, error) {
	a := Application{ID: NewID(), AppID: NewID()}
	op := operation{name: "Add application", action: actionWriteApplications, collection: "applications", target: a.ID}
	prepare := func() error {
		if in.DisplayName == nil {
			return invalid("displayName", "it is required")
		}
		if len(in.Owners) > maxReferences {
			return fault.New(fault.GraphBadRequest, "At most %d owners can be bound in one request.", maxReferences)
		}
		return in.applyTo(&a)
	}
	err := s.write(ctx, caller, op, 201, prepare, func(w Writer) error {
		a.Created = w.Now()
		if err := checkURIs(w, a); err != nil {
			return err
		}
		if err := w.InsertApplication(a); err != nil {
			return err
		}
		if err := replaceCredentials(w, a.ID, in.Keys, in.Passwords); err != nil {
			return err
		}
		if err := addOwners(w, a.ID, in.Owners); err != nil {
			return err
		}
		var err error
		a.Credentials, err = w.Credentials(a.ID)
		return err
	})
	return a, err
}

// GetApplication returns the application with the object id or, if byAppID is set,
// the application (client) id.
func (s *Service) GetApplication(ctx context.Context, caller authz.Caller, id string, byAppID bool) (Application, error) {
	var a Application
	op := operation{name: "Get application", action: actionReadApplications, collection: "applications", target: id}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		a, err = findApplication(r, id, byAppID)
		return err
	})
	return a, err
}

func findApplication(r Reader, text string, byAppID bool) (Application, error) {
	id, ok := ParseID(text)
	if !ok {
		return Application{}, notFound(text)
	}
	find := r.Application
	if byAppID {
		find = r.ApplicationByAppID
	}
	a, found, err := find(id)
	if err == nil && !found {
		err = notFound(text)
	}
	return a, err
}

// ListApplications returns a page of the applications.
func (s *Service) ListApplications(ctx context.Context, caller authz.Caller, q Query) (Page[Application], error) {
	var p Page[Application]
	op := operation{name: "List applications", action: actionReadApplications, collection: "applications"}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if err := checkQuery(&q, TypeApplication); err != nil {
			return err
		}
		applications, err := r.Applications(more(q))
		p = page(applications, q.Limit, func(a Application) string { return a.ID })
		return err
	})
	return p, err
}

// UpdateApplication changes what in says.
func (s *Service) UpdateApplication(ctx context.Context, caller authz.Caller, id string, byAppID bool, in ApplicationInput) (Application, error) {
	var a Application
	op := operation{name: "Update application", action: actionWriteApplications, collection: "applications", target: id}
	if in.Keys != nil || in.Passwords != nil {
		op.name, op.and = "Update application - Certificates and secrets management", actionWriteCredentials
	}
	prepare := func() error {
		var scratch Application
		return in.applyTo(&scratch)
	}
	err := s.write(ctx, caller, op, 204, prepare, func(w Writer) (err error) {
		if a, err = findApplication(w, id, byAppID); err != nil {
			return err
		}
		if err = in.applyTo(&a); err != nil {
			return err
		}
		if err = checkURIs(w, a); err != nil {
			return err
		}
		if err := replaceCredentials(w, a.ID, in.Keys, in.Passwords); err != nil {
			return err
		}
		return w.UpdateApplication(a)
	})
	return a, err
}

// DeleteApplication deletes an application, its credentials and its service principal.
// An application cannot delete itself.
func (s *Service) DeleteApplication(ctx context.Context, caller authz.Caller, id string, byAppID bool) error {
	op := operation{name: "Delete application", action: actionDeleteApplications, collection: "applications", target: id}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		a, err := findApplication(w, id, byAppID)
		if err != nil {
			return err
		}
		if a.AppID == caller.AppID {
			return fault.New(fault.GraphBadRequest, "You cannot delete the application that you are signed in with.")
		}
		if sp, found, err := w.ServicePrincipalByAppID(a.AppID); err != nil {
			return err
		} else if found {
			if err := w.DeleteServicePrincipal(sp.ID); err != nil {
				return err
			}
		}
		return w.DeleteApplication(a.ID)
	})
}

// PasswordInput is what a request says of a new client secret.
type PasswordInput struct {
	DisplayName string
	// Start is the current time and End two years after it if they are zero.
	Start, End time.Time
}

// Limits of client secrets and certificates.
const (
	defaultSecretLife = 2 * 365 * 24 * time.Hour
	maxCredentials    = 100
)

// AddPassword makes a client secret for the application, or for the service principal,
// with the object id. The secret is returned here and never again.
func (s *Service) AddPassword(ctx context.Context, caller authz.Caller, owner Reference, in PasswordInput) (Credential, sensitive.String, error) {
	var c Credential
	var secret sensitive.String
	err := s.write(ctx, caller, credentialOperation(owner), 200, func() error {
		if in.Start.IsZero() {
			in.Start = s.now()
		}
		if in.End.IsZero() {
			in.End = in.Start.Add(defaultSecretLife)
		}
		if !in.End.After(in.Start) {
			return invalid("endDateTime", "it must be after startDateTime")
		}
		return setText(new(string), &in.DisplayName, "displayName")
	}, func(w Writer) error {
		ownerID, err := findCredentialOwner(w, owner)
		if err != nil {
			return err
		}
		held, err := w.Credentials(ownerID)
		if err != nil {
			return err
		}
		if len(held) >= maxCredentials {
			return fault.New(fault.GraphBadRequest, "The object has the most credentials that it can have: %d.", maxCredentials)
		}
		c, secret = newPassword(ownerID, in.DisplayName, in.Start, in.End)
		return w.InsertCredential(c)
	})
	if err != nil {
		return Credential{}, sensitive.String{}, err
	}
	return c, secret, nil
}

// RemovePassword deletes a client secret: it is refused from now on.
func (s *Service) RemovePassword(ctx context.Context, caller authz.Caller, owner Reference, keyID string) error {
	return s.write(ctx, caller, credentialOperation(owner), 204, nil, func(w Writer) error {
		ownerID, err := findCredentialOwner(w, owner)
		if err != nil {
			return err
		}
		id, _ := ParseID(keyID)
		existed, err := w.DeleteCredential(ownerID, id)
		if err == nil && !existed {
			err = fault.New(fault.GraphBadRequest, "No password credential found with keyId '%s'.", clean(keyID))
		}
		return err
	})
}

func credentialOperation(owner Reference) operation {
	if owner.Type == TypeServicePrincipal {
		return operation{
			name: "Update service principal - Certificates and secrets management", action: actionWriteServicePrincipals,
			and: actionWriteCredentials, collection: "servicePrincipals", target: owner.ID,
		}
	}
	return operation{
		name: "Update application - Certificates and secrets management", action: actionWriteApplications,
		and: actionWriteCredentials, collection: "applications", target: owner.ID,
	}
}

func findCredentialOwner(r Reader, owner Reference) (string, error) {
	if owner.Type == TypeServicePrincipal {
		p, err := findServicePrincipal(r, owner.ID, false)
		return p.ID, err
	}
	a, err := findApplication(r, owner.ID, false)
	return a.ID, err
}

func (in ApplicationInput) applyTo(a *Application) error {
	if err := setName(&a.DisplayName, in.DisplayName, "displayName"); err != nil {
		return err
	}
	if in.PublicClient != nil {
		a.PublicClient = *in.PublicClient
	}
	if err := setURIs(&a.IdentifierURIs, in.IdentifierURIs, "identifierUris", checkIdentifierURI); err != nil {
		return err
	}
	if err := setURIs(&a.WebRedirectURIs, in.WebRedirectURIs, "web.redirectUris", checkWebRedirect); err != nil {
		return err
	}
	if err := setURIs(&a.SPARedirectURIs, in.SPARedirectURIs, "spa.redirectUris", checkWebRedirect); err != nil {
		return err
	}
	if err := setURIs(&a.PublicRedirectURIs, in.PublicRedirectURIs, "publicClient.redirectUris", checkPublicRedirect); err != nil {
		return err
	}
	return setExtra(&a.Extra, in.Extra, applicationExtra)
}

func setURIs(to *[]string, from *[]string, property string, check func(string) bool) error {
	if from == nil {
		return nil
	}
	if len(*from) > maxURIs {
		return invalid(property, "it has too many values")
	}
	for _, uri := range *from {
		if len(uri) > 256 || strings.ContainsFunc(uri, isControl) || !check(uri) {
			return invalid(property, "one of its values is not an allowed URI")
		}
	}
	*to = slices.Compact(slices.Sorted(slices.Values(*from)))
	return nil
}

func checkIdentifierURI(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "") && u.Fragment == "" && !strings.HasSuffix(uri, "/.default")
}

// checkWebRedirect wants https, or http on the loopback interface.
func checkWebRedirect(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
}

// checkPublicRedirect also lets native applications have a scheme of their own.
func checkPublicRedirect(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return checkWebRedirect(uri)
	case "javascript", "data", "file", "vbscript", "blob", "about":
		return false
	}
	return true
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// checkURIs refuses an identifier URI that is another application's.
func checkURIs(w Writer, a Application) error {
	for _, uri := range a.IdentifierURIs {
		other, found, err := w.ApplicationByURI(uri)
		if err != nil {
			return err
		}
		if found && other.ID != a.ID {
			return conflict("identifierUris")
		}
	}
	return nil
}
