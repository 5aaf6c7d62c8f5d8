package provider_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const keyAddress = "coffer_key.k"

func keyConfig(body string) string {
	return vaultForItems + `
resource "coffer_key" "k" {
  name       = "signing"
  vault_id   = coffer_vault.v.id
  depends_on = [coffer_role_assignment.me]
` + body + "\n}\n"
}

func expectKey(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(keyAddress, action)}}
}

func keyValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(keyAddress, tfjsonpath.New(name), value)
}

func TestKeyLife(t *testing.T) {
	w := newWorld(t)
	full := `
  key_type        = "RSA"
  key_opts        = ["verify", "SIGN"]
  expiration_date = "2035-01-01T00:00:00Z"
  tags            = { a = "1" }
  rotation_policy = {
    expire_after         = "P90D"
    notify_before_expiry = "P30D"
    automatic            = { time_before_expiry = "P31D" }
  }
`
	plain := `key_type = "rsa"
  key_opts = ["sign", "verify"]`
	w.test(
		resource.TestStep{
			Config: keyConfig(full), ConfigPlanChecks: expectKey(plancheck.ResourceActionCreate),
			ConfigStateChecks: []statecheck.StateCheck{
				keyValue("id", knownvalue.StringExact(w.vaultURL()+"/keys/signing")), keyValue("key_size", knownvalue.Int64Exact(2048)),
				keyValue("public_key_pem", knownvalue.StringRegexp(regexp.MustCompile("BEGIN PUBLIC KEY"))),
				keyValue("public_key_openssh", knownvalue.StringRegexp(regexp.MustCompile("^ssh-rsa "))),
				keyValue("curve", knownvalue.Null()),
			},
		},
		resource.TestStep{Config: keyConfig(full), ConfigPlanChecks: nothingToDo},
		resource.TestStep{
			Config: keyConfig(plain), ConfigPlanChecks: expectKey(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{keyValue("expiration_date", knownvalue.Null()), keyValue("tags", knownvalue.Null()), keyValue("rotation_policy", knownvalue.Null())},
		},
		// A rotation outside is no drift: the id stays, the version is fresh.
		resource.TestStep{
			PreConfig: func() {
				must[azkeys.RotateKeyResponse](t)(w.keys().RotateKey(context.Background(), "signing", nil))
			},
			Config: keyConfig(plain), ConfigPlanChecks: nothingToDo,
			Check: func(s *terraform.State) error {
				got := must[azkeys.GetKeyResponse](t)(w.keys().GetKey(context.Background(), "signing", "", nil))
				if version := s.RootModule().Resources[keyAddress].Primary.Attributes["version"]; version != got.Key.KID.Version() {
					t.Errorf("the state has version %s, the engine %s", version, got.Key.KID.Version())
				}
				return nil
			},
		},
		resource.TestStep{
			PreConfig: func() {
				must[azkeys.UpdateKeyResponse](t)(w.keys().UpdateKey(context.Background(), "signing", "", azkeys.UpdateKeyParameters{
					KeyAttributes: &azkeys.KeyAttributes{Enabled: to.Ptr(false)}, Tags: map[string]*string{"x": to.Ptr("y")}, KeyOps: []*azkeys.KeyOperation{to.Ptr(azkeys.KeyOperationSign)},
				}, nil))
			},
			Config: keyConfig(plain), ConfigPlanChecks: expectKey(plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{keyValue("enabled", knownvalue.Bool(true)), keyValue("tags", knownvalue.Null())},
		},
		resource.TestStep{Config: keyConfig(plain), ConfigPlanChecks: nothingToDo},
		resource.TestStep{
			PreConfig: func() {
				must[azkeys.DeleteKeyResponse](t)(w.keys().DeleteKey(context.Background(), "signing", nil))
			},
			Config: keyConfig(plain), ConfigPlanChecks: expectKey(plancheck.ResourceActionCreate),
		},
		resource.TestStep{Config: keyConfig(`key_type = "EC"`), ConfigPlanChecks: expectKey(plancheck.ResourceActionReplace)},
	)
}

func TestKeyImport(t *testing.T) {
	w := newWorld(t)
	steps := []resource.TestStep{{Config: keyConfig("key_type = \"EC\"\n curve = \"P-384\"")}}
	for _, attribute := range []string{"id", "versioned_id", "resource_versionless_id"} {
		steps = append(steps, resource.TestStep{
			ResourceName: keyAddress, ImportState: true, ImportStateVerify: true,
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return s.RootModule().Resources[keyAddress].Primary.Attributes[attribute], nil
			},
		})
	}
	w.test(steps...)
}

func TestKeyCurvesAndDataSource(t *testing.T) {
	w := newWorld(t)
	var config strings.Builder
	config.WriteString(vaultForItems)
	for _, curve := range []string{"P-256", "P-256K", "P-384", "P-521"} {
		config.WriteString(`
resource "coffer_key" "` + strings.ToLower(curve) + `" {
  name       = "` + strings.ToLower(curve) + `"
  vault_id   = coffer_vault.v.id
  key_type   = "EC"
  curve      = "` + curve + `"
  depends_on = [coffer_role_assignment.me]
}
data "coffer_key" "` + strings.ToLower(curve) + `" {
  name     = coffer_key.` + strings.ToLower(curve) + `.name
  vault_id = coffer_vault.v.id
}
`)
	}
	var checks []statecheck.StateCheck
	for _, curve := range []string{"P-256", "P-256K", "P-384", "P-521"} {
		checks = append(checks, statecheck.ExpectKnownValue("data.coffer_key."+strings.ToLower(curve), tfjsonpath.New("curve"), knownvalue.StringExact(curve)))
	}
	w.test(resource.TestStep{Config: config.String(), ConfigStateChecks: checks})
}

func TestKeyMistakes(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ body, says string }{
		{`key_type = "DSA"`, "key_type"},
		{"key_type = \"EC\"\n key_size = 2048", "EC keys have no size"},
		{"key_type = \"RSA\"\n curve = \"P-256\"", "Only EC keys have a curve"},
		{"key_type = \"RSA\"\n key_size = 256", "2048, 3072 or 4096"},
		{"key_type = \"RSA\"\n key_opts = [\"paint\"]", "paint"},
		{"key_type = \"RSA\"\n rotation_policy = { expire_after = \"90 days\" }", "ISO 8601"},
	} {
		w.test(resource.TestStep{Config: keyConfig(tt.body), PlanOnly: true, ExpectError: regexp.MustCompile(tt.says)})
	}
	// The plan says that a standard vault has no HSM.
	w.test(
		resource.TestStep{Config: vaultForItems},
		resource.TestStep{Config: keyConfig(`key_type = "RSA-HSM"`), PlanOnly: true, ExpectError: regexp.MustCompile(`holds no keys in\s+an HSM`)},
	)
}
