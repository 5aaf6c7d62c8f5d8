package dataplane_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestChallenge(t *testing.T) {
	w := newWorld(t)
	challenge := `Bearer authorization="https://login.coffer.internal/` + tenant + `", resource="https://vault.coffer.internal"`
	for name, c := range map[string]struct{ as, method, path, body, message string }{
		"no token":        {"", "GET", "/secrets", "", "AKV10000: Request is missing a Bearer or PoP token."},
		"no body yet":     {"", "PUT", "/secrets/s", "", "AKV10000: Request is missing a Bearer or PoP token."},
		"bad everything":  {"", "PUT", "/secrets/../x?api-version=", "{", "AKV10000: Request is missing a Bearer or PoP token."},
		"bad token":       {"garbage", "GET", "/secrets", "", "AKV10046: Unable to resolve the key used for signature validation."},
		"unknown":         {"aaaaaaaa-0000-4000-8000-00000000ffff", "GET", "/secrets", "", "The principal 'aaaaaaaa-0000-4000-8000-00000000ffff' of the token does not exist in the directory."},
		"disabled":        {disabled, "GET", "/secrets", "", "The principal '" + disabled + "' of the token is disabled."},
		"disabled, body":  {disabled, "PUT", "/secrets/s", "{", "The principal '" + disabled + "' of the token is disabled."},
		"disabled, route": {disabled, "PUT", "/nowhere", "", "The principal '" + disabled + "' of the token is disabled."},
	} {
		t.Run(name, func(t *testing.T) {
			w.as = c.as
			before := len(w.records(0))
			a := w.do(c.method, c.path, c.body)
			a.fails(t, 401, "Unauthorized", c.message)
			if got := a.header.Get("WWW-Authenticate"); got != challenge {
				t.Errorf("challenge %q", got)
			}
			if records := w.records(before); len(records) != 1 || records[0].Properties.HTTPStatusCode != 401 {
				t.Errorf("records: %+v", records)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/secrets", "/secrets/none", "/nowhere"} {
		a := w.do("GET", path, "")
		for name, want := range map[string]string{
			"Content-Type":                  "application/json; charset=utf-8",
			"X-Ms-Keyvault-Region":          "westeurope",
			"X-Ms-Keyvault-Service-Version": "1.9.3000.1",
			"X-Ms-Keyvault-Network-Info":    "conn_type=Ipv4;addr=203.0.113.7;act_addr_fam=InterNetwork;",
			"X-Ms-Error-Code":               "",
			"Www-Authenticate":              "",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", path, name, got, want)
			}
		}
	}
	w.vault = "rbac"
	if got := w.ok("GET", "/secrets", "").header.Get("X-Ms-Keyvault-Rbac-Assignment-Id"); !strings.Contains(got, "99999999-") {
		t.Errorf("assignment %q", got)
	}
	w.as = ""
	a := w.do("GET", "/healthstatus", "")
	if a.status != 200 || len(a.text) != 4 || a.header.Get("X-Ms-Keyvault-Service-Version") == "" {
		t.Errorf("health: %d %q", a.status, a.text)
	}
}

func TestAPIVersions(t *testing.T) {
	w := newWorld(t)
	for _, v := range []string{"2015-06-01", "2016-10-01", "7.0", "7.1", "7.4-preview.1", "7.6", "7.10", "2025-06-01-preview", "2026-04-01", "2030-01-01"} {
		w.ok("GET", "/secrets?api-version="+v, "")
	}
	w.ok("GET", "/secrets?api%2Dversion=7.4", "")
	w.ok("GET", "/secrets?API-Version=7.4&x-ms-include-der=true&_=17", "")
	w.do("GET", "/secrets?api-version=", "").fails(t, 400, "BadParameter", "api-version must be specified")
	for _, v := range []string{"x", "7", "7.", "latest", "2025-07", "7.4%0A", "..", "7.4-previews"} {
		w.do("GET", "/secrets?api-version="+v, "").fails(t, 400, "BadParameter", "The api-version of the request is not valid.")
	}
	w.ok("PUT", "/keys/k", rsaJWK)
	for v, members := range map[string]string{
		"2016-10-01": "",
		"7.0":        "",
		"7.1":        "recoverableDays",
		"7.2":        "recoverableDays exportable",
		"7.5":        "recoverableDays exportable hsmPlatform",
		"7.6":        "recoverableDays exportable hsmPlatform",
		"2025-07-01": "recoverableDays exportable hsmPlatform",
	} {
		attributes := w.ok("GET", "/keys/k?api-version="+v, "").at("attributes")
		for _, name := range []string{"recoverableDays", "exportable", "hsmPlatform"} {
			if got, want := strings.Contains(attributes, name), strings.Contains(members, name); got != want {
				t.Errorf("%s at %s: %v", name, v, got)
			}
		}
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	const noRoute = "The request URI does not name an operation of a key vault."
	const notSupported = "This operation is not supported."
	const badMethod = "The HTTP method is not supported for this path."
	for path, c := range map[string]struct {
		status        int
		code, message string
	}{
		"GET /":                               {404, "NotFound", noRoute},
		"GET /nowhere":                        {404, "NotFound", noRoute},
		"GET /secretsx":                       {404, "NotFound", noRoute},
		"GET /secrets/s/v/x":                  {404, "NotFound", noRoute},
		"GET /secrets/s/v/x/y/z":              {404, "NotFound", noRoute},
		"GET /deletedsecrets/s/x":             {404, "NotFound", noRoute},
		"POST /keys/k/v/unknown":              {404, "NotFound", noRoute},
		"POST /keys/k/v/rotate":               {404, "NotFound", noRoute},
		"POST /secrets":                       {405, "MethodNotAllowed", badMethod},
		"HEAD /secrets":                       {405, "MethodNotAllowed", badMethod},
		"TRACE /secrets/s":                    {405, "MethodNotAllowed", badMethod},
		"GET /secrets/restore":                {405, "MethodNotAllowed", badMethod},
		"DELETE /secrets/s/v":                 {405, "MethodNotAllowed", badMethod},
		"PUT /keys/k/v":                       {405, "MethodNotAllowed", badMethod},
		"GET /keys/k/sign":                    {405, "MethodNotAllowed", badMethod},
		"PATCH /deletedkeys/k":                {405, "MethodNotAllowed", badMethod},
		"GET /certificates":                   {501, "NotImplemented", notSupported},
		"POST /certificates/c/create":         {501, "NotImplemented", notSupported},
		"GET /deletedcertificates/c":          {501, "NotImplemented", notSupported},
		"POST /rng":                           {501, "NotImplemented", notSupported},
		"GET /storage":                        {501, "NotImplemented", notSupported},
		"POST /keys/k/release":                {501, "NotImplemented", notSupported},
		"POST /keys/k//release":               {501, "NotImplemented", notSupported},
		"GET /keys/k/0123456789/attestation":  {501, "NotImplemented", notSupported},
		"GET /secrets/s?outContentType=x":     {400, "BadParameter", "The query parameter 'outContentType' is supported for secrets of certificates only."},
		"GET /secrets/../../etc":              {400, "BadParameter", "The request URI contains an invalid name: .."},
		"GET /secrets//name":                  {400, "BadParameter", "The request URI contains an invalid name: "},
		"GET /" + strings.Repeat("a/", 1025):  {400, "BadParameter", "The request URI is too long."},
		"GET /secrets/s/%2e%2e":               {400, "BadParameter", "The request URI contains an invalid name: .."},
		"GET /keys/k/0123456789%2f/decrypt":   {400, "BadParameter", "The request URI contains an invalid name: 0123456789/"},
		"GET /secrets/" + "s/%FF":             {400, "BadParameter", "The request URI contains an invalid name: \uFFFD"},
		"GET /secrets?maxresults=0":           {400, "BadParameter", "The query parameter 'maxresults' must be a number from 1 to 25."},
		"GET /secrets?maxresults=26":          {400, "BadParameter", "The query parameter 'maxresults' must be a number from 1 to 25."},
		"GET /secrets?maxresults=x":           {400, "BadParameter", "The query parameter 'maxresults' must be a number from 1 to 25."},
		"GET /secrets?maxresults=-1":          {400, "BadParameter", "The query parameter 'maxresults' must be a number from 1 to 25."},
		"GET /secrets?$skiptoken=x":           {400, "BadParameter", "The query parameter '$skiptoken' is not valid."},
		"GET /keys/k/versions?$skiptoken=YWI": {400, "BadParameter", "The query parameter '$skiptoken' is not valid."},
	} {
		t.Run(path, func(t *testing.T) {
			before := len(w.records(0))
			method, target, _ := strings.Cut(path, " ")
			w.do(method, target, "").fails(t, c.status, c.code, c.message)
			if records := w.records(before); len(records) != 1 || records[0].Properties.HTTPStatusCode != c.status {
				t.Errorf("records: %+v", records)
			}
		})
	}
}

func TestMethodOverride(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	for _, header := range []string{"X-HTTP-METHOD", "X-HTTP-REQUEST"} {
		r := w.request("POST", "/secrets/s", `{"tags":{"by":"`+header+`"}}`)
		r.Header.Set(header, "patch")
		if a := w.send(r); a.status != 200 || a.at("tags.by") != header {
			t.Errorf("%s: %d %s", header, a.status, a.text)
		}
	}
	r := w.request("GET", "/secrets/s", "")
	r.Header.Set("X-HTTP-METHOD", "DELETE")
	if a := w.send(r); a.at("value") != "x" {
		t.Errorf("a GET was overridden: %s", a.text)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	byPolicy := func(who, types, permission string) string {
		return "The user, group or application 'appid=" + who + ";oid=" + who + ";numgroups=0;iss=https://sts.windows.net/" + tenant + "/' does not have " + types + " " + permission +
			" permission on key vault 'Policy;location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
	}
	w.as = reader
	w.ok("GET", "/secrets/s", "")
	w.ok("GET", "/secrets", "")
	w.do("PUT", "/secrets/s", `{"value":"y"}`).fails(t, 403, "Forbidden/ForbiddenByPolicy", byPolicy(reader, "secrets", "set"))
	w.do("GET", "/keys/k", "").fails(t, 403, "Forbidden/ForbiddenByPolicy", byPolicy(reader, "keys", "get"))
	// Who may nothing learns nothing: not even that the secret is not there. Syntax, though,
	// is looked at first.
	w.as = nobody
	w.do("GET", "/secrets/none", "").fails(t, 403, "Forbidden/ForbiddenByPolicy", byPolicy(nobody, "secrets", "get"))
	w.do("PUT", "/secrets/s", "").fails(t, 400, "BadParameter", "The request body is not a well-formed JSON object.")
	w.vault = "closed"
	w.as = admin
	firewall := "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\nCaller: appid=" + admin + ";oid=" + admin + ";iss=https://sts.windows.net/" + tenant + "/\r\nVault: closed;location=westeurope"
	w.do("GET", "/secrets/s", "").fails(t, 403, "Forbidden/ForbiddenByFirewall", firewall)
	w.do("PUT", "/secrets/s", "{").fails(t, 403, "Forbidden/ForbiddenByFirewall", firewall)
	w.vault = "rbac"
	w.as = nobody
	w.do("GET", "/secrets/Some", "").fails(t, 403, "Forbidden/ForbiddenByRbac", "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid="+nobody+";oid="+nobody+";iss=https://sts.windows.net/"+tenant+"/\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\nResource: '/subscriptions/"+subscription+"/resourcegroups/rg/providers/microsoft.keyvault/vaults/rbac/secrets/some'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: rbac;location=westeurope\r\n")
	w.vault = "absent"
	w.do("GET", "/secrets/s", "").fails(t, 404, "VaultNotFound", "The vault 'absent' was not found.")
}

func TestPaging(t *testing.T) {
	w := newWorld(t)
	names := []string{"a-1", "A-2", "a1", "B", "b-b", "c"}
	for _, n := range names {
		w.ok("PUT", "/secrets/"+n, `{"value":"x"}`)
	}
	collect := func(path string) (pages int, ids []string) {
		for path != "" {
			a := w.ok("GET", path, "")
			for _, item := range a.body["value"].([]any) {
				ids = append(ids, item.(map[string]any)["id"].(string))
			}
			pages++
			next := a.at("nextLink")
			if next != "" && !strings.HasPrefix(next, base+"/") {
				t.Fatalf("next link %q", next)
			}
			path = strings.TrimPrefix(next, base)
		}
		return pages, ids
	}
	// '-' sorts before digits, and these before letters.
	want := base + "/secrets/" + strings.Join(names, " "+base+"/secrets/")
	for size, pages := range map[string]int{"": 1, "?maxresults=25": 1, "?maxresults=6": 1, "?maxresults=4": 2, "?maxresults=1": 6} {
		n, ids := collect("/secrets" + size)
		if got := strings.Join(ids, " "); got != want || n != pages {
			t.Errorf("%q: %d pages: %s", size, n, got)
		}
	}
	for range 4 {
		w.ok("PUT", "/secrets/B", `{"value":"x"}`)
	}
	n, ids := collect("/secrets/b/versions?maxresults=2")
	if n != 3 || len(ids) != 5 {
		t.Errorf("versions: %d pages, %v", n, ids)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			t.Errorf("versions out of order: %v", ids)
		}
	}
	if got := w.ok("GET", "/secrets/none/versions", "").text; got != `{"value":[],"nextLink":null}` {
		t.Errorf("versions of nothing: %s", got)
	}
	// A token is for the list that it comes from only.
	token := w.ok("GET", "/secrets?maxresults=1", "").at("nextLink")
	token = token[strings.Index(token, "$skiptoken="):]
	for _, path := range []string{"/keys?", "/deletedsecrets?", "/secrets/b/versions?"} {
		w.do("GET", path+token, "").fails(t, 400, "BadParameter", "The query parameter '$skiptoken' is not valid.")
	}
	w.vault = "near"
	w.do("GET", "/secrets?"+token, "").fails(t, 400, "BadParameter", "The query parameter '$skiptoken' is not valid.")
}

func TestAuditRecords(t *testing.T) {
	w := newWorld(t)
	v1 := w.ok("PUT", "/secrets/Abc", `{"value":"canary-value","contentType":"text/plain","attributes":{"exp":1900000000}}`).version()
	check := func(operation, id string, status int) {
		t.Helper()
		rec := w.last()
		if rec.OperationName != operation || rec.Properties.ID != id || rec.Properties.HTTPStatusCode != status ||
			rec.OperationVersion != apiVersion || rec.Category != "AuditEvent" || rec.ResultType != "Success" ||
			rec.ResourceID != strings.ToUpper("/subscriptions/"+subscription+"/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/Policy") {
			t.Errorf("record: %+v %+v", rec, rec.Properties)
		}
	}
	check("SecretSet", base+"/secrets/Abc", 200)
	if p := w.last().Properties.SecretProperties; p == nil || p.Type != "text/plain" || p.Attributes.EXP == nil || *p.Attributes.EXP != 1900000000 || !*p.Attributes.Enabled {
		t.Errorf("secret properties: %+v", p)
	}
	if m := w.last().Properties.IsAccessPolicyMatch; m == nil || !*m {
		t.Error("no access policy match")
	}
	w.ok("GET", "/secrets/abc", "")
	check("SecretGet", base+"/secrets/abc", 200)
	w.ok("GET", "/secrets/abc/"+v1, "")
	check("SecretGet", base+"/secrets/abc/"+v1, 200)
	w.do("GET", "/secrets/none", "")
	check("SecretGet", base+"/secrets/none", 404)
	if got := w.last().ResultDescription; !strings.HasPrefix(got, "A secret with (name/id) none") {
		t.Errorf("description %q", got)
	}
	w.ok("GET", "/secrets", "")
	check("SecretList", "", 200)
	w.do("GET", "/secrets/a_b", "")
	check("SecretGet", "", 400)
	w.ok("PATCH", "/secrets/abc", "{}")
	check("SecretUpdate", base+"/secrets/abc", 200)
	w.ok("GET", "/secrets/abc/versions", "")
	check("SecretListVersions", base+"/secrets/abc", 200)
	w.ok("DELETE", "/secrets/abc", "")
	check("SecretDelete", base+"/secrets/abc", 200)
	w.ok("GET", "/deletedsecrets/abc", "")
	check("SecretGetDeleted", base+"/deletedsecrets/abc", 200)
	w.ok("GET", "/deletedsecrets", "")
	check("SecretListDeleted", "", 200)
	w.do("DELETE", "/deletedsecrets/abc", "")
	check("SecretPurge", base+"/deletedsecrets/abc", 204)
	w.ok("PUT", "/keys/k", rsaJWK)
	check("KeyImport", base+"/keys/k", 200)
	w.ok("POST", "/keys/k/sign", `{"alg":"RS256","value":"`+digest32+`"}`)
	check("KeySign", base+"/keys/k", 200)
	if p := w.last().Properties; p.Algorithm != "RS256" || p.KeyProperties == nil || p.KeyProperties.Type != "RSA" || p.KeyProperties.Size != 2048 {
		t.Errorf("key properties: %+v", p)
	}
	w.ok("POST", "/keys/k/verify", `{"alg":"RS256","digest":"`+digest32+`","value":"AA"}`)
	check("KeyVerify", base+"/keys/k", 200)
	for _, rec := range w.records(0) {
		line, _ := json.Marshal(rec)
		if strings.Contains(string(line), "canary") || strings.Contains(string(line), digest32) {
			t.Errorf("a record holds a secret: %s", line)
		}
	}
	w.as = ""
	w.do("GET", "/secrets", "")
	if rec := w.last(); rec.OperationName != "Authentication" || rec.Properties.HTTPStatusCode != http.StatusUnauthorized || rec.Identity != nil {
		t.Errorf("unauthenticated: %+v", rec)
	}
}
