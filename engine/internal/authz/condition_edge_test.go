package authz_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

func TestConditionValues(t *testing.T) {
	attrs := authz.ObjectAttributes(authz.FromResource, "app", "secrets", "k", map[string]string{
		"Team": "blue", "dir": `c:\tmp\`, "kelvin": "\u212a", "wide": "Straße", "TEAM2": "x", "team2": "y", "quote": "it's",
	}).With(authz.FromRequest, "Ns/x:id", "not-a-guid").With(authz.FromRequest, "Ns/x:on", "perhaps").With(authz.FromRequest, "Ns/x:n", "five").
		With(authz.FromRequest, "Ns/x:when", "2026-01-01T02:00:00+02:00").With(authz.FromRequest, "Ns/x:guid", "00482A5A-887F-4FB3-B363-3B7FE8E74483").
		With(authz.FromRequest, "Ns/x:both", "a", "B")
	tag := func(key string) string {
		return "@Resource[Microsoft.KeyVault/vaults/secrets/tags:" + key + "<$key_case_sensitive$>] "
	}
	for _, tt := range []struct {
		condition string
		want      bool
	}{
		// A backslash stands for itself; two of them do too, so that a value can end in one.
		{tag("dir") + `StringEquals 'c:\tmp\\'`, true},
		{tag("dir") + `StringEquals 'c:\\tmp\\'`, true},
		{tag("dir") + `StringLike 'c:\\*\\'`, true},
		{tag("dir") + `StringLike '*\\' AND ` + tag("Team") + "StringEquals 'blue'", true},
		{tag("quote") + `StringEquals 'it\'s'`, true},
		{tag("quote") + `StringLike 'it\'?'`, true},
		// A key without the marker is compared without regard to letter case, unless
		// two tags differ in nothing else.
		{"@Resource[Microsoft.KeyVault/vaults/secrets/tags:team] StringEquals 'blue'", true},
		{"!(@Resource[Microsoft.KeyVault/vaults/secrets/tags:team] StringEquals 'blue')", false},
		{tag("team") + "StringEquals 'blue'", false},
		{"@Resource[Microsoft.KeyVault/vaults/secrets/tags:team2] StringEquals 'y'", true},
		{"@Resource[Microsoft.KeyVault/vaults/secrets/tags:TeaM2] StringEquals 'y'", false},
		{"Exists @Resource[Microsoft.KeyVault/vaults/secrets/tags:TeaM2]", false},
		// The Kelvin sign is no k.
		{tag("kelvin") + "StringEqualsIgnoreCase 'k'", false},
		{tag("kelvin") + "StringLikeIgnoreCase 'K'", false},
		{tag("kelvin") + "StringStartsWithIgnoreCase 'k'", false},
		{tag("wide") + "StringEqualsIgnoreCase 'sTRAßE'", true},
		{tag("wide") + "StringLike 'Stra?e'", true},
		{tag("wide") + "StringStartsWithIgnoreCase 'STRAß'", true},
		{tag("wide") + "StringLikeIgnoreCase 's*E'", true},
		{tag("wide") + "StringNotLikeIgnoreCase 's*E'", false},
		// What is no value of the operator's kind makes the comparison false, negative or not.
		{"@Request[Ns/x:id] GuidEquals 00482a5a-887f-4fb3-b363-3b7fe8e74483", false},
		{"@Request[Ns/x:id] GuidNotEquals 00482a5a-887f-4fb3-b363-3b7fe8e74483", false},
		{"@Request[Ns/x:guid] GuidEquals 00482a5a-887f-4fb3-b363-3b7fe8e74483", true},
		{"@Request[Ns/x:guid] GuidNotEquals '00482a5a-887f-4fb3-b363-3b7fe8e74484'", true},
		{"@Request[Ns/x:on] BoolNotEquals true", false},
		{"@Request[Ns/x:n] NumericNotEquals 5", false},
		{"@Request[Ns/x:when] DateTimeEquals '2026-01-01T00:00:00.0000000Z'", true},
		{"@Request[Ns/x:when] DateTimeNotEquals '2026-01-01T00:00:00.0000001Z'", true},
		// A prefix of two letter cases, and sets on the left.
		{"{'a', 'b'} ForAllOfAnyValues:StringEqualsIgnoreCase @Request[Ns/x:both]", true},
		{"{'a', 'b'} FORALLOFANYVALUES:StringEquals @Request[Ns/x:both]", false},
		{"@Request[Ns/x:both] ForAnyOfAnyValues:StringLike {'?'}", true},
		{"@Request[Ns/x:none] ForAllOfAllValues:StringNotEquals {'a'}", false},
		{"SubOperationMatches{''}", false},
	} {
		if got := holds(t, tt.condition, attrs); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.condition, got, tt.want)
		}
	}
}

func TestConditionErrorsSayWhere(t *testing.T) {
	for _, tt := range []struct {
		text string
		at   int
		says string
	}{
		{"Exists", 6, "expected @Request"},
		{"@Request[a:b] Equals 'x'", 14, "expected an operator"},
		{"@Request[a:b] StringEquals 'é' AND", 34, "expected"},
		{"'é' StringEquals 'x'", 4, "attribute on one side"},
		{"Exists @Request[a:b] AND Exists @Request[a:b] OR Exists @Request[a:b]", 48, "parentheses"},
		{"Exists @Resource[name]", 17, "not the name of an attribute"},
		{`@Request[a:b] StringEquals 'x\'`, 28, "no end"},
		{"@Request[a:b] StringEquals 'x\n'", 29, "control"},
	} {
		_, err := authz.ParseCondition(tt.text)
		var where *authz.ConditionError
		if !errors.As(err, &where) {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if where.Offset != tt.at || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: got offset %d, %q; want offset %d and %q", tt.text, where.Offset, err, tt.at, tt.says)
		}
	}
	if _, err := authz.ParseCondition("Exists @Environment[UtcNow]"); err != nil {
		t.Error(err)
	}
}

// The condition of a role and that of its assignment must both hold.
func TestRoleAndAssignmentConditionsAreBothNeeded(t *testing.T) {
	v := scope(t, vaultID)
	const vaultIs, secretIs = "@Resource[Microsoft.KeyVault/vaults:name] StringEquals 'app'", "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'a'"
	r, err := authz.Compile(authz.RoleDefinition{ID: "r", Permissions: []authz.Permission{
		{DataActions: []string{getSecret}, Condition: vaultIs, ConditionVersion: "2.0"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := authz.ParseCondition(secretIs)
	if err != nil {
		t.Fatal(err)
	}
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: r, Condition: c}})
	for _, tt := range []struct {
		vault, secret string
		want          bool
	}{{"app", "a", true}, {"app", "b", false}, {"other", "a", false}, {"", "a", false}, {"app", "", false}} {
		attrs := authz.ObjectAttributes(authz.FromResource, tt.vault, "secrets", tt.secret, nil)
		if got := g.Decide(authz.Request{Action: getSecret, Data: true, Chain: authz.NewChain(v, nil), Attributes: attrs}).Allowed; got != tt.want {
			t.Errorf("vault %q, secret %q: %v, want %v", tt.vault, tt.secret, got, tt.want)
		}
	}
	for _, p := range []authz.Permission{
		{Condition: vaultIs, ConditionVersion: "1.0"}, {Condition: "nonsense"},
	} {
		if _, err := authz.Compile(authz.RoleDefinition{ID: "r", Permissions: []authz.Permission{p}}); err == nil {
			t.Errorf("%+v compiles", p)
		}
	}
}

func TestDecideWithConditionsDoesNotAllocate(t *testing.T) {
	v := scope(t, vaultID)
	c, err := authz.ParseCondition("@Resource[Microsoft.KeyVault/vaults/secrets:name] StringLikeIgnoreCase 'DB-*' AND " +
		"@Resource[Microsoft.KeyVault/vaults/secrets/tags:Team<$key_case_sensitive$>] StringEquals 'blue'")
	if err != nil {
		t.Fatal(err)
	}
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: role(t, secretsUser), Condition: c}})
	req := authz.Request{Action: getSecret, Data: true, Chain: authz.NewChain(v, nil),
		Attributes: authz.ObjectAttributes(authz.FromResource, "app", "secrets", "db-password", map[string]string{"Team": "blue"})}
	if !g.Decide(req).Allowed {
		t.Fatal("refused")
	}
	if n := testing.AllocsPerRun(100, func() { g.Decide(req) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecideWithCondition(b *testing.B) {
	d, _ := authz.BuiltInRole(dataAccessAdmin)
	r, err := authz.Compile(d)
	if err != nil {
		b.Fatal(err)
	}
	v, _ := authz.ParseScope(vaultID)
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: r}})
	req := authz.Request{Action: writeAssignment, Chain: authz.NewChain(v, nil),
		Attributes: authz.RoleAssignmentAttributes(authz.FromRequest, secretsUser, "p", authz.User)}
	b.ReportAllocs()
	for b.Loop() {
		if !g.Decide(req).Allowed {
			b.Fatal("refused")
		}
	}
}
