package provider

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// settings are the provider block after the environment has filled its gaps.
type settings struct {
	// endpoint is empty for the embedded engine.
	endpoint string
	caFile   string
	embedded embeddedSettings

	tenantID, subscriptionID, clientID string
	credential                         credentialSettings
}

type embeddedSettings struct {
	database                                string // an absolute path
	rootKeyFile, rootKeyEnv, rootKeyPassEnv string
}

// credentialSettings have at most one of secret, certificatePath, oidcToken and
// oidcTokenFile.
type credentialSettings struct {
	secret, certificatePath, certificatePassword, oidcToken, oidcTokenFile string
}

func (c credentialSettings) empty() bool {
	return c.secret == "" && c.certificatePath == "" && c.oidcToken == "" && c.oidcTokenFile == ""
}

// settings resolves the block and the environment. What the block says goes first; the
// ARM_ variables, which may be meant for Azure, count for a remote engine only.
func (m *providerModel) settings(ctx context.Context) (settings, diag.Diagnostics) {
	diags := m.validate(ctx)
	if diags.HasError() {
		return settings{}, diags
	}
	var s settings
	s.endpoint = m.Endpoint.ValueString()
	if s.endpoint == "" && m.Embedded.IsNull() {
		s.endpoint = os.Getenv("COFFER_ENDPOINT")
		if s.endpoint != "" && os.Getenv("COFFER_DATABASE") != "" {
			diags.AddAttributeError(path.Root("endpoint"), "Embedded and remote exclude each other",
				"Both of the environment variables COFFER_ENDPOINT and COFFER_DATABASE are set, and the provider block decides for neither. Unset one of them, or set endpoint or embedded in the block.")
			return s, diags
		}
	}
	remote := s.endpoint != ""
	get := func(value types.String, name string) string {
		if text := value.ValueString(); text != "" {
			return text
		}
		if text := os.Getenv("COFFER_" + name); text != "" || !remote {
			return text
		}
		return os.Getenv("ARM_" + name)
	}
	s.tenantID = strings.ToLower(get(m.TenantID.StringValue, "TENANT_ID"))
	s.subscriptionID = strings.ToLower(get(m.SubscriptionID.StringValue, "SUBSCRIPTION_ID"))
	s.clientID = strings.ToLower(get(m.ClientID.StringValue, "CLIENT_ID"))
	s.credential = m.credential(get)
	for name, value := range map[string]string{"tenant_id": s.tenantID, "subscription_id": s.subscriptionID, "client_id": s.clientID} {
		if value != "" && !isUUID(value) {
			diags.AddAttributeError(path.Root(name), "Not a UUID",
				"The value from the environment, "+quote(value)+", is not a UUID. Correct the variable COFFER_"+strings.ToUpper(name)+" (or ARM_"+strings.ToUpper(name)+"), or set "+name+" in the block.")
		}
	}
	if remote {
		s.checkRemote(m, &diags)
	} else {
		s.checkEmbedded(ctx, m, &diags)
	}
	return s, diags
}

// credential takes the credential of the block or else the first one in the
// environment.
func (m *providerModel) credential(get func(types.String, string) string) credentialSettings {
	inBlock := len(present(m.credentialAttributes())) > 0
	pick := func(value types.String, name string) string {
		if inBlock {
			return value.ValueString()
		}
		return get(value, name)
	}
	var c credentialSettings
	if c.secret = pick(m.ClientSecret, "CLIENT_SECRET"); c.secret != "" {
		return c
	}
	if c.certificatePath = pick(m.CertPath, "CLIENT_CERTIFICATE_PATH"); c.certificatePath != "" {
		c.certificatePassword = get(m.CertPassword, "CLIENT_CERTIFICATE_PASSWORD")
		return c
	}
	if c.oidcToken = pick(m.OIDCToken, "OIDC_TOKEN"); c.oidcToken != "" {
		return c
	}
	c.oidcTokenFile = pick(m.OIDCTokenFile, "OIDC_TOKEN_FILE_PATH")
	return c
}

func (s *settings) checkRemote(m *providerModel, diags *diag.Diagnostics) {
	if m.CAFile.ValueString() != "" {
		s.caFile = m.CAFile.ValueString()
	} else {
		s.caFile = os.Getenv("COFFER_CA_FILE")
	}
	endpoint, err := parseEndpoint(s.endpoint)
	if err != nil {
		diags.AddAttributeError(path.Root("endpoint"), "The endpoint is not a URL of a management host", sentence(err.Error())+
			" Write it as in https://management.coffer.example.com:8443.")
	}
	s.endpoint = endpoint
	missing := func(attribute, what string) {
		diags.AddAttributeError(path.Root(attribute), "Missing "+attribute,
			"A remote engine needs to know "+what+". Set "+attribute+" in the provider block, or the environment variable COFFER_"+strings.ToUpper(attribute)+" or ARM_"+strings.ToUpper(attribute)+".")
	}
	if s.tenantID == "" {
		missing("tenant_id", "which tenant to sign in to")
	}
	if s.clientID == "" {
		missing("client_id", "which application to sign in as")
	}
	if s.credential.empty() {
		diags.AddAttributeError(path.Root("client_secret"), "Missing credential",
			"Signing in to a remote engine takes a client_secret, a client_certificate_path, an oidc_token or an oidc_token_file_path. Set one of them in the provider block, or in the environment as COFFER_CLIENT_SECRET, ARM_CLIENT_SECRET and so on.")
	}
}

func (s *settings) checkEmbedded(ctx context.Context, m *providerModel, diags *diag.Diagnostics) {
	e, k, more := m.embedded(ctx)
	diags.Append(more...)
	database := e.Database.ValueString()
	if database == "" {
		database = os.Getenv("COFFER_DATABASE")
	}
	if database == "" {
		database = "coffer.db"
	}
	absolute, err := filepath.Abs(database)
	if err != nil {
		diags.AddAttributeError(databasePath, "The database's path cannot be resolved", sentence(err.Error())+" Give an absolute path.")
	}
	s.embedded = embeddedSettings{
		database: absolute, rootKeyFile: k.File.ValueString(),
		rootKeyEnv: k.Env.ValueString(), rootKeyPassEnv: k.PassphraseEnv.ValueString(),
	}
	if s.clientID == "" && !s.credential.empty() && len(present(m.credentialAttributes())) > 0 {
		diags.AddAttributeError(path.Root("client_id"), "A credential without its application",
			"The block has a credential, but client_id does not say whose it is. Set client_id, or remove the credential to work as the operator.")
	}
	if s.clientID != "" && s.credential.empty() {
		diags.AddAttributeError(path.Root("client_id"), "An application without its credential",
			"client_id says to work as that application, which takes a client_secret, a client_certificate_path, an oidc_token or an oidc_token_file_path. Set one of them, or remove client_id (and the environment variable COFFER_CLIENT_ID) to work as the operator.")
	}
}

var (
	databasePath = path.Root("embedded").AtName("database")
	rootKeyPath  = path.Root("embedded").AtName("root_key")
)

// parseEndpoint returns the base URL of a management host without a slash at its end.
func parseEndpoint(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "":
		return "", errors.New(quote(endpoint) + " is not an absolute URL")
	case u.Scheme != "https":
		return "", errors.New(quote(endpoint) + " does not start with https://; tokens and secrets must not travel in clear")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New(quote(endpoint) + " has more than a host and a port")
	}
	return "https://" + strings.ToLower(u.Host), nil
}

func sorted(words []string) []string {
	slices.Sort(words)
	return words
}
