package armplane_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

func TestVaultLifeCycle(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "First-Vault")
	w.call("root", "GET", path+v2024, nil).want(404, "ResourceNotFound").
		message("The Resource 'Microsoft.KeyVault/vaults/First-Vault' under resource group 'rg' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix")

	got := w.call("root", "PUT", path+v2024, vaultWith(object{"softDeleteRetentionInDays": 7})).want(200, "")
	want := object{
		"id": vaultPath("rg", "First-Vault"), "name": "First-Vault", "type": "Microsoft.KeyVault/vaults", "location": "westeurope", "tags": object{},
		"systemData": got.body["systemData"],
		"properties": object{
			"sku": object{"family": "A", "name": "standard"}, "tenantId": tenant, "accessPolicies": []any{}, "enabledForDeployment": false,
			"enableSoftDelete": true, "softDeleteRetentionInDays": 7.0, "enableRbacAuthorization": false,
			"vaultUri": "https://first-vault.vault.coffer.test/", "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
		},
	}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Fatal(diff)
	}
	if by := got.at("systemData.createdByType"); by != "Application" {
		t.Fatalf("created by a %v", by)
	}

	upper := strings.ToUpper(path)
	if again := w.call("root", "GET", upper+v2024, nil).want(200, ""); again.at("id") != got.at("id") {
		t.Fatalf("the id is %v", again.at("id"))
	}
	w.call("root", "PATCH", path+v2024, object{"tags": object{"a": "b"}, "properties": object{"enablePurgeProtection": true, "enabledForDiskEncryption": true}}).want(200, "")
	got = w.call("root", "GET", path+v2024, nil).want(200, "")
	if got.at("tags.a") != "b" || got.at("properties.enablePurgeProtection") != true || got.at("properties.enabledForDiskEncryption") != true || got.at("properties.enabledForTemplateDeployment") != nil {
		t.Fatal(got.text)
	}
	// A body that was read can be put back as it is.
	w.call("root", "PUT", path+v2024, got.text).want(200, "")

	w.call("root", "DELETE", path+v2024, nil).want(200, "")
	w.call("root", "DELETE", path+v2024, nil).want(204, "")
	w.call("root", "GET", path+v2024, nil).want(404, "ResourceNotFound")
	w.call("root", "PATCH", path+v2024, object{}).want(404, "ResourceNotFound")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(409, "ConflictError").
		message("A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.")

	deleted := w.call("root", "GET", "/subscriptions/"+sub+"/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/first-vault"+v2024, nil).want(200, "")
	wantDeleted := object{
		"id":   "/subscriptions/" + sub + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/First-Vault",
		"name": "First-Vault", "type": "Microsoft.KeyVault/deletedVaults",
		"properties": object{
			"vaultId": vaultPath("rg", "First-Vault"), "location": "westeurope", "tags": object{"a": "b"},
			"deletionDate": "2026-11-25T12:00:00Z", "scheduledPurgeDate": "2026-12-02T12:00:00Z", "purgeProtectionEnabled": true,
		},
	}
	if diff := cmp.Diff(wantDeleted, deleted.body); diff != "" {
		t.Fatal(diff)
	}
	w.call("root", "POST", "/subscriptions/"+sub+"/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/first-vault/purge"+v2024, nil).
		want(405, "MethodNotAllowed").message("Operation 'DeletedVaultPurge' is not allowed.")

	recovered := w.call("root", "PUT", path+v2024, object{"location": "westeurope", "properties": object{"tenantId": tenant, "sku": object{"family": "A", "name": "standard"}, "createMode": "recover"}}).want(200, "")
	if diff := cmp.Diff(got.at("properties"), recovered.at("properties")); diff != "" {
		t.Fatalf("the settings are not those before: %s", diff)
	}
}

func TestPurge(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "purged")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	id := w.vaultID("purged")
	w.call("root", "DELETE", path+v2024, nil).want(200, "")
	purge := "/subscriptions/" + sub + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/purged/purge"
	w.call("root", "POST", strings.Replace(purge, "westeurope", "eastus", 1)+v2024, nil).want(404, "DeletedVaultNotFound")
	got := w.call("root", "POST", purge+v2024, nil).want(202, "")
	location := got.header.Get("Location")
	if got.text != "" || !strings.HasPrefix(location, "https://management.coffer.test/subscriptions/"+sub+"/providers/Microsoft.KeyVault/locations/westeurope/operationResults/") ||
		!strings.HasSuffix(location, "?api-version=2024-11-01") || got.header.Get("Retry-After") == "" {
		t.Fatalf("%q %v", got.text, got.header)
	}
	result := w.call("root", "GET", strings.TrimPrefix(location, "https://management.coffer.test"), nil).want(200, "")
	if result.at("status") != "Succeeded" {
		t.Fatal(result.text)
	}
	w.call("root", "POST", purge+v2024, nil).want(404, "DeletedVaultNotFound")
	w.write(func(tx *store.Tx) error {
		if _, err := tx.DataKey(id); err == nil {
			t.Error("the data key is still there")
		}
		return nil
	})
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	if w.vaultID("purged") == id {
		t.Fatal("the internal id is used again")
	}
}

// vaultID returns the internal id of a vault.
func (w *world) vaultID(name string) (id string) {
	w.write(func(tx *store.Tx) error {
		v, found, err := tx.VaultByName(name)
		if err == nil && !found {
			w.t.Fatalf("no vault %s", name)
		}
		id = v.ID
		return err
	})
	return id
}

func TestScheduledPurgeIsDecidedByTheClock(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "due")
	w.call("root", "PUT", path+v2024, vaultWith(object{"softDeleteRetentionInDays": 7})).want(200, "")
	id := w.vaultID("due")
	w.call("root", "DELETE", path+v2024, nil).want(200, "")
	w.clock.Advance(7*24*time.Hour - time.Second)
	deleted := "/subscriptions/" + sub + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/due"
	w.call("root", "GET", deleted+v2024, nil).want(200, "")
	w.clock.Advance(time.Second)
	w.call("root", "GET", deleted+v2024, nil).want(404, "DeletedVaultNotFound")
	if n := len(w.call("root", "GET", "/subscriptions/"+sub+"/providers/Microsoft.KeyVault/deletedVaults"+v2024, nil).list()); n != 0 {
		t.Fatalf("%d deleted vaults are listed", n)
	}
	w.call("root", "PUT", path+v2024, object{"location": "westeurope", "properties": object{"createMode": "recover"}}).want(400, "SoftDeletedVaultDoesNotExist")
	check := "/subscriptions/" + sub + "/providers/Microsoft.KeyVault/checkNameAvailability"
	if got := w.call("root", "POST", check+v2024, object{"name": "due", "type": "Microsoft.KeyVault/vaults"}); got.at("nameAvailable") != true {
		t.Fatal(got.text)
	}
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	if w.vaultID("due") == id {
		t.Fatal("the purged vault came back")
	}

	w.call("root", "PUT", vaultPath("rg", "other")+v2024, vaultWith(object{"softDeleteRetentionInDays": 7})).want(200, "")
	w.call("root", "DELETE", vaultPath("rg", "other")+v2024, nil).want(200, "")
	w.clock.Advance(8 * 24 * time.Hour)
	n, err := resource.PurgeDue(context.Background(), port{w.db}, w.ring, w.clock.Now(), 100)
	if err != nil || n != 1 {
		t.Fatalf("purged %d, %v", n, err)
	}
}

func TestVaultErrors(t *testing.T) {
	w := newWorld(t)
	w.call("root", "PUT", vaultPath("rg", "taken")+v2024, vaultWith(object{"softDeleteRetentionInDays": 30})).want(200, "")
	nameTaken := "The vault name 'TAKEN' is already in use. Vault names are globaly unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
	policy := func(object_, secret string) any {
		return []any{object{"tenantId": tenant, "objectId": object_, "permissions": object{"secrets": []any{secret}}}}
	}
	id := "11111111-1111-4111-8111-111111111111"
	many := make([]any, 1025)
	for i := range many {
		many[i] = object{"tenantId": tenant, "objectId": fmt.Sprintf("11111111-1111-4111-8111-%012d", i), "permissions": object{}}
	}
	tags := object{}
	for i := range 16 {
		tags[fmt.Sprint("t", i)] = "v"
	}
	rules := make([]any, 1001)
	for i := range rules {
		rules[i] = object{"value": fmt.Sprintf("10.0.%d.%d", i/256, i%256)}
	}
	tests := []struct {
		name, method, path string
		body               any
		status             int
		code, message      string
	}{
		{"name with underscore", "PUT", vaultPath("rg", "bad_name"), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"name too short", "PUT", vaultPath("rg", "ab"), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"name too long", "PUT", vaultPath("rg", strings.Repeat("a", 25)), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"name starts with a digit", "PUT", vaultPath("rg", "1abc"), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"name ends with a hyphen", "PUT", vaultPath("rg", "abc-"), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"two hyphens", "PUT", vaultPath("rg", "a--b"), vaultWith(nil), 400, "VaultNameNotValid",
			"The vault name 'a--b' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742"},
		{"unicode name", "PUT", vaultPath("rg", "v%C3%A4ult"), vaultWith(nil), 400, "VaultNameNotValid", ""},
		{"dot dot", "PUT", vaultPath("rg", ".."), vaultWith(nil), 400, "BadParameter", ""},
		{"escaped slash", "PUT", vaultPath("rg", "a%2Fb"), vaultWith(nil), 400, "BadParameter", ""},
		{"taken in another group, other case", "PUT", vaultPath("rg1", "TAKEN"), vaultWith(nil), 409, "VaultAlreadyExists", nameTaken},
		{"no group", "PUT", vaultPath("nope", "vault1"), vaultWith(nil), 404, "ResourceGroupNotFound", "Resource group 'nope' could not be found."},
		{"no subscription", "PUT", strings.Replace(vaultPath("rg", "vault1"), sub, "00000000-0000-4000-8000-000000000000", 1), vaultWith(nil), 404, "SubscriptionNotFound", "The subscription '00000000-0000-4000-8000-000000000000' could not be found."},
		{"no body", "PUT", vaultPath("rg", "vault1"), "", 400, "InvalidRequestContent", ""},
		{"no JSON", "PUT", vaultPath("rg", "vault1"), "{", 400, "InvalidRequestContent", ""},
		{"deep JSON", "PUT", vaultPath("rg", "vault1"), strings.Repeat("[", 100) + strings.Repeat("]", 100), 400, "InvalidRequestContent", ""},
		{"wrong type", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"enableSoftDelete": "yes"}), 400, "InvalidRequestContent", ""},
		{"no location", "PUT", vaultPath("rg", "vault1"), object{"properties": object{"tenantId": tenant}}, 400, "InvalidRequestContent", ""},
		{"no sku", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"sku": nil}), 400, "BadRequest", ""},
		{"no policies", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"accessPolicies": nil}), 400, "BadRequest", ""},
		{"wrong sku", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"sku": object{"family": "A", "name": "gold"}}), 400, "BadRequest", ""},
		{"other tenant", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"tenantId": id}), 400, "BadRequest", "An invalid value was provided for 'tenantId'."},
		{"purge protection off", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"enablePurgeProtection": false}), 400, "BadRequest", `The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.`},
		{"soft delete off", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"enableSoftDelete": false}), 400, "BadRequest", ""},
		{"retention 6", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"softDeleteRetentionInDays": 6}), 400, "BadRequest", ""},
		{"retention 91", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"softDeleteRetentionInDays": 91}), 400, "BadRequest", ""},
		{"retention changed", "PATCH", vaultPath("rg", "taken"), object{"properties": object{"softDeleteRetentionInDays": 31}}, 400, "BadRequest", `The property "softDeleteRetentionInDays" has been set already and it can't be modified.`},
		{"location changed", "PUT", vaultPath("rg", "taken"), object{"location": "eastus", "properties": vaultWith(nil)["properties"]}, 409, "InvalidResourceLocation", ""},
		{"create mode", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"createMode": "again"}), 400, "BadRequest", ""},
		{"nothing to recover", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"createMode": "recover"}), 400, "SoftDeletedVaultDoesNotExist", "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being attempted to recover is in a recoverable state."},
		{"recover a live one", "PUT", vaultPath("rg", "taken"), vaultWith(object{"createMode": "recover"}), 400, "SoftDeletedVaultDoesNotExist", ""},
		{"policy of another tenant", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"accessPolicies": []any{object{"tenantId": id, "objectId": id, "permissions": object{}}}}), 400, "BadRequest", "An invalid value was provided for 'accessPolicies'."},
		{"policy without a guid", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"accessPolicies": policy("me", "get")}), 400, "BadRequest", "An invalid value was provided for 'accessPolicies'."},
		{"unknown permission", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"accessPolicies": policy(id, "peek")}), 400, "BadRequest", ""},
		{"too many policies", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"accessPolicies": many}), 400, "BadRequest", ""},
		{"too many tags", "PATCH", vaultPath("rg", "taken"), object{"tags": tags}, 400, "BadRequest", ""},
		{"bad address", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"networkAcls": object{"ipRules": []any{object{"value": "10.0.0.256"}}}}), 400, "BadRequest", ""},
		{"bad range", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"networkAcls": object{"ipRules": []any{object{"value": "10.0.0.0/33"}}}}), 400, "BadRequest", ""},
		{"too many rules", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"networkAcls": object{"ipRules": rules}}), 400, "BadRequest", ""},
		{"bad bypass", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"networkAcls": object{"bypass": "Everyone"}}), 400, "BadRequest", ""},
		{"bad public access", "PUT", vaultPath("rg", "vault1"), vaultWith(object{"publicNetworkAccess": "maybe"}), 400, "BadRequest", ""},
		{"policy operation", "PUT", vaultPath("rg", "taken") + "/accessPolicies/merge", object{"properties": object{}}, 400, "BadRequest", ""},
		{"wrong method", "POST", vaultPath("rg", "taken"), nil, 405, "MethodNotAllowed", ""},
		{"unknown operation", "GET", vaultPath("rg", "taken") + "/nonsense", nil, 501, "NotImplemented", ""},
		{"unknown path", "GET", "/nonsense", nil, 404, "NotFound", ""},
		{"unknown namespace", "GET", "/subscriptions/" + sub + "/resourceGroups/rg/providers/Contoso.Things/things/t", nil, 404, "NotFound", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.t = t
			before := w.generation()
			got := w.call("root", test.method, test.path+v2024, test.body).want(test.status, test.code)
			if test.message != "" {
				got.message(test.message)
			}
			if w.generation() != before {
				t.Error("the refused request changed something")
			}
		})
	}
	w.t = t
	w.call("root", "GET", vaultPath("rg", "taken"), nil).want(400, "MissingApiVersionParameter").
		message("The api-version query parameter (?api-version=) is required for all requests.")
	w.call("root", "GET", vaultPath("rg", "taken")+"?api-version=2024-11-02", nil).want(400, "NoRegisteredProviderFound")
	w.call("root", "GET", vaultPath("rg", "taken")+"?api%2Dversion=2024-11-01", nil).want(200, "")
}

func TestPermissionModelByVersion(t *testing.T) {
	w := newWorld(t)
	for i, test := range []struct {
		version string
		given   any
		want    bool
	}{
		{v2024, nil, false}, {v2026, nil, true}, {"?api-version=2026-03-01-preview", nil, true}, {v2026, false, false}, {v2024, true, true},
		{"?api-version=2025-05-01", nil, false},
	} {
		more := object{}
		if test.given != nil {
			more["enableRbacAuthorization"] = test.given
		}
		name := fmt.Sprint("model", i)
		got := w.call("root", "PUT", vaultPath("rg", name)+test.version, vaultWith(more)).want(200, "")
		if got.at("properties.enableRbacAuthorization") != test.want {
			t.Errorf("%s %v: %v", test.version, test.given, got.at("properties.enableRbacAuthorization"))
		}
		// What is not said later stays.
		got = w.call("root", "PUT", vaultPath("rg", name)+v2026, vaultWith(nil)).want(200, "")
		if got.at("properties.enableRbacAuthorization") != test.want {
			t.Errorf("%s %v: changed by an update", test.version, test.given)
		}
	}
}

func TestSwitchingThePermissionModel(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "switch")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	for _, name := range []string{"contributor", "admin", "data admin"} {
		w.principal(name)
		w.assign("/subscriptions/"+sub+"/resourceGroups/rg", name, "Key Vault Contributor")
	}
	w.assign(path, "admin", "User Access Administrator")
	w.assign(path, "data admin", "Key Vault Data Access Administrator")
	on := object{"properties": object{"enableRbacAuthorization": true}}
	w.call("contributor", "PATCH", path+v2024, on).want(403, "AuthorizationFailed")
	w.call("data admin", "PATCH", path+v2024, on).want(403, "AuthorizationFailed")
	w.call("contributor", "PUT", path+v2024, vaultWith(object{"enableRbacAuthorization": true})).want(403, "AuthorizationFailed")
	w.call("contributor", "PATCH", path+v2024, object{"properties": object{"enableRbacAuthorization": false}}).want(200, "")
	w.call("admin", "PATCH", path+v2024, on).want(200, "")
	w.call("contributor", "PATCH", path+v2024, object{"properties": object{"enableRbacAuthorization": false}}).want(403, "AuthorizationFailed")
}

func TestAccessPolicies(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "policies")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	id, other := "11111111-1111-4111-8111-11111111111A", "22222222-2222-4222-8222-222222222222"
	entry := func(id string, app any, keys, secrets []any) object {
		e := object{"tenantId": strings.ToUpper(tenant), "objectId": id, "permissions": object{"keys": keys, "secrets": secrets}}
		if app != nil {
			e["applicationId"] = app
		}
		return object{"properties": object{"accessPolicies": []any{e}}}
	}
	update := func(op string, body object) []any {
		t.Helper()
		got := w.call("root", "PUT", path+"/accessPolicies/"+op+v2024, body).want(200, "")
		if got.at("id") != vaultPath("rg", "policies")+"/accessPolicies/" {
			t.Fatal(got.text)
		}
		return got.at("properties.accessPolicies").([]any)
	}
	update("add", entry(id, nil, []any{"GET", "wrapkey"}, []any{"All"}))
	update("ADD", entry(id, nil, []any{"sign"}, nil))
	got := update("add", entry(id, other, []any{"get"}, nil))
	want := []any{
		object{"tenantId": tenant, "objectId": strings.ToLower(id), "permissions": object{"keys": []any{"get", "wrapKey", "sign"}, "secrets": []any{"all"}, "certificates": []any{}}},
		object{"tenantId": tenant, "objectId": strings.ToLower(id), "applicationId": other, "permissions": object{"keys": []any{"get"}, "secrets": []any{}, "certificates": []any{}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	got = update("replace", entry(id, nil, []any{"list"}, nil))
	if diff := cmp.Diff([]any{"list"}, got[0].(object)["permissions"].(object)["keys"]); diff != "" {
		t.Fatal(diff)
	}
	if got = update("remove", entry(id, nil, []any{"List"}, nil)); len(got) != 1 {
		t.Fatalf("the empty entry is still there: %v", got)
	}
}

func TestParallelPutsCreateOnce(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "parallel")
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() { w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "") })
	}
	wg.Wait()
	keys := 0
	w.write(func(tx *store.Tx) error {
		ids, err := tx.DataKeyIDs("", 100)
		keys = len(ids)
		return err
	})
	if keys != 1 {
		t.Fatalf("%d data keys", keys)
	}
}

func TestParallelPolicyAddsLoseNothing(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "parallel")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			entry := object{"tenantId": tenant, "objectId": fmt.Sprintf("11111111-1111-4111-8111-%012d", i), "permissions": object{"secrets": []any{"get"}}}
			w.call("root", "PUT", path+"/accessPolicies/add"+v2024, object{"properties": object{"accessPolicies": []any{entry}}}).want(200, "")
		})
	}
	wg.Wait()
	got := w.call("root", "GET", path+v2024, nil).want(200, "")
	if n := len(got.at("properties.accessPolicies").([]any)); n != 64 {
		t.Fatalf("%d policies", n)
	}
}

func TestNetworkRules(t *testing.T) {
	w := newWorld(t)
	path := vaultPath("rg", "network")
	subnet := "/subscriptions/" + sub + "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
	got := w.call("root", "PUT", path+v2024, vaultWith(object{
		"publicNetworkAccess": "disabled",
		"networkAcls": object{
			"defaultAction": "deny", "ipRules": []any{object{"value": "10.0.0.1"}, object{"value": "10.0.0.1/32"}, object{"value": "2001:db8::/32"}},
			"virtualNetworkRules": []any{object{"id": subnet}},
		},
	})).want(200, "")
	want := object{
		"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []any{object{"value": "10.0.0.1"}, object{"value": "2001:db8::/32"}},
		"virtualNetworkRules": []any{object{"id": subnet}},
	}
	if diff := cmp.Diff(want, got.at("properties.networkAcls")); diff != "" {
		t.Fatal(diff)
	}
	// The firewall stays when a request does not speak of it.
	got = w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	if got.at("properties.networkAcls.defaultAction") != "Deny" || got.at("properties.publicNetworkAccess") != "Disabled" {
		t.Fatal(got.text)
	}
}

func TestVaultLists(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		group := []string{"rg", "rg1"}[i%2]
		w.call("root", "PUT", vaultPath(group, fmt.Sprint("vault-", i))+v2024, vaultWith(nil)).want(200, "")
	}
	names := func(path string) (out []string) {
		for path != "" {
			got := w.call("root", "GET", path, nil).want(200, "")
			for _, v := range got.list() {
				out = append(out, v["name"].(string))
			}
			next, _ := got.body["nextLink"].(string)
			path = strings.TrimPrefix(next, "https://management.coffer.test")
		}
		return out
	}
	s := "/subscriptions/" + sub
	all := []string{"vault-0", "vault-1", "vault-2", "vault-3", "vault-4"}
	for _, test := range []struct {
		path string
		want []string
	}{
		{s + "/providers/Microsoft.KeyVault/vaults" + v2024, all},
		{s + "/providers/Microsoft.KeyVault/vaults" + v2024 + "&$top=2", all},
		{s + "/resourceGroups/RG/providers/microsoft.keyvault/vaults" + v2024, []string{"vault-0", "vault-2", "vault-4"}},
		{s + "/resources?api-version=2015-11-01&$filter=resourceType%20eq%20%27Microsoft.KeyVault%2Fvaults%27&$top=3", all},
		{s + "/resources?api-version=2015-11-01&$filter=resourceType%20eq%20%27Microsoft.KeyVault%2Fvaults%27%20and%20name%20eq%20%27vault-3%27", []string{"vault-3"}},
		{s + "/resources?api-version=2015-11-01&$filter=resourceType%20eq%20%27Contoso%2Fthings%27", nil},
		{s + "/resourceGroups/rg1/resources" + vr, []string{"vault-1", "vault-3"}},
	} {
		if diff := cmp.Diff(test.want, names(test.path)); diff != "" {
			t.Errorf("%s: %s", test.path, diff)
		}
	}
	w.call("root", "GET", s+"/resources?api-version=2015-11-01&$filter=nonsense", nil).want(400, "InvalidFilterInQueryString")
	w.call("root", "GET", s+"/providers/Microsoft.KeyVault/managedHSMs"+v2024, nil).want(200, "")
	w.call("root", "GET", s+"/providers/Microsoft.KeyVault/deletedManagedHSMs"+v2024, nil).want(200, "")
	w.principal("nobody")
	w.call("nobody", "GET", s+"/providers/Microsoft.KeyVault/vaults"+v2024, nil).want(403, "AuthorizationFailed")
	w.call("nobody", "GET", s+"/resources?api-version=2015-11-01", nil).want(403, "AuthorizationFailed")
	w.assign(vaultPath("rg", "vault-2"), "nobody", "Reader")
	if got := w.call("nobody", "GET", s+"/resources?api-version=2015-11-01", nil).list(); len(got) != 1 {
		t.Fatalf("%d resources are shown", len(got))
	}
}
