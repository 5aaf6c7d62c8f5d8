package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/keyvault/armkeyvault"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const group = `resource "coffer_resource_group" "test" {
  name     = "rg-test"
  location = "westeurope"
}
`

// vault is a configuration with a vault that has the attributes.
func vault(attributes string) string {
	return group + fmt.Sprintf(`resource "coffer_vault" "test" {
  name                = "kv-test"
  resource_group_name = coffer_resource_group.test.name
  location            = coffer_resource_group.test.location
  %s
}
`, attributes)
}

const vaultAt = "coffer_vault.test"

func TestAccVault(t *testing.T) {
	w := newWorld(t)
	arm := w.subscription("/resourceGroups/rg-test/providers/Microsoft.KeyVault/vaults/kv-test")
	full := `
  sku_name                        = "Premium"
  tenant_id                       = "` + w.info.TenantID + `"
  enabled_for_deployment          = true
  enabled_for_disk_encryption     = true
  enabled_for_template_deployment = true
  public_network_access_enabled   = false
  purge_protection_enabled        = true
  soft_delete_retention_days      = 90
  tags                            = { a = "1", b = "2" }
  network_acls = {
    default_action             = "deny"
    bypass                     = "None"
    ip_rules                   = ["203.0.113.0/24", "198.51.100.7"]
    virtual_network_subnet_ids = ["/subscriptions/` + w.info.SubscriptionID + `/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/s"]
  }
  on_conflict = "error"
`
	cleared := `
  sku_name                 = "premium"
  purge_protection_enabled = true
`
	w.test(
		resource.TestStep{
			Config: vault(""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(vaultAt, plancheck.ResourceActionCreate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{
				known(vaultAt, "id", knownvalue.StringExact(arm)),
				known(vaultAt, "vault_uri", knownvalue.StringExact("https://kv-test.vault.coffer.internal/")),
				known(vaultAt, "sku_name", knownvalue.StringExact("standard")),
				known(vaultAt, "tenant_id", knownvalue.StringExact(w.info.TenantID)),
				known(vaultAt, "rbac_authorization_enabled", knownvalue.Bool(true)),
				known(vaultAt, "public_network_access_enabled", knownvalue.Bool(true)),
				known(vaultAt, "purge_protection_enabled", knownvalue.Bool(false)),
				known(vaultAt, "soft_delete_retention_days", knownvalue.Int64Exact(90)),
				known(vaultAt, "network_acls", knownvalue.Null()),
				known(vaultAt, "tags", knownvalue.Null()),
				known(vaultAt, "on_destroy", knownvalue.StringExact("soft_delete")),
				known(vaultAt, "on_conflict", knownvalue.StringExact("recover")),
			},
		},
		imports(vaultAt, arm),
		updates(vaultAt, vault(full),
			known(vaultAt, "sku_name", knownvalue.StringExact("Premium")),
			known(vaultAt, "enabled_for_deployment", knownvalue.Bool(true)),
			known(vaultAt, "network_acls", knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"default_action": knownvalue.StringExact("deny"),
				"bypass":         knownvalue.StringExact("None"),
				"ip_rules":       knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("198.51.100.7"), knownvalue.StringExact("203.0.113.0/24")}),
			})),
		),
		// The same in other words.
		unchanged(regexp.MustCompile(`"Premium"|"deny"|198.51.100.7"`).ReplaceAllStringFunc(vault(full), func(s string) string {
			return map[string]string{`"Premium"`: `"PREMIUM"`, `"deny"`: `"Deny"`, `198.51.100.7"`: `198.51.100.7/32"`}[s]
		})),
		imports(vaultAt, arm, "on_conflict", "sku_name", "network_acls.default_action"),
		updates(vaultAt, vault(cleared),
			known(vaultAt, "enabled_for_deployment", knownvalue.Bool(false)),
			known(vaultAt, "enabled_for_disk_encryption", knownvalue.Bool(false)),
			known(vaultAt, "enabled_for_template_deployment", knownvalue.Bool(false)),
			known(vaultAt, "public_network_access_enabled", knownvalue.Bool(true)),
			known(vaultAt, "network_acls", knownvalue.Null()),
			known(vaultAt, "tags", knownvalue.Null()),
		),
		unchanged(vault(cleared)),
		resource.TestStep{
			Config: vault(cleared) + `data "coffer_vault" "test" {
  name                = coffer_vault.test.name
  resource_group_name = coffer_vault.test.resource_group_name
}`,
			ConfigStateChecks: []statecheck.StateCheck{
				known("data.coffer_vault.test", "id", knownvalue.StringExact(arm)),
				known("data.coffer_vault.test", "purge_protection_enabled", knownvalue.Bool(true)),
			},
		},
		disappears(vaultAt, vault(cleared), func() {
			if _, err := w.vaults().Delete(context.Background(), "rg-test", "kv-test", nil); err != nil {
				t.Fatal(err)
			}
		}),
	)
}

// Each of a vault's properties that somebody else changes is seen and put right.
func TestAccVault_drift(t *testing.T) {
	w := newWorld(t)
	patch := func(p armkeyvault.VaultPatchProperties) func() {
		return func() { w.patchVault("rg-test", "kv-test", armkeyvault.VaultPatchParameters{Properties: &p}) }
	}
	config := vault(`tags = { a = "1" }`)
	steps := []resource.TestStep{{Config: config}}
	for _, change := range []func(){
		patch(armkeyvault.VaultPatchProperties{EnableRbacAuthorization: to.Ptr(false)}),
		patch(armkeyvault.VaultPatchProperties{EnabledForDeployment: to.Ptr(true)}),
		patch(armkeyvault.VaultPatchProperties{EnabledForDiskEncryption: to.Ptr(true)}),
		patch(armkeyvault.VaultPatchProperties{EnabledForTemplateDeployment: to.Ptr(true)}),
		patch(armkeyvault.VaultPatchProperties{PublicNetworkAccess: to.Ptr("Disabled")}),
		patch(armkeyvault.VaultPatchProperties{NetworkACLs: &armkeyvault.NetworkRuleSet{DefaultAction: to.Ptr(armkeyvault.NetworkRuleActionDeny)}}),
		patch(armkeyvault.VaultPatchProperties{NetworkACLs: &armkeyvault.NetworkRuleSet{IPRules: []*armkeyvault.IPRule{{Value: to.Ptr("192.0.2.1")}}}}),
		func() {
			w.patchVault("rg-test", "kv-test", armkeyvault.VaultPatchParameters{Tags: map[string]*string{}})
		},
	} {
		steps = append(steps, drifts(vaultAt, config, change))
	}
	// What goes one way only cannot be put right, and says so.
	steps = append(steps,
		resource.TestStep{
			PreConfig: patch(armkeyvault.VaultPatchProperties{SKU: &armkeyvault.SKU{Family: to.Ptr(armkeyvault.SKUFamilyA), Name: to.Ptr(armkeyvault.SKUNamePremium)}}),
			Config:    config, PlanOnly: true, ExpectError: says(`The SKU cannot be lowered`),
		},
		resource.TestStep{
			PreConfig: patch(armkeyvault.VaultPatchProperties{EnablePurgeProtection: to.Ptr(true)}),
			Config:    config, PlanOnly: true, ExpectError: says(`Purge protection cannot be turned off`),
		},
		updates(vaultAt, vault("tags = { a = \"2\" }\n sku_name = \"premium\"\n purge_protection_enabled = true")),
	)
	w.test(steps...)
}

// What must fail fails at plan.
func TestAccVault_planErrors(t *testing.T) {
	w := newWorld(t)
	fails := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: config, PlanOnly: true, ExpectError: says(message)}
	}
	protected := `purge_protection_enabled = true
  sku_name = "premium"
  soft_delete_retention_days = 10`
	purging := protected + "\n  on_destroy = \"purge\""
	w.test(
		fails(vault(`sku_name = "gold"`), `Attribute sku_name value must be one of`),
		fails(vault(`soft_delete_retention_days = 3`), `soft_delete_retention_days value must be between 7 and 90`),
		fails(vault(`network_acls = { default_action = "Deny", ip_rules = ["300.1.1.1"] }`), `neither an address nor a range`),
		resource.TestStep{Config: vault(protected)},
		fails(vault(`sku_name = "premium"
  soft_delete_retention_days = 10`), `Purge protection cannot be turned off`),
		fails(vault(`sku_name = "premium"
  purge_protection_enabled = true
  soft_delete_retention_days = 11`), `The retention time cannot be changed.*created with 10 days`),
		fails(vault(`purge_protection_enabled = true
  soft_delete_retention_days = 10`), `The SKU cannot be lowered`),
		fails(regexp.MustCompile(`location            = .*`).ReplaceAllString(vault(protected), `location = "northeurope"`), `cannot be replaced under the same name`),
		updates(vaultAt, vault(purging)),
		fails(group, `The vault "kv-test" cannot be purged.*Set on_destroy = "soft_delete"`),
		updates(vaultAt, vault(protected)),
	)
}

// A deleted vault that holds the name is recovered with its configuration, or the plan
// says what is in the way.
func TestAccVault_conflict(t *testing.T) {
	w := newWorld(t)
	remove := func() {
		if _, err := w.vaults().Delete(context.Background(), "rg-test", "kv-test", nil); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: config, PlanOnly: true, ExpectError: says(message)}
	}
	plain := "soft_delete_retention_days = 7\n"
	w.test(
		resource.TestStep{Config: vault(plain + `tags = { old = "1" }`)},
		resource.TestStep{PreConfig: remove, RefreshState: true, ExpectNonEmptyPlan: true},
		fails(vault(plain+`on_conflict = "error"`), `A deleted vault has the name "kv-test".*forbids to recover it`),
		fails(vault("soft_delete_retention_days = 8"), `Its retention of 7 days cannot be changed`),
		fails(regexp.MustCompile(`location            = .*`).ReplaceAllString(vault(plain), `location = "northeurope"`), `can be recovered only where it was`),
		resource.TestStep{
			Config:            vault(plain + `tags = { new = "1" }`),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(vaultAt, plancheck.ResourceActionCreate)}},
			ConfigStateChecks: []statecheck.StateCheck{known(vaultAt, "tags", knownvalue.MapExact(map[string]knownvalue.Check{"new": knownvalue.StringExact("1")}))},
		},
		updates(vaultAt, vault(plain+`on_destroy = "purge"`)),
		resource.TestStep{Config: group},
		resource.TestStep{
			Config: vault(plain + `on_conflict = "error"
  on_destroy  = "purge"`),
		},
	)
}

// A live vault with the name is not taken over silently.
func TestAccVault_exists(t *testing.T) {
	w := newWorld(t)
	w.test(
		resource.TestStep{Config: group},
		resource.TestStep{
			PreConfig: func() {
				w.do("PUT", "management", w.subscription("/resourceGroups/rg-test/providers/Microsoft.KeyVault/vaults/kv-test")+apiVersion, map[string]any{
					"location":   "westeurope",
					"properties": map[string]any{"tenantId": w.info.TenantID, "sku": map[string]any{"family": "A", "name": "standard"}, "accessPolicies": []any{}},
				})
			},
			Config: vault(""), ExpectError: says(`The vault "kv-test" exists already.*import {`),
		},
		// Terraform does not delete what it does not manage along with the group.
		resource.TestStep{Config: "data \"coffer_client_config\" \"x\" {}", ExpectError: says(`It holds vaults that would be deleted with it.*kv-test`)},
		resource.TestStep{
			PreConfig: func() {
				if _, err := w.vaults().Delete(context.Background(), "rg-test", "kv-test", nil); err != nil {
					t.Fatal(err)
				}
			},
			Config: group,
		},
	)
}
