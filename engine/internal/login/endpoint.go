package login

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// Limits of a form.
const (
	maxForm   = 64 << 10
	maxFields = 64
)

// ServeHTTP serves the login host.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	segments, err := httpx.Segments(r.URL)
	if err != nil {
		httpx.WriteError(w, err)
		return
	}
	handler := s.route(segments)
	if handler == nil {
		s.writeOAuthError(w, r, refuse(http.StatusNotFound, "invalid_request", 90043, "There is no such endpoint."))
		return
	}
	handler(w, r)
}

// route finds the handler of a path. The tenant comes first; "adfs" stands for it in
// the shape that clients use for authorities other than Entra.
func (s *Service) route(segments []string) http.HandlerFunc {
	if len(segments) < 2 {
		return nil
	}
	tenant, path := segments[0], strings.ToLower(strings.Join(segments[1:], "/"))
	adfs := strings.EqualFold(tenant, "adfs")
	switch path {
	case "discovery/instance":
		return get(s.instanceDiscovery)
	case "discovery/keys", "discovery/v2.0/keys":
		return get(s.jwks)
	}
	if name, ok := strings.CutPrefix(path, "userrealm/"); ok {
		return get(func(w http.ResponseWriter, _ *http.Request) { s.userRealm(w, name) })
	}
	if !adfs && !s.isTenant(tenant) {
		return func(w http.ResponseWriter, r *http.Request) {
			s.writeOAuthError(w, r, badRequest(90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", quotable(tenant)))
		}
	}
	v1 := adfs || !strings.Contains(path, "v2.0")
	// ADFS has one shape for both versions: clients send it scopes.
	switch strings.TrimPrefix(strings.Replace(path, "oauth2/v2.0/", "oauth2/", 1), "v2.0/") {
	case ".well-known/openid-configuration":
		return get(func(w http.ResponseWriter, _ *http.Request) { s.openIDConfiguration(w, tenant, v1, adfs) })
	case "oauth2/token":
		return post(func(w http.ResponseWriter, r *http.Request) { s.token(w, r, v1 && !adfs) })
	case "oauth2/devicecode":
		return post(func(w http.ResponseWriter, r *http.Request) { s.deviceCode(w, r, v1 && !adfs) })
	case "oauth2/authorize":
		return func(w http.ResponseWriter, r *http.Request) { s.authorize(w, r, v1 && !adfs) }
	case "oauth2/deviceauth":
		return s.deviceAuth
	case "oauth2/logout":
		return get(s.logout)
	}
	return nil
}

// isTenant reports whether the first segment of a path names the tenant: by its id, its
// domain, or as the one that everyone here belongs to.
func (s *Service) isTenant(name string) bool {
	name = strings.ToLower(name)
	host, _, _ := strings.Cut(s.hosts.Domain, ":")
	return name != "" && (name == s.tenant || name == "common" || name == "organizations" || name == strings.ToLower(host))
}

func get(h http.HandlerFunc) http.HandlerFunc {
	return only(h, http.MethodGet, http.MethodHead)
}

func post(h http.HandlerFunc) http.HandlerFunc { return only(h, http.MethodPost) }

func only(h http.HandlerFunc, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, m := range methods {
			if r.Method == m {
				h(w, r)
				return
			}
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		writeJSON(w, http.StatusMethodNotAllowed, oauthErrorBody{Error: "invalid_request", Description: "AADSTS900561: The endpoint only accepts " + methods[0] + " requests.", Codes: []int{900561}})
	}
}

// readForm reads a form from the body. A field that comes twice is refused: of two
// readers each could take another.
func readForm(r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, badRequest(900144, "The request body must be of type application/x-www-form-urlencoded.")
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(data) > maxForm {
		return nil, badRequest(90015, "The request body could not be read or is larger than %d bytes.", maxForm)
	}
	return parseForm(string(data))
}

func parseForm(text string) (url.Values, error) {
	if strings.Count(text, "&") > maxFields {
		return nil, badRequest(90015, "The request has too many parameters.")
	}
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil, badRequest(900144, "The request body is not a well-formed form.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, badRequest(9000411, "The request is not properly formatted. The parameter '%s' is duplicated.", quotable(name))
		}
	}
	return form, nil
}

// token is the token endpoint.
func (s *Service) token(w http.ResponseWriter, r *http.Request, v1 bool) {
	form, err := readForm(r)
	if err != nil {
		// No sign-in was understood, but somebody knocked.
		a := s.newAttempt(r, url.Values{}, v1, "")
		s.writeOAuthError(w, r, a.fail(r.Context(), err))
		return
	}
	a := s.newAttempt(r, form, v1, quotable(form.Get("grant_type")))
	reply, err := a.grant(r.Context(), r)
	if err != nil {
		s.writeOAuthError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, reply)
}

// grant carries the attempt out. Its record is durable when it returns.
func (a *attempt) grant(ctx context.Context, r *http.Request) (*tokenReply, error) {
	grants := map[string]func(context.Context, *http.Request) (*tokenReply, error){
		"client_credentials": a.clientCredentials,
		"password":           a.password,
		"refresh_token":      a.refresh,
		"authorization_code": a.code,
		"device_code":        a.device,
		"urn:ietf:params:oauth:grant-type:device_code": a.device,
		"urn:ietf:params:oauth:grant-type:jwt-bearer":  a.onBehalfOf,
	}
	grant, known := grants[a.form.Get("grant_type")]
	if !known {
		err := refuse(http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
		if a.form.Get("grant_type") == "" {
			err = missingParameter("grant_type")
		}
		return nil, a.fail(ctx, err)
	}
	return grant(ctx, r)
}

// clientCredentials gives an application a token of its own.
func (a *attempt) clientCredentials(ctx context.Context, r *http.Request) (*tokenReply, error) {
	token, err := a.clientToken(ctx, r)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	if err := a.pass(ctx); err != nil {
		return nil, err
	}
	return token, nil
}

func (a *attempt) clientToken(ctx context.Context, r *http.Request) (*tokenReply, error) {
	if err := a.authenticateClient(ctx, r, false); err != nil {
		return nil, err
	}
	wanted, err := a.wanted(ctx)
	if err != nil {
		return nil, err
	}
	if wanted.permission != "" && wanted.permission != ".default" {
		return nil, refuse(http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).")
	}
	return a.appToken(ctx, a.client.principal, a.client.acr)
}

// appToken issues a token of the service principal for the attempt's audience.
func (a *attempt) appToken(ctx context.Context, p directory.ServicePrincipal, acr string) (*tokenReply, error) {
	token, err := a.s.issue(ctx, accessClaims{
		Audience: a.audience, AppID: p.AppID, AppIDACR: acr, DisplayApp: p.DisplayName, IDType: idTypeApp,
		Object: p.ID, Subject: p.ID,
	})
	if err != nil {
		return nil, err
	}
	now := a.s.now()
	return &tokenReply{v1: a.v1, accessToken: token.Reveal(), resource: a.audience, now: now, expires: now.Add(tokenLife)}, nil
}

// wanted is what the request asks for.
type wanted struct {
	permission      string
	openID, offline bool
}

// wanted reads scope (version 2.0) or resource (version 1.0) and sets the audience,
// which must be a service's or a registered application's.
func (a *attempt) wanted(ctx context.Context) (wanted, error) {
	resource, scope := a.form.Get("resource"), a.form.Get("scope")
	var want wanted
	named, permission, openID, offline, ok := parseScope(scope)
	if !ok {
		return want, refuse(http.StatusBadRequest, "invalid_scope", 28000, "The provided value for the input parameter scope is not valid because it contains more than one resource.")
	}
	want = wanted{permission: permission, openID: openID, offline: offline}
	if a.v1 && resource != "" {
		named, want.permission, want.offline = resource, "", true
	}
	if named == "" {
		parameter := "scope"
		if a.v1 {
			parameter = "resource"
		}
		return want, missingParameter(parameter)
	}
	return want, a.setAudience(ctx, named)
}

func (a *attempt) setAudience(ctx context.Context, name string) error {
	if len(name) > 512 {
		return refuse(http.StatusBadRequest, "invalid_resource", 500011, "The resource principal was not found in the tenant '%s'.", a.s.tenant)
	}
	if _, known := a.s.service(name); known {
		a.audience = name
		return nil
	}
	found, err := view(ctx, a.s, func(r Reader) (bool, error) {
		if id, ok := directory.ParseID(name); ok {
			_, found, err := r.ServicePrincipalByAppID(id)
			return found, err
		}
		app, found, err := r.ApplicationByURI(name)
		if err != nil || !found {
			return false, err
		}
		_, found, err = r.ServicePrincipalByAppID(app.AppID)
		return found, err
	})
	if err != nil {
		return err
	}
	if !found {
		return refuse(http.StatusBadRequest, "invalid_resource", 500011, "The resource principal named %s was not found in the tenant '%s'.", quotable(name), a.s.tenant)
	}
	a.audience = name
	return nil
}
