package login

import (
	"context"
	"crypto/sha1" //nolint:gosec // x5t names a certificate by SHA-1; nothing rests on it.
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// maxAssertionLife bounds exp, so that an assertion is remembered long enough.
	maxAssertionLife = 24 * time.Hour
)

// checkAssertion verifies a signed client assertion: one that the client made with the
// key of its certificate (issuer = client), or a token of another issuer that one of
// the client's federated credentials trusts.
func (a *attempt) checkAssertion(ctx context.Context, given clientCredential) error {
	if given.assertionType != assertionType {
		return badRequest(900144, "The request body must contain the parameter 'client_assertion_type' with the value '%s'.", assertionType)
	}
	if a.client.builtIn {
		return badClient(700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
	}
	t, err := parseJWT(given.assertion)
	if err != nil {
		return badClient(50027, "JWT token is invalid or malformed.")
	}
	a.client.acr = acrCertificate
	if strings.EqualFold(t.claims.text("iss"), a.client.appID) {
		return a.checkCertificateAssertion(ctx, t)
	}
	return a.checkFederatedAssertion(ctx, t)
}

func (a *attempt) checkCertificateAssertion(ctx context.Context, t *jwt) error {
	c := a.client
	if !strings.EqualFold(t.claims.text("sub"), c.appID) {
		return badClient(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	}
	if !a.signedByCertificate(t) {
		return badClient(700027, "The certificate with identifier used to sign the client assertion is not registered on application, or the signature does not verify.")
	}
	if !slices.ContainsFunc(t.claims.texts("aud"), func(aud string) bool { return a.s.isTokenEndpoint(aud) }) {
		return badClient(700023, "Client assertion audience claim does not match Realm issuer.")
	}
	expires, err := a.checkAssertionTimes(t)
	if err != nil {
		return err
	}
	return a.takeAssertion(ctx, t, expires)
}

// signedByCertificate tries the valid certificates that the header may mean.
func (a *attempt) signedByCertificate(t *jwt) bool {
	now := a.s.now()
	for _, credential := range a.client.credentials {
		if credential.Kind != directory.KeyCredential || !credential.ValidAt(now) {
			continue
		}
		cert, err := x509.ParseCertificate(credential.Certificate)
		if err != nil || !namesCertificate(t.header, cert) {
			continue
		}
		if t.verify(cert.PublicKey, true, "RS256", "PS256", "ES256") == nil {
			return true
		}
	}
	return false
}

// namesCertificate reports whether a thumbprint in the header is the certificate's.
// Clients write them in several alphabets, padded or not, and some in kid. A header
// without any leaves it to the signature.
func namesCertificate(header object, cert *x509.Certificate) bool {
	one, two := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
	named := false
	for _, name := range []string{"x5t#S256", "x5t", "kid"} {
		text := header.text(name)
		if text == "" {
			continue
		}
		named = true
		if data, ok := decodeThumbprint(text); ok &&
			(subtle.ConstantTimeCompare(data, one[:]) == 1 || subtle.ConstantTimeCompare(data, two[:]) == 1) {
			return true
		}
	}
	return !named
}

func decodeThumbprint(text string) ([]byte, bool) {
	if len(text) == 40 || len(text) == 64 {
		if data, err := hex.DecodeString(text); err == nil {
			return data, true
		}
	}
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	data, err := base64.RawURLEncoding.DecodeString(text)
	return data, err == nil
}

// isTokenEndpoint reports whether the audience of an assertion is one of the addresses
// of this token endpoint, or the issuer.
func (s *Service) isTokenEndpoint(aud string) bool {
	for _, h := range append([]httpx.Hosts{s.hosts}, s.also...) {
		rest, ok := strings.CutPrefix(aud, h.Login()+"/")
		if !ok {
			continue
		}
		tenant, path, _ := strings.Cut(rest, "/")
		if !s.isTenant(tenant) && tenant != "adfs" {
			continue
		}
		switch path {
		case "", "v2.0", "oauth2/token", "oauth2/v2.0/token":
			return true
		}
	}
	return false
}

func (a *attempt) checkAssertionTimes(t *jwt) (expires time.Time, err error) {
	now := a.s.now()
	seconds, ok := t.claims.seconds("exp")
	if !ok {
		return time.Time{}, badClient(50027, "JWT token is invalid or malformed: it has no 'exp'.")
	}
	expires = time.Unix(seconds, 0)
	nbf, hasNBF := t.claims.seconds("nbf")
	switch {
	case !now.Before(expires), hasNBF && now.Add(clockSkew).Before(time.Unix(nbf, 0)):
		return time.Time{}, badClient(700024, "Client assertion is not within its valid time range.")
	case expires.Sub(now) > maxAssertionLife:
		return time.Time{}, badClient(700024, "Client assertion is valid for longer than %d hours.", int(maxAssertionLife.Hours()))
	}
	return expires, nil
}

// takeAssertion refuses a replay. Clients keep an assertion and use it again until it
// expires, so the same one may come again, but only from the address that it first
// came from; nothing else may come under its id.
func (a *attempt) takeAssertion(ctx context.Context, t *jwt, expires time.Time) error {
	id := t.claims.text("jti")
	if id == "" {
		return badClient(50027, "JWT token is invalid or malformed: it has no 'jti'.")
	}
	key := sha256.Sum256([]byte("assertion\x00" + a.client.appID + "\x00" + id))
	with := sha256.Sum256([]byte(t.signed + "\x00" + a.caller.Request.RemoteIP))
	var fresh bool
	err := a.s.store.Commit(context.WithoutCancel(ctx), func(w Writer) (err error) {
		if err := w.TidyLogin(w.Now(), tidyRows); err != nil {
			return err
		}
		fresh, err = w.TakeOnce(key[:], with[:], expires)
		return err
	}, nil)
	if err == nil && !fresh {
		err = badClient(700027, "Client assertion was used before.")
	}
	return err
}
