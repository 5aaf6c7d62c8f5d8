package authz

import "strings"

// onlyRBAC ends the description of every role that has data actions.
const onlyRBAC = " Only works for key vaults that use the 'Azure role-based access control' permission model."

// vaultRead are the actions that most roles of Key Vault begin with.
var vaultRead = []string{
	"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
	"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*", "Microsoft.KeyVault/checkNameAvailability/read",
	"Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/*/read", "Microsoft.KeyVault/vaults/*/read",
	"Microsoft.KeyVault/operations/read",
}

// assignable are the roles that Key Vault Data Access Administrator may give and take.
const assignable = "00482a5a-887f-4fb3-b363-3b7fe8e74483, a4417e6f-fecd-4de8-b567-7b0420556985, 14b46e9e-c2b7-41b4-b07b-48a6ebf60603, e147488a-f6f5-4113-8e2d-b22465e65bf6, 12338af0-0e69-4776-bea7-57ae8d297424, 21090545-7ca7-4776-b22c-e363652d74d2, b86a8fe4-44ce-4948-aee5-eccb2c155cd7, 4633458b-17de-408a-b874-0445c86b69e6"

const dataAccessCondition = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{" + assignable +
	"})) AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{" + assignable + "}))"

// dataActions adds what all data actions of a vault begin with.
func dataActions(names ...string) []string {
	for i, name := range names {
		names[i] = "Microsoft.KeyVault/vaults/" + name
	}
	return names
}

func builtIn(id, name, description string, p Permission) RoleDefinition {
	return RoleDefinition{ID: id, Name: name, Description: description, BuiltIn: true, AssignableScopes: []string{"/"}, Permissions: []Permission{p}}
}

// builtInRoles is the table of wire reference 5.2.
var builtInRoles = []RoleDefinition{
	builtIn("00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator",
		"Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments."+onlyRBAC,
		Permission{Actions: vaultRead, DataActions: dataActions("*")}),
	builtIn("21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader",
		"Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material."+onlyRBAC,
		Permission{Actions: vaultRead, DataActions: dataActions("*/read", "secrets/readMetadata/action")}),
	builtIn("a68e7c17-0ab2-4c09-9a58-125dae29748c", "Key Vault Purge Operator", "Allows permanent deletion of soft-deleted vaults.",
		Permission{Actions: []string{
			"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.Resources/deployments/*",
			"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.KeyVault/deletedVaults/read",
			"Microsoft.KeyVault/locations/deletedVaults/read", "Microsoft.KeyVault/locations/deletedVaults/purge/action",
			"Microsoft.KeyVault/locations/operationResults/read",
		}}),
	builtIn("a4417e6f-fecd-4de8-b567-7b0420556985", "Key Vault Certificates Officer",
		"Perform any action on the certificates of a key vault, except manage permissions."+onlyRBAC,
		Permission{Actions: vaultRead, DataActions: dataActions("certificatecas/*", "certificates/*", "certificatecontacts/write")}),
	builtIn("db79e9a7-68ee-4b58-9aeb-b90e7c24fcba", "Key Vault Certificate User", "Read certificate contents."+onlyRBAC,
		Permission{DataActions: dataActions("certificates/read", "secrets/getSecret/action", "secrets/readMetadata/action", "keys/read")}),
	builtIn("14b46e9e-c2b7-41b4-b07b-48a6ebf60603", "Key Vault Crypto Officer", "Perform any action on the keys of a key vault, except manage permissions."+onlyRBAC,
		Permission{Actions: vaultRead, DataActions: dataActions("keys/*", "keyrotationpolicies/*")}),
	builtIn("e147488a-f6f5-4113-8e2d-b22465e65bf6", "Key Vault Crypto Service Encryption User", "Read metadata of keys and perform wrap/unwrap operations."+onlyRBAC,
		Permission{
			Actions:     []string{"Microsoft.EventGrid/eventSubscriptions/write", "Microsoft.EventGrid/eventSubscriptions/read", "Microsoft.EventGrid/eventSubscriptions/delete"},
			DataActions: dataActions("keys/read", "keys/wrap/action", "keys/unwrap/action"),
		}),
	builtIn("12338af0-0e69-4776-bea7-57ae8d297424", "Key Vault Crypto User", "Perform cryptographic operations using keys."+onlyRBAC,
		Permission{DataActions: dataActions("keys/read", "keys/update/action", "keys/backup/action", "keys/encrypt/action", "keys/decrypt/action",
			"keys/wrap/action", "keys/unwrap/action", "keys/sign/action", "keys/verify/action")}),
	builtIn("08bbd89e-9f13-488c-ac41-acfcb10c90ab", "Key Vault Crypto Service Release User", "Release keys."+onlyRBAC,
		Permission{DataActions: dataActions("keys/release/action")}),
	builtIn("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer", "Perform any action on the secrets of a key vault, except manage permissions."+onlyRBAC,
		Permission{Actions: vaultRead, DataActions: dataActions("secrets/*")}),
	builtIn("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User", "Read secret contents."+onlyRBAC,
		Permission{DataActions: dataActions("secrets/getSecret/action", "secrets/readMetadata/action")}),
	builtIn("f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Lets you manage key vaults, but not access to them.",
		Permission{
			Actions: []string{
				"Microsoft.Authorization/*/read", "Microsoft.Insights/alertRules/*", "Microsoft.KeyVault/*", "Microsoft.Resources/deployments/*",
				"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Support/*",
			},
			NotActions: []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"},
		}),
	builtIn("8b54135c-b56d-4d72-a534-26097cfdc8d8", "Key Vault Data Access Administrator",
		"Manage access to Azure Key Vault by adding or removing role assignments for the Key Vault Administrator, Key Vault Certificates Officer, Key Vault Crypto Officer, Key Vault Crypto Service Encryption User, Key Vault Crypto User, Key Vault Reader, Key Vault Secrets Officer, or Key Vault Secrets User roles. Includes an ABAC condition to constrain role assignments.",
		Permission{
			Actions: []string{
				"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "Microsoft.Authorization/*/read",
				"Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Resources/subscriptions/read",
				"Microsoft.Management/managementGroups/read", "Microsoft.Resources/deployments/*", "Microsoft.Support/*", "Microsoft.KeyVault/vaults/*/read",
			},
			Condition: dataAccessCondition, ConditionVersion: "2.0",
		}),
	builtIn("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner",
		"Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", Permission{Actions: []string{"*"}}),
	builtIn("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor",
		"Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
		Permission{
			Actions: []string{"*"},
			NotActions: []string{
				"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
				"Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
				"Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete", "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
				"Microsoft.Subscription/cancel/action", "Microsoft.Subscription/enable/action",
			},
		}),
	builtIn("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", Permission{Actions: []string{"*/read"}}),
	builtIn("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Lets you manage user access to Azure resources.",
		Permission{Actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}),
	builtIn("f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator",
		"Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
		Permission{Actions: []string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read", "Microsoft.Support/*"}}),
}

func findBuiltIn(matches func(*RoleDefinition) bool) (RoleDefinition, bool) {
	for i := range builtInRoles {
		if matches(&builtInRoles[i]) {
			return builtInRoles[i].clone(), true
		}
	}
	return RoleDefinition{}, false
}

// BuiltInRole returns the built-in role with the id (a guid, in any letter case).
func BuiltInRole(id string) (RoleDefinition, bool) {
	return findBuiltIn(func(d *RoleDefinition) bool { return strings.EqualFold(d.ID, id) })
}

// BuiltInRoleByName returns the built-in role with the name, in any letter case.
func BuiltInRoleByName(name string) (RoleDefinition, bool) {
	return findBuiltIn(func(d *RoleDefinition) bool { return strings.EqualFold(d.Name, name) })
}

// BuiltInRoles returns all built-in roles.
func BuiltInRoles() []RoleDefinition {
	all := make([]RoleDefinition, len(builtInRoles))
	for i := range builtInRoles {
		all[i] = builtInRoles[i].clone()
	}
	return all
}
