package login

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the sign-in page shows. It has no script.
type page struct {
	Title, Message string
	Failed         bool
	// Form says what to ask for: "signin", "device", "back" (a code for the client that
	// is sent by a button), or nothing.
	Form     string
	Action   string
	CSRF     string
	Hidden   map[string]string
	Username string
	Target   string // who gets the sign-in
	Renew    bool   // ask for a new password
}

// csrfCookie holds a random value that the form must repeat. Its prefix binds it to
// this host and to https.
const csrfCookie = "__Host-coffer-csrf"

// show writes a page. formTarget is where its form may lead in the end.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, p page, formTarget string) {
	p.CSRF = newOpaque()
	if c, err := r.Cookie(csrfCookie); err == nil && len(c.Value) == len(p.CSRF) {
		p.CSRF = c.Value
	}
	http.SetCookie(w, &http.Cookie{
		Name: csrfCookie, Value: p.CSRF, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 3600,
	})
	action := "'self'"
	if u, err := url.Parse(formTarget); err == nil && u.Scheme != "" {
		if action += " " + u.Scheme + ":"; u.Host != "" {
			action += "//" + u.Host
		}
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action "+action)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The status is sent: a failure can only cut the page short.
	_ = pageTemplate.Execute(w, p)
}

// checkCSRF compares the form's token with the cookie's, and the page that the form
// was on with this host.
func (s *Service) checkCSRF(r *http.Request, form url.Values) bool {
	c, err := r.Cookie(csrfCookie)
	if err != nil || len(c.Value) < 43 || subtle.ConstantTimeCompare([]byte(c.Value), []byte(form.Get("csrf"))) != 1 {
		return false
	}
	origin := r.Header.Get("Origin")
	return origin == "" || origin == s.hosts.Login()
}

func (s *Service) pageError(w http.ResponseWriter, r *http.Request, err error) {
	text, status := "The request could not be carried out. Please try it again.", http.StatusInternalServerError
	var e *oauthError
	if errors.As(err, &e) {
		text, status = e.description(), http.StatusBadRequest
	}
	s.show(w, r, status, page{Title: "Sign-in", Message: text, Failed: true}, "")
}

// authorization is a request for an authorization code, checked as far as it is known
// where its answer may be sent.
type authorization struct {
	query    url.Values
	redirect string
	formPost bool
}

// The parameters that the page hands on from its address to its form.
var authorizationParameters = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "resource", "state", "nonce",
	"code_challenge", "code_challenge_method", "login_hint",
}

// authorize is the authorization endpoint: GET shows the sign-in page, and its form
// comes back by POST.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request, v1 bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		only(nil)(w, r)
		return
	}
	query, err := parseForm(r.URL.RawQuery)
	if err == nil && r.Method == http.MethodPost {
		query, err = readForm(r)
	}
	if err != nil {
		s.pageError(w, r, err)
		return
	}
	a := s.newAttempt(r, query, v1, "authorization_code")
	auth, err := a.readAuthorization(r.Context())
	if auth.redirect == "" {
		s.pageError(w, r, a.fail(r.Context(), err))
		return
	}
	if err != nil {
		s.answer(w, r, auth, url.Values{}, a.fail(r.Context(), err))
		return
	}
	sign := page{Title: "Sign in", Form: "signin", Action: r.URL.EscapedPath(), Hidden: map[string]string{}, Username: query.Get("login_hint"), Target: a.client.name()}
	for _, name := range authorizationParameters {
		if value := query.Get(name); value != "" {
			sign.Hidden[name] = value
		}
	}
	if r.Method == http.MethodGet {
		s.show(w, r, http.StatusOK, sign, auth.redirect)
		return
	}
	if !s.checkCSRF(r, query) {
		sign.Message, sign.Failed = "The form has expired. Please try again.", true
		s.show(w, r, http.StatusBadRequest, sign, auth.redirect)
		return
	}
	code, err := a.signInForCode(r.Context(), auth)
	var refused *oauthError
	switch {
	case errors.As(err, &refused):
		sign.Message, sign.Failed, sign.Username, sign.Renew = refused.pageText(), true, query.Get("username"), refused.number == passwordExpired
		s.show(w, r, http.StatusUnauthorized, sign, auth.redirect)
	case err != nil:
		s.pageError(w, r, err)
	default:
		s.answer(w, r, auth, url.Values{"code": {code}}, nil)
	}
}

// pageMessage is what a refusal says without its number.
func pageMessage(err error) string {
	var e *oauthError
	if errors.As(err, &e) {
		return e.text
	}
	return fault.From(err).Message
}

// pageText is what the page says of a refused sign-in.
func (e *oauthError) pageText() string {
	if e.number == badCredentials().number {
		return "The name, the password or the code is wrong, or there were too many attempts."
	}
	return e.text
}

func (c *client) name() string {
	if name, builtIn := directory.BuiltInClient(c.appID); builtIn {
		return name
	}
	return c.app.DisplayName
}

// readAuthorization checks the request. Until the redirect URI is known to be the
// client's nothing is sent there.
func (a *attempt) readAuthorization(ctx context.Context) (authorization, error) {
	q := a.form
	auth := authorization{query: q}
	var err error
	if a.client, err = a.s.findClient(ctx, q.Get("client_id")); err != nil {
		return auth, err
	}
	if redirect := q.Get("redirect_uri"); !a.client.mayRedirect(redirect) {
		return auth, badRequest(50011, "The redirect URI specified in the request does not match the redirect URIs configured for the application '%s'.", a.client.appID)
	}
	auth.redirect = q.Get("redirect_uri")
	switch q.Get("response_mode") {
	case "", "query":
	case "form_post":
		auth.formPost = true
	default:
		return auth, badRequest(90014, "The response_mode must be query or form_post.")
	}
	if q.Get("response_type") != "code" {
		return auth, refuse(http.StatusBadRequest, "unsupported_response_type", 700051, "The response_type must be 'code'.")
	}
	if !strings.EqualFold(q.Get("code_challenge_method"), "S256") || !pkceChallenge.MatchString(q.Get("code_challenge")) {
		return auth, badRequest(9002325, "Proof Key for Code Exchange with the method S256 is required for authorization code redemption.")
	}
	_, err = a.wanted(ctx)
	return auth, err
}

// signInForCode signs the user of the form in and makes an authorization code.
func (a *attempt) signInForCode(ctx context.Context, auth authorization) (string, error) {
	q, code := auth.query, newOpaque()
	err := a.signIn(ctx, func(w Writer) error {
		return w.PutGrant(Grant{
			Hash: hashOpaque(code), Kind: CodeGrant, Family: directory.NewID(), UserID: a.user.ID, AppID: a.client.appID,
			Data: GrantData{
				Scope: q.Get("scope"), Audience: a.audience, AMR: a.amr, Redirect: auth.redirect,
				Challenge: q.Get("code_challenge"), Nonce: q.Get("nonce"), V1: a.v1,
			},
			Created: w.Now(), Expires: w.Now().Add(codeLife),
		})
	})
	return code, err
}

// signIn signs the user of the form in, with the second factor if there is one, and
// runs then in the same transaction.
func (a *attempt) signIn(ctx context.Context, then func(Writer) error) error {
	in := identification{
		name: strings.TrimSpace(a.form.Get("username")), password: sensitive.NewString(a.form.Get("password")),
		code: strings.TrimSpace(a.form.Get("otp")), interactive: true,
	}
	if len(in.name) > maxClaim || in.password.Len() > maxClaim {
		return a.fail(ctx, badCredentials())
	}
	if renewed := a.form.Get("new_password"); renewed != "" {
		in.renewed = sensitive.NewString(renewed)
		err := directory.CheckPolicy(in.renewed)
		if err == nil && in.renewed.Equal(in.password) {
			err = badGrant(passwordExpired, "The new password must differ from the old one.")
		}
		if err != nil {
			return a.fail(ctx, badGrant(passwordExpired, "%s", pageMessage(err)))
		}
	}
	id, err := a.s.identify(ctx, in)
	if err != nil {
		return a.fail(ctx, err)
	}
	return a.settle(ctx, func(w Writer) (error, error) {
		if refusal, err := a.confirm(w, in, id); refusal != nil || err != nil {
			return refusal, err
		}
		if err := w.TidyLogin(w.Now(), tidyRows); err != nil {
			return nil, err
		}
		return nil, then(w)
	})
}

// answer sends the result of an authorization to the client.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, auth authorization, values url.Values, err error) {
	var e *oauthError
	switch {
	case errors.As(err, &e):
		values = url.Values{"error": {e.code}, "error_description": {e.description()}}
	case err != nil:
		s.pageError(w, r, err)
		return
	}
	if state := auth.query.Get("state"); state != "" {
		values.Set("state", state)
	}
	if auth.formPost {
		hidden := map[string]string{}
		for name := range values {
			hidden[name] = values.Get(name)
		}
		s.show(w, r, http.StatusOK, page{Title: "Signed in", Form: "back", Action: auth.redirect, Hidden: hidden}, auth.redirect)
		return
	}
	target, parsed := url.Parse(auth.redirect)
	if parsed != nil {
		s.pageError(w, r, badRequest(50011, "The redirect URI cannot be read."))
		return
	}
	q := target.Query()
	for name := range values {
		q.Set(name, values.Get(name))
	}
	target.RawQuery = q.Encode()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", target.String())
	w.WriteHeader(http.StatusSeeOther)
}

// deviceAuth is the page on which a user confirms a device code: first the code, then,
// with the name of the application that asks, the sign-in.
func (s *Service) deviceAuth(w http.ResponseWriter, r *http.Request) {
	ask := page{Title: "Enter code", Form: "device", Action: r.URL.EscapedPath(), Message: "Enter the code that your device shows."}
	if r.Method == http.MethodGet {
		s.show(w, r, http.StatusOK, ask, "")
		return
	}
	if r.Method != http.MethodPost {
		only(nil, http.MethodGet)(w, r)
		return
	}
	form, err := readForm(r)
	if err != nil {
		s.pageError(w, r, err)
		return
	}
	if !s.checkCSRF(r, form) {
		ask.Message, ask.Failed = "The form has expired. Please try again.", true
		s.show(w, r, http.StatusBadRequest, ask, "")
		return
	}
	a := s.newAttempt(r, form, false, "device_code")
	g, err := a.pendingDevice(r.Context(), form.Get("user_code"))
	if err != nil {
		err = a.fail(r.Context(), err)
	}
	var refused *oauthError
	if errors.As(err, &refused) {
		ask.Message, ask.Failed = refused.text, true
		s.show(w, r, http.StatusBadRequest, ask, "")
		return
	}
	if err != nil {
		s.pageError(w, r, err)
		return
	}
	sign := page{
		Title: "Sign in", Form: "signin", Action: r.URL.EscapedPath(), Hidden: map[string]string{"user_code": form.Get("user_code")},
		Target: a.client.name(), Username: form.Get("username"),
		Message: "Continue only if you started this sign-in yourself on a device that you trust.",
	}
	if form.Get("username") == "" {
		s.show(w, r, http.StatusOK, sign, "")
		return
	}
	s.confirmDevice(w, r, a, g, sign)
}

func (s *Service) confirmDevice(w http.ResponseWriter, r *http.Request, a *attempt, g Grant, sign page) {
	err := a.signIn(r.Context(), func(w Writer) error {
		current, found, err := w.Grant(g.Hash)
		if err != nil {
			return err
		}
		if !found || current.UserID != "" {
			return badGrant(70000, "The code was used before.")
		}
		// The grant counts as made at the sign-in, for sign-ins that are revoked.
		current.UserID, current.Data.AMR, current.Created = a.user.ID, a.amr, w.Now()
		return w.PutGrant(current)
	})
	var refused *oauthError
	switch {
	case errors.As(err, &refused):
		sign.Message, sign.Failed, sign.Renew = refused.pageText(), true, refused.number == passwordExpired
		s.show(w, r, http.StatusUnauthorized, sign, "")
	case err != nil:
		s.pageError(w, r, err)
	default:
		s.show(w, r, http.StatusOK, page{Title: "Signed in", Message: "You have signed in on your device. You may close this window."}, "")
	}
}

// pendingDevice finds the device code that waits under the user code, and its client.
func (a *attempt) pendingDevice(ctx context.Context, userCode string) (Grant, error) {
	unknown := badGrant(70000, "That code did not work. Check the code and try again.")
	if len(userCode) > 32 {
		return Grant{}, unknown
	}
	g, err := view(ctx, a.s, func(r Reader) (*Grant, error) {
		g, found, err := r.GrantOf(DeviceGrant, userCodeKey(userCode))
		if err != nil || !found {
			return nil, err
		}
		return &g, nil
	})
	if err != nil {
		return Grant{}, err
	}
	if g == nil || g.UserID != "" || !a.s.now().Before(g.Expires) {
		return Grant{}, unknown
	}
	a.audience = g.Data.Audience
	a.client, err = a.s.findClient(ctx, g.AppID)
	return *g, err
}

// logout has no session to end: the page holds none.
func (s *Service) logout(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, page{Title: "Signed out", Message: "You have signed out."}, "")
}
