package armplane_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResourceGroups(t *testing.T) {
	w := newWorld(t)
	s := "/subscriptions/" + sub
	path := s + "/resourcegroups/New.Group_(1)" + vr
	w.call("root", "HEAD", path, nil).want(404, "ResourceGroupNotFound")
	got := w.call("root", "PUT", path, object{"location": "East US", "tags": object{"a": "b"}}).want(201, "")
	want := object{
		"id": s + "/resourceGroups/New.Group_(1)", "name": "New.Group_(1)", "type": "Microsoft.Resources/resourceGroups", "location": "eastus",
		"tags": object{"a": "b"}, "properties": object{"provisioningState": "Succeeded"},
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Fatal(diff)
	}
	w.call("root", "HEAD", path, nil).want(204, "")
	w.call("root", "PUT", path, object{"location": "eastus"}).want(200, "")
	w.call("root", "PUT", path, object{"location": "westus"}).want(409, "InvalidResourceGroupLocation").
		message("Invalid resource group location 'westus'. The Resource group already exists in location 'eastus'.")
	if got := w.call("root", "PATCH", path, object{"tags": object{"c": "d"}}).want(200, ""); got.at("tags.c") != "d" {
		t.Fatal(got.text)
	}
	w.call("root", "PUT", s+"/resourcegroups/new"+vr, object{}).want(400, "InvalidRequestContent")
	w.call("root", "PUT", s+"/resourcegroups/dot."+vr, object{"location": "eastus"}).want(400, "BadRequest")
	w.call("root", "PUT", s+"/resourcegroups/bad%20name"+vr, object{"location": "eastus"}).want(400, "BadRequest")
	names := []string{}
	for _, g := range w.call("root", "GET", s+"/resourcegroups"+vr+"&$top=1000", nil).want(200, "").list() {
		names = append(names, g["name"].(string))
	}
	if diff := cmp.Diff([]string{"New.Group_(1)", "rg", "rg1", "rg10"}, names); diff != "" {
		t.Fatal(diff)
	}
	w.principal("app")
	w.call("app", "GET", s+"/resourcegroups/rg"+vr, nil).want(403, "AuthorizationFailed").
		message("The client 'app' with object id '" + w.ids["app"] + "' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '/subscriptions/" + sub + "/resourceGroups/rg' or the scope is invalid. If access was recently granted, please refresh your credentials.")
	w.call("app", "GET", s+"/resourcegroups/nope"+vr, nil).want(403, "AuthorizationFailed")
	w.assign(s+"/resourceGroups/rg1", "app", "Reader")
	if list := w.call("app", "GET", s+"/resourcegroups"+vr, nil).want(200, "").list(); len(list) != 1 || list[0]["name"] != "rg1" {
		t.Fatalf("%v", list)
	}
}

func TestDeletingAGroupDeletesItsVaults(t *testing.T) {
	w := newWorld(t)
	s := "/subscriptions/" + sub
	w.call("root", "PUT", vaultPath("rg1", "vault1")+v2024, vaultWith(nil)).want(200, "")
	w.call("root", "PUT", vaultPath("rg10", "vault10")+v2024, vaultWith(nil)).want(200, "")
	w.call("root", "DELETE", s+"/resourcegroups/rg1"+vr, nil).want(200, "")
	w.call("root", "DELETE", s+"/resourcegroups/rg1"+vr, nil).want(404, "ResourceGroupNotFound")
	w.call("root", "GET", vaultPath("rg1", "vault1")+v2024, nil).want(404, "ResourceGroupNotFound")
	w.call("root", "GET", vaultPath("rg10", "vault10")+v2024, nil).want(200, "")
	w.call("root", "GET", s+"/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/vault1"+v2024, nil).want(200, "")
	recover := object{"location": "westeurope", "properties": object{"createMode": "recover"}}
	w.call("root", "PUT", vaultPath("rg1", "vault1")+v2024, recover).want(404, "ResourceGroupNotFound")
	w.call("root", "PUT", s+"/resourcegroups/rg1"+vr, object{"location": "eastus"}).want(201, "")
	w.call("root", "PUT", vaultPath("rg1", "vault1")+v2024, recover).want(200, "")
}

func TestSubscriptionsAreShownToThoseWithARole(t *testing.T) {
	w := newWorld(t)
	w.principal("app")
	const v = "?api-version=2019-11-01"
	if n := len(w.call("app", "GET", "/subscriptions"+v, nil).want(200, "").list()); n != 0 {
		t.Fatalf("%d subscriptions are shown", n)
	}
	w.call("app", "GET", "/subscriptions/"+sub+v, nil).want(403, "AuthorizationFailed")
	w.call("app", "GET", "/subscriptions/"+guid(1)+v, nil).want(403, "AuthorizationFailed")
	w.call("root", "GET", "/subscriptions/"+guid(1)+v, nil).want(404, "SubscriptionNotFound")
	w.assign("/subscriptions/"+sub+"/resourceGroups/rg", "app", "Key Vault Secrets User")
	got := w.call("app", "GET", "/subscriptions"+v, nil).want(200, "")
	if list := got.list(); len(list) != 1 || list[0]["subscriptionId"] != sub || list[0]["tenantId"] != tenant {
		t.Fatal(got.text)
	}
	w.call("app", "GET", "/subscriptions/"+strings.ToUpper(sub)+v, nil).want(200, "")
	w.call("app", "GET", "/subscriptions/"+sub+"/locations"+v, nil).want(200, "")
	if got := w.call("app", "GET", "/tenants"+v, nil).want(200, ""); got.list()[0]["tenantId"] != tenant {
		t.Fatal(got.text)
	}
}

func TestSubscriptionAlias(t *testing.T) {
	w := newWorld(t)
	const v = "?api-version=2021-10-01"
	path := "/providers/Microsoft.Subscription/aliases/team-a" + v
	w.call("root", "GET", path, nil).want(404, "ResourceNotFound")
	got := w.call("root", "PUT", path, object{"properties": object{"displayName": "Team A", "workload": "Production"}}).want(201, "")
	id := got.at("properties.subscriptionId").(string)
	if again := w.call("root", "PUT", path, object{"properties": object{"displayName": "Team A"}}).want(200, ""); again.at("properties.subscriptionId") != id {
		t.Fatal(again.text)
	}
	w.call("root", "POST", "/subscriptions/"+id+"/providers/Microsoft.Subscription/rename"+v, object{"subscriptionName": "Team B"}).want(200, "")
	if got := w.call("root", "GET", "/subscriptions/"+id+v, nil).want(200, ""); got.at("displayName") != "Team B" {
		t.Fatal(got.text)
	}
	w.principal("app")
	w.call("app", "PUT", "/providers/Microsoft.Subscription/aliases/mine"+v, object{"properties": object{"displayName": "Mine"}}).want(403, "AuthorizationFailed")
	w.call("app", "GET", path, nil).want(404, "ResourceNotFound")
	w.call("root", "PUT", "/subscriptions/"+id+"/resourcegroups/g"+vr, object{"location": "eastus"}).want(201, "")
	w.call("root", "POST", "/subscriptions/"+id+"/providers/Microsoft.Subscription/cancel"+v, nil).want(409, "ConflictError")
	w.call("root", "DELETE", "/subscriptions/"+id+"/resourcegroups/g"+vr, nil).want(200, "")
	w.call("root", "POST", "/subscriptions/"+id+"/providers/Microsoft.Subscription/cancel"+v, nil).want(200, "")
	w.call("root", "PUT", "/subscriptions/"+id+"/resourcegroups/g"+vr, object{"location": "eastus"}).want(409, "ReadOnlyDisabledSubscription")
	w.call("root", "POST", "/subscriptions/"+id+"/providers/Microsoft.Subscription/enable"+v, nil).want(200, "")
	w.call("root", "PUT", "/subscriptions/"+id+"/resourcegroups/g"+vr, object{"location": "eastus"}).want(201, "")
	w.call("root", "DELETE", path, nil).want(200, "")
	w.call("root", "DELETE", path, nil).want(204, "")
}

func TestProviderRegistration(t *testing.T) {
	w := newWorld(t)
	p := "/subscriptions/" + sub + "/providers/Microsoft.KeyVault"
	if got := w.call("root", "GET", p+vr, nil).want(200, ""); got.at("registrationState") != "Registered" || got.at("id") != p {
		t.Fatal(got.text)
	}
	w.call("root", "POST", p+"/unregister"+vr, nil).want(200, "")
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(nil)).want(409, "MissingSubscriptionRegistration")
	w.call("root", "POST", strings.ToLower(p)+"/register?api-version=2019-05-01", nil).want(200, "")
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(nil)).want(200, "")
	w.call("root", "POST", p+"/unregister"+vr, nil).want(409, "ConflictError")
	w.call("root", "GET", "/subscriptions/"+sub+"/providers/Contoso.Things"+vr, nil).want(404, "NotFound")
	w.call("root", "GET", "/subscriptions/"+sub+"/providers/Microsoft.Authorization"+vr, nil).want(200, "")
	if n := len(w.call("root", "GET", "/subscriptions/"+sub+"/providers"+vr, nil).want(200, "").list()); n < 4 {
		t.Fatalf("%d providers", n)
	}
	w.call("root", "GET", "/providers/Microsoft.KeyVault/operations"+v2024, nil).want(200, "")
	w.call("root", "GET", "/providers/Microsoft.Authorization/providerOperations/Microsoft.KeyVault"+va, nil).want(200, "")
}

func TestManagementGroups(t *testing.T) {
	w := newWorld(t)
	const v = "?api-version=2021-04-01"
	mg := "/providers/Microsoft.Management/managementGroups/"
	parent := func(id string) object {
		return object{"properties": object{"displayName": strings.ToUpper(id), "details": object{"parent": object{"id": mg + id}}}}
	}
	w.call("root", "GET", mg+"a"+v, nil).want(404, "NotFound")
	w.call("root", "PUT", mg+"a"+v, object{"properties": object{"displayName": "A"}}).want(200, "")
	got := w.call("root", "PUT", mg+"b"+v, parent("a")).want(200, "")
	if got.at("properties.details.parent.name") != "a" || got.at("id") != mg+"b" {
		t.Fatal(got.text)
	}
	w.call("root", "PATCH", mg+"a"+v, object{"parentGroupId": mg + "b"}).want(400, "BadRequest")
	w.call("root", "PATCH", mg+"nope"+v, object{"displayName": "x"}).want(404, "NotFound")
	w.call("root", "PUT", mg+"c"+v, parent("nope")).want(404, "NotFound")
	w.call("root", "DELETE", mg+"a"+v, nil).want(400, "BadRequest")

	// Rights come from above, and go when the subscription moves away.
	w.principal("app")
	w.assign(mg+"A", "app", "Reader")
	rg := "/subscriptions/" + sub + "/resourcegroups/rg" + vr
	w.call("app", "GET", rg, nil).want(403, "AuthorizationFailed")
	w.call("app", "PUT", mg+"b/subscriptions/"+sub+v, nil).want(403, "AuthorizationFailed")
	w.call("root", "PUT", mg+"b/subscriptions/"+sub+v, nil).want(200, "")
	w.call("root", "GET", mg+"b/subscriptions/"+sub+v, nil).want(200, "")
	w.call("app", "GET", rg, nil).want(200, "")
	if n := len(w.call("root", "GET", mg+"a/descendants"+v, nil).want(200, "").list()); n != 2 {
		t.Fatalf("%d descendants", n)
	}
	if got := w.call("root", "GET", mg+"b"+v+"&$expand=children", nil).want(200, ""); len(got.at("properties.children").([]any)) != 1 {
		t.Fatal(got.text)
	}
	w.call("root", "DELETE", mg+"b/subscriptions/"+sub+v, nil).want(200, "")
	w.call("app", "GET", rg, nil).want(403, "AuthorizationFailed")

	// Who owns the target only cannot pull a subscription to it.
	w.assign(mg+"b", "app", "Owner")
	w.call("app", "PUT", mg+"b/subscriptions/"+sub+v, nil).want(403, "AuthorizationFailed")
	w.call("root", "DELETE", mg+"b"+v, nil).want(200, "")
	w.call("root", "DELETE", mg+"b"+v, nil).want(204, "")
	w.call("root", "DELETE", mg+tenant+v, nil).want(400, "BadRequest")
	if n := len(w.call("app", "GET", mg[:len(mg)-1]+v, nil).want(200, "").list()); n != 1 {
		t.Fatalf("%d management groups are shown", n)
	}
	last := "a"
	for i, id := range []string{"l2", "l3", "l4", "l5", "l6"} {
		w.call("root", "PUT", mg+id+v, parent(last)).want(200, "")
		last = id
		_ = i
	}
	w.call("root", "PUT", mg+"l7"+v, parent(last)).want(400, "BadRequest")
}

func TestMetadata(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/metadata/endpoints", "//metadata/endpoints", "/METADATA/endpoints/"} {
		got := w.call("", "GET", path+"?api-version=2022-09-01", nil).want(200, "")
		if got.at("resourceManager") != "https://management.coffer.test/" || got.at("suffixes.keyVaultDns") != "vault.coffer.test" ||
			got.at("authentication.identityProvider") != "AAD" || got.at("authentication.tenant") != "common" {
			t.Fatal(got.text)
		}
	}
	if got := w.call("", "GET", "/metadata/endpoints?api-version=2019-05-01", nil); !strings.HasPrefix(got.text, "[{") {
		t.Fatal(got.text)
	}
	if got := w.call("", "GET", "/metadata/endpoints?api-version=2015-01-01", nil).want(200, ""); got.at("authentication.loginEndpoint") == nil {
		t.Fatal(got.text)
	}
	if got := w.call("", "GET", "//metadata/endpoints?api-version=2018-01-01", nil).want(200, ""); got.at("cloudEndpoint.public.endpoint") != "management.coffer.test" {
		t.Fatal(got.text)
	}
}
