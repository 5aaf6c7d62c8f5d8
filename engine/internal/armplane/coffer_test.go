package armplane_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

const getSecret = "Microsoft.KeyVault/vaults/secrets/getSecret/action"

func (w *world) explain(caller string, parameters ...string) answer {
	w.t.Helper()
	q := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	return w.call(caller, "GET", "/coffer/v1/effective-access?"+q.Encode(), nil)
}

func names(list any, path string) []string {
	out := []string{}
	for _, item := range list.([]any) {
		out = append(out, answer{body: item.(object)}.at(path).(string))
	}
	return out
}

func TestExplainRoles(t *testing.T) {
	w := newWorld(t)
	app := w.principal("app")
	inner := w.group("inner", directory.Reference{ID: app, Type: directory.TypeServicePrincipal})
	w.group("outer", directory.Reference{ID: inner, Type: directory.TypeGroup})
	w.principal("stranger")
	w.principal("admin")
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(object{"enableRbacAuthorization": true})).want(200, "")
	w.call("root", "PUT", vaultPath("rg", "vault2")+v2024, vaultWith(object{"enableRbacAuthorization": true})).want(200, "")
	w.assign("/subscriptions/"+sub+"/resourceGroups/rg", "outer", "Key Vault Secrets User")
	w.assign(vaultPath("rg", "vault2"), "stranger", "Key Vault Secrets User")
	w.assign("/subscriptions/"+sub+"/resourceGroups/rg", "admin", "User Access Administrator")
	secret := vaultPath("rg", "vault1") + "/secrets/one"

	got := w.explain("root", "scope", secret, "action", getSecret, "principalId", app).want(200, "")
	if got.at("subject.allowed") != true || got.at("model") != "roleAssignment" || got.at("dataAction") != true {
		t.Fatal(got.text)
	}
	grant := answer{body: got.at("subject.grants").([]any)[0].(object)}
	if diff := cmp.Diff([]string{"inner", "outer"}, names(grant.at("groupPath"), "name")); diff != "" {
		t.Fatal(diff)
	}
	if grant.at("roleName") != "Key Vault Secrets User" || grant.at("scope") != "/subscriptions/"+sub+"/resourceGroups/rg" {
		t.Fatal(got.text)
	}

	got = w.explain("root", "scope", secret, "action", getSecret, "principalId", w.ids["stranger"]).want(200, "")
	if got.at("subject.allowed") != false || len(got.at("subject.elsewhere").([]any)) != 1 || names(got.at("leastRoles"), "name")[0] != "Key Vault Secrets User" {
		t.Fatal(got.text)
	}
	if missing := got.at("subject.missing"); missing != "No role assignment at this scope or above it allows the action. The narrowest role that does is Key Vault Secrets User." {
		t.Fatal(missing)
	}

	got = w.explain("root", "scope", secret, "action", getSecret).want(200, "")
	if diff := cmp.Diff([]string{"app"}, names(got.at("who"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"admin", "root"}, names(got.at("couldGrantThemselves"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}

	w.explain("stranger", "scope", secret, "action", getSecret).want(403, "AuthorizationFailed")
	w.explain("root", "scope", secret).want(400, "BadRequest")
	w.explain("root", "action", getSecret).want(400, "BadRequest")
	w.explain("root", "scope", secret, "action", getSecret, "principalId", guid(1)).want(400, "PrincipalNotFound")
	w.explain("root", "scope", vaultPath("rg", "nope"), "action", getSecret).want(404, "ResourceNotFound")
	w.explain("root", "scope", secret, "action", getSecret, "dataAction", "perhaps").want(400, "BadRequest")
	w.explain("root", "scope", "/subscriptions/..", "action", getSecret).want(400, "BadRequest")
}

// Explain says what the decision is, not what somebody thinks it should be: a right of
// the management plane is none on the data plane.
func TestExplainPlanes(t *testing.T) {
	w := newWorld(t)
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(object{"enableRbacAuthorization": true})).want(200, "")
	for _, test := range []struct {
		action, data string
		want         bool
	}{
		{"Microsoft.KeyVault/vaults/keys/read", "", false}, {"Microsoft.KeyVault/vaults/keys/read", "false", true},
		{"Microsoft.KeyVault/vaults/write", "", true}, {getSecret, "", false},
	} {
		got := w.explain("root", "scope", vaultPath("rg", "vault1"), "action", test.action, "dataAction", test.data, "principalId", w.ids["root"]).want(200, "")
		if got.at("subject.allowed") != test.want {
			t.Errorf("%s %s: %s", test.action, test.data, got.text)
		}
	}
}

func TestExplainPolicies(t *testing.T) {
	w := newWorld(t)
	app, user := w.principal("app"), w.principal("user")
	team := w.group("team", directory.Reference{ID: app, Type: directory.TypeServicePrincipal})
	w.principal("contributor")
	w.assign("/subscriptions/"+sub+"/resourceGroups/rg", "contributor", "Key Vault Contributor")
	w.principal("role")
	w.assign("/subscriptions/"+sub+"/resourceGroups/rg", "role", "Key Vault Secrets User")
	application := guid(7)
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(object{"accessPolicies": []any{
		object{"tenantId": tenant, "objectId": team, "permissions": object{"secrets": []any{"get"}}},
		object{"tenantId": tenant, "objectId": user, "applicationId": application, "permissions": object{"secrets": []any{"all"}}},
	}})).want(200, "")
	secret := vaultPath("rg", "vault1") + "/secrets/one"

	got := w.explain("root", "scope", secret, "action", getSecret, "principalId", app).want(200, "")
	if got.at("subject.allowed") != true || got.at("model") != "accessPolicy" || got.at("permission") != "secrets get" {
		t.Fatal(got.text)
	}
	if got = w.explain("root", "scope", secret, "action", getSecret, "principalId", user).want(200, ""); got.at("subject.allowed") != false || len(got.at("subject.conditional").([]any)) != 1 {
		t.Fatal(got.text)
	}
	if got = w.explain("root", "scope", secret, "action", getSecret, "principalId", user, "applicationId", application).want(200, ""); got.at("subject.allowed") != true {
		t.Fatal(got.text)
	}
	if got = w.explain("root", "scope", secret, "action", getSecret, "principalId", w.ids["role"]).want(200, ""); got.at("subject.allowed") != false ||
		got.at("subject.missing") != "The vault decides by access policies, and none gives the principal or a group that it is in the permission secrets get." {
		t.Fatal(got.text)
	}
	if got = w.explain("root", "scope", vaultPath("rg", "vault1"), "action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action", "principalId", app).want(200, ""); got.at("permission") != "secrets list" || got.at("subject.allowed") != false {
		t.Fatal(got.text)
	}
	got = w.explain("root", "scope", secret, "action", getSecret).want(200, "")
	if diff := cmp.Diff([]string{"app"}, names(got.at("who"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{"contributor", "root"}, names(got.at("couldGrantThemselves"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}
	w.explain("root", "scope", secret, "action", getSecret, "permission", "wrapKey").want(400, "BadRequest")
}

func TestMigrateToRBAC(t *testing.T) {
	w := newWorld(t)
	app, user := w.principal("app\n}"), w.principal("user")
	unknown := guid(9)
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(object{"accessPolicies": []any{
		object{"tenantId": tenant, "objectId": app, "permissions": object{"secrets": []any{"get", "list"}, "keys": []any{"sign", "get"}}},
		object{"tenantId": tenant, "objectId": user, "applicationId": guid(7), "permissions": object{"secrets": []any{"get"}}},
		object{"tenantId": tenant, "objectId": unknown, "permissions": object{"certificates": []any{"get"}, "storage": []any{"get"}}},
	}})).want(200, "")
	before := w.generation()
	got := w.call("root", "GET", "/coffer/v1/migrate-to-rbac?vault="+url.QueryEscape(vaultPath("rg", "vault1")), nil).want(200, "")
	if w.generation() != before {
		t.Fatal("the plan changed something")
	}
	if diff := cmp.Diff([]string{"Key Vault Crypto User", "Key Vault Secrets User"}, names(got.at("assignments"), "roleName")); diff != "" {
		t.Fatal(diff)
	}
	if n := len(got.at("lost").([]any)); n != 3 {
		t.Fatalf("%d are lost: %s", n, got.text)
	}
	text := got.at("terraform").(string)
	for _, want := range []string{
		"resource \"coffer_role_assignment\" \"policy_1\" {", "  role_definition_name = \"Key Vault Secrets User\"",
		"  scope                = \"" + vaultPath("rg", "vault1") + "\"", "#   gained: Microsoft.KeyVault/vaults/keys/decrypt/action", "# lost: certificates get for " + unknown,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "app\n") {
		t.Error("a name broke out of its comment")
	}
	w.principal("nobody")
	w.call("nobody", "GET", "/coffer/v1/migrate-to-rbac?vault="+url.QueryEscape(vaultPath("rg", "vault1")), nil).want(403, "AuthorizationFailed")
	w.call("root", "GET", "/coffer/v1/migrate-to-rbac?vault=%2Fsubscriptions%2F"+sub, nil).want(400, "BadRequest")
}

func TestExplainConditions(t *testing.T) {
	w := newWorld(t)
	app := w.principal("app")
	w.principal("data admin")
	rg := "/subscriptions/" + sub + "/resourceGroups/rg"
	w.assign(rg, "data admin", "Key Vault Data Access Administrator")
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(object{"enableRbacAuthorization": true})).want(200, "")
	condition := "((!(ActionMatches{'" + getSecret + "'})) OR (@Resource[Microsoft.KeyVault/vaults/secrets:name] StringStartsWithIgnoreCase 'app-'))"
	got := w.call("root", "PUT", assignmentPath(rg, guid(1)), assignment(role(secretsUser), app, "condition", condition, "conditionVersion", "2.0")).want(201, "")
	if got.at("properties.condition") != condition || got.at("properties.conditionVersion") != "2.0" {
		t.Fatal(got.text)
	}
	w.call("root", "PUT", assignmentPath(rg, guid(2)), assignment(role(reader), app, "condition", "@Resource[a] Equals")).want(400, "BadRequestFormat")

	for name, want := range map[string]bool{"app-one": true, "other": false} {
		got := w.explain("root", "scope", vaultPath("rg", "vault1")+"/secrets/"+name, "action", getSecret, "principalId", app).want(200, "")
		if got.at("subject.allowed") != want {
			t.Errorf("%s: %s", name, got.text)
		}
		if want {
			continue
		}
		if near := got.at("subject.conditional").([]any); len(near) != 1 || near[0].(object)["condition"] != condition {
			t.Errorf("%s: %s", name, got.text)
		}
	}
	// The data access administrator could give itself the role, the contributor of
	// nothing could not.
	got = w.explain("root", "scope", vaultPath("rg", "vault1")+"/secrets/other", "action", getSecret).want(200, "")
	if diff := cmp.Diff([]string{"data admin", "root"}, names(got.at("couldGrantThemselves"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff([]string{}, names(got.at("who"), "principal.name")); diff != "" {
		t.Fatal(diff)
	}
}
