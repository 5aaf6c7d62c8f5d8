package armplane_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

const (
	secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"
	reader      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	dataAdmin   = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
)

func role(id string) string {
	return "/subscriptions/" + sub + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

func assignmentPath(scope, id string) string {
	return scope + "/providers/Microsoft.Authorization/roleAssignments/" + id + va
}

func assignment(roleID, principal string, more ...any) object {
	properties := object{"roleDefinitionId": roleID, "principalId": principal}
	for i := 0; i < len(more); i += 2 {
		properties[more[i].(string)] = more[i+1]
	}
	return object{"properties": properties}
}

func guid(n int) string { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n) }

func TestAssignmentsAtEveryScope(t *testing.T) {
	w := newWorld(t)
	p := w.principal("app")
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(nil)).want(200, "")
	for i, scope := range []string{
		"", "/providers/Microsoft.Management/managementGroups/" + tenant, "/subscriptions/" + sub, "/subscriptions/" + sub + "/resourceGroups/rg",
		vaultPath("rg", "vault1"), vaultPath("rg", "vault1") + "/secrets/one",
	} {
		path := assignmentPath(scope, guid(i))
		got := w.call("root", "PUT", path, assignment(role(secretsUser), p, "principalType", "ServicePrincipal", "description", "why")).want(201, "")
		wantScope := scope
		if scope == "" {
			wantScope = "/"
		}
		wantRole := "/providers/Microsoft.Authorization/roleDefinitions/" + secretsUser
		if strings.HasPrefix(scope, "/subscriptions") {
			wantRole = role(secretsUser)
		}
		if got.at("properties.scope") != wantScope || got.at("properties.roleDefinitionId") != wantRole || got.at("properties.condition") != nil ||
			got.at("id") != scope+"/providers/Microsoft.Authorization/roleAssignments/"+guid(i) {
			t.Errorf("%s: %s", scope, got.text)
		}
		// The same again is no change.
		if again := w.call("root", "PUT", path, assignment(role(secretsUser), p, "description", "why")).want(200, ""); again.text != got.text {
			t.Errorf("%s: %s", scope, again.text)
		}
		if upper := w.call("root", "GET", strings.ToUpper(strings.TrimSuffix(path, va))+va, nil).want(200, ""); upper.at("name") != guid(i) {
			t.Errorf("%s: %s", scope, upper.text)
		}
	}
	for i, scope := range []string{"", "/subscriptions/" + sub} {
		w.call("root", "DELETE", assignmentPath(scope, guid(2*i)), nil).want(200, "")
		w.call("root", "DELETE", assignmentPath(scope, guid(2*i)), nil).want(204, "")
		w.call("root", "GET", assignmentPath(scope, guid(2*i)), nil).want(404, "RoleAssignmentNotFound").
			message("The role assignment '" + guid(2*i) + "' is not found.")
	}
}

func TestAssignmentErrors(t *testing.T) {
	w := newWorld(t)
	p, q := w.principal("app"), w.principal("other")
	rg := "/subscriptions/" + sub + "/resourceGroups/rg"
	w.call("root", "PUT", assignmentPath(rg, guid(1)), assignment(role(reader), p)).want(201, "")
	unknown := "99999999-9999-4999-8999-999999999999"
	tests := []struct {
		name, scope, id string
		body            any
		status          int
		code, message   string
	}{
		{"same under another id", rg, guid(2), assignment(reader, p), 409, "RoleAssignmentExists",
			"The role assignment already exists. The ID of the existing role assignment is " + strings.ReplaceAll(guid(1), "-", "") + "."},
		{"other principal", rg, guid(1), assignment(role(reader), q), 400, "RoleAssignmentUpdateNotPermitted",
			"Tenant ID, application ID, principal ID, and scope are not allowed to be updated."},
		{"other scope", "/subscriptions/" + sub, guid(1), assignment(role(reader), p), 400, "RoleAssignmentUpdateNotPermitted", ""},
		{"unknown principal", rg, guid(3), assignment(role(reader), unknown), 400, "PrincipalNotFound",
			"Principal " + strings.ReplaceAll(unknown, "-", "") + " does not exist in the directory " + tenant + ". Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype"},
		{"unknown principal with a type", rg, guid(3), assignment(role(reader), unknown, "principalType", "User"), 400, "PrincipalNotFound", ""},
		{"wrong type", rg, guid(3), assignment(role(reader), q, "principalType", "User"), 400, "UnmatchedPrincipalType", ""},
		{"unknown role", rg, guid(3), assignment(role(unknown), q), 404, "RoleDefinitionDoesNotExist",
			"The specified role definition with ID '" + unknown + "' does not exist."},
		{"role without a guid", rg, guid(3), assignment("Reader", q), 400, "InvalidRoleDefinitionId", ""},
		{"id without a guid", rg, "first", assignment(role(reader), q), 400, "InvalidRoleAssignmentId", ""},
		{"nothing", rg, guid(3), object{}, 400, "BadRequestFormat", ""},
		{"no JSON", rg, guid(3), "{", 400, "BadRequestFormat", ""},
		{"condition version 1", rg, guid(3), assignment(role(reader), q, "condition", "@Resource[a:b] StringEquals 'c'", "conditionVersion", "1.0"), 400, "BadRequestFormat", ""},
		{"no condition", rg, guid(3), assignment(role(reader), q, "conditionVersion", "2.0"), 400, "BadRequestFormat", ""},
		{"unknown group", "/subscriptions/" + sub + "/resourceGroups/nope", guid(3), assignment(role(reader), q), 404, "ResourceGroupNotFound", ""},
		{"unknown vault", vaultPath("rg", "nope"), guid(3), assignment(role(reader), q), 404, "ResourceNotFound", ""},
		{"vault of another product", strings.Replace(vaultPath("rg", "v"), "KeyVault", "Storage", 1), guid(3), assignment(role(reader), q), 404, "ResourceNotFound", ""},
		{"provider in a subscription", "/subscriptions/" + sub + "/providers/Microsoft.KeyVault/locations/westeurope", guid(3), assignment(role(reader), q), 404, "ResourceNotFound", ""},
		{"unknown management group", "/providers/Microsoft.Management/managementGroups/nope", guid(3), assignment(role(reader), q), 404, "NotFound", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w.t = t
			before := w.generation()
			got := w.call("root", "PUT", assignmentPath(test.scope, test.id), test.body).want(test.status, test.code)
			if test.message != "" {
				got.message(test.message)
			}
			if w.generation() != before {
				t.Error("the refused request changed something")
			}
		})
	}
}

// Who may assign some roles only, as Key Vault Data Access Administrator may, can give
// and take those, to anyone, and no other.
func TestConditionalAdministrator(t *testing.T) {
	w := newWorld(t)
	p := w.principal("app")
	w.principal("admin")
	rg := "/subscriptions/" + sub + "/resourceGroups/rg"
	w.assign(rg, "admin", "Key Vault Data Access Administrator")
	w.call("admin", "PUT", assignmentPath(rg, guid(1)), assignment(role(secretsUser), p)).want(201, "")
	w.call("admin", "PUT", assignmentPath(rg, guid(2)), assignment(role(reader), p)).want(403, "AuthorizationFailed")
	w.call("admin", "PUT", assignmentPath(rg, guid(2)), assignment(role(owner), w.ids["admin"])).want(403, "AuthorizationFailed")
	w.call("admin", "PUT", assignmentPath(rg, guid(2)), assignment(role(dataAdmin), w.ids["admin"])).want(403, "AuthorizationFailed")
	w.call("admin", "PUT", assignmentPath("/subscriptions/"+sub, guid(2)), assignment(role(secretsUser), p)).want(403, "AuthorizationFailed")
	other := w.assign(rg, "app", "Reader")
	w.call("admin", "DELETE", assignmentPath(rg, other), nil).want(403, "AuthorizationFailed")
	w.call("admin", "DELETE", assignmentPath(rg, guid(1)), nil).want(200, "")
}

// rg1 is a prefix of rg10, but not above it; letter case makes no other scope.
func TestScopesAreComparedBySegment(t *testing.T) {
	w := newWorld(t)
	w.principal("app")
	w.assign("/subscriptions/"+strings.ToUpper(sub)+"/RESOURCEGROUPS/RG1", "app", "Reader")
	w.call("app", "GET", "/subscriptions/"+sub+"/resourcegroups/rg1"+vr, nil).want(200, "")
	w.call("app", "GET", "/subscriptions/"+sub+"/resourcegroups/rg10"+vr, nil).want(403, "AuthorizationFailed")
}

func TestLastOwner(t *testing.T) {
	w := newWorld(t)
	var first string
	w.write(func(tx *store.Tx) error {
		list, err := tx.RoleAssignmentsAt([]string{"/"})
		first = list[0].ID
		return err
	})
	w.call("root", "DELETE", assignmentPath("", first), nil).want(409, "LastOwnerAssignment")
	// A group without members, and a disabled principal, are no help.
	w.group("empty")
	w.assign("/", "empty", "Owner")
	w.call("root", "DELETE", assignmentPath("", first), nil).want(409, "LastOwnerAssignment")
	member := w.principal("member")
	w.group("full", directory.Reference{ID: member, Type: directory.TypeServicePrincipal})
	w.assign("/", "full", "Owner")
	w.call("root", "DELETE", assignmentPath("", first), nil).want(200, "")
	w.call("root", "GET", "/subscriptions/"+sub+"/resourcegroups/rg"+vr, nil).want(403, "AuthorizationFailed")

	// Below an Owner from above, any Owner may go.
	below := w.assign("/subscriptions/"+sub, "root", "Owner")
	w.call("member", "DELETE", assignmentPath("/subscriptions/"+sub, below), nil).want(200, "")
	var last string
	w.write(func(tx *store.Tx) error {
		list, err := tx.RoleAssignmentsAt([]string{"/"})
		for _, a := range list {
			if a.PrincipalID == w.ids["full"] {
				last = a.ID
			}
		}
		return err
	})
	w.call("member", "DELETE", assignmentPath("", last), nil).want(409, "LastOwnerAssignment")
	w.call("member", "DELETE", assignmentPath("", last)+"&force=true", nil).want(200, "")
}

func TestAssignmentLists(t *testing.T) {
	w := newWorld(t)
	app := w.principal("app")
	group := w.group("team", directory.Reference{ID: app, Type: directory.TypeServicePrincipal})
	outer := w.group("outer", directory.Reference{ID: group, Type: directory.TypeGroup})
	_ = outer
	s, rg := "/subscriptions/"+sub, "/subscriptions/"+sub+"/resourceGroups/rg"
	w.call("root", "PUT", vaultPath("rg", "vault1")+v2024, vaultWith(nil)).want(200, "")
	ids := map[string]string{
		w.assign("/providers/Microsoft.Management/managementGroups/"+tenant, "app", "Reader"): "mg",
		w.assign(s, "app", "Reader"):                          "s",
		w.assign(rg, "team", "Reader"):                        "rg",
		w.assign(rg+"1", "team", "Reader"):                    "rg1",
		w.assign(vaultPath("rg", "vault1"), "app", "Reader"):  "vault",
		w.assign(vaultPath("rg", "vault1"), "outer", "Owner"): "outer",
	}
	for _, test := range []struct{ scope, filter, want string }{
		{s, "", "mg outer rg rg1 s vault"},
		{s, "atScope()", "mg s"},
		{rg, "atScope()", "mg rg s"},
		{rg, "", "mg outer rg s vault"},
		{s, "principalId eq '" + app + "'", "mg s vault"},
		{s, "assignedTo('" + app + "')", "mg outer rg rg1 s vault"},
		{s, "atScope() and assignedTo('" + app + "')", "mg s"},
		{"/providers/Microsoft.Management/managementGroups/" + tenant, "", "mg outer rg rg1 s vault"},
		{"", "", "mg outer rg rg1 s vault"},
	} {
		path := test.scope + "/providers/Microsoft.Authorization/roleAssignments" + va + "&$filter=" + strings.NewReplacer(" ", "%20", "'", "%27").Replace(test.filter)
		found := map[string]bool{}
		for _, a := range w.call("root", "GET", path, nil).want(200, "").list() {
			if name := ids[a["name"].(string)]; name != "" {
				found[name] = true
			}
		}
		for _, name := range strings.Fields("mg outer rg rg1 s vault") {
			if want := strings.Contains(" "+test.want+" ", " "+name+" "); want != found[name] {
				t.Errorf("%s %s: %s is listed: %v", test.scope, test.filter, name, found[name])
			}
		}
	}
	w.call("root", "GET", s+"/providers/Microsoft.Authorization/roleAssignments"+va+"&$filter=atScope()%20and%20principalId%20eq%20%27"+app+"%27", nil).want(400, "InvalidFilterInQueryString")
	w.call("root", "GET", s+"/providers/Microsoft.Authorization/denyAssignments"+va, nil).want(200, "")
	// az joins assignments and roles by the text of the id.
	listed := map[string]bool{}
	for _, d := range w.call("root", "GET", s+"/providers/Microsoft.Authorization/roleDefinitions"+va, nil).want(200, "").list() {
		listed[d["id"].(string)] = true
	}
	for _, a := range w.call("root", "GET", s+"/providers/Microsoft.Authorization/roleAssignments"+va, nil).list() {
		if id := a["properties"].(object)["roleDefinitionId"].(string); !listed[id] {
			t.Errorf("the role %s is not listed", id)
		}
	}
}

func TestDeletedVaultLosesItsAssignments(t *testing.T) {
	w := newWorld(t)
	w.principal("app")
	path := vaultPath("rg", "vault1")
	w.call("root", "PUT", path+v2024, vaultWith(nil)).want(200, "")
	w.assign(path, "app", "Reader")
	w.assign(path+"/secrets/one", "app", "Key Vault Secrets User")
	w.call("app", "GET", path+v2024, nil).want(200, "")
	w.call("root", "DELETE", path+v2024, nil).want(200, "")
	w.call("root", "PUT", path+v2024, object{"location": "westeurope", "properties": object{"createMode": "recover"}}).want(200, "")
	w.call("app", "GET", path+v2024, nil).want(403, "AuthorizationFailed")
	w.write(func(tx *store.Tx) error {
		left, err := tx.RoleAssignmentsBelow(path)
		if len(left) != 0 {
			t.Errorf("%d assignments are left", len(left))
		}
		return err
	})
}

func customRole(name string, scopes []any, actions ...any) object {
	return object{"properties": object{
		"roleName": name, "description": "d", "type": "CustomRole", "assignableScopes": scopes,
		"permissions": []any{object{"actions": actions, "notActions": []any{}, "dataActions": []any{}, "notDataActions": []any{}}},
	}}
}

func rolePath(scope, id string) string {
	return scope + "/providers/Microsoft.Authorization/roleDefinitions/" + id + va
}

func TestCustomRoles(t *testing.T) {
	w := newWorld(t)
	app := w.principal("app")
	s, rg := "/subscriptions/"+sub, "/subscriptions/"+sub+"/resourceGroups/rg"
	got := w.call("root", "PUT", rolePath(s, guid(1)), customRole("Deployer", []any{rg}, "Microsoft.KeyVault/vaults/deploy/action")).want(201, "")
	if got.at("id") != role(guid(1)) || got.at("properties.type") != "CustomRole" {
		t.Fatal(got.text)
	}
	w.call("root", "PUT", assignmentPath(rg, guid(2)), assignment(role(guid(1)), app)).want(201, "")
	w.call("root", "PUT", assignmentPath(s, guid(3)), assignment(role(guid(1)), app)).want(404, "RoleDefinitionDoesNotExist")
	w.call("root", "DELETE", rolePath(s, guid(1)), nil).want(400, "RoleDefinitionHasAssignments")

	// The change counts at once.
	w.call("app", "GET", rg+vr, nil).want(403, "AuthorizationFailed")
	w.call("root", "PUT", rolePath(s, guid(1)), customRole("Deployer", []any{rg}, "Microsoft.Resources/subscriptions/resourceGroups/read")).want(201, "")
	w.call("app", "GET", rg+vr, nil).want(200, "")

	w.call("root", "PUT", rolePath(s, guid(4)), customRole("DEPLOYER", []any{rg}, "*")).want(409, "RoleDefinitionWithSameNameExists")
	w.call("root", "PUT", rolePath(s, guid(4)), customRole("owner", []any{rg}, "*")).want(409, "RoleDefinitionWithSameNameExists")
	for name, scopes := range map[string][]any{
		"none": {}, "root": {"/"}, "a vault": {vaultPath("rg", "v")}, "no scope": {"here"}, "dots": {"/subscriptions/../x"},
	} {
		if got := w.call("root", "PUT", rolePath(s, guid(4)), customRole("Scopes", scopes, "*")); got.status != 400 {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	w.call("root", "PUT", rolePath(s, guid(4)), customRole("Scopes", []any{s + "/resourceGroups/nope"}, "*")).want(404, "ResourceGroupNotFound")
	w.call("root", "PUT", rolePath(s, "x"), customRole("Scopes", []any{s}, "*")).want(400, "InvalidRoleDefinitionId")
	w.call("root", "PUT", rolePath(s, owner), customRole("Scopes", []any{s}, "*")).want(400, "BadRequest")
	w.call("root", "PUT", rolePath(s, guid(4)), customRole("Scopes", []any{s}, "no action")).want(400, "BadRequest")
	w.call("root", "GET", rolePath(s, guid(9)), nil).want(404, "RoleDefinitionDoesNotExist")
	w.call("root", "GET", rolePath("", owner), nil).want(200, "")

	// The right to write roles is needed wherever the role can be assigned.
	w.principal("local")
	w.assign(rg, "local", "User Access Administrator")
	w.call("local", "PUT", rolePath(rg, guid(5)), customRole("Local", []any{rg}, "*/read")).want(201, "")
	w.call("local", "PUT", rolePath(rg, guid(6)), customRole("Wide", []any{rg, s}, "*/read")).want(403, "AuthorizationFailed")
	w.call("root", "PUT", rolePath(s, guid(7)), customRole("Both", []any{rg, s}, "*/read")).want(201, "")
	w.call("local", "PUT", rolePath(rg, guid(7)), customRole("Both", []any{rg}, "*/read")).want(403, "AuthorizationFailed")
	w.call("local", "DELETE", rolePath(rg, guid(7)), nil).want(403, "AuthorizationFailed")

	filter := func(text string) int {
		t.Helper()
		return len(w.call("root", "GET", s+"/providers/Microsoft.Authorization/roleDefinitions"+va+"&$filter="+strings.NewReplacer(" ", "%20", "'", "%27").Replace(text), nil).want(200, "").list())
	}
	if n := filter("roleName eq 'owner'"); n != 1 {
		t.Errorf("%d roles are named owner", n)
	}
	if n := filter("type eq 'CustomRole'"); n != 1 {
		t.Errorf("%d custom roles can be assigned to the subscription", n)
	}
	if n := filter("atScopeAndBelow() and type eq 'CustomRole'"); n != 3 {
		t.Errorf("%d custom roles can be assigned in the subscription", n)
	}
	w.call("root", "DELETE", assignmentPath(rg, guid(2)), nil).want(200, "")
	w.call("root", "DELETE", rolePath(s, guid(1)), nil).want(200, "")
	w.call("root", "DELETE", rolePath(s, guid(1)), nil).want(204, "")
}

func TestBuiltInRolesAreAsShipped(t *testing.T) {
	w := newWorld(t)
	got := w.call("root", "GET", rolePath("/subscriptions/"+sub, dataAdmin), nil).want(200, "")
	want, _ := authz.BuiltInRole(dataAdmin)
	permissions := got.at("properties.permissions").([]any)
	if len(permissions) != 1 || permissions[0].(object)["condition"] != want.Permissions[0].Condition || want.Permissions[0].Condition == "" {
		t.Fatal(got.text)
	}
}
