package login

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// tokenLife is how long an access token is good for.
const tokenLife = time.Hour

// accessClaims are the claims of an access token.
type accessClaims struct {
	Audience   string   `json:"aud"`
	Issuer     string   `json:"iss"`
	IssuedAt   int64    `json:"iat"`
	NotBefore  int64    `json:"nbf"`
	Expires    int64    `json:"exp"`
	ACR        string   `json:"acr,omitempty"`
	AMR        []string `json:"amr,omitempty"`
	AppID      string   `json:"appid"`
	AppIDACR   string   `json:"appidacr"`
	DisplayApp string   `json:"app_displayname,omitempty"`
	IDType     string   `json:"idtyp"`
	Object     string   `json:"oid"`
	Subject    string   `json:"sub"`
	Tenant     string   `json:"tid"`
	Name       string   `json:"name,omitempty"`
	UPN        string   `json:"upn,omitempty"`
	UniqueName string   `json:"unique_name,omitempty"`
	Scope      string   `json:"scp,omitempty"`
	UTI        string   `json:"uti"`
	Version    string   `json:"ver"`
}

// The values of appidacr: how the application proved itself.
const (
	acrPublic      = "0"
	acrSecret      = "1"
	acrCertificate = "2"
)

// The values of idtyp.
const (
	idTypeApp  = "app"
	idTypeUser = "user"
)

// idClaims are the claims of an id token. Its audience is the application, so that no
// service takes it for an access token; it has no idtyp either.
type idClaims struct {
	Audience  string `json:"aud"`
	Issuer    string `json:"iss"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Expires   int64  `json:"exp"`
	Name      string `json:"name"`
	Nonce     string `json:"nonce,omitempty"`
	Object    string `json:"oid"`
	Username  string `json:"preferred_username"`
	UPN       string `json:"upn"`
	Subject   string `json:"sub"`
	Tenant    string `json:"tid"`
	UTI       string `json:"uti"`
	Version   string `json:"ver"`
}

func newUTI() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// verified is what an access token said, once it was verified.
type verified struct {
	caller             authz.Caller
	audience           string
	notBefore, expires time.Time
}

// tokenCache remembers verified tokens by their SHA-256, so that a signature is
// checked once. What it holds is good until it expires: keys outlive their tokens.
type tokenCache struct {
	mu    sync.RWMutex
	known map[[sha256.Size]byte]*verified
}

// maxTokens bounds the cache; beyond it entries go at random.
const maxTokens = 10_000

func (c *tokenCache) get(key [sha256.Size]byte) *verified {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known[key]
}

func (c *tokenCache) put(key [sha256.Size]byte, v *verified, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[sha256.Size]byte]*verified{}
	}
	if len(c.known) >= maxTokens {
		for k, old := range c.known {
			if !now.Before(old.expires) {
				delete(c.known, k)
			}
		}
	}
	for k := range c.known {
		if len(c.known) < maxTokens {
			break
		}
		delete(c.known, k)
	}
	c.known[key] = v
}

// verifyToken checks an access token's form, signature, issuer, tenant and claims; not
// its audience and not its times, which change without it.
func (s *Service) verifyToken(ctx context.Context, text string) (*verified, *problem) {
	hash := sha256.Sum256([]byte(text))
	if v := s.tokens.get(hash); v != nil {
		return v, nil
	}
	t, err := parseJWT(text)
	if err != nil || t.header.text("typ") != "JWT" {
		return nil, &problem{reason: malformed}
	}
	if t.header.text("alg") != "RS256" {
		return nil, &problem{reason: unresolved, found: t.rawHeader}
	}
	key, err := s.keyByID(ctx, t.header.text("kid"))
	if err != nil {
		return nil, &problem{reason: internal, cause: err}
	}
	if key == nil || t.verify(key.public, false, "RS256") != nil {
		return nil, &problem{reason: unresolved, found: t.rawHeader}
	}
	v, p := s.readClaims(t.claims)
	if p != nil {
		return nil, p
	}
	s.tokens.put(hash, v, s.now())
	return v, nil
}

// readClaims takes the caller from the claims of a token whose signature is good.
func (s *Service) readClaims(claims object) (*verified, *problem) {
	if issuer := claims.text("iss"); !s.isIssuer(issuer) {
		return nil, &problem{reason: wrongIssuer, found: issuer}
	}
	audience := claims.text("aud")
	expires, hasExp := claims.seconds("exp")
	notBefore, hasNBF := claims.seconds("nbf")
	_, hasIAT := claims.seconds("iat")
	c := authz.Caller{
		Issuer: claims.text("iss"), TenantID: claims.text("tid"), ObjectID: claims.text("oid"),
		AppID: claims.text("appid"), Name: claims.text("upn"), AuthMethods: claims.texts("amr"),
	}
	acr := claims.text("appidacr")
	switch claims.text("idtyp") {
	case idTypeApp:
		c.Type = authz.ServicePrincipal
	case idTypeUser:
		c.Type = authz.User
		// A public client names itself and proves nothing: only an application that
		// authenticated makes a compound identity.
		c.Delegated = acr == acrSecret || acr == acrCertificate
	default:
		return nil, &problem{reason: malformed}
	}
	if audience == "" || !hasExp || !hasNBF || !hasIAT || c.ObjectID == "" || c.AppID == "" || claims.text("ver") != "1.0" ||
		!slices.Contains([]string{acrPublic, acrSecret, acrCertificate}, acr) {
		return nil, &problem{reason: malformed}
	}
	if c.TenantID != s.tenant {
		return nil, &problem{reason: wrongIssuer, found: c.Issuer}
	}
	if c.Type == authz.ServicePrincipal {
		c.Name = claims.text("app_displayname")
	}
	return &verified{caller: c, audience: audience, expires: time.Unix(expires, 0), notBefore: time.Unix(notBefore, 0)}, nil
}

// issue makes an access token.
func (s *Service) issue(ctx context.Context, c accessClaims) (sensitive.String, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return sensitive.String{}, err
	}
	now := s.now()
	c.Issuer, c.Tenant, c.Version, c.UTI = s.issuer(), s.tenant, "1.0", newUTI()
	c.IssuedAt, c.NotBefore, c.Expires = now.Unix(), now.Unix(), now.Add(tokenLife).Unix()
	return key.sign(c)
}
