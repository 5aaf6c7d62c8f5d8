package access

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Network is a vault's firewall (networkAcls).
type Network struct {
	DenyByDefault bool
	// BypassNone means that trusted services get no exception.
	BypassNone bool
	// Allowed are the IPv4 and IPv6 ranges of ipRules.
	Allowed []netip.Prefix
}

// DataRequest is one operation on the data plane of a vault.
type DataRequest struct {
	// Action is the data action, such as Microsoft.KeyVault/vaults/keys/sign/action.
	Action string
	// Type and Permission name what an access policy must grant.
	Type       authz.ObjectType
	Permission string
	// Collection and Name are the object's; Name is empty for an operation on the
	// whole collection, such as list.
	Collection, Name string
	Attributes       authz.Attributes
}

// AuthorizeData decides req on v for the subject: the vault's firewall first, then
// its permission model. The refusal is a fault with Azure's text (wire reference 3.3).
func (s *Snapshot) AuthorizeData(subject *Subject, v *Vault, req DataRequest, rec *audit.Record) error {
	rec.ResourceID = strings.ToUpper(v.ResourceID)
	if err := v.admitAddress(subject.Caller, rec); err != nil {
		return err
	}
	if !v.RBAC {
		return v.authorizeByPolicy(subject, req, rec)
	}
	scope := v.scope
	if req.Name != "" {
		scope = authz.ObjectScope(v.scope, req.Collection, req.Name)
	}
	chain, err := s.Chain(scope)
	if err != nil {
		return err
	}
	decision := subject.Decide(req.Action, true, chain, req.Attributes)
	rec.Properties.IsRBACAuthorized = &decision.Allowed
	rec.Properties.AppliedAssignmentID = decision.AssignmentID
	if decision.Allowed {
		return nil
	}
	return fault.New(fault.ForbiddenByRBAC,
		"Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: %s\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: %s;location=%s\r\n",
		describe(subject.Caller), req.Action, strings.ToLower(scope.String()), v.Name, v.Location)
}

func (v *Vault) authorizeByPolicy(subject *Subject, req DataRequest, rec *audit.Record) error {
	c := subject.Caller
	decision := v.policy.Decide(subject.IDs, c.TenantID, c.AppID, c.Delegated, req.Type, req.Permission)
	rec.Properties.IsAccessPolicyMatch = &decision.Allowed
	if decision.Allowed {
		return nil
	}
	return fault.New(fault.ForbiddenByPolicy,
		"The user, group or application 'appid=%s;oid=%s;numgroups=%d;iss=%s' does not have %s %s permission on key vault '%s;location=%s'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
		c.AppID, c.ObjectID, len(subject.IDs)-1, c.Issuer, strings.ToLower(req.Type.String()), req.Permission, v.Name, v.Location)
}

// admitAddress applies the firewall. Callers in the same process count as local and
// are not subject to it.
func (v *Vault) admitAddress(c authz.Caller, rec *audit.Record) error {
	if c.Request.Local || v.PublicNetworkAccess && !v.Network.DenyByDefault {
		return nil
	}
	allowed := false
	rec.Properties.IsAddressAuthorized = &allowed
	if !v.PublicNetworkAccess {
		return fault.New(fault.ForbiddenByConnection,
			"Public network access is disabled and request is not from a trusted service nor via an approved private link.\r\nCaller: %s\r\nVault: %s;location=%s",
			describe(c), v.Name, v.Location)
	}
	if address, err := netip.ParseAddr(c.Request.RemoteIP); err == nil {
		address = address.Unmap()
		for _, prefix := range v.Network.Allowed {
			if prefix.Contains(address) {
				allowed = true
				return nil
			}
		}
	}
	return fault.New(fault.ForbiddenByFirewall,
		"Client address is not authorized and caller is not a trusted service.\r\nClient address: %s\r\nCaller: %s\r\nVault: %s;location=%s",
		c.Request.RemoteIP, describe(c), v.Name, v.Location)
}

// AuthorizeManagement decides an action of the management plane at scope. The refusal
// is a fault of kind AuthorizationFailed.
func (s *Snapshot) AuthorizeManagement(subject *Subject, action string, scope authz.Scope, attrs authz.Attributes, rec *audit.Record) error {
	rec.Properties.Action = action
	if rec.ResourceID == "" {
		rec.ResourceID = strings.ToUpper(scope.String())
	}
	chain, err := s.Chain(scope)
	if err != nil {
		return err
	}
	decision := subject.Decide(action, false, chain, attrs)
	rec.Properties.IsRBACAuthorized = &decision.Allowed
	rec.Properties.AppliedAssignmentID = decision.AssignmentID
	if decision.Allowed {
		return nil
	}
	c := subject.Caller
	name := c.Name
	if name == "" {
		name = c.AppID
	}
	return fault.New(fault.AuthorizationFailed,
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		name, c.ObjectID, action, scope)
}

func describe(c authz.Caller) string {
	return fmt.Sprintf("appid=%s;oid=%s;iss=%s", c.AppID, c.ObjectID, c.Issuer)
}
