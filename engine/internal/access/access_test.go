package access_test

import (
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	subscription = "/subscriptions/00000000-0000-0000-0000-0000000000aa"
	group        = subscription + "/resourceGroups/rg1"
	vaultID      = group + "/providers/Microsoft.KeyVault/vaults/App"

	secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"
	owner       = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	getSecret   = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
)

// state is a Reader over maps. It counts reads, so that tests see what was cached.
type state struct {
	generation  uint64
	principals  map[string]access.Principal
	groups      map[string][]string
	assignments []access.Assignment
	roles       map[string]authz.RoleDefinition
	vaults      map[string]access.Vault
	parents     map[string][]string
	broken      error
	reads       int
}

func (s *state) Now() time.Time              { return time.Unix(1_700_000_000, 0) }
func (s *state) Generation() (uint64, error) { return s.generation, s.broken }

func (s *state) Principal(id string) (access.Principal, bool, error) {
	s.reads++
	p, ok := s.principals[id]
	return p, ok, nil
}

func (s *state) ServicePrincipalOf(appID string) (access.Principal, bool, error) {
	s.reads++
	for _, p := range s.principals {
		if p.AppID == appID {
			return p, true, nil
		}
	}
	return access.Principal{}, false, nil
}

func (s *state) GroupIDs(id string) ([]string, error) { s.reads++; return s.groups[id], nil }

func (s *state) AssignmentsOf(ids []string) ([]access.Assignment, error) {
	s.reads++
	var out []access.Assignment
	for _, a := range s.assignments {
		if slices.Contains(ids, a.PrincipalID) {
			out = append(out, a)
		}
	}
	return out, nil
}

func (s *state) CustomRole(id string) (authz.RoleDefinition, bool, error) {
	s.reads++
	d, ok := s.roles[id]
	return d, ok, nil
}

func (s *state) LiveVault(name string) (access.Vault, bool, error) {
	s.reads++
	v, ok := s.vaults[name]
	return v, ok, nil
}

func (s *state) ManagementGroups(id string) ([]string, error) { s.reads++; return s.parents[id], nil }

// ManagementGroupAncestors is for scopes that are management groups themselves.
func (s *state) ManagementGroupAncestors(id string) ([]string, error) {
	return map[string][]string{"child": {"parent"}}[id], nil
}

// world is a state with a user, an application and a vault in each permission model.
func world() *state {
	vault := access.Vault{
		ID: "v1", Name: "App", ResourceID: vaultID, Location: "westeurope", TenantID: "tenant", RBAC: true, PublicNetworkAccess: true,
	}
	policies := vault
	policies.ID, policies.Name, policies.ResourceID, policies.RBAC = "v2", "Old", group+"/providers/Microsoft.KeyVault/vaults/Old", false
	policies.Policies = []authz.AccessPolicy{
		{TenantID: "tenant", ObjectID: "alice", Secrets: []string{"get"}},
		{TenantID: "tenant", ObjectID: "carol", ApplicationID: "app-id", Secrets: []string{"get"}},
	}
	return &state{
		generation: 1,
		principals: map[string]access.Principal{
			"alice": {ObjectID: "alice", Type: authz.User, Enabled: true},
			"carol": {ObjectID: "carol", Type: authz.User, Enabled: true},
			"app":   {ObjectID: "app", Type: authz.ServicePrincipal, Enabled: true, AppID: "app-id"},
		},
		groups:  map[string][]string{"alice": {"team"}},
		vaults:  map[string]access.Vault{"app": vault, "old": policies},
		parents: map[string][]string{"00000000-0000-0000-0000-0000000000aa": {"child", "parent"}},
	}
}

func alice() authz.Caller {
	return authz.Caller{Issuer: "https://login/", TenantID: "tenant", ObjectID: "alice", Name: "alice@example.org", Type: authz.User}
}

func application() authz.Caller {
	return authz.Caller{Issuer: "https://login/", TenantID: "tenant", ObjectID: "app", AppID: "app-id", Type: authz.ServicePrincipal}
}

func record() *audit.Record {
	return audit.Start(alice(), audit.CategoryAudit, "SecretGet", time.Unix(0, 0))
}

func snapshot(t *testing.T, c *access.Control, s *state) *access.Snapshot {
	t.Helper()
	snap, err := c.Snapshot(s)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// get asks whether the caller may read the secret in the vault.
func get(t *testing.T, c *access.Control, s *state, caller authz.Caller, vault, secret string) (*audit.Record, error) {
	t.Helper()
	snap := snapshot(t, c, s)
	subject, err := snap.Subject(caller)
	if err != nil {
		return nil, err
	}
	v, found, err := snap.Vault(vault)
	if err != nil || !found {
		t.Fatalf("vault %s: found %v, %v", vault, found, err)
	}
	rec := record()
	err = snap.AuthorizeData(subject, v, access.DataRequest{
		Action: getSecret, Type: authz.Secrets, Permission: "get", Collection: "secrets", Name: secret,
		Attributes: authz.ObjectAttributes(authz.FromResource, v.Name, "secrets", secret, nil),
	}, rec)
	return rec, err
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want a fault of kind %d", what, err, kind)
	}
}

func TestSubjectsThatAreNone(t *testing.T) {
	change := func(id string, change func(*access.Principal)) func(*state) {
		return func(s *state) {
			p := s.principals[id]
			change(&p)
			s.principals[id] = p
		}
	}
	disable := func(p *access.Principal) { p.Enabled = false }
	delegated := alice()
	delegated.AppID, delegated.Delegated = "app-id", true
	asService := alice()
	asService.Type = authz.ServicePrincipal
	unknown := alice()
	unknown.ObjectID = "ALICE "
	for _, tt := range []struct {
		name   string
		caller authz.Caller
		change func(*state)
	}{
		{"nobody", authz.Caller{}, func(*state) {}},
		{"an unknown id", unknown, func(*state) {}},
		{"a deleted user", alice(), func(s *state) { delete(s.principals, "alice") }},
		{"a disabled user", alice(), change("alice", disable)},
		{"a user's id in an application's token", asService, func(*state) {}},
		{"a disabled application", application(), change("app", disable)},
		{"a user through a disabled application", delegated, change("app", disable)},
		{"a user through a deleted application", delegated, func(s *state) { delete(s.principals, "app") }},
	} {
		s := world()
		tt.change(s)
		subject, err := snapshot(t, access.NewControl(), s).Subject(tt.caller)
		wantKind(t, tt.name, err, fault.Unauthorized)
		if subject != nil {
			t.Errorf("%s: got a subject", tt.name)
		}
	}
}

// What was remembered of a caller is not for another one with the same object id.
func TestSubjectsAreRememberedByWhatTheTokenSays(t *testing.T) {
	s, c := world(), access.NewControl()
	snap := snapshot(t, c, s)
	first, err := snap.Subject(alice())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alice", "team"}, first.IDs); diff != "" {
		t.Error(diff)
	}
	if !first.In("team") || first.In("other") {
		t.Error("In does not follow the groups")
	}
	before := s.reads
	again := alice()
	again.Request.RemoteIP = "192.0.2.1"
	second, err := snap.Subject(again)
	if err != nil || s.reads != before {
		t.Errorf("the same caller was read again: %v, %d reads", err, s.reads-before)
	}
	if second.Caller.Request.RemoteIP != "192.0.2.1" {
		t.Error("the request of an earlier caller was remembered")
	}
	for name, change := range map[string]func(*authz.Caller){
		"type":        func(c *authz.Caller) { c.Type = authz.ServicePrincipal },
		"application": func(c *authz.Caller) { c.AppID = "gone" },
	} {
		other := alice()
		change(&other)
		_, err := snap.Subject(other)
		wantKind(t, "another "+name, err, fault.Unauthorized)
	}
}

func TestRolesAtEveryLevel(t *testing.T) {
	object := vaultID + "/secrets/db"
	for _, tt := range []struct {
		name, scope, principal string
		want                   bool
	}{
		{"root", "/", "alice", true},
		{"a management group above", "/providers/Microsoft.Management/managementGroups/Parent", "alice", true},
		{"another management group", "/providers/Microsoft.Management/managementGroups/other", "alice", false},
		{"subscription", strings.ToUpper(subscription), "alice", true},
		{"another subscription", subscription + "0", "alice", false},
		{"resource group", group, "alice", true},
		{"a group whose name begins the same", group + "0", "alice", false},
		{"vault", strings.ToLower(vaultID), "alice", true},
		{"another vault", vaultID + "2", "alice", false},
		{"secret", object, "alice", true},
		{"another secret", object + "2", "alice", false},
		{"the key of that name", vaultID + "/keys/db", "alice", false},
		{"through a group", vaultID, "team", true},
		{"of somebody else", vaultID, "carol", false},
	} {
		s := world()
		s.assignments = []access.Assignment{{ID: "assignment", Scope: tt.scope, PrincipalID: tt.principal, RoleID: strings.ToUpper(secretsUser)}}
		rec, err := get(t, access.NewControl(), s, alice(), "APP", "db")
		if got := err == nil; got != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
		if rec.Properties.IsRBACAuthorized == nil || *rec.Properties.IsRBACAuthorized != tt.want {
			t.Errorf("%s: the record does not say so", tt.name)
		}
		if tt.want != (rec.Properties.AppliedAssignmentID == "assignment") {
			t.Errorf("%s: the record names the assignment %q", tt.name, rec.Properties.AppliedAssignmentID)
		}
		if !tt.want {
			wantKind(t, tt.name, err, fault.ForbiddenByRBAC)
		}
	}
}

// A list has no object: a role on one secret does not list them.
func TestObjectRolesDoNotList(t *testing.T) {
	s := world()
	s.assignments = []access.Assignment{{ID: "a", Scope: vaultID + "/secrets/db", PrincipalID: "alice", RoleID: secretsUser}}
	_, err := get(t, access.NewControl(), s, alice(), "app", "")
	wantKind(t, "list", err, fault.ForbiddenByRBAC)
}

func TestOwnerHasNoDataActions(t *testing.T) {
	s := world()
	s.assignments = []access.Assignment{{ID: "a", Scope: "/", PrincipalID: "alice", RoleID: owner}}
	_, err := get(t, access.NewControl(), s, alice(), "app", "db")
	wantKind(t, "owner", err, fault.ForbiddenByRBAC)
}

func TestConditionsOfAssignments(t *testing.T) {
	s := world()
	s.assignments = []access.Assignment{{
		ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: secretsUser,
		Condition: "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringStartsWith 'db-'",
	}}
	c := access.NewControl()
	if _, err := get(t, c, s, alice(), "app", "db-1"); err != nil {
		t.Error(err)
	}
	_, err := get(t, c, s, alice(), "app", "web-1")
	wantKind(t, "another name", err, fault.ForbiddenByRBAC)
	_, err = get(t, c, s, alice(), "app", "")
	wantKind(t, "no name", err, fault.ForbiddenByRBAC)
}

// A stored assignment that cannot be read refuses everything; it is not passed over.
func TestStoredNonsenseIsAnError(t *testing.T) {
	for name, a := range map[string]access.Assignment{
		"scope":     {Scope: "nowhere", RoleID: secretsUser},
		"condition": {Scope: vaultID, RoleID: secretsUser, Condition: "nonsense"},
		"role":      {Scope: vaultID, RoleID: "custom"},
	} {
		s := world()
		a.ID, a.PrincipalID = "bad", "alice"
		s.roles = map[string]authz.RoleDefinition{"custom": {ID: "custom", Permissions: []authz.Permission{{DataActions: []string{""}}}}}
		s.assignments = []access.Assignment{{ID: "good", Scope: vaultID, PrincipalID: "alice", RoleID: secretsUser}, a}
		_, err := get(t, access.NewControl(), s, alice(), "app", "db")
		if err == nil || fault.From(err).Kind != fault.Internal {
			t.Errorf("%s: got %v, want an internal error", name, err)
		}
	}
	s := world()
	s.assignments = []access.Assignment{{ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: "deleted-role"}}
	_, err := get(t, access.NewControl(), s, alice(), "app", "db")
	wantKind(t, "a role that was deleted", err, fault.ForbiddenByRBAC)
}

func TestCustomRoles(t *testing.T) {
	s := world()
	s.roles = map[string]authz.RoleDefinition{"custom": {ID: "custom", Permissions: []authz.Permission{
		{DataActions: []string{"Microsoft.KeyVault/vaults/secrets/*"}, NotDataActions: []string{getSecret}},
	}}}
	s.assignments = []access.Assignment{{ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: "custom"}}
	c := access.NewControl()
	_, err := get(t, c, s, alice(), "app", "db")
	wantKind(t, "subtracted", err, fault.ForbiddenByRBAC)
	s.roles["custom"] = authz.RoleDefinition{ID: "custom", Permissions: []authz.Permission{{DataActions: []string{getSecret}}}}
	s.generation++
	if _, err := get(t, c, s, alice(), "app", "db"); err != nil {
		t.Errorf("the changed role does not count: %v", err)
	}
}

func TestAccessPolicies(t *testing.T) {
	compound := authz.Caller{TenantID: "tenant", ObjectID: "carol", AppID: "app-id", Type: authz.User, Delegated: true}
	alone := compound
	alone.AppID, alone.Delegated = "", false
	foreign := alice()
	foreign.TenantID = "another"
	for _, tt := range []struct {
		name   string
		caller authz.Caller
		want   bool
	}{
		{"listed", alice(), true},
		{"the pair of user and application", compound, true},
		{"the user without the application", alone, false},
		{"the application without the user", application(), false},
		{"another tenant", foreign, false},
	} {
		s := world()
		// Roles do not count where access policies decide.
		s.assignments = []access.Assignment{
			{ID: "a", Scope: "/", PrincipalID: "carol", RoleID: secretsUser}, {ID: "b", Scope: "/", PrincipalID: "app", RoleID: secretsUser},
		}
		rec, err := get(t, access.NewControl(), s, tt.caller, "old", "db")
		if got := err == nil; got != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
		if rec.Properties.IsAccessPolicyMatch == nil || *rec.Properties.IsAccessPolicyMatch != tt.want || rec.Properties.IsRBACAuthorized != nil {
			t.Errorf("%s: the record says %+v", tt.name, rec.Properties)
		}
		if !tt.want {
			wantKind(t, tt.name, err, fault.ForbiddenByPolicy)
		}
	}
}

func TestRefusalTexts(t *testing.T) {
	s := world()
	message := func(err error) string {
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Fatalf("no fault: %v", err)
		}
		return f.Message
	}
	_, err := get(t, access.NewControl(), s, application(), "old", "db")
	want := "The user, group or application 'appid=app-id;oid=app;numgroups=0;iss=https://login/' does not have secrets get permission on key vault 'Old;location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
	if diff := cmp.Diff(want, message(err)); diff != "" {
		t.Error(diff)
	}
	_, err = get(t, access.NewControl(), s, application(), "app", "DB")
	want = "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n" +
		"Caller: appid=app-id;oid=app;iss=https://login/\r\nAction: '" + getSecret + "'\r\nResource: '" + strings.ToLower(vaultID) + "/secrets/db'\r\n" +
		"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: App;location=westeurope\r\n"
	if diff := cmp.Diff(want, message(err)); diff != "" {
		t.Error(diff)
	}
}

func TestFirewall(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		local, open   bool
		allowDefault  bool
		want          bool
		kind          fault.Kind
	}{
		{name: "in a range", address: "198.51.100.7", open: true, want: true},
		{name: "IPv4 in IPv6", address: "::ffff:198.51.100.7", open: true, want: true},
		{name: "in a range of IPv6", address: "2001:db8::1", open: true, want: true},
		{name: "outside", address: "198.51.101.7", open: true, kind: fault.ForbiddenByFirewall},
		{name: "no address", address: "", open: true, kind: fault.ForbiddenByFirewall},
		{name: "not an address", address: "198.51.100.7, 10.0.0.1", open: true, kind: fault.ForbiddenByFirewall},
		{name: "with a port", address: "198.51.100.7:80", open: true, kind: fault.ForbiddenByFirewall},
		{name: "in the same process", local: true, open: true, want: true},
		{name: "open to all", address: "203.0.113.1", open: true, allowDefault: true, want: true},
		{name: "public access off", address: "198.51.100.7", kind: fault.ForbiddenByConnection},
		{name: "public access off, open to all", address: "198.51.100.7", allowDefault: true, kind: fault.ForbiddenByConnection},
		{name: "public access off, in the same process", local: true, want: true},
	} {
		s := world()
		s.assignments = []access.Assignment{{ID: "a", Scope: "/", PrincipalID: "alice", RoleID: secretsUser}}
		for name, v := range maps.All(s.vaults) {
			v.PublicNetworkAccess = tt.open
			v.Network = access.Network{DenyByDefault: !tt.allowDefault, Allowed: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/64")}}
			s.vaults[name] = v
		}
		caller := alice()
		caller.Request = authz.RequestInfo{RemoteIP: tt.address, Local: tt.local}
		for _, vault := range []string{"app", "old"} {
			rec, err := get(t, access.NewControl(), s, caller, vault, "db")
			if got := err == nil; got != tt.want {
				t.Errorf("%s, %s: %v", tt.name, vault, err)
			}
			if tt.want {
				continue
			}
			wantKind(t, tt.name, err, tt.kind)
			// The firewall comes first: nothing is said about what the caller may do.
			if p := rec.Properties; p.IsAddressAuthorized == nil || *p.IsAddressAuthorized || p.IsRBACAuthorized != nil || p.IsAccessPolicyMatch != nil {
				t.Errorf("%s, %s: the record says %+v", tt.name, vault, p)
			}
		}
	}
}

func TestManagement(t *testing.T) {
	const write = "Microsoft.KeyVault/vaults/write"
	for _, tt := range []struct {
		name, held, at string
		want           bool
	}{
		{"above", group, vaultID, true},
		{"below", vaultID, group, false},
		{"management group above the subscription", "/providers/Microsoft.Management/managementGroups/child", vaultID, true},
		{"management group above a management group", "/providers/Microsoft.Management/managementGroups/parent", "/providers/Microsoft.Management/managementGroups/child", true},
		{"management group below", "/providers/Microsoft.Management/managementGroups/child", "/providers/Microsoft.Management/managementGroups/parent", false},
	} {
		s := world()
		s.assignments = []access.Assignment{{ID: "a", Scope: tt.held, PrincipalID: "alice", RoleID: owner}}
		snap := snapshot(t, access.NewControl(), s)
		subject, err := snap.Subject(alice())
		if err != nil {
			t.Fatal(err)
		}
		scope, err := authz.ParseScope(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		rec := record()
		err = snap.AuthorizeManagement(subject, write, scope, authz.Attributes{}, rec)
		if got := err == nil; got != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
		if rec.Properties.Action != write || rec.ResourceID != strings.ToUpper(tt.at) {
			t.Errorf("%s: the record says %q on %q", tt.name, rec.Properties.Action, rec.ResourceID)
		}
		if !tt.want {
			wantKind(t, tt.name, err, fault.AuthorizationFailed)
			want := "The client 'alice@example.org' with object id 'alice' does not have authorization to perform action '" + write + "' over scope '" + tt.at +
				"' or the scope is invalid. If access was recently granted, please refresh your credentials."
			if diff := cmp.Diff(want, fault.From(err).Message); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// Whatever is taken away is gone at the next request, and until the generation moves
// nothing is read twice.
func TestRevocationIsSeenAtTheNextRequest(t *testing.T) {
	for name, revoke := range map[string]func(*state){
		"assignment": func(s *state) { s.assignments = nil },
		"group":      func(s *state) { s.groups = nil },
		"user":       func(s *state) { delete(s.principals, "alice") },
		"moved":      func(s *state) { s.parents = nil },
		"model": func(s *state) {
			v := s.vaults["app"]
			v.RBAC = false
			s.vaults["app"] = v
		},
		"firewall": func(s *state) {
			v := s.vaults["app"]
			v.PublicNetworkAccess = false
			s.vaults["app"] = v
		},
	} {
		s, c := world(), access.NewControl()
		s.assignments = []access.Assignment{{ID: "a", Scope: "/providers/Microsoft.Management/managementGroups/parent", PrincipalID: "team", RoleID: secretsUser}}
		if _, err := get(t, c, s, alice(), "app", "db"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before := s.reads
		if _, err := get(t, c, s, alice(), "App", "db"); err != nil || s.reads != before {
			t.Errorf("%s: the second request read %d times, %v", name, s.reads-before, err)
		}
		revoke(s)
		s.generation++
		if _, err := get(t, c, s, alice(), "app", "db"); err == nil {
			t.Errorf("%s: still allowed", name)
		}
	}
}

// A view from before the newest change neither gets what came after it nor spoils it.
func TestOldViewsAreApart(t *testing.T) {
	c := access.NewControl()
	before, after := world(), world()
	before.assignments = []access.Assignment{{ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: secretsUser}}
	after.generation = 2
	if _, err := get(t, c, before, alice(), "app", "db"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := get(t, c, after, alice(), "app", "db"); err == nil {
			t.Error("the newer view allows what was revoked")
		}
		if _, err := get(t, c, before, alice(), "app", "db"); err != nil {
			t.Errorf("the older view does not answer from its own time: %v", err)
		}
	}
}

// What a write transaction sees may yet be undone.
func TestFreshRemembersNothing(t *testing.T) {
	c, s := access.NewControl(), world()
	s.assignments = []access.Assignment{{ID: "a", Scope: vaultID, PrincipalID: "alice", RoleID: secretsUser}}
	fresh, err := access.Fresh(s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Subject(alice()); err != nil {
		t.Fatal(err)
	}
	s.assignments = nil
	if _, err := get(t, c, s, alice(), "app", "db"); err == nil {
		t.Error("the transaction's state was remembered")
	}
	s.broken = errors.New("broken")
	if _, err := access.Fresh(s); !errors.Is(err, s.broken) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Snapshot(s); !errors.Is(err, s.broken) {
		t.Errorf("got %v", err)
	}
}

func TestVaultsThatAreNotThere(t *testing.T) {
	s := world()
	snap := snapshot(t, access.NewControl(), s)
	for _, name := range []string{"", "none", "app ", "app/..", strings.Repeat("a", 10_000)} {
		if _, found, err := snap.Vault(name); found || err != nil {
			t.Errorf("%.20q: found %v, %v", name, found, err)
		}
	}
}
