package httpx

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// Audience is the service that a token must be meant for.
type Audience uint8

// The audiences.
const (
	VaultAudience Audience = iota
	ManagementAudience
	GraphAudience
)

// Authenticator turns the bearer token of a request into its caller. login.Service
// implements it; the front ends use it.
type Authenticator interface {
	// Authenticate verifies the Authorization header of r for the audience. The caller
	// carries Info(r.Context()). Without a token, or with one that is not valid, the
	// caller has no principal (IsZero) but carries the request info, and err is a fault
	// with the audience's own wording; missing reports that there was no token at all.
	Authenticate(r *http.Request, aud Audience) (c authz.Caller, missing bool, err error)
}

// Hosts builds the URLs of the deployment.
type Hosts struct {
	// Domain is D of login.D, management.D, graph.D and {vault}.vault.D, with a port if
	// it is not 443.
	Domain string
	// Azure means Azure's own public names instead of those of Domain.
	Azure bool
}

// AzureHosts are Azure's own public names.
var AzureHosts = Hosts{Azure: true}

func (h Hosts) base(label, azure string) string {
	if h.Azure {
		return "https://" + azure
	}
	return "https://" + label + "." + h.Domain
}

// Login returns https://login.D.
func (h Hosts) Login() string { return h.base("login", "login.microsoftonline.com") }

// Management returns https://management.D.
func (h Hosts) Management() string { return h.base("management", "management.azure.com") }

// Graph returns https://graph.D.
func (h Hosts) Graph() string { return h.base("graph", "graph.microsoft.com") }

// VaultResource returns https://vault.D, the resource that the challenge names.
func (h Hosts) VaultResource() string { return h.base("vault", "vault.azure.net") }

// VaultSuffix returns vault.D, the parent of every vault's host.
func (h Hosts) VaultSuffix() string { return strings.TrimPrefix(h.VaultResource(), "https://") }

// Vault returns the base URL of a vault, without a slash at its end.
func (h Hosts) Vault(name string) string {
	return "https://" + strings.ToLower(name) + "." + h.VaultSuffix()
}

// Authority returns the base URL of the tenant at the login host.
func (h Hosts) Authority(tenantID string) string { return h.Login() + "/" + tenantID }
