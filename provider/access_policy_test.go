package provider_test

import (
	"context"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

func words(list ...string) knownvalue.Check {
	checks := make([]knownvalue.Check, len(list))
	for i, word := range list {
		checks[i] = knownvalue.StringExact(word)
	}
	return knownvalue.SetExact(checks)
}

func TestAccAccessPolicy(t *testing.T) {
	w := newWorld(t)
	const at = "coffer_access_policy.test"
	policyVault := vault("rbac_authorization_enabled = false") + `data "coffer_client_config" "me" {}
`
	policy := func(attributes string) string {
		return policyVault + `resource "coffer_access_policy" "test" {
  vault_id  = coffer_vault.test.id
  object_id = data.coffer_client_config.me.object_id
  ` + attributes + "\n}\n"
	}
	id := w.subscription("/resourceGroups/rg-test/providers/Microsoft.KeyVault/vaults/kv-test/objectId/") + w.info.OperatorObjectID
	change := func(kind armkeyvault.AccessPolicyUpdateKind, secrets ...armkeyvault.SecretPermissions) {
		var list []*armkeyvault.SecretPermissions
		for _, p := range secrets {
			list = append(list, to.Ptr(p))
		}
		_, err := w.vaults().UpdateAccessPolicy(context.Background(), "rg-test", "kv-test", kind, armkeyvault.VaultAccessPolicyParameters{
			Properties: &armkeyvault.VaultAccessPolicyProperties{AccessPolicies: []*armkeyvault.AccessPolicyEntry{{
				TenantID: &w.info.TenantID, ObjectID: &w.info.OperatorObjectID, Permissions: &armkeyvault.Permissions{Secrets: list},
			}}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	some := policy(`secret_permissions = ["get", "LIST", "Set"]
  key_permissions = ["all"]`)
	w.test(
		resource.TestStep{Config: policy(`secret_permissions = ["Fly"]`), ExpectError: says(`"Fly" is not one of All, Backup`)},
		resource.TestStep{
			Config: policy(`secret_permissions = ["Get"]`),
			ConfigStateChecks: []statecheck.StateCheck{
				known(at, "id", knownvalue.StringExact(id)),
				known(at, "tenant_id", knownvalue.StringExact(w.info.TenantID)),
				known(at, "secret_permissions", words("Get")),
				known(at, "key_permissions", knownvalue.Null()),
			},
		},
		imports(at, id),
		updates(at, some, known(at, "secret_permissions", words("get", "LIST", "Set")), known(at, "key_permissions", words("all"))),
		unchanged(strings.ReplaceAll(some, `"get", "LIST", "Set"`, `"Set", "Get", "List"`)),
		drifts(at, some, func() { change(armkeyvault.AccessPolicyUpdateKindAdd, "purge") }),
		drifts(at, some, func() { change(armkeyvault.AccessPolicyUpdateKindRemove, "list") }),
		resource.TestStep{
			Config: some + `data "coffer_access_policy" "test" {
  vault_id  = coffer_vault.test.id
  object_id = coffer_access_policy.test.object_id
}`,
			ConfigStateChecks: []statecheck.StateCheck{known("data.coffer_access_policy.test", "secret_permissions", words("Get", "List", "Set"))},
		},
		updates(at, policy(`key_permissions = ["all"]`), known(at, "secret_permissions", knownvalue.Null())),
		updates(at, policy(``), known(at, "key_permissions", knownvalue.Null())),
		unchanged(policy(``)),
		disappears(at, policy(`secret_permissions = []`), func() { change(armkeyvault.AccessPolicyUpdateKindRemove) }),
		resource.TestStep{Config: policyVault},
		resource.TestStep{PreConfig: func() { change(armkeyvault.AccessPolicyUpdateKindAdd, "get") }, Config: some, ExpectError: says(`The access policy of .* exists already`)},
		resource.TestStep{
			ResourceName: at, ImportState: true, Config: some, ImportStateId: id + "/x", ExpectError: says(`Not the id of an access policy`),
		},
	)
}

// Two configurations, and somebody by hand, each have their policy: none removes
// another's.
func TestAccAccessPolicy_others(t *testing.T) {
	w := newWorld(t)
	config := vault("rbac_authorization_enabled = false") + `
resource "coffer_group" "team" {
  count        = 3
  display_name = "Team ${count.index}"
}
resource "coffer_access_policy" "team" {
  count              = 3
  vault_id           = coffer_vault.test.id
  object_id          = coffer_group.team[count.index].object_id
  secret_permissions = ["Get"]
}
`
	w.test(
		resource.TestStep{Config: config},
		unchanged(config),
		updates("coffer_vault.test", strings.ReplaceAll(config, "rbac_authorization_enabled = false", "rbac_authorization_enabled = false\n  tags = { a = 1 }")),
		unchanged(strings.ReplaceAll(config, "rbac_authorization_enabled = false", "rbac_authorization_enabled = false\n  tags = { a = 1 }")),
		resource.TestStep{
			Config: strings.ReplaceAll(strings.ReplaceAll(config, "count              = 3", "count              = 2"), "rbac_authorization_enabled = false", "rbac_authorization_enabled = false\n  tags = { a = 1 }"),
		},
	)
}
