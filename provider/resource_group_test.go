package provider_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func TestAccResourceGroup(t *testing.T) {
	w := newWorld(t)
	const at = "coffer_resource_group.test"
	bare := `resource "coffer_resource_group" "test" {
  name     = "rg-test"
  location = "westeurope"
}`
	tagged := `resource "coffer_resource_group" "test" {
  name     = "rg-test"
  location = "West Europe"
  tags     = { team = "blue" }
}`
	arm := w.subscription("/resourceGroups/rg-test")
	w.test(
		resource.TestStep{
			Config: bare,
			ConfigStateChecks: []statecheck.StateCheck{
				known(at, "id", knownvalue.StringExact(arm)),
				known(at, "subscription_id", knownvalue.StringExact(w.info.SubscriptionID)),
				known(at, "tags", knownvalue.Null()),
			},
		},
		updates(at, tagged, known(at, "tags", knownvalue.MapExact(map[string]knownvalue.Check{"team": knownvalue.StringExact("blue")}))),
		unchanged(bare2(tagged)),
		// Behind Terraform's back.
		drifts(at, tagged, func() {
			w.do("PATCH", "management", arm+"?api-version=2021-04-01", map[string]any{"tags": map[string]string{"team": "red"}})
		}),
		updates(at, bare, known(at, "tags", knownvalue.Null())),
		imports(at, arm),
		resource.TestStep{
			ResourceName: at, ImportState: true, Config: bare,
			ImportStateId: "/subscriptions/x/rg", ExpectError: says(`Not the id of a resource group.*Give one of these forms`),
		},
		disappears(at, bare, func() { w.do("DELETE", "management", arm+"?api-version=2021-04-01", nil) }),
		resource.TestStep{
			Config: lines(bare, `data "coffer_resource_group" "test" {
  name = coffer_resource_group.test.name
}`),
			ConfigStateChecks: []statecheck.StateCheck{known("data.coffer_resource_group.test", "id", knownvalue.StringExact(arm))},
		},
		replaces(at, `resource "coffer_resource_group" "test" {
  name     = "rg-test"
  location = "northeurope"
}`),
	)
}

// bare2 spells "West Europe" in the other way.
func bare2(config string) string {
	return regexp.MustCompile(`West Europe`).ReplaceAllString(config, "WestEurope")
}

// says matches an error that has the parts, which ".*" separates, in this order;
// Terraform breaks its lines anywhere.
func says(parts string) *regexp.Regexp {
	var pattern []string
	for _, part := range strings.Split(parts, ".*") {
		var words []string
		for _, word := range strings.Fields(part) {
			words = append(words, regexp.QuoteMeta(word))
		}
		pattern = append(pattern, strings.Join(words, `\s+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(pattern, ".*"))
}

// known is a state check of one attribute.
func known(at, attribute string, check knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(at, tfjsonpath.New(attribute), check)
}

// updates is a step that changes the resource in place.
func updates(at, config string, checks ...statecheck.StateCheck) resource.TestStep {
	return resource.TestStep{
		Config:            config,
		ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(at, plancheck.ResourceActionUpdate)}},
		ConfigStateChecks: checks,
	}
}

// replaces is a step that replaces the resource.
func replaces(at, config string) resource.TestStep {
	return resource.TestStep{
		Config:           config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(at, plancheck.ResourceActionDestroyBeforeCreate)}},
	}
}

// unchanged is a step whose configuration says the same in other words.
func unchanged(config string) resource.TestStep {
	return resource.TestStep{
		Config:           config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
	}
}

// drifts is a step before which something is changed behind Terraform's back: the plan
// sees it, and applying puts it right.
func drifts(at, config string, change func()) resource.TestStep {
	step := updates(at, config)
	step.PreConfig = change
	return step
}

// disappears is a step before which the resource is deleted behind Terraform's back:
// the plan creates it again.
func disappears(at, config string, remove func()) resource.TestStep {
	return resource.TestStep{
		PreConfig:        remove,
		Config:           config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(at, plancheck.ResourceActionCreate)}},
	}
}

// imports is a step that imports the resource by the id and wants the same state.
func imports(at, id string, ignore ...string) resource.TestStep {
	return resource.TestStep{ResourceName: at, ImportState: true, ImportStateId: id, ImportStateVerify: true, ImportStateVerifyIgnore: ignore}
}
