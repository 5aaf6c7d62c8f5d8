package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

const (
	// A refresh token is good for refreshLife since it was last used.
	refreshLife = 90 * 24 * time.Hour
	// A refresh token that was just used is taken again for refreshGrace: clients with
	// several processes race. After that its second use means that it was stolen, and
	// ends the sign-in.
	refreshGrace = time.Minute
	// tidyRows is how many expired rows a sign-in cleans up.
	tidyRows = 100
)

// session is what tokens of a user are made from.
type session struct {
	want    wanted
	user    directory.User
	nonce   string
	family  string
	scope   string // to remember, if the request names none
	noCache bool   // no refresh token, whatever is asked for
}

// settle runs decide in a transaction with the attempt's record. A refusal of decide
// keeps what decide wrote (a counted failure, a revoked family); an error undoes it.
func (a *attempt) settle(ctx context.Context, decide func(Writer) (refusal, err error)) error {
	var refusal error
	err := a.s.store.Commit(context.WithoutCancel(ctx), func(w Writer) (err error) {
		refusal, err = decide(w)
		return err
	}, func(err error) *audit.Record {
		if err == nil {
			err = refusal
		}
		return a.record(err)
	})
	if err == nil {
		err = refusal
	}
	return err
}

// userTokens makes the tokens of a user once decide, which sets the attempt's user and
// methods, has accepted the sign-in.
func (a *attempt) userTokens(ctx context.Context, in session, decide func(Writer) (refusal, err error)) (*tokenReply, error) {
	// The key is made before the transaction if there is none.
	if _, err := a.s.signer(ctx); err != nil {
		return nil, a.fail(ctx, err)
	}
	now := a.s.now()
	reply := &tokenReply{v1: a.v1, resource: a.audience, now: now, expires: now.Add(tokenLife), scope: a.grantedScope(in.want)}
	refresh := ""
	if in.want.offline && !in.noCache {
		refresh = newOpaque()
	}
	err := a.settle(ctx, func(w Writer) (error, error) {
		if refusal, err := decide(w); refusal != nil || err != nil {
			return refusal, err
		}
		if err := w.TidyLogin(w.Now(), tidyRows); err != nil || refresh == "" {
			return nil, err
		}
		return nil, w.PutGrant(Grant{
			Hash: hashOpaque(refresh), Kind: RefreshGrant, Family: in.family, UserID: a.user.ID, AppID: a.client.appID,
			Data:    GrantData{Scope: a.rememberedScope(in), Audience: a.audience, AMR: a.amr, ACR: a.client.acr, V1: a.v1},
			Created: w.Now(), Expires: w.Now().Add(refreshLife),
		})
	})
	if err != nil {
		return nil, err
	}
	reply.refreshToken = refresh
	return reply, a.signUser(ctx, in, reply)
}

// signUser fills in the signed tokens of the reply.
func (a *attempt) signUser(ctx context.Context, in session, reply *tokenReply) error {
	u := a.user
	token, err := a.s.issue(ctx, accessClaims{
		Audience: a.audience, ACR: "1", AMR: a.amr, AppID: a.client.appID, AppIDACR: a.client.acr, IDType: idTypeUser,
		Object: u.ID, Subject: u.ID, Name: u.DisplayName, UPN: u.UPN, UniqueName: u.UPN, Scope: permissionOf(in.want),
	})
	if err != nil {
		return err
	}
	reply.accessToken = token.Reveal()
	if !in.want.openID && !a.v1 {
		return nil
	}
	key, err := a.s.signer(ctx)
	if err != nil {
		return err
	}
	id, err := key.sign(idClaims{
		Audience: a.client.appID, Issuer: a.s.issuer(), IssuedAt: reply.now.Unix(), NotBefore: reply.now.Unix(), Expires: reply.expires.Unix(),
		Name: u.DisplayName, Nonce: in.nonce, Object: u.ID, Username: u.UPN, UPN: u.UPN, Subject: u.ID, Tenant: a.s.tenant, UTI: newUTI(), Version: "2.0",
	})
	if err != nil {
		return err
	}
	info, err := json.Marshal(map[string]string{"uid": u.ID, "utid": a.s.tenant})
	if err != nil {
		return err
	}
	reply.idToken, reply.clientInfo = id.Reveal(), base64.RawURLEncoding.EncodeToString(info)
	return nil
}

// permissionOf is what the token says may be done on the user's behalf. Nothing rests
// on it: a user's rights are the user's, whatever the client asked for.
func permissionOf(w wanted) string {
	named := slices.DeleteFunc(strings.Fields(w.permission), func(p string) bool { return p == ".default" })
	if len(named) == 0 {
		return "user_impersonation"
	}
	return strings.Join(named, " ")
}

// grantedScope is the scope of the reply.
func (a *attempt) grantedScope(w wanted) string {
	if a.v1 {
		return permissionOf(w)
	}
	// What was asked for is repeated: clients take what is missing for declined.
	scopes := []string{a.audience + "/.default"}
	for _, p := range strings.Fields(permissionOf(w)) {
		scopes = append(scopes, a.audience+"/"+p)
	}
	if w.openID {
		scopes = append(scopes, "openid", "profile")
	}
	if w.offline {
		scopes = append(scopes, "offline_access")
	}
	return strings.Join(scopes, " ")
}

func (a *attempt) rememberedScope(in session) string {
	if scope := a.form.Get("scope"); scope != "" {
		return scope
	}
	return in.scope
}

// newOpaque is a new random text of 256 bits.
func newOpaque() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashOpaque is what is kept of it.
func hashOpaque(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// grantFor reads the grant that the request presents. It must be of the kind and of
// the client; whether it is used up is for the transaction to say.
func (a *attempt) grantFor(ctx context.Context, kind GrantKind, text string) (Grant, error) {
	g, err := view(ctx, a.s, func(r Reader) (*Grant, error) {
		g, found, err := r.Grant(hashOpaque(text))
		if err != nil || !found {
			return nil, err
		}
		return &g, nil
	})
	if err != nil {
		return Grant{}, err
	}
	if g == nil || g.Kind != kind || g.AppID != a.client.appID {
		return Grant{}, badGrant(70000, "The provided value for the grant is not valid.")
	}
	if !a.s.now().Before(g.Expires) {
		return Grant{}, badGrant(700082, "The grant has expired.")
	}
	return *g, nil
}

// admitUser checks, in the transaction, that the user of a grant may still use it.
func (a *attempt) admitUser(w Writer, g Grant) (refusal, err error) {
	user, found, err := w.User(g.UserID)
	if err != nil {
		return nil, err
	}
	if !found {
		return badGrant(50034, "The user account does not exist in the directory."), nil
	}
	a.user, a.amr = &user, g.Data.AMR
	switch {
	case !user.Enabled:
		return badGrant(50057, "The user account is disabled."), nil
	case !g.Created.After(user.SessionsFrom):
		return badGrant(50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed."), nil
	}
	return nil, nil
}

// refresh turns a refresh token into new tokens. The refresh token is replaced.
func (a *attempt) refresh(ctx context.Context, r *http.Request) (*tokenReply, error) {
	g, want, err := a.readRefresh(ctx, r)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	want.offline = true
	in := session{want: want, family: g.Family, scope: g.Data.Scope}
	return a.userTokens(ctx, in, func(w Writer) (error, error) {
		if refusal, err := a.admitUser(w, g); refusal != nil || err != nil {
			return refusal, err
		}
		first, err := w.UseGrant(g.Hash, w.Now())
		if err != nil || first {
			return nil, err
		}
		now, found, err := w.Grant(g.Hash)
		if err != nil {
			return nil, err
		}
		if found && w.Now().Sub(now.Used) < refreshGrace {
			return nil, nil
		}
		return badGrant(50173, "The provided grant was used before and has been revoked."), w.DeleteFamily(RefreshGrant, g.Family)
	})
}

func (a *attempt) readRefresh(ctx context.Context, r *http.Request) (Grant, wanted, error) {
	if err := a.authenticateClient(ctx, r, true); err != nil {
		return Grant{}, wanted{}, err
	}
	text := a.form.Get("refresh_token")
	if text == "" {
		return Grant{}, wanted{}, missingParameter("refresh_token")
	}
	g, err := a.grantFor(ctx, RefreshGrant, text)
	if err != nil {
		return Grant{}, wanted{}, err
	}
	// A token that a client got with a credential is not for a client without one.
	if g.Data.ACR != acrPublic && a.client.acr == acrPublic {
		return Grant{}, wanted{}, badClient(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	}
	want, err := a.wantedOr(ctx, g.Data)
	return g, want, err
}

// wantedOr is wanted, but falls back to what a grant remembers.
func (a *attempt) wantedOr(ctx context.Context, data GrantData) (wanted, error) {
	resource, _, openID, offline, ok := parseScope(a.form.Get("scope"))
	_, permission, openIDBefore, offlineBefore, _ := parseScope(data.Scope)
	if !ok || resource != "" || a.v1 && a.form.Get("resource") != "" {
		want, err := a.wanted(ctx)
		want.openID, want.offline = want.openID || openIDBefore, want.offline || offlineBefore
		return want, err
	}
	want := wanted{permission: permission, openID: openID || openIDBefore, offline: offline || offlineBefore || data.V1}
	return want, a.setAudience(ctx, data.Audience)
}

// onBehalfOf gives an application that was called with a user's token one of its own
// for that user: the token names both.
func (a *attempt) onBehalfOf(ctx context.Context, r *http.Request) (*tokenReply, error) {
	v, want, err := a.readOnBehalf(ctx, r)
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	in := session{want: want, family: directory.NewID()}
	// The user's sign-in is as old as the token that stands for it.
	g := Grant{UserID: v.caller.ObjectID, Data: GrantData{AMR: v.caller.AuthMethods}, Created: v.notBefore.Add(time.Second)}
	return a.userTokens(ctx, in, func(w Writer) (error, error) { return a.admitUser(w, g) })
}

func (a *attempt) readOnBehalf(ctx context.Context, r *http.Request) (*verified, wanted, error) {
	if a.form.Get("requested_token_use") != "on_behalf_of" {
		return nil, wanted{}, missingParameter("requested_token_use")
	}
	if err := a.authenticateClient(ctx, r, false); err != nil {
		return nil, wanted{}, err
	}
	assertion := a.form.Get("assertion")
	if assertion == "" {
		return nil, wanted{}, missingParameter("assertion")
	}
	v, p := a.s.verifyToken(ctx, assertion)
	if p != nil && p.reason == internal {
		return nil, wanted{}, p.cause
	}
	now := a.s.now()
	switch {
	case p != nil:
		return nil, wanted{}, badGrant(50013, "Assertion failed signature validation.")
	case !now.Before(v.expires) || now.Add(clockSkew).Before(v.notBefore):
		return nil, wanted{}, badGrant(500133, "Assertion is not within its valid time range.")
	case !a.client.isAudience(v.audience):
		return nil, wanted{}, badGrant(50013, "Assertion audience claim does not match the application '%s'.", a.client.appID)
	case v.caller.Type != "User":
		return nil, wanted{}, badGrant(50013, "The assertion is not a token of a user.")
	}
	want, err := a.wanted(ctx)
	return v, want, err
}

// isAudience reports whether a token with the audience is meant for the client.
func (c *client) isAudience(audience string) bool {
	audience = strings.TrimSuffix(audience, "/")
	return strings.EqualFold(audience, c.appID) || strings.EqualFold(audience, "api://"+c.appID) ||
		slices.ContainsFunc(c.app.IdentifierURIs, func(uri string) bool {
			return strings.EqualFold(strings.TrimSuffix(uri, "/"), audience)
		})
}
