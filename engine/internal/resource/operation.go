package resource

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// need is an action that the caller must hold at a scope.
type need struct {
	action, scope string
	attributes    authz.Attributes
}

// administrative is an operation that is recorded under its first action.
func administrative(status int, needs ...need) access.Operation {
	return operation(audit.CategoryAdministrative, needs[0].action, status, needs...)
}

// vaultOperation is an operation on vaults, recorded as Azure's AuditEvent.
func vaultOperation(name string, status int, needs ...need) access.Operation {
	return operation(audit.CategoryAudit, name, status, needs...)
}

func operation(category, name string, status int, needs ...need) access.Operation {
	return access.Operation{
		Category: category, Name: name, Status: status,
		Authorize: func(snapshot *access.Snapshot, subject *access.Subject, rec *audit.Record) error {
			rec.ResourceID = ""
			for _, n := range needs {
				if err := authorize(snapshot, subject, n, rec); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func authorize(snapshot *access.Snapshot, subject *access.Subject, n need, rec *audit.Record) error {
	scope, err := parseScope(n.scope)
	if err != nil {
		return err
	}
	return snapshot.AuthorizeManagement(subject, n.action, scope, n.attributes, rec)
}

// parseScope reads a scope that a request names.
func parseScope(text string) (authz.Scope, error) {
	scope, err := authz.ParseScope(text)
	if err != nil {
		f := fault.New(fault.BadRequest, "The scope '%s' is not valid.", clean(text))
		f.Cause = err
		return scope, f
	}
	return scope, nil
}

// anyone is an operation that every principal of the directory may call: what it shows
// is filtered by what the caller may see. The snapshot and the subject of the decision
// go to seen.
func anyone(action string, seen *viewer) access.Operation {
	return access.Operation{
		Category: audit.CategoryAdministrative, Name: action, Status: 200,
		Authorize: func(snapshot *access.Snapshot, subject *access.Subject, rec *audit.Record) error {
			rec.Properties.Action = action
			seen.snapshot, seen.subject = snapshot, subject
			return nil
		},
	}
}

// viewer decides what a caller may see, within one read.
type viewer struct {
	snapshot *access.Snapshot
	subject  *access.Subject
}

// may reports whether the caller holds the action at the scope.
func (v *viewer) may(action, scope string) (bool, error) {
	parsed, err := parseScope(scope)
	if err != nil {
		return false, err
	}
	chain, err := v.snapshot.Chain(parsed)
	if err != nil {
		return false, err
	}
	return v.subject.Decide(action, false, chain, authz.Attributes{}).Allowed, nil
}

// Reject records and refuses a request that could not be read, such as one with a
// malformed body, for the reason err. A caller who may not perform the action at the
// scope learns only that.
func (s *Service) Reject(ctx context.Context, caller authz.Caller, action, scope string, err error) error {
	if err == nil {
		err = fault.New(fault.BadRequest, "The request is not valid.")
	}
	op := operation(audit.CategoryAdministrative, action, 400, need{action: action, scope: scope})
	return s.gate.Read(ctx, caller, op, func(Reader, *audit.Record) error { return err })
}

// RejectUnknown is Reject for a request that names no operation at all.
func (s *Service) RejectUnknown(ctx context.Context, caller authz.Caller, err error) error {
	if err == nil {
		err = fault.New(fault.BadRequest, "The request is not valid.")
	}
	return s.gate.Read(ctx, caller, anyone("Unknown", &viewer{}), func(Reader, *audit.Record) error { return err })
}

// Unauthenticated records a request whose caller could not be told, and refuses it for
// the reason err.
func (s *Service) Unauthenticated(ctx context.Context, caller authz.Caller, err error) error {
	if err == nil {
		err = fault.New(fault.AuthenticationFailed, "Authentication failed.")
	}
	return s.gate.Refuse(ctx, caller, access.Operation{Category: audit.CategoryAdministrative, Name: "Authentication"}, err)
}

// stamp says that the caller did something now.
func (s *Service) stamp(r Reader, caller authz.Caller) Stamp {
	if caller.Type == authz.ServicePrincipal {
		return Stamp{At: r.Now(), By: caller.AppID, Type: "Application"}
	}
	by := caller.Name
	if by == "" {
		by = caller.ObjectID
	}
	return Stamp{At: r.Now(), By: by, Type: "User"}
}

func findSubscription(r Reader, id string) (Subscription, error) {
	sub, found, err := r.Subscription(id)
	if err == nil && !found {
		err = fault.New(fault.SubscriptionNotFound, "The subscription '%s' could not be found.", clean(id))
	}
	return sub, err
}

// writableSubscription is findSubscription for a change in it.
func writableSubscription(r Reader, id string) (Subscription, error) {
	sub, err := findSubscription(r, id)
	if err == nil && sub.State != SubscriptionEnabled {
		err = fault.New(fault.SubscriptionReadOnly, "The subscription '%s' is disabled and therefore marked as read only. You cannot perform any write actions on this subscription until it is re-enabled.", sub.ID)
	}
	return sub, err
}

func findGroup(r Reader, subscription, name string) (Group, error) {
	if _, err := findSubscription(r, subscription); err != nil {
		return Group{}, err
	}
	g, found, err := r.ResourceGroup(subscription, name)
	if err == nil && !found {
		err = fault.New(fault.ResourceGroupNotFound, "Resource group '%s' could not be found.", clean(name))
	}
	return g, err
}

// VaultID names a vault by its place.
type VaultID struct {
	SubscriptionID, ResourceGroup, Name string
}

// ResourceID returns the ARM id.
func (id VaultID) ResourceID() string {
	return "/subscriptions/" + id.SubscriptionID + "/resourceGroups/" + id.ResourceGroup + "/providers/Microsoft.KeyVault/vaults/" + id.Name
}

// findVault returns the live vault.
func findVault(r Reader, id VaultID) (Vault, error) {
	if _, err := findGroup(r, id.SubscriptionID, id.ResourceGroup); err != nil {
		return Vault{}, err
	}
	v, found, err := r.VaultByName(id.Name)
	if err == nil && (!found || !v.Live() || !v.in(id.SubscriptionID, id.ResourceGroup)) {
		err = vaultNotFound(id)
	}
	return v, err
}

func vaultNotFound(id VaultID) error {
	return fault.New(fault.ResourceNotFound,
		"The Resource 'Microsoft.KeyVault/vaults/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
		clean(id.Name), clean(id.ResourceGroup))
}

// scopeExists fails with Azure's 404 if the scope names something that is not there, or
// something that this product has none of. Whether an object exists in a vault is not
// looked at: a role may be given on it before it is made.
func (s *Service) scopeExists(r Reader, scope authz.Scope) error {
	if scope.Equal(authz.RootScope) {
		return nil
	}
	parts := strings.Split(strings.Trim(scope.String(), "/"), "/")
	_, inSubscription := scope.Subscription()
	group, inGroup := scope.ResourceGroup()
	management, isManagement := scope.ManagementGroup()
	switch n := len(parts); {
	case isManagement && n == 4:
		_, err := findManagementGroup(r, management)
		return err
	case inSubscription && n == 2:
		_, err := findSubscription(r, parts[1])
		return err
	case inGroup && n == 4:
		_, err := findGroup(r, parts[1], group)
		return err
	case inGroup && n >= 8 && strings.EqualFold(parts[5], "Microsoft.KeyVault") && strings.EqualFold(parts[6], "vaults") && isObject(parts[8:]):
		_, err := findVault(r, VaultID{SubscriptionID: parts[1], ResourceGroup: group, Name: parts[7]})
		return err
	}
	return fault.New(fault.ResourceNotFound, "The resource '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", clean(scope.String()))
}

// isObject reports whether the segments behind a vault are none or those of an object.
func isObject(parts []string) bool {
	if len(parts) != 2 {
		return len(parts) == 0
	}
	switch lower(parts[0]) {
	case "secrets", "keys", "certificates":
		return true
	}
	return false
}

// clean makes a name from a request fit for a message.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 128 {
		s = strings.ToValidUTF8(s[:128], "")
	}
	return s
}

// Nothing authorises and records the reading of a list that is always empty here, such
// as that of deny assignments.
func (s *Service) Nothing(ctx context.Context, caller authz.Caller, action, scope string) error {
	op := administrative(200, need{action: action, scope: normalScope(scope)})
	return s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		at, err := parseScope(normalScope(scope))
		if err != nil {
			return err
		}
		return s.scopeExists(r, at)
	})
}
