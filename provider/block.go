package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// providerModel is the provider block.
type providerModel struct {
	Embedded       types.Object `tfsdk:"embedded"`
	Endpoint       types.String `tfsdk:"endpoint"`
	CAFile         types.String `tfsdk:"ca_file"`
	TenantID       uuidValue    `tfsdk:"tenant_id"`
	SubscriptionID uuidValue    `tfsdk:"subscription_id"`
	ClientID       uuidValue    `tfsdk:"client_id"`
	ClientSecret   types.String `tfsdk:"client_secret"`
	CertPath       types.String `tfsdk:"client_certificate_path"`
	CertPassword   types.String `tfsdk:"client_certificate_password"`
	OIDCToken      types.String `tfsdk:"oidc_token"`
	OIDCTokenFile  types.String `tfsdk:"oidc_token_file_path"`
}

type embeddedModel struct {
	Database types.String `tfsdk:"database"`
	RootKey  types.Object `tfsdk:"root_key"`
}

type rootKeyModel struct {
	File          types.String `tfsdk:"file"`
	Env           types.String `tfsdk:"env"`
	PassphraseEnv types.String `tfsdk:"passphrase_env"`
}

// blockAttributes are the attributes of the provider block.
func blockAttributes() map[string]schema.Attribute {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	text := func(description string, sensitive bool) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, Sensitive: sensitive, MarkdownDescription: description, Validators: notEmpty}
	}
	id := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, CustomType: uuidType{}, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"embedded": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Settings of the embedded engine, which is what the provider uses when `endpoint` is not set.",
			Attributes: map[string]schema.Attribute{
				"database": text("Path of the database file, relative to the working directory. Its directory must exist; the file is created at first use. Defaults to the environment variable `COFFER_DATABASE`, or `coffer.db`.", false),
				"root_key": schema.SingleNestedAttribute{
					Optional:            true,
					MarkdownDescription: "Where the root key of the database is; exactly one of the attributes. Defaults to a key file named as the database with `.key` after it.",
					Attributes: map[string]schema.Attribute{
						"file":           text("Path of a key file; created, readable by its owner only, together with the database.", false),
						"env":            text("Name of an environment variable that holds the key: 32 bytes as base64 or hex.", false),
						"passphrase_env": text("Name of an environment variable that holds a passphrase.", false),
					},
				},
			},
		},
		"endpoint":                    text("URL of the management host of a remote engine, such as `https://management.coffer.example.com:8443`; its other hosts are discovered from it. Defaults to the environment variable `COFFER_ENDPOINT`. Conflicts with `embedded`.", false),
		"ca_file":                     text("Path of a PEM file with certificate authorities to trust besides those of the system. Defaults to the environment variable `COFFER_CA_FILE`.", false),
		"tenant_id":                   id("Tenant to sign in to. With `endpoint` it is required and defaults to the environment variable `COFFER_TENANT_ID` or `ARM_TENANT_ID`. Embedded, it is the tenant that the database must belong to, and that a new database gets."),
		"subscription_id":             id("Subscription of what names none itself. With `endpoint` it is required by resources and defaults to the environment variable `COFFER_SUBSCRIPTION_ID` or `ARM_SUBSCRIPTION_ID`. Embedded, it defaults to the one made at first use."),
		"client_id":                   id("Client id of the application to sign in as. With `endpoint` it is required and defaults to the environment variable `COFFER_CLIENT_ID` or `ARM_CLIENT_ID`. Embedded, it defaults to the operator, who owns the whole tenant."),
		"client_secret":               text("Client secret of the application. Defaults to the environment variable `COFFER_CLIENT_SECRET` or, with `endpoint`, `ARM_CLIENT_SECRET`.", true),
		"client_certificate_path":     text("Path of a PEM or PKCS#12 file with the application's certificate and private key. Defaults to the environment variable `COFFER_CLIENT_CERTIFICATE_PATH` or, with `endpoint`, `ARM_CLIENT_CERTIFICATE_PATH`.", false),
		"client_certificate_password": text("Password of that file. Defaults to the environment variable `COFFER_CLIENT_CERTIFICATE_PASSWORD` or, with `endpoint`, `ARM_CLIENT_CERTIFICATE_PASSWORD`.", true),
		"oidc_token":                  text("Token of another issuer that a federated credential of the application accepts. Defaults to the environment variable `COFFER_OIDC_TOKEN` or, with `endpoint`, `ARM_OIDC_TOKEN`.", true),
		"oidc_token_file_path":        text("Path of a file with such a token; it is read again whenever a token is needed. Defaults to the environment variable `COFFER_OIDC_TOKEN_FILE_PATH` or, with `endpoint`, `ARM_OIDC_TOKEN_FILE_PATH`.", false),
	}
}

// unknown returns the attributes whose values are known only after apply.
func (m *providerModel) unknown(ctx context.Context) []string {
	var names []string
	add := func(name string, value interface{ IsUnknown() bool }) {
		if value.IsUnknown() {
			names = append(names, name)
		}
	}
	e, k, _ := m.embedded(ctx)
	add("embedded", m.Embedded)
	add("embedded.database", e.Database)
	add("embedded.root_key", e.RootKey)
	add("embedded.root_key.file", k.File)
	add("embedded.root_key.env", k.Env)
	add("embedded.root_key.passphrase_env", k.PassphraseEnv)
	add("endpoint", m.Endpoint)
	add("ca_file", m.CAFile)
	add("tenant_id", m.TenantID)
	add("subscription_id", m.SubscriptionID)
	add("client_id", m.ClientID)
	add("client_secret", m.ClientSecret)
	add("client_certificate_path", m.CertPath)
	add("client_certificate_password", m.CertPassword)
	add("oidc_token", m.OIDCToken)
	add("oidc_token_file_path", m.OIDCTokenFile)
	return names
}

// embedded returns the embedded block and its root key, as far as they are known.
func (m *providerModel) embedded(ctx context.Context) (e embeddedModel, k rootKeyModel, diags diag.Diagnostics) {
	if m.Embedded.IsNull() || m.Embedded.IsUnknown() {
		return e, k, nil
	}
	diags = m.Embedded.As(ctx, &e, basetypes.ObjectAsOptions{})
	if !e.RootKey.IsNull() && !e.RootKey.IsUnknown() {
		diags.Append(e.RootKey.As(ctx, &k, basetypes.ObjectAsOptions{})...)
	}
	return e, k, diags
}

// validate finds contradictions in what is written in the block.
func (m *providerModel) validate(ctx context.Context) diag.Diagnostics {
	_, k, diags := m.embedded(ctx)
	if !m.Embedded.IsNull() && !m.Endpoint.IsNull() {
		diags.AddAttributeError(path.Root("endpoint"), "Embedded and remote exclude each other",
			"The block names a remote engine (endpoint) and configures the embedded one (embedded). Remove one of the two. To use both, declare two providers with aliases.")
	}
	if !m.Embedded.IsNull() && !m.CAFile.IsNull() {
		diags.AddAttributeError(path.Root("ca_file"), "An embedded engine needs no certificate authority",
			"Nothing goes over a network in embedded mode. Remove ca_file, or name a remote engine with endpoint.")
	}
	if given := present(map[string]types.String{"file": k.File, "env": k.Env, "passphrase_env": k.PassphraseEnv}); len(given) > 1 {
		diags.AddAttributeError(path.Root("embedded").AtName("root_key"), "The root key can be in one place only",
			"root_key has "+enumerate(given)+". Keep the one that the database was made with.")
	}
	if given := present(m.credentialAttributes()); len(given) > 1 {
		diags.AddAttributeError(path.Root(given[1]), "More than one credential",
			"The block has "+enumerate(given)+". Keep one of them.")
	}
	if !m.CertPassword.IsNull() && m.CertPath.IsNull() {
		diags.AddAttributeError(path.Root("client_certificate_password"), "A password without its certificate file",
			"client_certificate_password opens the file that client_certificate_path names. Set client_certificate_path too, or remove the password.")
	}
	if endpoint := m.Endpoint.ValueString(); endpoint != "" {
		if _, err := parseEndpoint(endpoint); err != nil {
			diags.AddAttributeError(path.Root("endpoint"), "The endpoint is not a URL of a management host", sentence(err.Error())+
				" Write it as in https://management.coffer.example.com:8443.")
		}
	}
	return diags
}

func (m *providerModel) credentialAttributes() map[string]types.String {
	return map[string]types.String{
		"client_secret": m.ClientSecret, "client_certificate_path": m.CertPath,
		"oidc_token": m.OIDCToken, "oidc_token_file_path": m.OIDCTokenFile,
	}
}

// present returns the names of what is set, sorted.
func present(values map[string]types.String) []string {
	var names []string
	for name, value := range values {
		if !value.IsNull() {
			names = append(names, name)
		}
	}
	return sorted(names)
}

// enumerate writes "a, b and c".
func enumerate(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
