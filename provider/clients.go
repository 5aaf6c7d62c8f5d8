package provider

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"golang.org/x/sync/singleflight"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// hosts are the base URLs of an engine, without a slash at the end.
type hosts struct {
	login, management, graph string
}

// clients are the SDK clients of one provider configuration. They are safe for
// concurrent use.
type clients struct {
	// tenantID and subscriptionID are the defaults of everything that belongs to a
	// tenant or subscription.
	tenantID, subscriptionID string
	// clientID and objectID say who the provider is.
	clientID, objectID string
	// pending names what of the configuration is not known yet; then every call fails
	// with a *pendingError.
	pending []string

	hosts      hosts
	credential azcore.TokenCredential
	options    azcore.ClientOptions

	mu         sync.Mutex
	vaultURIs  map[string]string // by lower-case vault id
	secretsBy  map[string]*azsecrets.Client
	keysBy     map[string]*azkeys.Client
	lookups    singleflight.Group
	graphREST  *restClient
	manageREST *restClient
}

// newClients builds what all clients share. The transport decides whether they go over
// the network.
func newClients(h hosts, transport policy.Transporter, version string) *clients {
	return &clients{
		hosts:     h,
		vaultURIs: map[string]string{},
		secretsBy: map[string]*azsecrets.Client{},
		keysBy:    map[string]*azkeys.Client{},
		options: azcore.ClientOptions{
			Transport: transport,
			Telemetry: policy.TelemetryOptions{ApplicationID: "coffer-tf/" + version},
			Retry:     policy.RetryOptions{MaxRetries: 4, RetryDelay: 100 * time.Millisecond, MaxRetryDelay: 5 * time.Second},
			Cloud: cloud.Configuration{
				ActiveDirectoryAuthorityHost: h.login + "/",
				Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
					cloud.ResourceManager: {Endpoint: h.management, Audience: h.management},
				},
			},
		},
	}
}

// start gives the clients their credential; it signs in once, so that a wrong
// credential is one error of the provider and not one of each resource.
func (c *clients) start(ctx context.Context, credential azcore.TokenCredential) error {
	c.credential = credential
	c.graphREST = newRESTClient(c.hosts.graph, credential, c.options)
	c.manageREST = newRESTClient(c.hosts.management, credential, c.options)
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.hosts.management + "/.default"}})
	if err != nil {
		return err
	}
	claims, err := claimsOf(token.Token)
	if err != nil {
		return err
	}
	c.tenantID, c.objectID, c.clientID = claims.TenantID, claims.ObjectID, claims.AppID
	return nil
}

type tokenClaims struct {
	TenantID string `json:"tid"`
	ObjectID string `json:"oid"`
	AppID    string `json:"appid"`
}

// claimsOf reads who a token is for. It is our own token, fresh from the issuer, so
// there is nothing to verify.
func claimsOf(token string) (tokenClaims, error) {
	var claims tokenClaims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return claims, errors.New("the access token is not a JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		return claims, fmt.Errorf("read the access token: %w", err)
	}
	return claims, nil
}

func (c *clients) armOptions() *arm.ClientOptions {
	return &arm.ClientOptions{ClientOptions: c.options, DisableRPRegistration: true}
}

// must returns a client whose constructor can only fail on options that newClients
// always sets.
func must[T any](client T, err error) T {
	if err != nil {
		panic("provider: build a client: " + err.Error())
	}
	return client
}

// armVaults manages vaults of the subscription, of the provider's own if it is empty.
func (c *clients) armVaults(subscriptionID string) *armkeyvault.VaultsClient {
	return must(armkeyvault.NewVaultsClient(c.subscription(subscriptionID), c.credential, c.armOptions()))
}

// resourceGroups manages resource groups of the subscription, of the provider's own if
// it is empty.
func (c *clients) resourceGroups(subscriptionID string) *armresources.ResourceGroupsClient {
	return must(armresources.NewResourceGroupsClient(c.subscription(subscriptionID), c.credential, c.armOptions()))
}

func (c *clients) subscription(id string) string {
	if id == "" {
		return c.subscriptionID
	}
	return id
}

// roleAssignments manages role assignments at any scope.
func (c *clients) roleAssignments() *armauthorization.RoleAssignmentsClient {
	return must(armauthorization.NewRoleAssignmentsClient(c.subscriptionID, c.credential, c.armOptions()))
}

// roleDefinitions manages role definitions at any scope.
func (c *clients) roleDefinitions() *armauthorization.RoleDefinitionsClient {
	return must(armauthorization.NewRoleDefinitionsClient(c.credential, c.armOptions()))
}

// graph speaks to the directory.
func (c *clients) graph() *restClient { return c.graphREST }

// management speaks to what the management plane has beside the SDK's clients.
func (c *clients) management() *restClient { return c.manageREST }

// secrets returns the client of the secrets in the vault with the URI.
func (c *clients) secrets(vaultURI string) (*azsecrets.Client, error) {
	return cached(c, c.secretsBy, vaultURI, func(uri string) (*azsecrets.Client, error) {
		return azsecrets.NewClient(uri, c.credential, &azsecrets.ClientOptions{ClientOptions: c.options})
	})
}

// keys returns the client of the keys in the vault with the URI.
func (c *clients) keys(vaultURI string) (*azkeys.Client, error) {
	return cached(c, c.keysBy, vaultURI, func(uri string) (*azkeys.Client, error) {
		return azkeys.NewClient(uri, c.credential, &azkeys.ClientOptions{ClientOptions: c.options})
	})
}

// cached keeps one data-plane client for each vault, and with it what the client
// learned from the vault's challenge.
func cached[T any](c *clients, by map[string]T, vaultURI string, build func(string) (T, error)) (T, error) {
	uri := strings.ToLower(strings.TrimSuffix(vaultURI, "/"))
	if !strings.HasPrefix(uri, "https://") {
		var none T
		return none, fmt.Errorf("%q is not the https URL of a vault", vaultURI)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if client, ok := by[uri]; ok {
		return client, nil
	}
	client, err := build(uri)
	if err == nil {
		by[uri] = client
	}
	return client, err
}

// vaultURI returns the URI of the vault with the ARM id, without a slash at its end.
// It asks once for each vault, in any subscription.
func (c *clients) vaultURI(ctx context.Context, vaultID string) (string, error) {
	id, err := resourceid.ParseVault(vaultID)
	if err != nil {
		return "", err
	}
	key := strings.ToLower(id.ID())
	c.mu.Lock()
	uri, known := c.vaultURIs[key]
	c.mu.Unlock()
	if known {
		return uri, nil
	}
	answer, err, _ := c.lookups.Do(key, func() (any, error) {
		got, err := c.armVaults(id.SubscriptionID).Get(ctx, id.ResourceGroup, id.Name, nil)
		if err != nil {
			return "", err
		}
		if got.Properties == nil || got.Properties.VaultURI == nil {
			return "", errors.New("the engine's answer names no URI of the vault")
		}
		return strings.TrimSuffix(*got.Properties.VaultURI, "/"), nil
	})
	if err != nil {
		return "", err
	}
	uri = answer.(string)
	c.mu.Lock()
	c.vaultURIs[key] = uri
	c.mu.Unlock()
	return uri, nil
}
