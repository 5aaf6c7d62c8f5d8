package authz_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

func TestScopes(t *testing.T) {
	for text, want := range map[string]bool{
		"/": true, "/subscriptions/s1": true, "/SUBSCRIPTIONS/s1/resourcegroups/RG": true, vaultID: true, vaultID + "/secrets/x": true,
		"/providers/Microsoft.Management/managementGroups/root": true,
		"": false, "subscriptions/s1": false, "/subscriptions//resourceGroups/x": false, "/subscriptions/s1/resourceGroups/..": false,
		"/subscriptions/s1/resourceGroups/a%2Fb": false, vaultID + "/secrets/a%2fb": false, "/subscriptions": false,
	} {
		if _, err := authz.ParseScope(text); (err == nil) != want {
			t.Errorf("ParseScope(%q): %v", text, err)
		}
	}
	rg1, rg10 := scope(t, "/subscriptions/s/resourceGroups/rg1"), scope(t, "/subscriptions/s/resourceGroups/rg10")
	if rg1.Contains(rg10) || rg10.Contains(rg1) {
		t.Error("rg1 and rg10 contain each other")
	}
	if !rg1.Equal(scope(t, "/Subscriptions/S/RESOURCEGROUPS/RG1")) {
		t.Error("letter case makes another scope")
	}
}

func decide(t *testing.T, roleID, at, action string, data bool, on string) bool {
	t.Helper()
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: scope(t, at), Role: role(t, roleID)}})
	return g.Decide(authz.Request{Action: action, Data: data, Chain: authz.NewChain(scope(t, on), nil)}).Allowed
}

func TestDecisions(t *testing.T) {
	const contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	for _, tt := range []struct {
		name, role, at, action string
		data                   bool
		on                     string
		want                   bool
	}{
		{"owner manages", owner, "/", "Microsoft.KeyVault/vaults/write", false, vaultID, true},
		{"owner has no data actions", owner, "/", getSecret, true, vaultID, false},
		{"actions do not grant data actions", owner, vaultID, getSecret, true, vaultID, false},
		{"data actions do not grant actions", secretsUser, "/", getSecret, false, vaultID, false},
		{"contributor cannot grant", contributor, "/", writeAssignment, false, vaultID, false},
		{"contributor manages", contributor, "/", "Microsoft.KeyVault/vaults/delete", false, vaultID, true},
		{"a vault role reaches its objects", secretsUser, vaultID, getSecret, true, vaultID + "/secrets/x", true},
		{"an object role does not reach others", secretsUser, vaultID + "/secrets/x", getSecret, true, vaultID + "/secrets/x1", false},
		{"an object role does not reach the vault", secretsUser, vaultID + "/secrets/x", getSecret, true, vaultID, false},
		{"a group does not reach its namesake", owner, "/subscriptions/s1/resourceGroups/rg", "Microsoft.KeyVault/vaults/write", false, vaultID, false},
		{"letter case of scopes", secretsUser, strings.ToUpper(vaultID), getSecret, true, strings.ToLower(vaultID), true},
		{"letter case of actions", secretsUser, vaultID, strings.ToUpper(getSecret), true, vaultID, true},
	} {
		if got := decide(t, tt.role, tt.at, tt.action, tt.data, tt.on); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestNotActionsSubtractWithinTheirRoleOnly(t *testing.T) {
	v := scope(t, vaultID)
	compile := func(p ...authz.Permission) *authz.Role {
		r, err := authz.Compile(authz.RoleDefinition{ID: "r", Permissions: p})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	without := compile(authz.Permission{Actions: []string{"*"}, NotActions: []string{"a/b/delete"}})
	with := compile(authz.Permission{Actions: []string{"a/b/delete"}})
	req := authz.Request{Action: "a/b/delete", Chain: authz.NewChain(v, nil)}
	if authz.NewGrants([]authz.Assignment{{ID: "1", Scope: v, Role: without}}).Decide(req).Allowed {
		t.Error("NotActions took nothing")
	}
	if !authz.NewGrants([]authz.Assignment{{ID: "1", Scope: v, Role: without}, {ID: "2", Scope: v, Role: with}}).Decide(req).Allowed {
		t.Error("NotActions of one role took from another")
	}
}

func TestPolicies(t *testing.T) {
	set := authz.NewPolicySet([]authz.AccessPolicy{
		{TenantID: "t1", ObjectID: "group", Secrets: []string{"List"}},
		{TenantID: "t1", ObjectID: "alice", Secrets: []string{"ALL"}},
		{TenantID: "t2", ObjectID: "bob", Secrets: []string{"get"}},
		{TenantID: "t1", ObjectID: "carol", ApplicationID: "app1", Keys: []string{"sign"}},
	})
	for _, tt := range []struct {
		name       string
		ids        []string
		app        string
		delegated  bool
		kind       authz.ObjectType
		permission string
		want       bool
	}{
		{"through a group", []string{"dave", "group"}, "", false, authz.Secrets, "list", true},
		{"not more than listed", []string{"dave", "group"}, "", false, authz.Secrets, "get", false},
		{"all", []string{"ALICE"}, "", false, authz.Secrets, "get", true},
		{"all is not purge", []string{"alice"}, "", false, authz.Secrets, "purge", false},
		{"all of one type", []string{"alice"}, "", false, authz.Keys, "get", false},
		{"another tenant's policy", []string{"bob"}, "", false, authz.Secrets, "get", false},
		{"the pair", []string{"carol"}, "app1", true, authz.Keys, "sign", true},
		{"the user alone", []string{"carol"}, "", false, authz.Keys, "sign", false},
		{"another application", []string{"carol"}, "app2", true, authz.Keys, "sign", false},
		{"the application alone", []string{"app1"}, "app1", false, authz.Keys, "sign", false},
		{"not delegated", []string{"carol"}, "app1", false, authz.Keys, "sign", false},
		{"nobody", nil, "", false, authz.Secrets, "get", false},
	} {
		if got := set.Decide(tt.ids, "t1", tt.app, tt.delegated, tt.kind, tt.permission).Allowed; got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// reference is the slow, obvious way to decide, written apart from the package.
type reference struct {
	scope                                            string
	actions, notActions, dataActions, notDataActions []string
}

func refMatches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		quoted := strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*")
		return regexp.MustCompile("(?i)^" + quoted + "$").MatchString(action)
	})
}

func refDecide(all []reference, action string, data bool, on string) bool {
	for _, a := range all {
		parts, target := strings.Split(strings.ToLower(strings.Trim(a.scope, "/")), "/"), strings.Split(strings.ToLower(strings.Trim(on, "/")), "/")
		if a.scope != "/" && (len(parts) > len(target) || !slices.Equal(parts, target[:len(parts)])) {
			continue
		}
		yes, no := a.actions, a.notActions
		if data {
			yes, no = a.dataActions, a.notDataActions
		}
		if refMatches(yes, action) && !refMatches(no, action) {
			return true
		}
	}
	return false
}

func TestDifferential(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	scopes := []string{"/", "/subscriptions/s1", "/subscriptions/s10", "/subscriptions/s1/resourceGroups/rg1", "/subscriptions/s1/resourceGroups/RG10",
		vaultID, strings.ToUpper(vaultID), vaultID + "1", vaultID + "/secrets/a", vaultID + "/secrets/ab", vaultID + "/keys/a"}
	words := []string{"Microsoft.KeyVault", "vaults", "secrets", "keys", "read", "write", "getSecret", "action", "*"}
	pattern := func() string {
		parts := make([]string, 1+rng.IntN(5))
		for i := range parts {
			parts[i] = pick(words)
			if rng.IntN(8) == 0 {
				parts[i] += "*"
			}
		}
		return strings.Join(parts, "/")
	}
	action := func() string {
		parts := make([]string, 2+rng.IntN(4))
		for i := range parts {
			parts[i] = pick(words[:8])
		}
		text := strings.Join(parts, "/")
		if rng.IntN(2) == 0 {
			text = strings.ToUpper(text)
		}
		return text
	}
	list := func(most int) []string {
		out := make([]string, rng.IntN(most+1))
		for i := range out {
			out[i] = pattern()
		}
		return out
	}
	allowed := 0
	const graphs, decisions = 1000, 100
	for range graphs {
		var refs []reference
		var assignments []authz.Assignment
		for i := range 1 + rng.IntN(6) {
			r := reference{pick(scopes), list(3), list(1), list(3), list(1)}
			compiled, err := authz.Compile(authz.RoleDefinition{ID: fmt.Sprint(i), Permissions: []authz.Permission{
				{Actions: r.actions, NotActions: r.notActions, DataActions: r.dataActions, NotDataActions: r.notDataActions},
			}})
			if err != nil {
				continue
			}
			refs = append(refs, r)
			assignments = append(assignments, authz.Assignment{ID: fmt.Sprint(i), Scope: scope(t, r.scope), Role: compiled})
		}
		grants := authz.NewGrants(assignments)
		for range decisions {
			act, data, on := action(), rng.IntN(2) == 0, pick(scopes)
			got := grants.Decide(authz.Request{Action: act, Data: data, Chain: authz.NewChain(scope(t, on), nil)}).Allowed
			if want := refDecide(refs, act, data, on); got != want {
				t.Fatalf("seed %d: %s (data %v) on %s: %v, the reference says %v: %+v", seed, act, data, on, got, want, refs)
			}
			if got {
				allowed++
			}
		}
	}
	if allowed < graphs*decisions/50 {
		t.Errorf("only %d of the decisions allow: the graphs test too little", allowed)
	}
}

func FuzzParseScope(f *testing.F) {
	f.Add(vaultID + "/secrets/x")
	f.Add("/providers/Microsoft.Management/managementGroups/m")
	f.Add("/subscriptions/s/resourceGroups/..")
	f.Add("/subscriptions/s//resourceGroups/a%2Fb")
	f.Add("/subscriptions/s/resourceGroups/\u212a")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := authz.ParseScope(text)
		if err != nil {
			return
		}
		again, err := authz.ParseScope(s.String())
		if err != nil || !again.Equal(s) || !s.Contains(again) {
			t.Errorf("%q does not come back: %v %v", text, again, err)
		}
	})
}

func FuzzActionMatches(f *testing.F) {
	f.Add("Microsoft.KeyVault/*/read", "Microsoft.KeyVault/vaults/secrets/read")
	f.Add("*a*b*", "xaxbx")
	f.Add("**", "a")
	f.Add("ab*ba", "aba")
	f.Add("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/write")
	f.Fuzz(func(t *testing.T, pattern, action string) {
		got := authz.ActionMatches(pattern, action)
		if got && !strings.Contains(pattern, "*") && !strings.EqualFold(pattern, action) {
			t.Errorf("%q matches %q", pattern, action)
		}
		// Within what actions may hold, the reference agrees.
		plain := regexp.MustCompile(`^[\x21-\x7e]{1,256}$`)
		if plain.MatchString(pattern) && plain.MatchString(action) && got != refMatches([]string{pattern}, action) {
			t.Errorf("%q matches %q: %v, the reference says otherwise", pattern, action, got)
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	d, _ := authz.BuiltInRole(secretsUser)
	r, err := authz.Compile(d)
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{10, 1000, 1_000_000} {
		list := make([]authz.Assignment, n)
		for i := range list {
			s, err := authz.ParseScope(fmt.Sprintf("/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/v%d", i))
			if err != nil {
				b.Fatal(err)
			}
			list[i] = authz.Assignment{ID: "a", Scope: s, Role: r}
		}
		grants := authz.NewGrants(list)
		req := authz.Request{Action: getSecret, Data: true, Chain: authz.NewChain(authz.ObjectScope(list[n/2].Scope, "secrets", "x"), nil)}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !grants.Decide(req).Allowed {
					b.Fatal("refused")
				}
			}
		})
	}
}
