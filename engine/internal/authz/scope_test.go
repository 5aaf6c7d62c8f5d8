package authz_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

func TestScopesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", " ", "//", "/.", "/..", "/subscriptions", "/subscriptions/", "/subscriptions/s/", "/subscriptions//s", " /subscriptions/s",
		"/subscriptions/s\n", "/subscriptions/s\x00", "/subscriptions/.", "/subscriptions/..", "/subscriptions/s.",
		"/subscriptions/s/../s2", "/subscriptions/s/resourceGroups", "/subscriptions/s/resourceGroups/", "/subscriptions/s/resourceGroups/..",
		"/subscriptions/s/resourceGroups/a%2Fb", "/subscriptions/s/resourceGroups/a%2e", `/subscriptions/s/resourceGroups/a\b`,
		"/subscriptions/s/resourceGroups/a?b", "/subscriptions/s/resourceGroups/a#b", "/subscriptions/s/resourceGroups/a;b", "/subscriptions/s/resourceGroups/*",
		"/subscriptions/s/resourceGroups/\u212a", "/subscriptions/s/resourceGroups/\u017f", "/subscriptions/s/resourceGroups/\u0130",
		"/subscriptions/s/resourceGroups/\xff", "/subscriptions/s/resourceGroups/a\u0301", "/subscriptions/s/resourceGroups/a\u200b",
		"/resourceGroups/rg", "/providers/Microsoft.KeyVault/vaults", "/subscriptions/s/providers/Microsoft.KeyVault/vaults",
		vaultID + "/secrets", vaultID + "/secrets/", vaultID + "//secrets/x", vaultID + "/secrets/x/versions",
		"/subscriptions/" + strings.Repeat("a", 300), strings.Repeat("/subscriptions/s", 500),
		"/subscriptions/s/providers/N/t/n" + strings.Repeat("/t/n", 30), "subscriptions/s", "https://host/subscriptions/s",
	} {
		s, err := authz.ParseScope(text)
		if _, ok := authz.AsScopeError(err); !ok || !s.IsZero() {
			t.Errorf("%.60q: got %q, %v", text, s, err)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Errorf("%.60q: the error repeats it", text)
		}
	}
	if _, ok := authz.AsScopeError(errors.New("other")); ok {
		t.Error("every error is a ScopeError")
	}
}

// The zero Scope is above and below nothing, and equal to nothing.
func TestZeroScope(t *testing.T) {
	var zero authz.Scope
	for _, other := range []authz.Scope{zero, authz.RootScope, scope(t, vaultID)} {
		if zero.Contains(other) || other.Contains(zero) || zero.Equal(other) || other.Equal(zero) {
			t.Errorf("the zero Scope has to do with %q", other)
		}
	}
	if _, ok := zero.Parent(); ok || len(authz.NewChain(zero, []authz.Scope{authz.RootScope})) != 0 {
		t.Error("the zero Scope has something above it")
	}
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Role: role(t, owner)}, {ID: "b", Scope: authz.RootScope, Role: role(t, owner)}})
	if g.Decide(authz.Request{Action: writeAssignment, Chain: authz.Chain{zero}}).Allowed {
		t.Error("something is allowed on the zero Scope")
	}
	for _, s := range []authz.Scope{
		authz.ManagementGroupScope(""), authz.ManagementGroupScope("a/b"), authz.ManagementGroupScope(".."), authz.ObjectScope(zero, "secrets", "x"),
		authz.ObjectScope(scope(t, vaultID), "secrets", ""), authz.ObjectScope(scope(t, vaultID), "secrets", "a/b"), authz.ObjectScope(scope(t, vaultID), "", "a"),
		authz.ObjectScope(scope(t, vaultID), "secrets", ".."), authz.ObjectScope(scope(t, vaultID), "secrets", "a%2Fb"),
	} {
		if !s.IsZero() {
			t.Errorf("%q is a scope", s)
		}
	}
}

func TestChains(t *testing.T) {
	const sub = "/subscriptions/S1"
	groups := []authz.Scope{authz.ManagementGroupScope("Child"), {}, authz.ManagementGroupScope("parent")}
	above := []string{"/providers/Microsoft.Management/managementGroups/Child", "/providers/Microsoft.Management/managementGroups/parent", "/"}
	for _, tt := range []struct {
		scope string
		want  []string
	}{
		{"/", []string{"/"}},
		{sub, append([]string{sub}, above...)},
		{sub + "/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/secrets/x", append([]string{
			sub + "/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/secrets/x", sub + "/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V",
			sub + "/resourceGroups/Rg", sub,
		}, above...)},
		{sub + "/resourceGroups/ÜÇ/providers/N/t/n", append([]string{sub + "/resourceGroups/ÜÇ/providers/N/t/n", sub + "/resourceGroups/ÜÇ", sub}, above...)},
	} {
		var got []string
		chain := authz.NewChain(scope(t, tt.scope), groups)
		for _, s := range chain {
			got = append(got, s.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.scope, diff)
		}
		if chain.Scope().String() != tt.scope {
			t.Errorf("%s: the chain is that of %s", tt.scope, chain.Scope())
		}
	}
}

func TestPartsOfScopes(t *testing.T) {
	for _, tt := range []struct{ scope, subscription, group, management, parent string }{
		{"/", "", "", "", ""},
		{"/subscriptions/S1", "s1", "", "", "/"},
		{"/subscriptions/S1/resourcegroups/Rg", "s1", "Rg", "", "/subscriptions/S1"},
		{vaultID, "s1", "rg1", "", "/subscriptions/s1/resourceGroups/rg1"},
		{vaultID + "/keys/K", "s1", "rg1", "", vaultID},
		{"/subscriptions/s1/providers/resourceGroups/rg/x", "s1", "", "", "/subscriptions/s1"},
		{"/PROVIDERS/microsoft.management/managementGroups/Mg", "", "", "mg", "/"},
	} {
		s := scope(t, tt.scope)
		subscription, _ := s.Subscription()
		group, _ := s.ResourceGroup()
		management, _ := s.ManagementGroup()
		parent, _ := s.Parent()
		got := []string{subscription, group, management, parent.String()}
		if diff := cmp.Diff([]string{tt.subscription, tt.group, tt.management, tt.parent}, got); diff != "" {
			t.Errorf("%s: %s", tt.scope, diff)
		}
		if !parent.IsZero() && !parent.Contains(s) {
			t.Errorf("%s is not in its parent", tt.scope)
		}
	}
}
