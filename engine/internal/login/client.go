package login

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// client is the application that asks.
type client struct {
	appID       string
	builtIn     bool
	app         directory.Application
	principal   directory.ServicePrincipal
	federated   []directory.FederatedCredential
	credentials []directory.Credential
	// acr is how the client proved itself, acrPublic if it did not.
	acr    string
	proved bool
}

// mayBePublic reports whether the client may act for users without a credential.
func (c *client) mayBePublic() bool { return c.builtIn || c.app.PublicClient }

// findClient looks the application up. It must have a service principal, and that
// must be enabled.
func (s *Service) findClient(ctx context.Context, clientID string) (*client, error) {
	if clientID == "" {
		return nil, missingParameter("client_id")
	}
	appID, ok := directory.ParseID(clientID)
	if !ok {
		return nil, refuse(http.StatusBadRequest, "unauthorized_client", 700016, "Application with the given identifier was not found in the directory '%s'.", s.tenant)
	}
	if _, builtIn := directory.BuiltInClient(appID); builtIn {
		return &client{appID: appID, builtIn: true, acr: acrPublic}, nil
	}
	return view(ctx, s, func(r Reader) (*client, error) {
		c := &client{appID: appID, acr: acrPublic}
		var found bool
		var err error
		if c.app, found, err = r.ApplicationByAppID(appID); err != nil {
			return nil, err
		}
		if !found {
			return nil, refuse(http.StatusBadRequest, "unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory '%s'.", appID, s.tenant)
		}
		if c.principal, found, err = r.ServicePrincipalByAppID(appID); err != nil {
			return nil, err
		}
		if !found {
			return nil, badClient(7000229, "The client application %s is missing service principal in the tenant %s.", appID, s.tenant)
		}
		if !c.principal.Enabled {
			return nil, badClient(7000112, "Application '%s' (%s) is disabled.", appID, quotable(c.principal.DisplayName))
		}
		c.credentials = append(slices.Clone(c.app.Credentials), c.principal.Credentials...)
		c.federated, err = r.FederatedCredentials(c.app.ID)
		return c, err
	})
}

// clientCredential is what the request proves the client with.
type clientCredential struct {
	id            string
	secret        sensitive.String
	assertion     string
	assertionType string
}

// readCredential takes the client's id and credential from the form or the
// Authorization header (RFC 6749, 2.3.1); more than one way is refused.
func readCredential(r *http.Request, form url.Values) (clientCredential, error) {
	c := clientCredential{
		id: form.Get("client_id"), secret: sensitive.NewString(form.Get("client_secret")),
		assertion: form.Get("client_assertion"), assertionType: form.Get("client_assertion_type"),
	}
	if user, password, ok := r.BasicAuth(); ok {
		id, err1 := url.QueryUnescape(user)
		secret, err2 := url.QueryUnescape(password)
		if err1 != nil || err2 != nil || c.secret.Len() > 0 || c.id != "" && !strings.EqualFold(c.id, id) {
			return clientCredential{}, badRequest(90014, "The client's credential must be given once, in the form or in the Authorization header.")
		}
		c.id, c.secret = id, sensitive.NewString(secret)
	} else if r.Header.Get("Authorization") != "" {
		return clientCredential{}, badRequest(90014, "The Authorization header of this endpoint must be of the scheme Basic.")
	}
	if c.secret.Len() > 0 && c.assertion != "" {
		return clientCredential{}, badRequest(90014, "The request must have one of client_secret and client_assertion, not both.")
	}
	return c, nil
}

// authenticateClient finds the client and checks its credential. A client without one
// passes if public is set and it may be public; what it may do then is up to the flow.
func (a *attempt) authenticateClient(ctx context.Context, r *http.Request, public bool) error {
	given, err := readCredential(r, a.form)
	if err != nil {
		return err
	}
	if a.client, err = a.s.findClient(ctx, given.id); err != nil {
		return err
	}
	switch {
	case given.secret.Len() > 0:
		err = a.s.checkSecret(a.client, given.secret)
	case given.assertion != "":
		err = a.checkAssertion(ctx, given)
	case public && a.client.mayBePublic():
		return nil
	default:
		return badClient(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	a.client.proved = err == nil
	return err
}

// checkSecret compares the secret with every secret of the client.
func (s *Service) checkSecret(c *client, secret sensitive.String) error {
	if c.builtIn {
		return badClient(700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
	}
	if secret.Len() > 512 {
		return badClient(7000215, "Invalid client secret provided.")
	}
	c.acr = acrSecret
	s.procLock.RLock()
	want, allowed := s.process[c.appID]
	s.procLock.RUnlock()
	sum := sha256.Sum256([]byte(secret.Reveal()))
	if allowed && subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
		return nil
	}
	now, matched, valid := s.now(), false, false
	for _, credential := range c.credentials {
		if credential.MatchPassword(secret) {
			matched, valid = true, valid || credential.ValidAt(now)
		}
	}
	switch {
	case valid:
		return nil
	case matched:
		return badClient(7000222, "The provided client secret keys for app '%s' are expired.", c.appID)
	}
	return badClient(7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", c.appID)
}
