package armplane

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

var providerRoutes = []route{
	{method: "GET", pattern: "providers", handle: listProviders},
	{method: "GET", pattern: "subscriptions/{}/providers", handle: listProviders},
	{method: "GET", pattern: "subscriptions/{}/providers/{}", handle: getProvider},
	{method: "GET", pattern: "providers/{}", handle: getProviderOfTenant},
	{method: "POST", pattern: "subscriptions/{}/providers/{}/register", handle: registerProvider},
	{method: "POST", pattern: "subscriptions/{}/providers/{}/unregister", handle: unregisterProvider},
	{method: "GET", pattern: "providers/microsoft.keyvault/operations", family: keyVault, handle: listOperations},
}

// provider is a resource provider with its resource types.
type provider struct {
	namespace string
	types     []string
	versions  []string // the newest first
	free      bool     // needs no registration
}

var providers = []provider{
	{"Microsoft.KeyVault", []string{
		"vaults", "vaults/keys", "vaults/secrets", "vaults/accessPolicies", "operations", "checkNameAvailability", "deletedVaults",
		"locations", "locations/deletedVaults", "locations/operationResults",
	}, newestFirst(keyVaultVersions), false},
	{"Microsoft.Authorization", []string{
		"roleAssignments", "roleDefinitions", "denyAssignments", "permissions", "providerOperations", "classicAdministrators",
	}, []string{"2022-05-01-preview", "2022-04-01", "2020-10-01-preview", "2020-08-01-preview", "2020-04-01-preview", "2018-09-01-preview", "2018-01-01-preview", "2015-07-01"}, true},
	{"Microsoft.Resources", []string{
		"tenants", "subscriptions", "subscriptions/resourceGroups", "resourceGroups", "resources", "locations", "providers",
	}, []string{"2024-03-01", "2023-07-01", "2022-12-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-11-01", "2015-11-01"}, true},
	{"Microsoft.Management", []string{"managementGroups"}, []string{"2023-04-01", "2021-04-01", "2020-05-01", "2020-02-01"}, true},
	{"Microsoft.Subscription", []string{"aliases", "rename", "cancel", "enable"}, []string{"2021-10-01", "2020-09-01"}, true},
}

func newestFirst(versions []string) []string {
	out := make([]string, len(versions))
	for i, v := range versions {
		out[len(versions)-1-i] = v
	}
	return out
}

func providerOf(namespace string) (*provider, bool) {
	for i := range providers {
		if strings.EqualFold(providers[i].namespace, namespace) {
			return &providers[i], true
		}
	}
	return nil, false
}

func (p *provider) body(subscription string, registered bool) map[string]any {
	state, policy := "Registered", "RegistrationRequired"
	if !registered {
		state = "NotRegistered"
	}
	if p.free {
		policy = "RegistrationFree"
	}
	prefix := ""
	if subscription != "" {
		prefix = "/subscriptions/" + strings.ToLower(subscription)
	}
	names := displayNames()
	return map[string]any{
		"id": prefix + "/providers/" + p.namespace, "namespace": p.namespace, "registrationState": state, "registrationPolicy": policy,
		"resourceTypes": each(p.types, func(name *string) map[string]any {
			return map[string]any{
				"resourceType": *name, "locations": names, "apiVersions": p.versions, "defaultApiVersion": p.versions[0], "capabilities": "None",
			}
		}),
	}
}

func listProviders(c *call) (reply, error) {
	subscription := ""
	if len(c.at) > 0 {
		subscription = c.at[0]
	}
	registered := map[string]bool{}
	if subscription == "" {
		if err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.Resources/providers/read", ""); err != nil {
			return reply{}, err
		}
	}
	for i := range providers {
		name := providers[i].namespace
		if registered[name] = true; subscription == "" || providers[i].free {
			continue
		}
		var err error
		if registered[name], err = c.resource.ProviderRegistered(c.r.Context(), c.caller, subscription, name); err != nil {
			return reply{}, err
		}
	}
	return ok(list{Value: each(providers, func(p *provider) map[string]any { return p.body(subscription, registered[p.namespace]) })})
}

func unknownNamespace(namespace string) error {
	return fault.New(fault.UnknownRoute, "The resource namespace '%s' is not known here.", printable(namespace))
}

func getProvider(c *call) (reply, error) {
	registered, err := c.resource.ProviderRegistered(c.r.Context(), c.caller, c.at[0], c.at[1])
	if err != nil {
		return reply{}, err
	}
	p, known := providerOf(c.at[1])
	if !known {
		return c.refuse(unknownNamespace(c.at[1]))
	}
	return ok(p.body(c.at[0], registered))
}

func getProviderOfTenant(c *call) (reply, error) {
	p, known := providerOf(c.at[0])
	if !known {
		return c.refuse(unknownNamespace(c.at[0]))
	}
	err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.Resources/providers/read", "")
	return done(p.body("", true), err)
}

func registerProvider(c *call) (reply, error)   { return c.register(true) }
func unregisterProvider(c *call) (reply, error) { return c.register(false) }

func (c *call) register(registered bool) (reply, error) {
	p, known := providerOf(c.at[1])
	if !known {
		return c.refuse(unknownNamespace(c.at[1]))
	}
	if p.free && !registered {
		return c.refuse(fault.New(fault.BadRequest, "The resource provider '%s' needs no registration.", p.namespace))
	}
	err := c.resource.RegisterProvider(c.r.Context(), c.caller, c.at[0], p.namespace, registered)
	return done(p.body(c.at[0], registered), err)
}
