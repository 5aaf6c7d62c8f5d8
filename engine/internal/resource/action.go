package resource

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// ControlActions are the actions of Microsoft.KeyVault on the management plane that
// this product has (wire reference 5.1).
var ControlActions = []string{
	"Microsoft.KeyVault/register/action",
	"Microsoft.KeyVault/unregister/action",
	"Microsoft.KeyVault/checkNameAvailability/read",
	"Microsoft.KeyVault/deletedVaults/read",
	"Microsoft.KeyVault/operations/read",
	"Microsoft.KeyVault/locations/deletedVaults/read",
	"Microsoft.KeyVault/locations/deletedVaults/purge/action",
	"Microsoft.KeyVault/locations/operationResults/read",
	"Microsoft.KeyVault/vaults/read",
	"Microsoft.KeyVault/vaults/write",
	"Microsoft.KeyVault/vaults/delete",
	"Microsoft.KeyVault/vaults/deploy/action",
	"Microsoft.KeyVault/vaults/accessPolicies/write",
	"Microsoft.KeyVault/vaults/keys/read",
	"Microsoft.KeyVault/vaults/keys/write",
	"Microsoft.KeyVault/vaults/keys/versions/read",
	"Microsoft.KeyVault/vaults/secrets/read",
	"Microsoft.KeyVault/vaults/secrets/write",
	"Microsoft.KeyVault/vaults/privateEndpointConnections/read",
	"Microsoft.KeyVault/vaults/privateLinkResources/read",
}

// DataActions are the actions on the data plane of a vault.
var DataActions = []string{
	"Microsoft.KeyVault/vaults/secrets/delete",
	"Microsoft.KeyVault/vaults/secrets/backup/action",
	"Microsoft.KeyVault/vaults/secrets/purge/action",
	"Microsoft.KeyVault/vaults/secrets/update/action",
	"Microsoft.KeyVault/vaults/secrets/recover/action",
	"Microsoft.KeyVault/vaults/secrets/restore/action",
	"Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	"Microsoft.KeyVault/vaults/secrets/getSecret/action",
	"Microsoft.KeyVault/vaults/secrets/setSecret/action",
	"Microsoft.KeyVault/vaults/keys/read",
	"Microsoft.KeyVault/vaults/keys/update/action",
	"Microsoft.KeyVault/vaults/keys/create/action",
	"Microsoft.KeyVault/vaults/keys/import/action",
	"Microsoft.KeyVault/vaults/keys/recover/action",
	"Microsoft.KeyVault/vaults/keys/restore/action",
	"Microsoft.KeyVault/vaults/keys/delete",
	"Microsoft.KeyVault/vaults/keys/backup/action",
	"Microsoft.KeyVault/vaults/keys/purge/action",
	"Microsoft.KeyVault/vaults/keys/encrypt/action",
	"Microsoft.KeyVault/vaults/keys/decrypt/action",
	"Microsoft.KeyVault/vaults/keys/wrap/action",
	"Microsoft.KeyVault/vaults/keys/unwrap/action",
	"Microsoft.KeyVault/vaults/keys/sign/action",
	"Microsoft.KeyVault/vaults/keys/verify/action",
	"Microsoft.KeyVault/vaults/keys/release/action",
	"Microsoft.KeyVault/vaults/keys/rotate/action",
	"Microsoft.KeyVault/vaults/keyrotationpolicies/read",
	"Microsoft.KeyVault/vaults/keyrotationpolicies/write",
	"Microsoft.KeyVault/vaults/certificates/delete",
	"Microsoft.KeyVault/vaults/certificates/read",
	"Microsoft.KeyVault/vaults/certificates/backup/action",
	"Microsoft.KeyVault/vaults/certificates/purge/action",
	"Microsoft.KeyVault/vaults/certificates/update/action",
	"Microsoft.KeyVault/vaults/certificates/create/action",
	"Microsoft.KeyVault/vaults/certificates/import/action",
	"Microsoft.KeyVault/vaults/certificates/recover/action",
	"Microsoft.KeyVault/vaults/certificates/restore/action",
	"Microsoft.KeyVault/vaults/certificatecas/read",
	"Microsoft.KeyVault/vaults/certificatecas/write",
	"Microsoft.KeyVault/vaults/certificatecas/delete",
	"Microsoft.KeyVault/vaults/certificatecontacts/write",
}

// otherActions are actions outside of Microsoft.KeyVault, by which the breadth of a
// role is measured too.
var otherActions = []string{
	"Microsoft.Authorization/roleAssignments/read",
	"Microsoft.Authorization/roleAssignments/write",
	"Microsoft.Authorization/roleAssignments/delete",
	"Microsoft.Authorization/roleDefinitions/read",
	"Microsoft.Authorization/roleDefinitions/write",
	"Microsoft.Authorization/roleDefinitions/delete",
	"Microsoft.Authorization/directoryMembers/write",
	"Microsoft.Authorization/directoryCredentials/write",
	"Microsoft.Directory/users/read",
	"Microsoft.Directory/users/write",
	"Microsoft.Management/managementGroups/read",
	"Microsoft.Management/managementGroups/write",
	"Microsoft.Resources/subscriptions/read",
	"Microsoft.Resources/subscriptions/resourceGroups/read",
	"Microsoft.Resources/subscriptions/resourceGroups/write",
	"Microsoft.Resources/subscriptions/resourceGroups/delete",
	"Microsoft.Subscription/aliases/write",
}

const dataPrefix = "Microsoft.KeyVault/vaults/"

// policyGrant is what an access policy calls a data action.
type policyGrant struct {
	objects    authz.ObjectType
	permission string
}

// policyGrants say which permissions of access policies allow a data action; the first
// is the usual one. Reading metadata is "list" on a collection and "get" on an object.
var policyGrants = map[string][]policyGrant{
	"secrets/getsecret/action":    {{authz.Secrets, "get"}},
	"secrets/readmetadata/action": {{authz.Secrets, "list"}, {authz.Secrets, "get"}},
	"secrets/setsecret/action":    {{authz.Secrets, "set"}},
	"secrets/update/action":       {{authz.Secrets, "set"}},
	"secrets/delete":              {{authz.Secrets, "delete"}},
	"secrets/backup/action":       {{authz.Secrets, "backup"}},
	"secrets/restore/action":      {{authz.Secrets, "restore"}},
	"secrets/recover/action":      {{authz.Secrets, "recover"}},
	"secrets/purge/action":        {{authz.Secrets, "purge"}},

	"keys/read":                 {{authz.Keys, "get"}, {authz.Keys, "list"}},
	"keys/create/action":        {{authz.Keys, "create"}},
	"keys/import/action":        {{authz.Keys, "import"}},
	"keys/update/action":        {{authz.Keys, "update"}},
	"keys/delete":               {{authz.Keys, "delete"}},
	"keys/backup/action":        {{authz.Keys, "backup"}},
	"keys/restore/action":       {{authz.Keys, "restore"}},
	"keys/recover/action":       {{authz.Keys, "recover"}},
	"keys/purge/action":         {{authz.Keys, "purge"}},
	"keys/encrypt/action":       {{authz.Keys, "encrypt"}},
	"keys/decrypt/action":       {{authz.Keys, "decrypt"}},
	"keys/wrap/action":          {{authz.Keys, "wrapKey"}},
	"keys/unwrap/action":        {{authz.Keys, "unwrapKey"}},
	"keys/sign/action":          {{authz.Keys, "sign"}},
	"keys/verify/action":        {{authz.Keys, "verify"}},
	"keys/release/action":       {{authz.Keys, "release"}},
	"keys/rotate/action":        {{authz.Keys, "rotate"}},
	"keyrotationpolicies/read":  {{authz.Keys, "getrotationpolicy"}},
	"keyrotationpolicies/write": {{authz.Keys, "setrotationpolicy"}},

	"certificates/read":           {{authz.Certificates, "get"}, {authz.Certificates, "list"}},
	"certificates/create/action":  {{authz.Certificates, "create"}},
	"certificates/import/action":  {{authz.Certificates, "import"}},
	"certificates/update/action":  {{authz.Certificates, "update"}},
	"certificates/delete":         {{authz.Certificates, "delete"}},
	"certificates/backup/action":  {{authz.Certificates, "backup"}},
	"certificates/restore/action": {{authz.Certificates, "restore"}},
	"certificates/recover/action": {{authz.Certificates, "recover"}},
	"certificates/purge/action":   {{authz.Certificates, "purge"}},
	"certificatecas/read":         {{authz.Certificates, "getissuers"}, {authz.Certificates, "listissuers"}},
	"certificatecas/write":        {{authz.Certificates, "setissuers"}},
	"certificatecas/delete":       {{authz.Certificates, "deleteissuers"}},
	"certificatecontacts/write":   {{authz.Certificates, "managecontacts"}},
}

// permissionActions returns the data actions that the permission of an access policy
// amounts to.
func permissionActions(t authz.ObjectType, permission string) []string {
	var out []string
	for _, action := range DataActions {
		for _, g := range policyGrants[strings.ToLower(strings.TrimPrefix(action, dataPrefix))] {
			if g.objects == t && strings.EqualFold(g.permission, permission) {
				out = append(out, action)
			}
		}
	}
	if t == authz.Certificates && permission == "manageissuers" {
		out = append(out, dataPrefix+"certificatecas/read", dataPrefix+"certificatecas/write", dataPrefix+"certificatecas/delete")
	}
	return out
}

// isDataAction reports whether the action is one of the data plane.
func isDataAction(action string) bool {
	for _, known := range DataActions {
		if strings.EqualFold(known, action) {
			return true
		}
	}
	return false
}
