package provider

import (
	"regexp"
	"strings"
)

// refusal is what a 403 says: who wanted to do what, where.
type refusal struct {
	principal, action, scope string
}

// The texts of the refusals (management plane, RBAC and policies of the data plane).
var (
	armRefusal    = regexp.MustCompile(`(?s)^The client '([^']*)' with object id '([^']*)' does not have authorization to perform action '([^']*)' over scope '([^']*)'`)
	rbacRefusal   = regexp.MustCompile(`(?s)Caller: (.*?)\r?\nAction: '([^']*)'\r?\nResource: '([^']*)'`)
	policyRefusal = regexp.MustCompile(`(?s)^The user, group or application '([^']*)' does not have (\w+) (\w+) permission on key vault '([^';]*)`)
	callerOID     = regexp.MustCompile(`\boid=([0-9a-fA-F-]{36})`)
)

// explainForbidden says who lacks which right where, and what would give it.
func explainForbidden(e apiError) (string, bool) {
	if m := armRefusal.FindStringSubmatch(e.message); m != nil {
		return refusal{m[2], m[3], m[4]}.explain(e), true
	}
	if m := rbacRefusal.FindStringSubmatch(e.message); m != nil {
		return refusal{principalOf(m[1]), m[2], m[3]}.explain(e), true
	}
	if m := policyRefusal.FindStringSubmatch(e.message); m != nil {
		return explainPolicy(e, principalOf(m[1]), m[2], m[3], m[4]), true
	}
	switch e.inner {
	case "ForbiddenByFirewall", "ForbiddenByConnection":
		return sentence(e.message) + answered(e) +
			"\n\nThe vault's firewall refuses this client. Add its address to network_acls.ip_rules of the vault, or run Terraform from an address that is allowed.", true
	}
	return "", false
}

func principalOf(caller string) string {
	if m := callerOID.FindStringSubmatch(caller); m != nil {
		return m[1]
	}
	return strings.TrimSpace(caller)
}

func (r refusal) explain(e apiError) string {
	text := "The principal " + r.principal + " has no role that allows " + r.action + " at " + r.scope + "." + answered(e)
	role, found := leastRole(r.action)
	if !found {
		return text + "\n\nNo built-in role allows this alone. Give the principal a custom role with this action (coffer_role_definition, coffer_role_assignment), or Owner."
	}
	scope := r.scope
	if scope == "" {
		scope = "/"
	}
	return text + "\n\nThe least built-in role that allows it is " + quote(role) + ". Someone who may assign roles can grant it; it works at once:\n\n" +
		"  resource \"coffer_role_assignment\" \"grant\" {\n" +
		"    scope                = " + quote(scope) + "\n" +
		"    role_definition_name = " + quote(role) + "\n" +
		"    principal_id         = " + quote(r.principal) + "\n" +
		"  }\n\n" +
		"If this configuration has that assignment, let the resource that failed depend on it."
}

// explainPolicy is for a vault in the policy model.
func explainPolicy(e apiError, principal, collection, permission, vault string) string {
	kind := strings.TrimSuffix(collection, "s")
	return "The principal " + principal + " has no access policy with the " + collection + " permission " + quote(permission) + " on vault " + quote(vault) + "." + answered(e) +
		"\n\nAdd " + quote(permission) + " to " + kind + "_permissions of its access policy; it works at once:\n\n" +
		"  resource \"coffer_access_policy\" \"grant\" {\n" +
		"    vault_id           = coffer_vault.example.id # vault " + vault + "\n" +
		"    object_id          = " + quote(principal) + "\n" +
		"    " + kind + "_permissions" + strings.Repeat(" ", max(0, 7-len(kind)+0)) + " = [" + quote(permission) + "]\n" +
		"  }\n\n" +
		"If this configuration has that policy, let the resource that failed depend on it."
}

// grant says which actions a built-in role allows.
type grant struct {
	role    string
	actions []string
}

// grants are the built-in roles from the least to the most powerful, as far as they
// matter for advice. A pattern ends in * or is exact; letter case does not count.
var grants = []grant{
	{"Key Vault Secrets User", data("secrets/getSecret/action", "secrets/readMetadata/action")},
	{"Key Vault Crypto Service Release User", data("keys/release/action")},
	{"Key Vault Reader", append(data("certificates/read", "keys/read", "certificatecas/read", "keyrotationpolicies/read", "secrets/readMetadata/action"),
		"Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/deletedVaults/read", "Microsoft.KeyVault/locations/deletedVaults/read",
		"Microsoft.KeyVault/checkNameAvailability/read", "Microsoft.Resources/subscriptions/resourceGroups/read",
		"Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read", "Microsoft.Authorization/permissions/read")},
	{"Key Vault Crypto User", data("keys/update/action", "keys/backup/action", "keys/encrypt/action", "keys/decrypt/action",
		"keys/wrap/action", "keys/unwrap/action", "keys/sign/action", "keys/verify/action")},
	{"Key Vault Purge Operator", []string{"Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/locations/operationResults/read"}},
	{"Key Vault Secrets Officer", data("secrets/*")},
	{"Key Vault Crypto Officer", data("keys/*", "keyrotationpolicies/*")},
	{"Key Vault Certificates Officer", data("certificates/*", "certificatecas/*", "certificatecontacts/write")},
	{"Key Vault Contributor", []string{"Microsoft.KeyVault/*"}},
	{"Reader", []string{"Microsoft.Resources/subscriptions/read", "Microsoft.Management/managementGroups/read", "Microsoft.Directory/*/read"}},
	{"Role Based Access Control Administrator", []string{"Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"}},
	{"User Access Administrator", []string{"Microsoft.Authorization/*"}},
	{"Contributor", []string{"Microsoft.Resources/*", "Microsoft.Management/*", "Microsoft.Directory/*"}},
	{"Owner", []string{"*"}},
}

func data(actions ...string) []string {
	full := make([]string, len(actions))
	for i, action := range actions {
		full[i] = "Microsoft.KeyVault/vaults/" + action
	}
	return full
}

// leastRole returns the least powerful built-in role that allows an action.
func leastRole(action string) (string, bool) {
	for _, g := range grants {
		for _, pattern := range g.actions {
			if matchAction(strings.ToLower(pattern), strings.ToLower(action)) {
				return g.role, true
			}
		}
	}
	return "", false
}

// matchAction matches an action with a pattern in which * stands for any text.
func matchAction(pattern, action string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == action
	}
	tail, ok := strings.CutPrefix(action, first)
	if !ok {
		return false
	}
	for i := range len(tail) + 1 {
		if matchAction(rest, tail[i:]) {
			return true
		}
	}
	return false
}
