package resource

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// ownerRoleID is the guid of the built-in role Owner.
const ownerRoleID = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

// First says what Bootstrap creates.
type First struct {
	TenantID         string
	TenantName       string // of the root management group; the tenant's id if empty
	SubscriptionID   string
	SubscriptionName string
	// OperatorID is the object id of the operator's service principal, which becomes
	// Owner at "/".
	OperatorID string
}

// Bootstrap creates the tenant's root management group, its first subscription and the
// operator's role assignment. It is for the first use of a database only: nothing
// authorises it.
func Bootstrap(w Writer, first First) error {
	tenant := strings.ToLower(first.TenantID)
	name := first.TenantName
	if name == "" {
		name = "Tenant Root Group"
	}
	root := ManagementGroup{ID: tenant, Name: name, Created: w.Now(), Updated: w.Now(), UpdatedBy: first.OperatorID}
	if err := w.PutManagementGroup(root); err != nil {
		return err
	}
	subscription := Subscription{
		ID: strings.ToLower(first.SubscriptionID), Name: first.SubscriptionName,
		State: SubscriptionEnabled, Parent: tenant, Created: w.Now(),
	}
	if subscription.Name == "" {
		subscription.Name = "Default"
	}
	if err := w.PutSubscription(subscription); err != nil {
		return err
	}
	return w.PutRoleAssignment(RoleAssignment{
		ID: newID(), Scope: "/", PrincipalID: strings.ToLower(first.OperatorID), PrincipalType: authz.ServicePrincipal,
		RoleID: ownerRoleID, Created: w.Now(), CreatedBy: first.OperatorID, Updated: w.Now(), UpdatedBy: first.OperatorID,
	})
}
