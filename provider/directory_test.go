package provider_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func planned(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

// objectID reads the object id of a resource out of the state, for changes behind
// Terraform's back.
func objectID(address string, into *string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		*into = s.RootModule().Resources[address].Primary.Attributes["object_id"]
		return nil
	}
}

func TestAccUser(t *testing.T) {
	const canary = "Canary-Passw0rd-771!"
	w := newWorld(t)
	var id string
	user := func(body string) string {
		return "resource \"coffer_user\" \"u\" {\n user_principal_name = \"alice@example.com\"\n" + body + "\n}\n"
	}
	full := user(`display_name = "Alice"
 given_name = "A"
 job_title = "Boss"
 account_enabled = false
 password_wo = "` + canary + `"
 password_wo_version = 1`)
	w.test(
		resource.TestStep{Config: full, ConfigPlanChecks: planned("coffer_user.u", plancheck.ResourceActionCreate), Check: objectID("coffer_user.u", &id)},
		resource.TestStep{Config: full, ConfigPlanChecks: nothingToDo},
		resource.TestStep{
			Config: user(`display_name = "Alice B"`), ConfigPlanChecks: planned("coffer_user.u", plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("coffer_user.u", tfjsonpath.New("account_enabled"), knownvalue.Bool(true)),
				statecheck.ExpectKnownValue("coffer_user.u", tfjsonpath.New("job_title"), knownvalue.Null()),
			},
		},
		resource.TestStep{
			PreConfig: func() {
				w.do(http.MethodPatch, "graph", "/v1.0/users/"+id, map[string]any{"displayName": "Mallory", "accountEnabled": false})
			},
			Config: user(`display_name = "Alice B"`), ConfigPlanChecks: planned("coffer_user.u", plancheck.ResourceActionUpdate),
		},
		resource.TestStep{ResourceName: "coffer_user.u", ImportState: true, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"password_wo_version", "force_password_change"}},
		resource.TestStep{
			PreConfig: func() { w.do(http.MethodDelete, "graph", "/v1.0/users/"+id, nil) },
			Config:    full, ConfigPlanChecks: planned("coffer_user.u", plancheck.ResourceActionCreate),
		},
	)
	data, err := os.ReadFile(w.database)
	if err != nil || strings.Contains(string(data), canary) {
		t.Errorf("the database holds the password: %v", err)
	}
}

func TestAccGroupAndMember(t *testing.T) {
	w := newWorld(t)
	var group, member string
	config := func(body string) string {
		return `resource "coffer_user" "u" {
  user_principal_name = "bob@example.com"
  display_name        = "Bob"
  password_wo         = "Some-Passw0rd-772!"
  password_wo_version = 1
}
resource "coffer_group" "g" {
` + body + `
}
resource "coffer_group_member" "m" {
  group_object_id  = coffer_group.g.object_id
  member_object_id = coffer_user.u.object_id
}
`
	}
	full := config("display_name = \"Team\"\n description = \"All of us\"")
	w.test(
		resource.TestStep{Config: full, Check: resource.ComposeTestCheckFunc(objectID("coffer_group.g", &group), objectID("coffer_user.u", &member))},
		resource.TestStep{Config: full, ConfigPlanChecks: nothingToDo},
		resource.TestStep{
			Config: config(`display_name = "Crew"`), ConfigPlanChecks: planned("coffer_group.g", plancheck.ResourceActionUpdate),
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("coffer_group.g", tfjsonpath.New("description"), knownvalue.Null())},
		},
		resource.TestStep{
			PreConfig: func() {
				w.do(http.MethodDelete, "graph", "/v1.0/groups/"+group+"/members/"+member+"/$ref", nil)
			},
			Config: config(`display_name = "Crew"`), ConfigPlanChecks: planned("coffer_group_member.m", plancheck.ResourceActionCreate),
		},
		resource.TestStep{ResourceName: "coffer_group.g", ImportState: true, ImportStateVerify: true},
		resource.TestStep{ResourceName: "coffer_group_member.m", ImportState: true, ImportStateVerify: true},
	)
}

func TestAccServicePrincipalAndPassword(t *testing.T) {
	w := newWorld(t)
	var sp string
	config := func(body string) string {
		return `resource "coffer_service_principal" "sp" {
  display_name = "Invoices"
` + body + `
}
resource "coffer_application_password" "p" {
  application_id = coffer_service_principal.sp.application_id
  display_name   = "ci"
  store_value    = true
}
`
	}
	w.test(
		resource.TestStep{
			Config: config(""), Check: resource.ComposeTestCheckFunc(objectID("coffer_service_principal.sp", &sp), func(s *terraform.State) error {
				// The password is good: it signs in, and is refused once the principal is off.
				clientID := s.RootModule().Resources["coffer_service_principal.sp"].Primary.Attributes["client_id"]
				w.mustSignIn(clientID, s.RootModule().Resources["coffer_application_password.p"].Primary.Attributes["value"])
				return nil
			}),
		},
		resource.TestStep{Config: config(""), ConfigPlanChecks: nothingToDo},
		resource.TestStep{Config: config("account_enabled = false"), ConfigPlanChecks: planned("coffer_service_principal.sp", plancheck.ResourceActionUpdate)},
		resource.TestStep{
			PreConfig: func() {
				w.do(http.MethodPatch, "graph", "/v1.0/servicePrincipals/"+sp, map[string]any{"accountEnabled": true})
			},
			Config: config("account_enabled = false"), ConfigPlanChecks: planned("coffer_service_principal.sp", plancheck.ResourceActionUpdate),
		},
		resource.TestStep{ResourceName: "coffer_service_principal.sp", ImportState: true, ImportStateVerify: true},
	)
}
