package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const rolesVersion = "?api-version=2022-04-01"

func TestAccRoleDefinition(t *testing.T) {
	w := newWorld(t)
	const at = "coffer_role_definition.test"
	role := func(attributes string) string {
		return group + `resource "coffer_role_definition" "test" {
  role_definition_id = "5f1b3b1e-0000-4000-8000-000000000001"
  scope              = coffer_resource_group.test.id
  ` + attributes + "\n}\n"
	}
	scope := w.subscription("/resourceGroups/rg-test")
	arm := scope + "/providers/Microsoft.Authorization/roleDefinitions/5f1b3b1e-0000-4000-8000-000000000001"
	first := role(`name = "Auditor"
  permissions = [{ data_actions = ["Microsoft.KeyVault/vaults/secrets/readMetadata/action"] }]`)
	second := role(`name = "Chief auditor"
  description = "Sees all."
  assignable_scopes = [coffer_resource_group.test.id, "` + w.subscription("") + `"]
  permissions = [
    { actions = ["microsoft.keyvault/vaults/READ", "*/read"], not_actions = ["Microsoft.Authorization/*/read"] },
    { data_actions = ["Microsoft.KeyVault/vaults/*"], not_data_actions = ["Microsoft.KeyVault/vaults/secrets/getSecret/action"] },
  ]`)
	w.test(
		resource.TestStep{Config: role(`name = "Auditor"
  permissions = [{ actions = ["fly to the moon"] }]`), ExpectError: says(`an action is written as`)},
		resource.TestStep{
			Config: first,
			ConfigStateChecks: []statecheck.StateCheck{
				known(at, "id", knownvalue.StringExact(arm)),
				known(at, "role_definition_resource_id", knownvalue.StringExact(w.subscription("/providers/Microsoft.Authorization/roleDefinitions/5f1b3b1e-0000-4000-8000-000000000001"))),
				known(at, "assignable_scopes", words(scope)),
				known(at, "description", knownvalue.Null()),
			},
		},
		imports(at, arm),
		imports(at, w.subscription("/providers/Microsoft.Authorization/roleDefinitions/5f1b3b1e-0000-4000-8000-000000000001")+"|"+scope),
		updates(at, second, known(at, "description", knownvalue.StringExact("Sees all."))),
		unchanged(strings.ReplaceAll(second, "microsoft.keyvault/vaults/READ", "Microsoft.KeyVault/vaults/read")),
		imports(at, arm, "permissions.0.actions.0", "permissions.0.actions.1"),
		drifts(at, second, func() {
			w.do("PUT", "management", arm+rolesVersion, map[string]any{"properties": map[string]any{
				"roleName": "Chief auditor", "description": "Sees more.", "assignableScopes": []string{scope},
				"permissions": []any{map[string]any{"actions": []string{"*/read"}}},
			}})
		}),
		updates(at, first, known(at, "description", knownvalue.Null()), known(at, "name", knownvalue.StringExact("Auditor"))),
		disappears(at, first, func() { w.do("DELETE", "management", arm+rolesVersion, nil) }),
		resource.TestStep{
			Config: first + `data "coffer_role_definition" "custom" {
  role_definition_id = coffer_role_definition.test.role_definition_id
  scope              = coffer_resource_group.test.id
}
data "coffer_role_definition" "built_in" {
  name = "key vault secrets user"
}`,
			ConfigStateChecks: []statecheck.StateCheck{
				known("data.coffer_role_definition.custom", "name", knownvalue.StringExact("Auditor")),
				known("data.coffer_role_definition.custom", "built_in", knownvalue.Bool(false)),
				known("data.coffer_role_definition.built_in", "role_definition_id", knownvalue.StringExact("4633458b-17de-408a-b874-0445c86b69e6")),
				known("data.coffer_role_definition.built_in", "built_in", knownvalue.Bool(true)),
			},
		},
		resource.TestStep{Config: first, PlanOnly: true},
		resource.TestStep{Config: first + `data "coffer_role_definition" "none" { name = "Key Vault Secret User" }`,
			ExpectError: says(`No role has the name "Key Vault Secret User".*"Key Vault Secrets User"`)},
		resource.TestStep{Config: first},
	)
}

func TestAccRoleAssignment(t *testing.T) {
	w := newWorld(t)
	const at = "coffer_role_assignment.test"
	base := group + `resource "coffer_group" "test" {
  display_name = "Readers"
}
`
	assign := func(attributes string) string {
		return base + `resource "coffer_role_assignment" "test" {
  scope        = coffer_resource_group.test.id
  principal_id = coffer_group.test.object_id
  ` + attributes + "\n}\n"
	}
	var id string
	remember := statecheck.ExpectKnownValue(at, tfjsonpath.New("id"), knownvalue.StringFunc(func(v string) error { id = v; return nil }))
	same := statecheck.CompareValue(compare.ValuesSame())
	conditioned := assign(`role_definition_name = "Key Vault Secrets User"
  description = "They read."
  condition   = "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'x'"`)
	w.test(
		resource.TestStep{
			Config: assign(`role_definition_name = "key vault secrets user"`),
			ConfigStateChecks: []statecheck.StateCheck{
				remember, same.AddStateValue(at, tfjsonpath.New("name")),
				known(at, "principal_type", knownvalue.StringExact("Group")),
				known(at, "role_definition_id", knownvalue.StringExact(w.subscription("/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"))),
				known(at, "condition_version", knownvalue.Null()),
			},
		},
		unchanged(assign(`role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"`)),
		unchanged(assign(`role_definition_name = "Key Vault Secrets User"`)),
		resource.TestStep{ResourceName: at, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"role_definition_name"}},
		updates(at, conditioned, known(at, "condition_version", knownvalue.StringExact("2.0")), same.AddStateValue(at, tfjsonpath.New("name"))),
		drifts(at, conditioned, func() {
			got := w.do("GET", "management", id+rolesVersion, nil)
			properties := got["properties"].(map[string]any)
			properties["description"], properties["condition"], properties["conditionVersion"] = "Changed", nil, nil
			w.do("PUT", "management", id+rolesVersion, map[string]any{"properties": properties})
		}),
		updates(at, assign(`role_definition_name = "Key Vault Secrets User"`),
			known(at, "condition", knownvalue.Null()), known(at, "condition_version", knownvalue.Null()), known(at, "description", knownvalue.Null())),
		disappears(at, assign(`role_definition_name = "Key Vault Secrets User"`), func() { w.do("DELETE", "management", id+rolesVersion, nil) }),
		// The same assignment made again is the same one.
		resource.TestStep{Config: base},
		resource.TestStep{Config: assign(`role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/4633458B-17DE-408A-B874-0445C86B69E6"`),
			ConfigStateChecks: []statecheck.StateCheck{same.AddStateValue(at, tfjsonpath.New("name"))}},
		resource.TestStep{
			Config:           assign(`role_definition_name = "Key Vault Reader"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(at, plancheck.ResourceActionDestroyBeforeCreate)}},
		},
		resource.TestStep{
			Config: assign(`role_definition_name = "Key Vault Reader"`) + `data "coffer_role_assignment" "test" {
  scope = coffer_role_assignment.test.scope
  name  = coffer_role_assignment.test.name
}`,
			ConfigStateChecks: []statecheck.StateCheck{known("data.coffer_role_assignment.test", "role_definition_name", knownvalue.StringExact("Key Vault Reader"))},
		},
	)
}

func TestAccRoleAssignment_errors(t *testing.T) {
	w := newWorld(t)
	assign := func(attributes string) string {
		return group + `data "coffer_client_config" "me" {}
resource "coffer_role_assignment" "test" {
` + attributes + "\n}\n"
	}
	fails := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: config, ExpectError: says(message)}
	}
	me := "principal_id = data.coffer_client_config.me.object_id\n"
	rg := "scope = coffer_resource_group.test.id\n"
	w.test(
		fails(assign(me+rg+`role_definition_name = "Key Vault Secret Reader"`), `No role has the name "Key Vault Secret Reader".*Correct role_definition_name`),
		fails(assign(me+rg), `Exactly one of these attributes`),
		fails(assign(me+`scope = "rg1"
role_definition_name = "Reader"`), `is not a scope`),
		fails(assign(me+`scope = "/subscriptions/x/resourceGroups/../y"
role_definition_name = "Reader"`), `cannot be part of an ARM id`),
		fails(assign(rg+`principal_id = "a0a0a0a0-0000-4000-8000-000000000000"
role_definition_name = "Reader"`), `does not exist in the directory.*Check principal_id`),
		fails(assign(rg+`principal_id = "someone"
role_definition_name = "Reader"`), `Not a UUID`),
		fails(assign(me+rg+`role_definition_id = "Reader"`), `is not the ARM id of a role`),
		fails(assign(me+rg+`role_definition_name = "Reader"
condition = "nonsense"`), `The condition is not valid`),
		fails(assign(me+rg+`role_definition_name = "Reader"
condition_version = "2.0"`), `condition`),
		fails(assign(me+rg+`role_definition_name = "Reader"
}
resource "coffer_role_assignment" "twin" {
  name = "a0a0a0a0-0000-4000-8000-000000000001"
  scope = coffer_role_assignment.test.scope
  principal_id = coffer_role_assignment.test.principal_id
  role_definition_name = "Reader"`), `exists already.*roleAssignments/`),
	)
}

// At "/", a vault, and a single object.
func TestAccRoleAssignment_scopes(t *testing.T) {
	w := newWorld(t)
	config := vault("") + `
resource "coffer_group" "test" { display_name = "Team" }
resource "coffer_role_assignment" "root" {
  scope                = "/"
  principal_id         = coffer_group.test.object_id
  role_definition_name = "Reader"
}
resource "coffer_role_assignment" "vault" {
  scope                = coffer_vault.test.id
  principal_id         = coffer_group.test.object_id
  role_definition_name = "Key Vault Reader"
}
resource "coffer_role_assignment" "object" {
  scope                = "${coffer_vault.test.id}/secrets/one"
  principal_id         = coffer_group.test.object_id
  role_definition_name = "Key Vault Secrets User"
}
`
	w.test(
		resource.TestStep{Config: config},
		unchanged(config),
		resource.TestStep{ResourceName: "coffer_role_assignment.root", ImportState: true, ImportStateVerify: true},
		resource.TestStep{ResourceName: "coffer_role_assignment.object", ImportState: true, ImportStateVerify: true},
	)
}

// A switch of the permission model says at plan who loses access.
func TestAccVault_modelSwitch(t *testing.T) {
	w := newWorld(t)
	config := func(rbac string) string {
		return vault("rbac_authorization_enabled = "+rbac) + `
resource "coffer_group" "policy" { display_name = "Policy holders" }
resource "coffer_group" "role" { display_name = "Role holders" }
resource "coffer_access_policy" "test" {
  vault_id           = coffer_vault.test.id
  object_id          = coffer_group.policy.object_id
  secret_permissions = ["Get"]
}
resource "coffer_role_assignment" "test" {
  scope                = coffer_vault.test.id
  principal_id         = coffer_group.role.object_id
  role_definition_name = "Key Vault Secrets User"
}
`
	}
	w.test(
		resource.TestStep{Config: config("false")},
		updates(vaultAt, config("true")),
		updates(vaultAt, config("false")),
	)
}
