package login

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	codeLife       = 5 * time.Minute
	deviceLife     = 15 * time.Minute
	deviceInterval = 5 * time.Second
)

// pkceChallenge is the form of an S256 challenge; a verifier has 43 to 128 characters
// (RFC 7636).
var (
	pkceChallenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	pkceVerifier  = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

func matchesChallenge(challenge, verifier string) bool {
	if !pkceVerifier.MatchString(verifier) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(challenge), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) == 1
}

// code turns an authorization code into tokens.
func (a *attempt) code(ctx context.Context, r *http.Request) (*tokenReply, error) {
	g, want, err := a.readCode(ctx, r)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	in := session{want: want, family: g.Family, nonce: g.Data.Nonce, scope: g.Data.Scope}
	return a.userTokens(ctx, in, func(w Writer) (error, error) {
		if refusal, err := a.admitUser(w, g); refusal != nil || err != nil {
			return refusal, err
		}
		first, err := w.UseGrant(g.Hash, w.Now())
		if err != nil || first {
			return nil, err
		}
		// What the first use gave may be in the wrong hands (RFC 6749, 4.1.2).
		return badGrant(54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
			w.DeleteFamily(RefreshGrant, g.Family)
	})
}

func (a *attempt) readCode(ctx context.Context, r *http.Request) (Grant, wanted, error) {
	given, err := readCredential(r, a.form)
	if err != nil {
		return Grant{}, wanted{}, err
	}
	if a.client, err = a.s.findClient(ctx, given.id); err != nil {
		return Grant{}, wanted{}, err
	}
	// Where the code went says whether the client is one that can keep a secret.
	redirect := a.form.Get("redirect_uri")
	confidential := !a.client.mayBePublic() && !a.client.isPublicRedirect(redirect)
	if given.secret.Len() > 0 || given.assertion != "" || confidential {
		if err := a.authenticateClient(ctx, r, false); err != nil {
			return Grant{}, wanted{}, err
		}
	}
	text := a.form.Get("code")
	if text == "" {
		return Grant{}, wanted{}, missingParameter("code")
	}
	g, err := a.grantFor(ctx, CodeGrant, text)
	if err != nil {
		return Grant{}, wanted{}, err
	}
	if g.Data.Redirect != redirect {
		return Grant{}, wanted{}, badGrant(50011, "The redirect URI of the request does not match the one of the authorization request.")
	}
	if !matchesChallenge(g.Data.Challenge, a.form.Get("code_verifier")) {
		return Grant{}, wanted{}, badGrant(501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	want, err := a.wantedOr(ctx, g.Data)
	return g, want, err
}

// isPublicRedirect reports whether the URI is one of a public or single-page client.
func (c *client) isPublicRedirect(uri string) bool {
	return matchesRedirect(c.app.PublicRedirectURIs, uri) || matchesRedirect(c.app.SPARedirectURIs, uri)
}

// mayRedirect reports whether codes of the client may be sent to the URI.
func (c *client) mayRedirect(uri string) bool {
	if c.builtIn {
		return matchesRedirect([]string{"http://localhost", "http://127.0.0.1"}, uri)
	}
	return c.isPublicRedirect(uri) || matchesRedirect(c.app.WebRedirectURIs, uri)
}

// matchesRedirect compares exactly, but for the port of a URI on the loopback interface
// (RFC 8252, 7.3) and the slash of an empty path.
func matchesRedirect(registered []string, uri string) bool {
	if uri == "" || len(uri) > 2048 {
		return false
	}
	if slices.Contains(registered, uri) {
		return true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" || !isLoopback(u.Hostname()) {
		return false
	}
	return slices.ContainsFunc(registered, func(text string) bool {
		r, err := url.Parse(text)
		return err == nil && r.Scheme == u.Scheme && r.Hostname() == u.Hostname() && r.RawQuery == u.RawQuery &&
			strings.TrimSuffix(r.EscapedPath(), "/") == strings.TrimSuffix(u.EscapedPath(), "/")
	})
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// userCodeAlphabet has no vowels, so that no code is a word, and nothing that looks
// like something else (RFC 8628, 6.1).
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"

func newUserCode() string {
	var code strings.Builder
	for code.Len() < 8 {
		// 240 is the largest multiple of 20 that fits in a byte.
		for _, b := range hashOpaque(newOpaque()) {
			if b < 240 && code.Len() < 8 {
				code.WriteByte(userCodeAlphabet[b%20])
			}
		}
	}
	return code.String()
}

// userCodeKey is the family of the device code with the user code, as typed.
func userCodeKey(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, strings.ToUpper(text))
	return hex.EncodeToString(hashOpaque("user-code\x00" + text))
}

// deviceCode starts a device authorization (RFC 8628).
func (s *Service) deviceCode(w http.ResponseWriter, r *http.Request, v1 bool) {
	form, err := readForm(r)
	if err != nil {
		s.writeOAuthError(w, r, err)
		return
	}
	a := s.newAttempt(r, form, v1, "device_code")
	ctx := r.Context()
	if a.client, err = s.findClient(ctx, form.Get("client_id")); err == nil && !a.client.mayBePublic() {
		err = badClient(7000218, "The device code flow is for public clients only.")
	}
	if err == nil {
		_, err = a.wanted(ctx)
	}
	if err != nil {
		s.writeOAuthError(w, r, a.fail(ctx, err))
		return
	}
	device, user := newOpaque(), newUserCode()
	err = s.store.Commit(context.WithoutCancel(ctx), func(w Writer) error {
		if err := w.TidyLogin(w.Now(), tidyRows); err != nil {
			return err
		}
		return w.PutGrant(Grant{
			Hash: hashOpaque(device), Kind: DeviceGrant, Family: userCodeKey(user), AppID: a.client.appID,
			Data:    GrantData{Scope: form.Get("scope"), Audience: a.audience, V1: v1},
			Created: w.Now(), Expires: w.Now().Add(deviceLife),
		})
	}, nil)
	if err != nil {
		s.writeOAuthError(w, r, err)
		return
	}
	page := s.hosts.Login() + "/common/oauth2/deviceauth"
	shown := user[:4] + "-" + user[4:]
	reply := map[string]any{
		"user_code": shown, "device_code": device, "verification_uri": page,
		"expires_in": int(deviceLife.Seconds()), "interval": int(deviceInterval.Seconds()),
		"message": "To sign in, use a web browser to open the page " + page + " and enter the code " + shown + " to authenticate.",
	}
	if v1 {
		reply["verification_url"] = page
	}
	writeJSON(w, http.StatusOK, reply)
}

// device is the poll of a device code. Being told to wait is no sign-in and leaves no
// record.
func (a *attempt) device(ctx context.Context, r *http.Request) (*tokenReply, error) {
	if err := a.authenticateClient(ctx, r, true); err != nil {
		return nil, a.fail(ctx, err)
	}
	text := a.form.Get("device_code")
	if text == "" {
		text = a.form.Get("code") // version 1.0
	}
	if text == "" {
		return nil, a.fail(ctx, missingParameter("device_code"))
	}
	g, err := a.grantFor(ctx, DeviceGrant, text)
	if err != nil {
		if refused, ok := err.(*oauthError); ok && refused.number == 700082 {
			err = refuse(http.StatusBadRequest, "expired_token", 70019, "The device code has expired.")
		}
		return nil, a.fail(ctx, err)
	}
	if g.UserID == "" {
		return nil, a.wait(ctx, g)
	}
	want, err := a.wantedOr(ctx, g.Data)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	in := session{want: want, family: g.Family, scope: g.Data.Scope}
	return a.userTokens(ctx, in, func(w Writer) (error, error) {
		if refusal, err := a.admitUser(w, g); refusal != nil || err != nil {
			return refusal, err
		}
		first, err := w.UseGrant(g.Hash, w.Now())
		if err != nil || first {
			return nil, err
		}
		return badGrant(70000, "The device code was used before."), w.DeleteFamily(RefreshGrant, g.Family)
	})
}

// wait tells a poll that nobody has confirmed yet, or that it comes too often.
func (a *attempt) wait(ctx context.Context, g Grant) error {
	answer := refuse(http.StatusBadRequest, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	now := a.s.now()
	if now.Sub(time.Unix(g.Data.Polled, 0)) < deviceInterval-time.Second {
		answer = refuse(http.StatusBadRequest, "slow_down", 70016, "OAuth 2.0 device flow error. Polling too often.")
	}
	err := a.s.store.Commit(context.WithoutCancel(ctx), func(w Writer) error {
		current, found, err := w.Grant(g.Hash)
		if err != nil || !found {
			return err
		}
		current.Data.Polled = now.Unix()
		return w.PutGrant(current)
	}, nil)
	if err != nil {
		return err
	}
	return answer
}
