package authz_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

const (
	writeAssignment  = "Microsoft.Authorization/roleAssignments/write"
	deleteAssignment = "Microsoft.Authorization/roleAssignments/delete"
	getSecret        = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
	vaultID          = "/subscriptions/s1/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/app"
	secretsUser      = "4633458b-17de-408a-b874-0445c86b69e6"
	owner            = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	dataAccessAdmin  = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
)

func scope(t *testing.T, text string) authz.Scope {
	t.Helper()
	s, err := authz.ParseScope(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func role(t *testing.T, id string) *authz.Role {
	t.Helper()
	d, ok := authz.BuiltInRole(id)
	if !ok {
		t.Fatalf("no built-in role %s", id)
	}
	r, err := authz.Compile(d)
	if err != nil {
		t.Fatalf("%s: %v", d.Name, err)
	}
	return r
}

// holds decides getSecret for a Secrets User whose assignment has the condition.
func holds(t *testing.T, condition string, attrs authz.Attributes) bool {
	t.Helper()
	c, err := authz.ParseCondition(condition)
	if err != nil {
		t.Fatalf("%s: %v", condition, err)
	}
	v := scope(t, vaultID)
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: role(t, secretsUser), Condition: c}})
	return g.Decide(authz.Request{Action: getSecret, Data: true, Chain: authz.NewChain(v, nil), Attributes: attrs}).Allowed
}

func TestConditions(t *testing.T) {
	attrs := authz.ObjectAttributes(authz.FromResource, "app", "secrets", "db-password", map[string]string{"Team": "blue"})
	many := authz.Attributes{}.With(authz.FromPrincipal, "Ns/x:groups", "a", "b").With(authz.FromRequest, "Ns/x:size", "5").
		With(authz.FromEnvironment, authz.AttrUtcNow, "2026-01-01T00:00:00.0000000Z").With(authz.FromRequest, "Ns/x:on", "true")
	name := "@Resource[Microsoft.KeyVault/vaults/secrets:name] "
	for _, tt := range []struct {
		condition string
		attrs     authz.Attributes
		want      bool
	}{
		{name + "StringEquals 'db-password'", attrs, true},
		{name + "StringEquals 'DB-password'", attrs, false},
		{name + "StringEqualsIgnoreCase 'DB-password'", attrs, true},
		{name + "StringNotEquals 'other'", attrs, true},
		{name + "StringStartsWith 'db-'", attrs, true},
		{name + "StringNotStartsWith 'db-'", attrs, false},
		{name + "StringLike 'db-*'", attrs, true},
		{name + `StringLike 'db-passwor?'`, attrs, true},
		{name + `StringLike 'db-\*'`, attrs, false},
		{name + "StringNotLike '*word'", attrs, false},
		{"@resource[microsoft.keyvault/VAULTS/secrets:NAME] stringequals 'db-password'", attrs, true},
		// An absent attribute makes every comparison false, also a negative one.
		{"@Request[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'db-password'", attrs, false},
		{"@Request[Microsoft.KeyVault/vaults/secrets:name] StringNotEquals 'db-password'", attrs, false},
		{"!(@Request[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'db-password')", attrs, true},
		{"Exists @Resource[Microsoft.KeyVault/vaults/secrets:name]", attrs, true},
		{"NOT Exists @Resource[Microsoft.KeyVault/vaults/keys:name]", attrs, true},
		{"@Resource[Microsoft.KeyVault/vaults/secrets/tags:Team<$key_case_sensitive$>] StringEquals 'blue'", attrs, true},
		{"@Resource[Microsoft.KeyVault/vaults/secrets:tags<$Team$>] StringEquals 'blue'", attrs, true},
		{"@Resource[Microsoft.KeyVault/vaults/secrets:tags<$team$>] StringEquals 'blue'", attrs, false},
		{"ActionMatches{'Microsoft.KeyVault/vaults/secrets/*'}", attrs, true},
		{"ActionMatches{'Microsoft.KeyVault/vaults/keys/*'}", attrs, false},
		{"!(ActionMatches{'Microsoft.KeyVault/vaults/keys/*'}) OR " + name + "StringEquals 'x'", attrs, true},
		{"(" + name + "StringEquals 'x') || (" + name + "StringLike '*')", attrs, true},
		{"(" + name + "StringEquals 'x') && (" + name + "StringLike '*')", attrs, false},
		{"SubOperationMatches{'Blob.List'}", attrs, false},
		{"@Principal[Ns/x:groups] ForAnyOfAnyValues:StringEquals {'b', 'z'}", many, true},
		{"@Principal[Ns/x:groups] ForAllOfAnyValues:StringEquals {'a', 'b', 'z'}", many, true},
		{"@Principal[Ns/x:groups] ForAllOfAnyValues:StringEquals {'a', 'z'}", many, false},
		{"@Principal[Ns/x:groups] ForAnyOfAllValues:StringNotEquals {'x', 'y'}", many, true},
		{"@Principal[Ns/x:groups] ForAllOfAllValues:StringNotEquals {'x', 'a'}", many, false},
		{"@Principal[Ns/x:groups] StringEquals 'a'", many, false},
		{"@Request[Ns/x:size] NumericEquals 5", many, true},
		{"@Request[Ns/x:size] NumericGreaterThan 5", many, false},
		{"@Request[Ns/x:size] NumericLessThanEquals 5", many, true},
		{"@Request[Ns/x:size] ForAnyOfAnyValues:NumericEquals {4, 5}", many, true},
		{"@Environment[UtcNow] DateTimeLessThan '2026-01-02T00:00:00.0Z'", many, true},
		{"@Request[Ns/x:on] BoolEquals true", many, true},
	} {
		if got := holds(t, tt.condition, tt.attrs); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.condition, got, tt.want)
		}
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	deep := strings.Repeat("(", 100) + "Exists @Request[a:b]" + strings.Repeat(")", 100)
	for _, text := range []string{
		"", " ", "()", "true", "ActionMatches", "ActionMatches{}", "ActionMatches{'a'", "@Request[a:b]", "@Request[a:b] Equals 'x'",
		"@Request[a:b] StringEquals", "@Request[a:b] StringEquals x", "@Request[a:b] StringEquals 'x", "@Nobody[a:b] StringEquals 'x'",
		"'a' StringEquals 'a'", "@Request[a:b] StringEquals {'a','b'}", "@Request[a:b] ForSome:StringEquals {'a'}",
		"@Request[a:b] GuidEquals 'not-a-guid'", "@Request[a:b] NumericEquals 'x'", "@Request[a:b] BoolEquals 'maybe'",
		"@Request[a:b] ForAnyOfAnyValues:BoolEquals {true}", "@Request[a:b] DateTimeEquals 'yesterday'",
		"Exists @Request[a:b] AND Exists @Request[a:b] OR Exists @Request[a:b]", "Exists @Request[a:b] Exists @Request[a:b]",
		"Exists @Request[]", "Exists @Request[a b]", "Exists @Request[a:b<$x]", "Exists @Request[a:b<$$>]", "NOT NOT Exists @Request[a:b]",
		deep, "Exists @Request[a:b] AND " + strings.Repeat("x", 9000), "Exists @Request[a:b\xff]",
	} {
		_, err := authz.ParseCondition(text)
		var where *authz.ConditionError
		if !errors.As(err, &where) {
			t.Errorf("%.60q: got %v, want a *ConditionError", text, err)
		}
	}
}

// The shipped role may give and take the roles that its condition lists, and no other.
func TestDataAccessAdministratorAsShipped(t *testing.T) {
	v := scope(t, vaultID)
	g := authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: role(t, dataAccessAdmin)}})
	for _, tt := range []struct {
		action, role string
		source       authz.Source
		want         bool
	}{
		{writeAssignment, secretsUser, authz.FromRequest, true},
		{writeAssignment, owner, authz.FromRequest, false},
		{writeAssignment, dataAccessAdmin, authz.FromRequest, false},
		{deleteAssignment, secretsUser, authz.FromResource, true},
		{deleteAssignment, owner, authz.FromResource, false},
		{writeAssignment, secretsUser, authz.FromResource, false},
	} {
		attrs := authz.RoleAssignmentAttributes(tt.source, strings.ToUpper(tt.role), "p", authz.User)
		d := g.Decide(authz.Request{Action: tt.action, Chain: authz.NewChain(v, nil), Attributes: attrs})
		if d.Allowed != tt.want {
			t.Errorf("%s of %s: %v, want %v", tt.action, tt.role, d.Allowed, tt.want)
		}
		if d.Allowed && !d.Conditional {
			t.Error("the grant is not marked as conditional")
		}
	}
	if g.Decide(authz.Request{Action: writeAssignment, Chain: authz.NewChain(v, nil), Unconditional: true}).Allowed {
		t.Error("a conditional grant counts as an unconditional one")
	}
}

func FuzzParseCondition(f *testing.F) {
	d, _ := authz.BuiltInRole(dataAccessAdmin)
	f.Add(d.Permissions[0].Condition)
	f.Add("@Resource[Microsoft.KeyVault/vaults/secrets/tags:Team<$key_case_sensitive$>] StringLikeIgnoreCase 'b*'")
	f.Add("(!(ActionMatches{'a/*'}) || @Request[a:b] ForAllOfAllValues:GuidNotEquals {00482a5a-887f-4fb3-b363-3b7fe8e74483}) && Exists @Principal[x:y]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := authz.ParseCondition(text)
		if err != nil {
			return
		}
		if again, err := authz.ParseCondition(c.String()); err != nil || again.String() != text {
			t.Errorf("%q does not come back: %v", text, err)
		}
		v, _ := authz.ParseScope(vaultID)
		r, _ := authz.BuiltInRole(secretsUser)
		compiled, _ := authz.Compile(r)
		attrs := authz.ObjectAttributes(authz.FromResource, "app", "secrets", "x", map[string]string{"a": "b"})
		authz.NewGrants([]authz.Assignment{{ID: "a", Scope: v, Role: compiled, Condition: c}}).
			Decide(authz.Request{Action: getSecret, Data: true, Chain: authz.NewChain(v, nil), Attributes: attrs})
	})
}
