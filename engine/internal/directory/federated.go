package directory

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// FederatedInput is what a request says of a federated identity credential; nil means
// that it does not say.
type FederatedInput struct {
	Name        *string // at creation only
	Issuer      *string
	Subject     *string
	Audiences   *[]string
	Description *string
}

// maxFederated bounds the federated identity credentials of an application (as in
// Entra).
const maxFederated = 20

var federatedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$`)

func federatedOperation(applicationID string, write bool) operation {
	op := operation{name: "Get federated identity credentials", action: actionReadApplications, collection: "applications", target: applicationID}
	if write {
		op.name, op.action, op.and = "Update application - Federated identity credentials", actionWriteApplications, actionWriteCredentials
	}
	return op
}

// ListFederatedCredentials returns all federated identity credentials of the
// application.
func (s *Service) ListFederatedCredentials(ctx context.Context, caller authz.Caller, applicationID string) ([]FederatedCredential, error) {
	var list []FederatedCredential
	err := s.read(ctx, caller, federatedOperation(applicationID, false), func(r Reader) error {
		a, err := findApplication(r, applicationID, false)
		if err != nil {
			return err
		}
		list, err = r.FederatedCredentials(a.ID)
		return err
	})
	return list, err
}

// GetFederatedCredential returns the one with the id or name.
func (s *Service) GetFederatedCredential(ctx context.Context, caller authz.Caller, applicationID, idOrName string) (FederatedCredential, error) {
	var c FederatedCredential
	err := s.read(ctx, caller, federatedOperation(applicationID, false), func(r Reader) error {
		a, err := findApplication(r, applicationID, false)
		if err != nil {
			return err
		}
		c, err = findFederated(r, a.ID, idOrName)
		return err
	})
	return c, err
}

func findFederated(r Reader, applicationID, idOrName string) (FederatedCredential, error) {
	list, err := r.FederatedCredentials(applicationID)
	if err != nil {
		return FederatedCredential{}, err
	}
	for _, c := range list {
		if strings.EqualFold(c.ID, idOrName) || c.Name == idOrName {
			return c, nil
		}
	}
	return FederatedCredential{}, notFound(idOrName)
}

// CreateFederatedCredential lets tokens of the issuer with the subject stand for the
// application.
func (s *Service) CreateFederatedCredential(ctx context.Context, caller authz.Caller, applicationID string, in FederatedInput) (FederatedCredential, error) {
	c := FederatedCredential{ID: NewID()}
	prepare := func() error {
		if in.Name == nil || !federatedName.MatchString(*in.Name) {
			return invalid("name", "it must be 1 to 120 letters, digits, hyphens and underscores")
		}
		c.Name = *in.Name
		return in.applyTo(&c)
	}
	err := s.write(ctx, caller, federatedOperation(applicationID, true), 201, prepare, func(w Writer) error {
		a, err := findApplication(w, applicationID, false)
		if err != nil {
			return err
		}
		c.ApplicationID = a.ID
		list, err := w.FederatedCredentials(a.ID)
		if err != nil {
			return err
		}
		if len(list) >= maxFederated {
			return fault.New(fault.GraphBadRequest, "An application can have at most %d federated identity credentials.", maxFederated)
		}
		if err := checkFederated(list, c); err != nil {
			return err
		}
		return w.PutFederatedCredential(c)
	})
	return c, err
}

// UpdateFederatedCredential changes what in says.
func (s *Service) UpdateFederatedCredential(ctx context.Context, caller authz.Caller, applicationID, idOrName string, in FederatedInput) error {
	return s.write(ctx, caller, federatedOperation(applicationID, true), 204, nil, func(w Writer) error {
		a, err := findApplication(w, applicationID, false)
		if err != nil {
			return err
		}
		c, err := findFederated(w, a.ID, idOrName)
		if err != nil {
			return err
		}
		if in.Name != nil && *in.Name != c.Name {
			return invalid("name", "it cannot be changed")
		}
		if err := in.applyTo(&c); err != nil {
			return err
		}
		list, err := w.FederatedCredentials(a.ID)
		if err != nil {
			return err
		}
		if err := checkFederated(list, c); err != nil {
			return err
		}
		return w.PutFederatedCredential(c)
	})
}

// DeleteFederatedCredential removes one by its id or name.
func (s *Service) DeleteFederatedCredential(ctx context.Context, caller authz.Caller, applicationID, idOrName string) error {
	return s.write(ctx, caller, federatedOperation(applicationID, true), 204, nil, func(w Writer) error {
		a, err := findApplication(w, applicationID, false)
		if err != nil {
			return err
		}
		c, err := findFederated(w, a.ID, idOrName)
		if err != nil {
			return err
		}
		_, err = w.DeleteFederatedCredential(a.ID, c.ID)
		return err
	})
}

func (in FederatedInput) applyTo(c *FederatedCredential) error {
	if in.Issuer != nil {
		c.Issuer = *in.Issuer
	}
	if in.Subject != nil {
		c.Subject = *in.Subject
	}
	if in.Audiences != nil {
		c.Audiences = *in.Audiences
	}
	if in.Description != nil {
		c.Description = *in.Description
	}
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(c.Issuer) > 600 {
		return invalid("issuer", "it must be an https URL without query and fragment")
	}
	if c.Subject == "" || len(c.Subject) > 600 || strings.ContainsFunc(c.Subject, isControl) {
		return invalid("subject", "it must be 1 to 600 characters")
	}
	if len(c.Audiences) != 1 || c.Audiences[0] == "" || len(c.Audiences[0]) > 600 {
		return invalid("audiences", "it must have exactly one value, of 1 to 600 characters")
	}
	if len(c.Description) > 600 {
		return invalid("description", "it must be at most 600 characters")
	}
	return nil
}

// checkFederated refuses a second credential with the name, or with the issuer and
// subject.
func checkFederated(list []FederatedCredential, c FederatedCredential) error {
	for _, other := range list {
		if other.ID == c.ID {
			continue
		}
		if other.Name == c.Name {
			return conflict("name")
		}
		if other.Issuer == c.Issuer && other.Subject == c.Subject {
			return conflict("issuer and subject")
		}
	}
	return nil
}
