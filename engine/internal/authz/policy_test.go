package authz_test

import (
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

func TestPermissionNames(t *testing.T) {
	for kind := authz.Keys; kind <= authz.Storage; kind++ {
		for _, name := range append(authz.Permissions(kind), "all") {
			if got, ok := authz.ValidPermission(kind, strings.ToUpper(name)); !ok || got != name {
				t.Errorf("%s %s: %q, %v", kind, name, got, ok)
			}
		}
		for _, name := range []string{"", "al", "all ", "get\x00", "\u212aeys", "getall", strings.Repeat("a", 1000)} {
			if got, ok := authz.ValidPermission(kind, name); ok {
				t.Errorf("%s %.20q is %s", kind, name, got)
			}
		}
	}
	for name, kind := range map[string]authz.ObjectType{"wrapKey": authz.Secrets, "set": authz.Keys, "setissuers": authz.Keys, "purge": authz.Storage + 1} {
		if _, ok := authz.ValidPermission(kind, name); ok {
			t.Errorf("%s is a permission of %d", name, kind)
		}
	}
}

// "all" is every permission of its type but purge, which has to be named.
func TestAllIsNotPurge(t *testing.T) {
	for kind := authz.Keys; kind <= authz.Storage; kind++ {
		with := func(names ...string) authz.AccessPolicy {
			p := authz.AccessPolicy{TenantID: "t", ObjectID: "o"}
			*[...]*[]string{&p.Keys, &p.Secrets, &p.Certificates, &p.Storage}[kind] = names
			return p
		}
		for _, name := range authz.Permissions(kind) {
			for what, tt := range map[string]struct {
				policy authz.AccessPolicy
				want   bool
			}{
				"all":             {with("all"), name != "purge"},
				"all and purge":   {with("Purge", "ALL"), true},
				"itself":          {with(strings.ToUpper(name)), true},
				"nothing":         {with(), false},
				"unknown":         {with("everything", "*"), false},
				"of another type": {authz.AccessPolicy{TenantID: "t", ObjectID: "o"}, false},
			} {
				decided := authz.NewPolicySet([]authz.AccessPolicy{tt.policy}).Decide([]string{"o"}, "T", "", false, kind, name).Allowed
				if decided != tt.want || tt.policy.Grants(kind, name) != tt.want {
					t.Errorf("%s, %s %s: %v", what, kind, name, decided)
				}
			}
		}
	}
}

// An entry with an application is for its user through that application: not for the
// members of a group, and not without a user.
func TestCompoundIdentity(t *testing.T) {
	set := authz.NewPolicySet([]authz.AccessPolicy{
		{TenantID: "t", ObjectID: "team", ApplicationID: "app", Keys: []string{"sign"}},
		{TenantID: "t", ObjectID: "Carol", ApplicationID: "App", Keys: []string{"sign"}},
		{TenantID: "t", ObjectID: "", Keys: []string{"sign"}},
		{TenantID: "", ObjectID: "eve", Keys: []string{"sign"}},
	})
	for _, tt := range []struct {
		name        string
		ids         []string
		tenant, app string
		delegated   bool
		want        bool
	}{
		{"the pair", []string{"carol"}, "t", "APP", true, true},
		{"a member of a group through the application", []string{"alice", "team"}, "t", "app", true, false},
		{"the application of the user itself", []string{"carol"}, "t", "app", false, false},
		{"no application", []string{"carol"}, "t", "", true, false},
		{"the application's object", []string{"app"}, "t", "app", false, false},
		{"another tenant", []string{"carol"}, "t2", "app", true, false},
		{"no tenant", []string{"eve"}, "", "", false, false},
		{"no object", []string{""}, "t", "", false, false},
		{"nobody", nil, "t", "", false, false},
	} {
		d := set.Decide(tt.ids, tt.tenant, tt.app, tt.delegated, authz.Keys, "sign")
		if d.Allowed != tt.want || d.Compound != tt.want {
			t.Errorf("%s: %+v", tt.name, d)
		}
	}
	if (authz.PolicySet{}).Decide([]string{"carol"}, "t", "", false, authz.Keys, "sign").Allowed {
		t.Error("the zero PolicySet allows something")
	}
}
