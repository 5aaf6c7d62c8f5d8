package armplane

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const keyVaultNamespace = "Microsoft.KeyVault"

func operationBody(action string, data bool) map[string]any {
	short := strings.TrimPrefix(action, keyVaultNamespace+"/")
	parts := strings.Split(short, "/")
	what := strings.Join(parts[:len(parts)-1], "/")
	return map[string]any{
		"name": action, "isDataAction": data, "origin": "user,system",
		"display": map[string]any{
			"provider": "Microsoft Key Vault", "resource": what, "operation": short, "description": short,
		},
	}
}

func operationBodies() []map[string]any {
	var out []map[string]any
	for _, action := range resource.ControlActions {
		out = append(out, operationBody(action, false))
	}
	for _, action := range resource.DataActions {
		out = append(out, operationBody(action, true))
	}
	return out
}

func listOperations(c *call) (reply, error) {
	err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.KeyVault/operations/read", "")
	return done(list{Value: operationBodies()}, err)
}

func providerOperationsBody() map[string]any {
	return map[string]any{
		"id": "/providers/Microsoft.Authorization/providerOperations/" + keyVaultNamespace, "name": keyVaultNamespace,
		"type": "Microsoft.Authorization/providerOperations", "displayName": "Microsoft Key Vault",
		"resourceTypes": []any{}, "operations": operationBodies(),
	}
}

func listProviderOperations(c *call) (reply, error) {
	err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.Authorization/providerOperations/read", "")
	return done(list{Value: []any{providerOperationsBody()}}, err)
}

func getProviderOperations(c *call) (reply, error) {
	if !strings.EqualFold(c.at[0], keyVaultNamespace) {
		return c.refuse(unknownNamespace(c.at[0]))
	}
	err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.Authorization/providerOperations/read", "")
	return done(providerOperationsBody(), err)
}
