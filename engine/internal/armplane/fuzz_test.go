package armplane_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/armplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// A filter that is read says what it said.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"", "atScope()", "principalId eq 'a'", "atScope() and assignedTo('b')", "roleName eq 'O''Brien'", "name eq 'x' and", "x eq y", "((", "and and and",
		"resourceType eq 'Microsoft.KeyVault/vaults' and name eq 'v'", "startswith(name,'a')", strings.Repeat("a() and ", 20),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clauses, err := armplane.ParseFilter(text)
		if err != nil {
			if !fault.Is(err, fault.InvalidFilter) {
				t.Fatal(err)
			}
			return
		}
		var parts []string
		for _, c := range clauses {
			name, value, call := c.Parts()
			quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
			if call {
				parts = append(parts, name+"("+quoted+")")
			} else {
				parts = append(parts, name+" eq "+quoted)
			}
		}
		again, err := armplane.ParseFilter(strings.Join(parts, " and "))
		if len(text) < 1000 && err != nil {
			t.Fatalf("%q became %q: %v", text, parts, err)
		}
		if err == nil && len(again) != len(clauses) {
			t.Fatalf("%q became %q", text, parts)
		}
	})
}

// A path has the same route in every letter case, and what it leaves open never has a
// slash.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		"/", "//metadata/endpoints", vaultPath("rg", "v"), vaultPath("rg", "v") + "/accessPolicies/add", "/subscriptions/s/resourcegroups/g",
		"/providers/Microsoft.Authorization/roleAssignments/x", "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions",
		vaultPath("rg", "v") + "/secrets/s/providers/Microsoft.Authorization/roleAssignments", "/providers/providers/providers", "/a%2Fb", "/../x", "/subscriptions//x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse("https://management.coffer.test/" + path)
		if err != nil {
			return
		}
		find := func(u *url.URL) (string, []string, string, error) {
			return armplane.FindRoute(&http.Request{Method: "GET", URL: u, Header: http.Header{}}, httptest.NewRecorder())
		}
		pattern, at, scope, err := find(u)
		if err != nil {
			if fault.From(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		for _, segment := range at {
			if segment == "" || segment == ".." || strings.Contains(segment, "/") {
				t.Fatalf("%q leaves open %q", path, segment)
			}
		}
		if strings.HasSuffix(scope, "/") && scope != "/" {
			t.Fatalf("%q has the scope %q", path, scope)
		}
		upper := *u
		upper.Path, upper.RawPath = strings.ToUpper(u.Path), ""
		if !strings.EqualFold(upper.Path, u.Path) {
			return // letters without a pair
		}
		if other, _, _, err := find(&upper); err != nil || other != pattern {
			t.Fatalf("%q is %q, in upper case %q: %v", path, pattern, other, err)
		}
	})
}

// A body is read within its limits or refused; it never breaks anything.
func FuzzVaultBody(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", `{"properties":null}`, `{"properties":{"accessPolicies":[null]}}`, `{"properties":{"networkAcls":{"ipRules":[{"value":"::1"}]}}}`,
		`{"location":"x","properties":{"createMode":"recover","sku":{"name":"premium"}}}`, `{"tags":{"a":null}}`, `[[[[`, `{"properties":{"softDeleteRetentionInDays":1e99}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var body armplane.VaultRequest
		if err := httpx.Unmarshal([]byte(text), &body, fault.InvalidRequestContent); err != nil {
			if !fault.Is(err, fault.InvalidRequestContent) {
				t.Fatal(err)
			}
			return
		}
		if err := body.Input("2024-11-01"); err != nil && !fault.Is(err, fault.BadRequest) {
			t.Fatal(err)
		}
	})
}

// A vault body of any kind changes the vault or is refused with an error of the client.
func FuzzVaultPut(f *testing.F) {
	f.Add(`{"location":"westeurope","properties":{"tenantId":"` + tenant + `","sku":{"family":"A","name":"standard"},"accessPolicies":[]}}`)
	f.Add(`{"location":"","tags":{"":""},"properties":{"networkAcls":{"ipRules":[{"value":"1.2.3.4/40"}],"virtualNetworkRules":[{"id":"/"}]}}}`)
	f.Add(`{"properties":{"createMode":"recover"}}`)
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, text string) {
		w.t = t
		got := w.call("root", "PUT", vaultPath("rg", "fuzzed")+v2024, text)
		if got.status >= 500 || got.status == 401 || got.status == 403 {
			t.Fatalf("%d %s", got.status, got.text)
		}
	})
}
