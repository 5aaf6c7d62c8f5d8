package provider_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const secretAddress = "coffer_secret.s"

func secretConfig(body string) string {
	return vaultForItems + `
resource "coffer_secret" "s" {
  name       = "db-password"
  vault_id   = coffer_vault.v.id
  depends_on = [coffer_role_assignment.me]
` + body + "\n}\n"
}

func expect(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(secretAddress, action)}}
}

var nothingToDo = resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}

func secretValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(secretAddress, tfjsonpath.New(name), value)
}

func TestSecretLife(t *testing.T) {
	w := newWorld(t)
	full := `
  value           = "one"
  content_type    = "text/plain"
  not_before_date = "2030-01-01T00:00:00Z"
  expiration_date = "2035-01-01T00:00:00+00:00"
  enabled         = false
  tags            = { a = "1" }
`
	w.test(
		resource.TestStep{
			Config: secretConfig(full), ConfigPlanChecks: expect(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				secretValue("id", knownvalue.StringExact(w.vaultURL()+"/secrets/db-password")),
				secretValue("version", knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{32}$`))),
				secretValue("enabled", knownvalue.Bool(false)),
				secretValue("content_type", knownvalue.StringExact("text/plain")),
			},
		},
		resource.TestStep{Config: secretConfig(full), ConfigPlanChecks: nothingToDo},
		// Everything but the value changes in place, and clears in place.
		resource.TestStep{
			Config: secretConfig(`value = "one"`), ConfigPlanChecks: expect(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				secretValue("content_type", knownvalue.Null()), secretValue("not_before_date", knownvalue.Null()),
				secretValue("expiration_date", knownvalue.Null()), secretValue("tags", knownvalue.Null()), secretValue("enabled", knownvalue.Bool(true)),
			},
			Check: func(*terraform.State) error {
				got := must[azsecrets.GetSecretResponse](t)(w.secrets().GetSecret(context.Background(), "db-password", "", nil))
				if got.ContentType != nil || got.Attributes.Expires != nil || got.Attributes.NotBefore != nil || len(got.Tags) != 0 {
					t.Errorf("the engine still has %+v %+v", got.ContentType, got.Attributes)
				}
				return nil
			},
		},
		resource.TestStep{
			Config: secretConfig(`value = "two"`), ConfigPlanChecks: expect(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{secretValue("value", knownvalue.StringExact("two"))},
		},
		// A value and metadata that were changed outside are seen, and put right.
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.SetSecretResponse](t)(w.secrets().SetSecret(context.Background(), "db-password",
					azsecrets.SetSecretParameters{Value: to.Ptr("elsewhere"), ContentType: to.Ptr("x")}, nil))
			},
			Config: secretConfig(`value = "two"`), ConfigPlanChecks: expect(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{secretValue("value", knownvalue.StringExact("two")), secretValue("content_type", knownvalue.Null())},
		},
		// A disabled secret refreshes, and is enabled again.
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.UpdateSecretPropertiesResponse](t)(w.secrets().UpdateSecretProperties(context.Background(), "db-password", "",
					azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(false)}}, nil))
			},
			Config: secretConfig(`value = "two"`), ConfigPlanChecks: expect(plancheck.ResourceActionUpdate),
		},
		// What is deleted outside is recovered and set.
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.DeleteSecretResponse](t)(w.secrets().DeleteSecret(context.Background(), "db-password", nil))
			},
			Config: secretConfig(`value = "two"`), ConfigPlanChecks: expect(plancheck.ResourceActionCreate),
		},
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.DeleteSecretResponse](t)(w.secrets().DeleteSecret(context.Background(), "db-password", nil))
			},
			Config: secretConfig("value = \"two\"\n on_conflict = \"error\""), ExpectError: regexp.MustCompile(`A deleted secret holds the name`),
		},
	)
}

func TestSecretImport(t *testing.T) {
	w := newWorld(t)
	ignore := []string{"value", "value_wo_version"}
	ids := map[string]func(map[string]string) string{
		"versionless URL": func(a map[string]string) string { return a["id"] },
		"versioned URL":   func(a map[string]string) string { return a["versioned_id"] },
		"ARM id":          func(a map[string]string) string { return a["resource_versionless_id"] },
	}
	steps := []resource.TestStep{{Config: secretConfig("value_wo = \"v\"\n value_wo_version = 1\n tags = { a = \"1\" }")}}
	for _, id := range ids {
		steps = append(steps, resource.TestStep{
			ResourceName: secretAddress, ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: ignore,
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return id(s.RootModule().Resources[secretAddress].Primary.Attributes), nil
			},
		})
	}
	steps = append(steps, resource.TestStep{
		ResourceName: secretAddress, ImportState: true, ImportStateId: "https://elsewhere.vault.example/secrets/x", ExpectError: regexp.MustCompile(`Not the id of a secret`),
	})
	w.test(steps...)
}

// The value of a write-only attribute is nowhere, and a change of it is seen.
func TestSecretWriteOnly(t *testing.T) {
	const canary = "canary-write-only-4711"
	w := newWorld(t)
	config := secretConfig("value_wo = \"" + canary + "\"\n value_wo_version = 1")
	holds := func(want string) func(*terraform.State) error {
		return func(*terraform.State) error {
			got := must[azsecrets.GetSecretResponse](t)(w.secrets().GetSecret(context.Background(), "db-password", "", nil))
			if *got.Value != want {
				t.Errorf("the value is %q, want %q", *got.Value, want)
			}
			return nil
		}
	}
	w.test(
		resource.TestStep{
			Config: config, Check: holds(canary),
			ConfigStateChecks: []statecheck.StateCheck{secretValue("value_wo", knownvalue.Null()), secretValue("value", knownvalue.Null())},
		},
		resource.TestStep{Config: config, ConfigPlanChecks: nothingToDo},
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.SetSecretResponse](t)(w.secrets().SetSecret(context.Background(), "db-password", azsecrets.SetSecretParameters{Value: to.Ptr("rotated")}, nil))
			},
			Config: config, ConfigPlanChecks: expect(plancheck.ResourceActionUpdate), Check: holds(canary),
		},
		resource.TestStep{Config: config, ConfigPlanChecks: nothingToDo},
		// An outside rotation that the configuration accepts.
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.SetSecretResponse](t)(w.secrets().SetSecret(context.Background(), "db-password", azsecrets.SetSecretParameters{Value: to.Ptr("rotated")}, nil))
			},
			Config:           secretConfig("value_wo = \"" + canary + "\"\n value_wo_version = 1\n lifecycle { ignore_changes = [value_wo_version] }"),
			ConfigPlanChecks: nothingToDo, Check: holds("rotated"),
		},
	)
	data, err := os.ReadFile(w.database)
	if err != nil || strings.Contains(string(data), canary) {
		t.Errorf("the database holds the value in clear: %v", err)
	}
}

func TestSecretDataSourceAndEphemeral(t *testing.T) {
	w := newWorld(t)
	w.test(
		resource.TestStep{
			Config: secretConfig(`value = "v"`) + `
data "coffer_secret" "metadata" {
  name     = coffer_secret.s.name
  vault_id = coffer_vault.v.id
}
data "coffer_secret" "value" {
  name       = coffer_secret.s.name
  vault_id   = coffer_vault.v.id
  version    = coffer_secret.s.version
  read_value = true
}
ephemeral "coffer_secret" "e" {
  name     = coffer_secret.s.name
  vault_id = coffer_vault.v.id
}
provider "echo" {
  data = ephemeral.coffer_secret.e
}
resource "echo" "e" {}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.coffer_secret.metadata", tfjsonpath.New("value"), knownvalue.Null()),
				statecheck.ExpectKnownValue("data.coffer_secret.metadata", tfjsonpath.New("enabled"), knownvalue.Bool(true)),
				statecheck.ExpectKnownValue("data.coffer_secret.value", tfjsonpath.New("value"), knownvalue.StringExact("v")),
				statecheck.ExpectKnownValue("echo.e", tfjsonpath.New("data").AtMapKey("value"), knownvalue.StringExact("v")),
			},
		},
	)
}

func TestSecretMistakes(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ body, says string }{
		{"", "value"},
		{"value = \"a\"\n value_wo = \"b\"\n value_wo_version = 1", "value_wo"},
		{"value_wo = \"b\"", "value_wo_version"},
		{"value = \"a\"\n expiration_date = \"tomorrow\"", "RFC3339|RFC 3339"},
		{"value = \"" + strings.Repeat("x", 26000) + "\"", "25600"},
	} {
		w.test(resource.TestStep{Config: secretConfig(tt.body), PlanOnly: true, ExpectError: regexp.MustCompile(tt.says)})
	}
	w.test(
		resource.TestStep{Config: vaultForItems},
		resource.TestStep{
			PreConfig: func() {
				must[azsecrets.SetSecretResponse](t)(w.secrets().SetSecret(context.Background(), "db-password", azsecrets.SetSecretParameters{Value: to.Ptr("theirs")}, nil))
			},
			Config: secretConfig(`value = "ours"`), ExpectError: regexp.MustCompile(`exists already`),
		},
		// A right that is missing is named, with the role that has it.
		resource.TestStep{
			Config: strings.NewReplacer("Key Vault Administrator", "Key Vault Reader", "db-password", "other").Replace(secretConfig(`value = "x"`)), ExpectError: regexp.MustCompile(`Key Vault Secrets (User|Officer)`),
		},
	)
}

func TestSecretPurgeAndProtection(t *testing.T) {
	w := newWorld(t)
	protected := strings.Replace(secretConfig("value = \"v\"\n on_destroy = \"purge\""), "on_destroy          = \"purge\"", "purge_protection_enabled = true", 1)
	w.test(
		resource.TestStep{Config: secretConfig("value = \"v\"\n on_destroy = \"purge\"")},
		resource.TestStep{Config: vaultForItems, Check: func(*terraform.State) error {
			if _, err := w.secrets().GetDeletedSecret(context.Background(), "db-password", nil); err == nil {
				t.Error("the secret was not purged")
			}
			return nil
		}},
		resource.TestStep{Config: protected},
		resource.TestStep{Config: protected, Destroy: true, ExpectError: regexp.MustCompile(`cannot be purged`)},
		resource.TestStep{Config: strings.Replace(protected, "on_destroy = \"purge\"", "on_destroy = \"soft_delete\"", 1)},
	)
}
