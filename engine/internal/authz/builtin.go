package authz

import "strings"

const onlyRBAC = " Only works for key vaults that use the 'Azure role-based access control' permission model."

var keyVaultControl = []string{
	"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
	"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*", "Microsoft.KeyVault/checkNameAvailability/read",
	"Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/operations/read",
}

func builtIn(id, name, description string, p Permission) RoleDefinition {
	for i, a := range p.DataActions {
		p.DataActions[i] = "Microsoft.KeyVault/vaults/" + a
	}
	return RoleDefinition{ID: id, Name: name, Description: description, BuiltIn: true, AssignableScopes: []string{"/"}, Permissions: []Permission{p}}
}

var builtInRoles = []RoleDefinition{
	builtIn("00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator", "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments."+onlyRBAC, Permission{Actions: keyVaultControl, DataActions: []string{"*"}}),
	builtIn("21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader", "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material."+onlyRBAC, Permission{Actions: keyVaultControl, DataActions: []string{"*/read", "secrets/readMetadata/action"}}),
	builtIn("14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer", "Perform any action on the keys of a key vault, except manage permissions."+onlyRBAC, Permission{Actions: keyVaultControl, DataActions: []string{"keys/*", "keyrotationpolicies/*"}}),
	builtIn("12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User", "Perform cryptographic operations using keys."+onlyRBAC, Permission{DataActions: []string{"keys/read", "keys/update/action", "keys/backup/action", "keys/encrypt/action", "keys/decrypt/action", "keys/wrap/action", "keys/unwrap/action", "keys/sign/action", "keys/verify/action"}}),
	builtIn("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer", "Perform any action on the secrets of a key vault, except manage permissions."+onlyRBAC, Permission{Actions: keyVaultControl, DataActions: []string{"secrets/*"}}),
	builtIn("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Read secret contents."+onlyRBAC, Permission{DataActions: []string{"secrets/getSecret/action", "secrets/readMetadata/action"}}),
	builtIn("f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Lets you manage key vaults, but not access to them.", Permission{Actions: []string{"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.KeyVault/*", "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*"}, NotActions: []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"}}),
	builtIn("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", Permission{Actions: []string{"*"}}),
	builtIn("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.", Permission{Actions: []string{"*"}, NotActions: []string{"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"}}),
	builtIn("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", Permission{Actions: []string{"*/read"}}),
	builtIn("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Lets you manage user access to Azure resources.", Permission{Actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}),
}

// BuiltInRole returns the built-in role with the id.
func BuiltInRole(id string) (RoleDefinition, bool) {
	for _, r := range builtInRoles {
		if strings.EqualFold(r.ID, id) {
			return r, true
		}
	}
	return RoleDefinition{}, false
}

// BuiltInRoles returns all.
func BuiltInRoles() []RoleDefinition { return builtInRoles }

// BuiltInRoleByName finds by name.
func BuiltInRoleByName(name string) (RoleDefinition, bool) {
	for _, r := range builtInRoles {
		if strings.EqualFold(r.Name, name) {
			return r, true
		}
	}
	return RoleDefinition{}, false
}
