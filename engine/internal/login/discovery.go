package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// openIDConfiguration is the OpenID provider's document (OpenID Connect Discovery 1.0).
func (s *Service) openIDConfiguration(w http.ResponseWriter, tenant string, v1, adfs bool) {
	root := s.hosts.Login()
	authority, version := root+"/"+s.tenant, "/v2.0"
	issuer := authority + "/"
	if v1 {
		version = ""
	}
	if adfs {
		authority = root + "/" + tenant
	}
	oauth := authority + "/oauth2" + version
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                           issuer,
		"authorization_endpoint":                           oauth + "/authorize",
		"token_endpoint":                                   oauth + "/token",
		"device_authorization_endpoint":                    oauth + "/devicecode",
		"end_session_endpoint":                             oauth + "/logout",
		"jwks_uri":                                         root + "/" + s.tenant + "/discovery" + version + "/keys",
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{"query", "form_post"},
		"grant_types_supported":                            []string{"authorization_code", "client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"subject_types_supported":                          []string{"public"},
		"scopes_supported":                                 []string{"openid", "profile", "email", "offline_access"},
		"id_token_signing_alg_values_supported":            []string{"RS256"},
		"code_challenge_methods_supported":                 []string{"S256"},
		"token_endpoint_auth_methods_supported":            []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"RS256", "PS256", "ES256"},
		"claims_supported":                                 []string{"sub", "iss", "aud", "exp", "iat", "nbf", "oid", "tid", "appid", "name", "preferred_username", "upn", "nonce", "amr"},
		"tenant_region_scope":                              nil,
		"cloud_instance_name":                              cloudName(root),
		"msgraph_host":                                     strings.TrimPrefix(s.hosts.Graph(), "https://"),
		"request_uri_parameter_supported":                  false,
	})
}

func cloudName(root string) string { return strings.TrimPrefix(root, "https://") }

// jwks is the set of keys that verify tokens now.
func (s *Service) jwks(w http.ResponseWriter, r *http.Request) {
	type jwk struct {
		KeyType   string `json:"kty"`
		Use       string `json:"use"`
		Algorithm string `json:"alg"`
		KID       string `json:"kid"`
		X5T       string `json:"x5t"`
		N         string `json:"n"`
		E         string `json:"e"`
		Issuer    string `json:"issuer"`
	}
	keys := []jwk{}
	// A set without a key would be of no use to its reader: make the first one.
	if _, err := s.signer(r.Context()); err != nil {
		s.writeOAuthError(w, r, err)
		return
	}
	rows, err := s.loadKeys(r.Context())
	if err != nil {
		s.writeOAuthError(w, r, err)
		return
	}
	for _, row := range rows {
		key, err := s.keyByID(r.Context(), row.KID)
		if err != nil {
			s.writeOAuthError(w, r, err)
			return
		}
		if key != nil {
			keys = append(keys, jwk{"RSA", "sig", "RS256", row.KID, row.KID, modulus(key.public), exponent(key.public), s.issuer()})
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": keys})
}

// instanceDiscovery tells clients which hosts are one authority.
func (s *Service) instanceDiscovery(w http.ResponseWriter, r *http.Request) {
	root, tenant := s.hosts.Login(), s.tenant
	if endpoint := httpx.Query(r, "authorization_endpoint"); endpoint != "" {
		u, err := url.Parse(endpoint)
		known := err == nil && u.Scheme == "https"
		if known {
			root, known = s.loginHost(u.Host)
		}
		if !known {
			s.writeOAuthError(w, r, refuse(http.StatusBadRequest, "invalid_instance", 50049, "Unknown or invalid instance."))
			return
		}
		if first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); s.isTenant(first) {
			tenant = strings.ToLower(first)
		}
	}
	host := strings.TrimPrefix(root, "https://")
	aliases := []string{host}
	for _, h := range append([]httpx.Hosts{s.hosts}, s.also...) {
		if other := strings.TrimPrefix(h.Login(), "https://"); !slices.Contains(aliases, other) {
			aliases = append(aliases, other)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": root + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []map[string]any{{"preferred_network": host, "preferred_cache": host, "aliases": aliases}},
	})
}

// loginHost returns the address of the login host that is meant: some clients lose the
// port.
func (s *Service) loginHost(host string) (address string, known bool) {
	for _, h := range append([]httpx.Hosts{s.hosts}, s.also...) {
		u, err := url.Parse(h.Login())
		if err == nil && (strings.EqualFold(host, u.Host) || strings.EqualFold(host, u.Hostname()) || strings.EqualFold(host, u.Host+":443")) {
			return h.Login(), true
		}
	}
	return "", false
}

// userRealm says how a user signs in: always here, whether the user exists or not.
func (s *Service) userRealm(w http.ResponseWriter, name string) {
	_, domain, _ := strings.Cut(name, "@")
	if domain == "" {
		domain = strings.Split(s.hosts.Domain, ":")[0]
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"ver": "1.0", "account_type": "Managed", "domain_name": quotable(domain),
		"cloud_instance_name": cloudName(s.hosts.Login()), "cloud_audience_urn": "urn:federation:MicrosoftOnline",
	})
}
