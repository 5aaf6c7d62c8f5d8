package login

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

// Limits of what is fetched from a trusted issuer.
const (
	maxDocument  = 64 << 10
	maxKeys      = 64
	maxIssuers   = 256
	fetchTimeout = 10 * time.Second
	// issuerFresh is how long fetched keys are used without asking again, and
	// issuerCooling how long an issuer is left alone after a fetch, whatever came of it.
	issuerFresh   = time.Hour
	issuerCooling = time.Minute
)

// issuerCache holds the keys of the issuers that federated credentials trust.
type issuerCache struct {
	client *http.Client
	mu     sync.Mutex
	known  map[string]*issuerKeys
}

type issuerKeys struct {
	mu      sync.Mutex // held while fetching
	fetched time.Time
	tried   time.Time
	keys    map[string]crypto.PublicKey
}

// restrict returns a client that follows no redirect: a document of an issuer comes
// from the issuer or not at all.
func restrict(c *http.Client) *http.Client {
	if c == nil {
		return nil
	}
	limited := *c
	limited.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	limited.Timeout = fetchTimeout
	limited.Jar = nil
	return &limited
}

// checkFederatedAssertion verifies a token of another issuer. Only an issuer that the
// client's federated credentials name, with the subject and audience of the token, is
// ever asked for its keys.
func (a *attempt) checkFederatedAssertion(ctx context.Context, t *jwt) error {
	issuer, subject := t.claims.text("iss"), t.claims.text("sub")
	audiences := t.claims.texts("aud")
	trusted := slices.ContainsFunc(a.client.federated, func(f directory.FederatedCredential) bool {
		return f.Issuer == issuer && f.Subject == subject && len(f.Audiences) == 1 && slices.Contains(audiences, f.Audiences[0])
	})
	if !trusted || issuer == "" || subject == "" {
		return badClient(700213, "No matching federated identity record found for presented assertion. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.")
	}
	if _, err := a.checkAssertionTimes(t); err != nil {
		return err
	}
	if a.s.issuers.client == nil {
		return badClient(50166, "Federated credentials are not available here: the server makes no outside requests.")
	}
	keys, err := a.s.issuers.keysFor(ctx, issuer, t.header.text("kid"), a.s.now())
	if err != nil {
		return badClient(50166, "The keys of the issuer of the assertion could not be fetched.")
	}
	for _, key := range keys {
		if t.verify(key, false, "RS256", "PS256", "ES256") == nil {
			return nil
		}
	}
	return badClient(700027, "The signature of the assertion does not verify with a key of its issuer.")
}

// keysFor returns the issuer's keys with the key id, all of them for an empty one.
func (c *issuerCache) keysFor(ctx context.Context, issuer, kid string, now time.Time) ([]crypto.PublicKey, error) {
	c.mu.Lock()
	if c.known == nil {
		c.known = map[string]*issuerKeys{}
	}
	entry := c.known[issuer]
	if entry == nil {
		for other := range c.known {
			if len(c.known) < maxIssuers {
				break
			}
			delete(c.known, other)
		}
		entry = &issuerKeys{}
		c.known[issuer] = entry
	}
	c.mu.Unlock()

	entry.mu.Lock()
	defer entry.mu.Unlock()
	_, known := entry.keys[kid]
	stale := now.Sub(entry.fetched) >= issuerFresh || kid != "" && !known
	if stale && now.Sub(entry.tried) >= issuerCooling {
		entry.tried = now
		keys, err := c.fetchKeys(ctx, issuer)
		switch {
		case err == nil:
			entry.keys, entry.fetched = keys, now
		case entry.keys == nil || now.Sub(entry.fetched) >= 24*issuerFresh:
			entry.keys = nil
			return nil, err
		}
	}
	if entry.keys == nil {
		return nil, errors.New("the issuer was asked a moment ago and did not answer")
	}
	var keys []crypto.PublicKey
	for id, key := range entry.keys {
		if kid == "" || id == kid {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func (c *issuerCache) fetchKeys(ctx context.Context, issuer string) (map[string]crypto.PublicKey, error) {
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := c.fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &document); err != nil {
		return nil, err
	}
	if document.Issuer != issuer {
		return nil, errors.New("the issuer's document is of another issuer")
	}
	var set struct {
		Keys []jsonKey `json:"keys"`
	}
	if err := c.fetch(ctx, document.JWKSURI, &set); err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, errors.New("the issuer has too many keys")
	}
	keys := map[string]crypto.PublicKey{}
	for _, k := range set.Keys {
		if k.Use != "" && k.Use != "sig" {
			continue
		}
		if key, err := k.public(); err == nil {
			keys[k.KID] = key
		}
	}
	return keys, nil
}

func (c *issuerCache) fetch(ctx context.Context, address string, into any) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("the address of an issuer's document is not https")
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("ask issuer: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	res, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask issuer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask issuer: status %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return fmt.Errorf("read issuer's document: %w", err)
	}
	if len(data) > maxDocument {
		return errors.New("the issuer's document is too large")
	}
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the issuer's document is not JSON")
	}
	return nil
}

// jsonKey is one key of a JSON Web Key Set (RFC 7517).
type jsonKey struct {
	KeyType string `json:"kty"`
	Use     string `json:"use"`
	KID     string `json:"kid"`
	Curve   string `json:"crv"`
	N       string `json:"n"`
	E       string `json:"e"`
	X       string `json:"x"`
	Y       string `json:"y"`
}

func (k jsonKey) public() (crypto.PublicKey, error) {
	bad := errors.New("the key is not one that is supported")
	number := func(text string) *big.Int {
		data, err := decodeBase64(strings.TrimRight(text, "="))
		if err != nil || len(data) > 1024 {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(data)
	}
	switch k.KeyType {
	case "RSA":
		n, e := number(k.N), number(k.E)
		if n.BitLen() < 2048 || n.BitLen() > 8192 || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
			return nil, bad
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	case "EC":
		x, err := decodeBase64(k.X)
		y, err2 := decodeBase64(k.Y)
		if k.Curve != "P-256" || err != nil || err2 != nil || len(x) != 32 || len(y) != 32 {
			return nil, bad
		}
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	}
	return nil, bad
}
