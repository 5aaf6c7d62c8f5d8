package armplane

import (
	"strings"
)

// The operations of Microsoft.KeyVault that roles can grant and this product has (wire
// reference 5.1).
var (
	controlActions = []string{
		"register/action", "unregister/action", "checkNameAvailability/read", "deletedVaults/read", "operations/read",
		"locations/deletedVaults/read", "locations/deletedVaults/purge/action", "locations/operationResults/read",
		"vaults/read", "vaults/write", "vaults/delete", "vaults/deploy/action", "vaults/accessPolicies/write",
		"vaults/keys/read", "vaults/keys/write", "vaults/keys/versions/read", "vaults/secrets/read", "vaults/secrets/write",
		"vaults/privateEndpointConnections/read", "vaults/privateLinkResources/read",
	}
	dataActions = []string{
		"vaults/secrets/delete", "vaults/secrets/backup/action", "vaults/secrets/purge/action", "vaults/secrets/update/action",
		"vaults/secrets/recover/action", "vaults/secrets/restore/action", "vaults/secrets/readMetadata/action",
		"vaults/secrets/getSecret/action", "vaults/secrets/setSecret/action",
		"vaults/keys/read", "vaults/keys/update/action", "vaults/keys/create/action", "vaults/keys/import/action", "vaults/keys/recover/action",
		"vaults/keys/restore/action", "vaults/keys/delete", "vaults/keys/backup/action", "vaults/keys/purge/action", "vaults/keys/encrypt/action",
		"vaults/keys/decrypt/action", "vaults/keys/wrap/action", "vaults/keys/unwrap/action", "vaults/keys/sign/action", "vaults/keys/verify/action",
		"vaults/keys/release/action", "vaults/keys/rotate/action", "vaults/keyrotationpolicies/read", "vaults/keyrotationpolicies/write",
		"vaults/certificates/delete", "vaults/certificates/read", "vaults/certificates/backup/action", "vaults/certificates/purge/action",
		"vaults/certificates/update/action", "vaults/certificates/create/action", "vaults/certificates/import/action",
		"vaults/certificates/recover/action", "vaults/certificates/restore/action", "vaults/certificatecas/read", "vaults/certificatecas/write",
		"vaults/certificatecas/delete", "vaults/certificatecontacts/write",
	}
)

const keyVaultNamespace = "Microsoft.KeyVault"

func operationBody(action string, data bool) map[string]any {
	parts := strings.Split(action, "/")
	what := strings.Join(parts[:len(parts)-1], "/")
	return map[string]any{
		"name": keyVaultNamespace + "/" + action, "isDataAction": data, "origin": "user,system",
		"display": map[string]any{
			"provider": "Microsoft Key Vault", "resource": what, "operation": action, "description": action,
		},
	}
}

func operationBodies() []map[string]any {
	var out []map[string]any
	for _, action := range controlActions {
		out = append(out, operationBody(action, false))
	}
	for _, action := range dataActions {
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
