package graph_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/graph"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
)

const password = "Canary-Passw0rd-55ce"

type object = map[string]any

func ref(w *identitytest.World, id string) object {
	return object{"@odata.id": w.Hosts.Graph() + "/v1.0/directoryObjects/" + id}
}

func ids(items []map[string]any) []string {
	list := []string{}
	for _, item := range items {
		list = append(list, item["id"].(string))
	}
	return list
}

func TestUsers(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	create := func(change func(object)) identitytest.Answer {
		o := object{"userPrincipalName": "alice@example.org", "displayName": "Alice", "accountEnabled": true, "mailNickname": "alice", "passwordProfile": object{"password": password}, "jobTitle": "Boss", "ageGroup": nil}
		if change != nil {
			change(o)
		}
		return w.Call(token, http.MethodPost, "/v1.0/users", o)
	}
	made := w.Want(create(nil), 201)
	id := made.Text("id")
	if made.Text("jobTitle") != "Boss" || made.Text("userPrincipalName") != "alice@example.org" || strings.Contains(made.Raw, password) {
		t.Errorf("created: %s", made.Raw)
	}
	for name, tt := range map[string]struct {
		change func(object)
		status int
	}{
		"same name in another case": {func(o object) { o["userPrincipalName"] = "ALICE@EXAMPLE.ORG" }, 409},
		"no name":                   {func(o object) { delete(o, "userPrincipalName") }, 400},
		"name without domain":       {func(o object) { o["userPrincipalName"] = "alice" }, 400},
		"name with a look-alike":    {func(o object) { o["userPrincipalName"] = "аlice@example.org" }, 400},
		"name with a line break":    {func(o object) { o["userPrincipalName"] = "b@example.org\n" }, 400},
		"name too long":             {func(o object) { o["userPrincipalName"] = strings.Repeat("a", 65) + "@x.org" }, 400},
		"no display name":           {func(o object) { delete(o, "displayName") }, 400},
		"blank display name":        {func(o object) { o["displayName"] = "  " }, 400},
		"no password":               {func(o object) { delete(o, "passwordProfile") }, 400},
		"short password":            {func(o object) { o["passwordProfile"] = object{"password": "Ab1!xyz"} }, 400},
		"plain password":            {func(o object) { o["passwordProfile"] = object{"password": "abcdefghij"} }, 400},
		"endless password":          {func(o object) { o["passwordProfile"] = object{"password": "Aa1" + strings.Repeat("x", 300)} }, 400},
		"unknown property":          {func(o object) { o["isAdmin"] = true }, 400},
		"wrong type":                {func(o object) { o["accountEnabled"] = "yes" }, 400},
	} {
		a := create(func(o object) { o["userPrincipalName"] = "other@example.org"; tt.change(o) })
		if a.Status != tt.status || a.Text("error", "code") == "" || a.Text("error", "message") == "" || strings.Contains(a.Raw, "Ab1!xyz") {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
	if n := len(w.Want(w.Call(token, "GET", "/v1.0/users", nil), 200).List("value")); n != 1 {
		t.Errorf("%d users after refused requests, want 1", n)
	}
	for _, path := range []string{"/v1.0/users/" + id, "/v1.0/users/Alice@Example.ORG", "/beta/users/" + strings.ToUpper(id), "/v1.0/users/" + id + "/", "//v1.0/users/" + id} {
		if a := w.Call(token, "GET", path, nil); a.Text("id") != id {
			t.Errorf("GET %s: %d %s", path, a.Status, a.Raw)
		}
	}
	w.Want(w.Call(token, "PATCH", "/v1.0/users/"+id, object{"displayName": "Alice B", "jobTitle": nil, "accountEnabled": false}), 204)
	a := w.Want(w.Call(token, "GET", "/v1.0/users/"+id+"?$select=id,displayName,accountEnabled,jobTitle", nil), 200)
	if diff := cmp.Diff(object{"id": id, "displayName": "Alice B", "accountEnabled": false, "jobTitle": nil}, a.Body); diff != "" {
		t.Errorf("after PATCH: %s", diff)
	}
	w.Want(w.Call(token, "DELETE", "/v1.0/users/"+id, nil), 204)
	if a := w.Call(token, "GET", "/v1.0/users/"+id, nil); a.Status != 404 || a.Text("error", "code") != "Request_ResourceNotFound" {
		t.Errorf("a deleted user: %d %s", a.Status, a.Raw)
	}
	w.Want(w.Call(token, "DELETE", "/v1.0/users/"+id, nil), 404)
	w.Want(create(nil), 201) // the name is free again, with another id
}

func TestNestedGroups(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	group := func(name string) string {
		return w.Want(w.Call(token, "POST", "/v1.0/groups", object{"displayName": name, "mailEnabled": false, "securityEnabled": true, "mailNickname": "x"}), 201).Text("id")
	}
	inner, middle, outer := group("inner"), group("middle"), group("outer")
	alice := w.User("alice@example.org", password)
	app := w.Application("app")
	add := func(g, member string, status int) {
		t.Helper()
		w.Want(w.Call(token, "POST", "/v1.0/groups/"+g+"/members/$ref", ref(w, member)), status)
	}
	add(inner, alice, 204)
	add(inner, app.ObjectID, 204)
	add(middle, inner, 204)
	add(outer, middle, 204)
	add(inner, outer, 204) // a circle
	add(inner, alice, 400)
	add(inner, inner, 400)
	add(inner, identitytest.TenantID, 404)
	add(identitytest.TenantID, alice, 404)
	groupsOf := func(id string) []string {
		list := []string{}
		for _, v := range w.Want(w.Call(token, "POST", "/v1.0/directoryObjects/"+id+"/getMemberGroups", object{"securityEnabledOnly": true}), 200).Body["value"].([]any) {
			list = append(list, v.(string))
		}
		return list
	}
	if got := groupsOf(alice); len(got) != 3 {
		t.Errorf("alice is in %v", got)
	}
	a := w.Want(w.Call(token, "POST", "/v1.0/users/"+alice+"/checkMemberGroups", object{"groupIds": []string{outer, identitytest.TenantID}}), 200)
	if diff := cmp.Diff([]any{outer}, a.Body["value"]); diff != "" {
		t.Errorf("checkMemberGroups: %s", diff)
	}
	members := w.Want(w.Call(token, "GET", "/v1.0/groups/"+outer+"/transitiveMembers", nil), 200).List("value")
	if len(members) != 4 {
		t.Errorf("%d transitive members of outer: %v", len(members), ids(members))
	}
	direct := w.Want(w.Call(token, "GET", "/v1.0/groups/"+inner+"/members?$select=id", nil), 200).List("value")
	types := map[any]int{}
	for _, m := range direct {
		types[m["@odata.type"]]++
	}
	if diff := cmp.Diff(map[any]int{"#microsoft.graph.user": 1, "#microsoft.graph.servicePrincipal": 1, "#microsoft.graph.group": 1}, types); diff != "" {
		t.Errorf("types of members: %s", diff)
	}
	w.Want(w.Call(token, "DELETE", "/v1.0/groups/"+middle+"/members/"+inner+"/$ref", nil), 204)
	w.Want(w.Call(token, "DELETE", "/v1.0/groups/"+middle+"/members/"+inner+"/$ref", nil), 404)
	if diff := cmp.Diff([]string{inner}, groupsOf(alice)); diff != "" {
		t.Errorf("after the nesting was removed: %s", diff)
	}
	w.Want(w.Call(token, "DELETE", "/v1.0/groups/"+inner, nil), 204)
	if got := groupsOf(alice); len(got) != 0 {
		t.Errorf("after the group was deleted: %v", got)
	}
	if a := w.Call(token, "POST", "/v1.0/groups", object{"displayName": "m365", "groupTypes": []string{"Unified"}, "mailEnabled": true, "securityEnabled": false, "mailNickname": "m"}); a.Status != 400 {
		t.Errorf("a group of another kind: %d", a.Status)
	}
}

func TestApplicationPasswords(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	app := w.Want(w.Call(token, "POST", "/v1.0/applications", object{"displayName": "app", "identifierUris": []string{"api://app"}, "web": object{"redirectUris": []string{"https://app.test/cb"}, "homePageUrl": "https://app.test"}}), 201)
	sp := w.Want(w.Call(token, "POST", "/v1.0/servicePrincipals", object{"appId": app.Text("appId")}), 201)
	w.Want(w.Call(token, "POST", "/v1.0/servicePrincipals", object{"appId": app.Text("appId")}), 409)
	w.Want(w.Call(token, "POST", "/v1.0/servicePrincipals", object{"appId": identitytest.TenantID}), 400)
	path := "/v1.0/applications/" + app.Text("id")
	made := w.Want(w.Call(token, "POST", path+"/addPassword", object{"passwordCredential": object{"displayName": "one", "endDateTime": "2026-11-26T12:00:00Z"}}), 200)
	secret := made.Text("secretText")
	if len(secret) < 40 || made.Text("keyId") == "" || made.Text("hint") != secret[:3] {
		t.Errorf("addPassword: %s", made.Raw)
	}
	read := w.Want(w.Call(token, "GET", path, nil), 200)
	if strings.Contains(read.Raw, secret) || !strings.Contains(read.Raw, made.Text("keyId")) || read.Text("web", "homePageUrl") != "https://app.test" {
		t.Errorf("application: %s", read.Raw)
	}
	p := identitytest.Principal{AppID: app.Text("appId"), ObjectID: sp.Text("id"), Secret: secret}
	w.GraphToken(p)
	w.Want(w.Call(token, "POST", path+"/removePassword", object{"keyId": identitytest.TenantID}), 400)
	w.Want(w.Call(token, "POST", path+"/removePassword", object{"keyId": made.Text("keyId")}), 204)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.AppID}, "client_secret": {secret}, "scope": {w.Hosts.Graph() + "/.default"}}
	if a := w.Token(form); a.Status != 401 {
		t.Errorf("a removed password: %d", a.Status)
	}
	if a := w.Call(token, "PATCH", path, object{"passwordCredentials": []object{{"displayName": "mine", "secretText": "chosen"}}}); a.Status != 400 {
		t.Errorf("a password that the client chose: %d", a.Status)
	}
	other := w.Want(w.Call(token, "POST", "/v1.0/applications", object{"displayName": "other"}), 201)
	if a := w.Call(token, "PATCH", "/v1.0/applications/"+other.Text("id"), object{"identifierUris": []string{"API://APP"}}); a.Status != 409 {
		t.Errorf("another application's URI: %d %s", a.Status, a.Raw)
	}
	for _, uri := range []string{"javascript:alert(1)", "http://app.test/cb", "https://u:p@app.test/", "https://app.test/#x", "cb"} {
		if a := w.Call(token, "PATCH", path, object{"web": object{"redirectUris": []string{uri}}}); a.Status != 400 {
			t.Errorf("redirect to %s: %d", uri, a.Status)
		}
	}
	if got := w.Want(w.Call(token, "GET", "/v1.0/applications(appId='"+p.AppID+"')", nil), 200).Text("id"); got != app.Text("id") {
		t.Errorf("by alternate key: %s", got)
	}
	w.Want(w.Call(token, "DELETE", path, nil), 204)
	w.Want(w.Call(token, "GET", "/v1.0/servicePrincipals/"+p.ObjectID, nil), 404)
	if bytes.Contains(w.Files(), []byte(secret)) {
		t.Error("a client secret is in a file")
	}
}

func TestFiltersThatClientsSend(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	app := w.Application("O'Brien's app")
	w.Application("Other")
	alice := w.User("alice@example.org", password)
	objects := w.Want(w.Call(token, "GET", "/v1.0/applications?$filter="+url.QueryEscape("appId eq '"+app.AppID+"'"), nil), 200).List("value")
	if len(objects) != 1 {
		t.Fatalf("applications by appId: %v", objects)
	}
	appObject := objects[0]["id"].(string)
	w.Want(w.Call(token, "PATCH", "/v1.0/applications/"+appObject, object{"identifierUris": []string{"api://brien"}}), 204)
	for _, tt := range []struct {
		path, filter string
		want         []string
	}{
		{"servicePrincipals", "servicePrincipalNames/any(c:c eq '" + app.AppID + "')", []string{app.ObjectID}},
		{"servicePrincipals", "servicePrincipalNames/any(c:c eq 'API://Brien')", []string{app.ObjectID}},
		{"servicePrincipals", "appId eq '" + strings.ToUpper(app.AppID) + "'", []string{app.ObjectID}},
		{"servicePrincipals", "displayName eq 'o''brien''s APP'", []string{app.ObjectID}},
		{"servicePrincipals", "startswith(displayName,'O''B')", []string{app.ObjectID}},
		{"servicePrincipals", "startswith(displayName,'%')", []string{}},
		{"servicePrincipals", "appId eq '" + app.AppID + "' and displayName eq 'Other'", []string{}},
		{"servicePrincipals", "(appId eq '" + app.AppID + "' and accountEnabled eq true) or displayName eq 'nobody'", []string{app.ObjectID}},
		{"applications", "identifierUris/any(s:s eq 'api://brien')", []string{appObject}},
		{"applications", "appId in ('" + app.AppID + "', 'x')", []string{appObject}},
		{"users", "userPrincipalName eq 'Alice@example.org'", []string{alice}},
		{"users", "startswith(userPrincipalName,'alice') and accountEnabled eq false", []string{}},
		{"users", "displayName eq ''' OR ''1''=''1'", []string{}},
		{"users", "mail eq ''", []string{alice}},
	} {
		a := w.Call(token, "GET", "/v1.0/"+tt.path+"?%24filter="+url.QueryEscape(tt.filter), nil)
		if a.Status != 200 {
			t.Errorf("%s: %d %s", tt.filter, a.Status, a.Raw)
			continue
		}
		if diff := cmp.Diff(tt.want, ids(a.List("value"))); diff != "" {
			t.Errorf("%s: %s", tt.filter, diff)
		}
	}
	for _, query := range []string{
		"$filter=" + url.QueryEscape("password eq 'x'"), "$filter=appId", "$filter=" + url.QueryEscape("appId eq 'x"), "$filter=" + url.QueryEscape("appId eq 'x' or"),
		"$filter=" + url.QueryEscape(strings.Repeat("(", 100)+"appId eq 'x'"+strings.Repeat(")", 100)), "$filter=" + url.QueryEscape("appId eq 'x'"+strings.Repeat(" or appId eq 'x'", 100)),
		"$filter=" + url.QueryEscape("appId ne 'x'"), "$filter=" + url.QueryEscape("servicePrincipalNames/any(c:d eq 'x')"), "$filter=", "$top=0", "$top=1000", "$top=x",
		"$skiptoken=!!", "$orderby=displayName", "$search=x", "$expand=owners",
	} {
		if a := w.Call(token, "GET", "/v1.0/servicePrincipals?"+query, nil); a.Status != 400 || a.Text("error", "code") != "Request_BadRequest" {
			t.Errorf("%.60s: %d %.100s", query, a.Status, a.Raw)
		}
	}
}

func TestPaging(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	want := map[string]bool{}
	for i := range 7 {
		a := w.Want(w.Call(token, "POST", "/v1.0/groups", object{"displayName": fmt.Sprintf("g%d", i), "mailEnabled": false, "securityEnabled": true, "mailNickname": "x"}), 201)
		want[a.Text("id")] = true
	}
	got := map[string]bool{}
	path, pages := "/beta/groups?$top=3&$select=id&$filter="+url.QueryEscape("startswith(displayName,'g')"), 0
	for path != "" {
		a := w.Want(w.Call(token, "GET", path, nil), 200)
		for _, id := range ids(a.List("value")) {
			got[id] = true
		}
		path = ""
		if next := a.Text("@odata.nextLink"); next != "" {
			if !strings.HasPrefix(next, w.Hosts.Graph()+"/beta/groups?") {
				t.Fatalf("nextLink = %s", next)
			}
			path = strings.TrimPrefix(next, w.Hosts.Graph())
		}
		pages++
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages: %s", pages, diff)
	}
}

func TestGetByIDsAndMe(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	alice := w.User("alice@example.org", password)
	a := w.Want(w.Call(token, "POST", "/v1.0/directoryObjects/getByIds", object{"ids": []string{alice, identitytest.TenantID, w.Operator.ObjectID}, "types": []string{"user", "group"}}), 200)
	if list := a.List("value"); len(list) != 1 || list[0]["@odata.type"] != "#microsoft.graph.user" {
		t.Errorf("getByIds: %s", a.Raw)
	}
	if a := w.Want(w.Call(token, "GET", "/v1.0/me", nil), 200); a.Text("id") != w.Operator.ObjectID {
		t.Errorf("me: %s", a.Raw)
	}
	w.Want(w.Call(token, "GET", "/v1.0/directoryObjects/"+alice, nil), 200)
	for _, body := range []object{{}, {"ids": []string{"x"}}, {"ids": "x"}, {"ids": make([]string, 1001)}} {
		w.Want(w.Call(token, "POST", "/v1.0/directoryObjects/getByIds", body), 400)
	}
}

// What somebody without rights, with some, and with all but one may do.
func TestRightsOnTheDirectory(t *testing.T) {
	w := identitytest.New(t, nil)
	operator := w.GraphToken(w.Operator)
	nobody, reader, contributor, administrator := w.Application("nobody"), w.Application("reader"), w.Application("contributor"), w.Application("administrator")
	w.Assign(reader.ObjectID, identitytest.ReaderRole)
	w.Assign(contributor.ObjectID, identitytest.ContributorRole)
	w.Assign(administrator.ObjectID, identitytest.AccessAdministrator)
	alice := w.User("alice@example.org", password)
	group := w.Want(w.Call(operator, "POST", "/v1.0/groups", object{"displayName": "admins", "mailEnabled": false, "securityEnabled": true, "mailNickname": "x"}), 201).Text("id")
	w.Assign(group, identitytest.OwnerRole)
	operatorApp := w.Want(w.Call(operator, "GET", "/v1.0/applications(appId='"+w.Operator.AppID+"')", nil), 200).Text("id")
	type try struct {
		method, path string
		body         any
	}
	self := func(p identitytest.Principal) []try {
		return []try{{"GET", "/v1.0/me", nil}, {"GET", "/v1.0/servicePrincipals/" + p.ObjectID, nil}, {"GET", "/v1.0/servicePrincipals?$filter=" + url.QueryEscape("appId eq '"+p.AppID+"'"), nil},
			{"POST", "/v1.0/me/getMemberGroups", object{}}}
	}
	reads := []try{{"GET", "/v1.0/users", nil}, {"GET", "/v1.0/users/" + alice, nil}, {"GET", "/v1.0/groups/" + group + "/members", nil}, {"GET", "/v1.0/applications", nil}, {"GET", "/v1.0/servicePrincipals", nil}}
	writes := []try{{"PATCH", "/v1.0/users/" + alice, object{"displayName": "x"}}, {"PATCH", "/v1.0/groups/" + group, object{"description": "x"}}}
	// Each of these would make somebody the operator or an owner.
	escalations := []try{
		{"POST", "/v1.0/applications/" + operatorApp + "/addPassword", object{}},
		{"PATCH", "/v1.0/applications/" + operatorApp, object{"keyCredentials": []object{}}},
		{"POST", "/v1.0/applications/" + operatorApp + "/federatedIdentityCredentials", object{"name": "x", "issuer": "https://x.test", "subject": "s", "audiences": []string{"a"}}},
		{"POST", "/v1.0/servicePrincipals/" + w.Operator.ObjectID + "/addPassword", object{}},
		{"POST", "/v1.0/groups/" + group + "/members/$ref", ref(w, contributor.ObjectID)},
		{"PATCH", "/v1.0/groups/" + group, object{"members@odata.bind": []string{"https://x/" + reader.ObjectID}}},
		{"PATCH", "/v1.0/users/" + alice, object{"passwordProfile": object{"password": password}}},
		{"POST", "/v1.0/users/" + alice + "/authentication/softwareOathMethods", object{}},
	}
	check := func(name string, p identitytest.Principal, tries []try, allowed bool) {
		t.Helper()
		token := w.GraphToken(p)
		for _, tr := range tries {
			a := w.Call(token, tr.method, tr.path, tr.body)
			if allowed && a.Status >= 300 || !allowed && (a.Status != 403 || a.Text("error", "code") != "Authorization_RequestDenied") {
				t.Errorf("%s: %s %s: %d %s", name, tr.method, tr.path, a.Status, a.Raw)
			}
		}
	}
	for name, p := range map[string]identitytest.Principal{"nobody": nobody, "reader": reader, "contributor": contributor} {
		check(name, p, self(p), true)
		check(name, p, escalations, false)
	}
	check("nobody", nobody, append(reads, writes...), false)
	check("reader", reader, reads, true)
	check("reader", reader, writes, false)
	check("contributor", contributor, append(reads, writes...), true)
	check("user access administrator", administrator, writes, false)
	check("operator", w.Operator, escalations, true)

	// Without a token, or with one for another service: 401 and a record.
	before := len(w.Records())
	for _, token := range []string{"", "x", w.ClientToken(w.Operator, w.Hosts.VaultResource()+"/.default")} {
		a := w.Call(token, "POST", "/v1.0/users", object{"displayName": "x"})
		if a.Status != 401 || a.Text("error", "code") != "InvalidAuthenticationToken" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%.5s: %d %s", token, a.Status, a.Raw)
		}
	}
	if after := len(w.Records()); after-before != 4 { // and the sign-in
		t.Errorf("%d records, want 4", after-before)
	}
}

// The token is still good, but what stands behind it is not: the next request, in any
// process, is refused.
func TestChangesAreEffectiveAtOnce(t *testing.T) {
	w := identitytest.New(t, nil)
	other := w.Another()
	operator := w.GraphToken(w.Operator)
	group := w.Want(w.Call(operator, "POST", "/v1.0/groups", object{"displayName": "readers", "mailEnabled": false, "securityEnabled": true, "mailNickname": "x"}), 201).Text("id")
	w.Assign(group, identitytest.ReaderRole)
	for name, tt := range map[string]struct {
		revoke func(app identitytest.Principal)
		status int
	}{
		"removed from its group": {func(p identitytest.Principal) {
			w.Want(w.Call(operator, "DELETE", "/v1.0/groups/"+group+"/members/"+p.ObjectID+"/$ref", nil), 204)
		}, 403},
		"disabled": {func(p identitytest.Principal) {
			w.Want(w.Call(operator, "PATCH", "/v1.0/servicePrincipals/"+p.ObjectID, object{"accountEnabled": false}), 204)
		}, 401},
		"deleted": {func(p identitytest.Principal) {
			w.Want(w.Call(operator, "DELETE", "/v1.0/servicePrincipals/"+p.ObjectID, nil), 204)
		}, 401},
		"application deleted": {func(p identitytest.Principal) {
			w.Want(w.Call(operator, "DELETE", "/v1.0/applications(appId='"+p.AppID+"')", nil), 204)
		}, 401},
	} {
		app := w.Application(name)
		w.Want(w.Call(operator, "POST", "/v1.0/groups/"+group+"/members/$ref", ref(w, app.ObjectID)), 204)
		token := w.GraphToken(app)
		w.Want(w.Call(token, "GET", "/v1.0/users", nil), 200)
		w.Want(other.Call(token, "GET", "/v1.0/users", nil), 200)
		tt.revoke(app)
		for process, world := range []*identitytest.World{w, other} {
			if a := world.Call(token, "GET", "/v1.0/users", nil); a.Status != tt.status {
				t.Errorf("%s: process %d answers %d %s", name, process, a.Status, a.Raw)
			}
		}
	}
}

func TestDisabledAndDeletedUsers(t *testing.T) {
	w := identitytest.New(t, nil)
	operator := w.GraphToken(w.Operator)
	app := w.Application("program")
	sign := func(upn, client, secret string) string {
		form := url.Values{"grant_type": {"password"}, "client_id": {client}, "username": {upn}, "password": {password}, "scope": {w.Hosts.Graph() + "/.default"}}
		if secret != "" {
			form.Set("client_secret", secret)
		}
		return w.Want(w.Token(form), 200).Text("access_token")
	}
	alice, bob := w.User("alice@example.org", password), w.User("bob@example.org", password)
	byCLI, byApp := sign("alice@example.org", directory.CLIClient, ""), sign("alice@example.org", app.AppID, app.Secret)
	bobs := sign("bob@example.org", app.AppID, app.Secret)
	w.Want(w.Call(byCLI, "GET", "/v1.0/me", nil), 200)
	w.Want(w.Call(byApp, "GET", "/v1.0/me", nil), 200)
	w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+alice, object{"accountEnabled": false}), 204)
	w.Want(w.Call(byCLI, "GET", "/v1.0/me", nil), 401)
	w.Want(w.Call(byApp, "GET", "/v1.0/me", nil), 401)
	w.Want(w.Call(operator, "PATCH", "/v1.0/users/"+alice, object{"accountEnabled": true}), 204)
	w.Want(w.Call(byCLI, "GET", "/v1.0/me", nil), 200)
	// The application that acts for a user counts as well.
	w.Want(w.Call(operator, "PATCH", "/v1.0/servicePrincipals/"+app.ObjectID, object{"accountEnabled": false}), 204)
	w.Want(w.Call(byCLI, "GET", "/v1.0/me", nil), 200)
	w.Want(w.Call(byApp, "GET", "/v1.0/me", nil), 401)
	w.Want(w.Call(operator, "DELETE", "/v1.0/applications(appId='"+app.AppID+"')", nil), 204)
	w.Want(w.Call(bobs, "GET", "/v1.0/me", nil), 401)
	w.Want(w.Call(operator, "DELETE", "/v1.0/users/"+alice, nil), 204)
	w.Want(w.Call(byCLI, "GET", "/v1.0/me", nil), 401)
	if a := w.Call(sign("bob@example.org", directory.CLIClient, ""), "DELETE", "/v1.0/users/"+bob, nil); a.Status != 403 {
		t.Errorf("a user deletes itself: %d", a.Status)
	}
	if a := w.Call(operator, "DELETE", "/v1.0/servicePrincipals/"+w.Operator.ObjectID, nil); a.Status != 400 {
		t.Errorf("the operator deletes itself: %d %s", a.Status, a.Raw)
	}
	if _, err := w.Authenticate(bobs, httpx.GraphAudience); err != nil {
		t.Errorf("the token itself: %v", err)
	}
}

func TestUnknownPaths(t *testing.T) {
	w := identitytest.New(t, nil)
	token := w.GraphToken(w.Operator)
	for _, path := range []string{
		"/", "/v1.0", "/v2.0/users", "/v1.0/domains", "/v1.0/users/x/y/z", "/v1.0/users/%2e%2e", "/v1.0/users/a%2Fb", "/v1.0/users/%00",
		"/v1.0/applications(id='x')", "/v1.0/applications(appId='x", "/v1.0/me/ownedObjects", "/v1.0/oauth2PermissionGrants",
	} {
		if a := w.Call(token, "GET", path, nil); a.Status != 400 && a.Status != 404 || a.Text("error", "code") == "" {
			t.Errorf("%s: %d %s", path, a.Status, a.Raw)
		}
	}
	w.Want(w.Call(token, "PUT", "/v1.0/users", object{}), 400)
	for _, body := range []any{[]string{"x"}, "text", nil} {
		if a := w.Call(token, "POST", "/v1.0/users", body); a.Status != 400 {
			t.Errorf("%v: %d", body, a.Status)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"appId eq 'x'", "startswith(displayName,'it''s')", "a/any(c:c eq 'x')", "(a eq 'b' or c eq true) and d in ('e','f')", "'", "a eq", "((((", "a eq 'b' and",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := graph.ParseFilter(text)
		if (filter == nil) == (err == nil) {
			t.Errorf("filter %v, error %v", filter, err)
		}
		if filter != nil {
			check(t, filter)
		}
	})
}

func check(t *testing.T, f *directory.Filter) {
	if f == nil {
		t.Fatal("a filter has a hole")
	}
	if f.Operator == directory.And || f.Operator == directory.Or {
		if len(f.Operands) == 0 {
			t.Error("a filter without operands")
		}
		for _, operand := range f.Operands {
			check(t, operand)
		}
	} else if f.Property == "" {
		t.Error("a comparison without a property")
	}
}
