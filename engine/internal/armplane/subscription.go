package armplane

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

var subscriptionRoutes = []route{
	{method: "GET", pattern: "tenants", handle: listTenants},
	{method: "GET", pattern: "subscriptions", handle: listSubscriptions},
	{method: "GET", pattern: "subscriptions/{}", handle: getSubscription},
	{method: "GET", pattern: "subscriptions/{}/locations", handle: listLocations},
	{method: "PUT", pattern: "providers/microsoft.subscription/aliases/{}", handle: putAlias},
	{method: "GET", pattern: "providers/microsoft.subscription/aliases/{}", handle: getAlias},
	{method: "DELETE", pattern: "providers/microsoft.subscription/aliases/{}", handle: deleteAlias},
	{method: "POST", pattern: "subscriptions/{}/providers/microsoft.subscription/rename", handle: renameSubscription},
	{method: "POST", pattern: "subscriptions/{}/providers/microsoft.subscription/cancel", handle: cancelSubscription},
	{method: "POST", pattern: "subscriptions/{}/providers/microsoft.subscription/enable", handle: enableSubscription},
}

func listTenants(c *call) (reply, error) {
	tenant, err := c.resource.Tenant(c.r.Context(), c.caller)
	return done(list{Value: []any{map[string]any{
		"id": "/tenants/" + tenant, "tenantId": tenant, "countryCode": "", "displayName": tenant, "domains": []string{}, "tenantCategory": "Home",
	}}}, err)
}

func (c *call) subscriptionBody(s *resource.Subscription) map[string]any {
	return map[string]any{
		"id": s.ResourceID(), "authorizationSource": "RoleBased", "managedByTenants": []any{}, "subscriptionId": s.ID,
		"tenantId": c.resource.TenantID(), "displayName": s.Name, "state": s.State,
		"subscriptionPolicies": map[string]any{"locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
	}
}

func listSubscriptions(c *call) (reply, error) {
	subs, err := c.resource.ListSubscriptions(c.r.Context(), c.caller)
	return done(map[string]any{
		"value": each(subs, c.subscriptionBody), "count": map[string]any{"type": "Total", "value": len(subs)},
	}, err)
}

func getSubscription(c *call) (reply, error) {
	sub, err := c.resource.GetSubscription(c.r.Context(), c.caller, c.at[0])
	return done(c.subscriptionBody(&sub), err)
}

func listLocations(c *call) (reply, error) {
	err := c.resource.Catalog(c.r.Context(), c.caller, "Microsoft.Resources/subscriptions/locations/read", c.at[0])
	return done(list{Value: each(locations, func(l *location) map[string]any {
		return map[string]any{
			"id": "/subscriptions/" + strings.ToLower(c.at[0]) + "/locations/" + l.name, "name": l.name, "type": "Region",
			"displayName": l.display, "regionalDisplayName": l.display,
			"metadata": map[string]any{"regionType": "Physical", "regionCategory": "Recommended"},
		}
	})}, err)
}

func aliasBody(alias string, s *resource.Subscription) map[string]any {
	return map[string]any{
		"id": "/providers/Microsoft.Subscription/aliases/" + alias, "name": alias, "type": "Microsoft.Subscription/aliases",
		"properties": map[string]any{"subscriptionId": s.ID, "displayName": s.Name, "provisioningState": "Succeeded", "managementGroupId": managementGroupID(s.Parent)},
	}
}

func putAlias(c *call) (reply, error) {
	var body struct {
		Properties struct {
			DisplayName          string `json:"displayName"`
			SubscriptionID       string `json:"subscriptionId"`
			AdditionalProperties struct {
				ManagementGroupID string `json:"managementGroupId"`
			} `json:"additionalProperties"`
		} `json:"properties"`
	}
	err := c.decode(&body)
	group := ""
	if err == nil {
		group, err = managementGroupName(body.Properties.AdditionalProperties.ManagementGroupID)
	}
	if err != nil {
		return c.refuse(err)
	}
	sub, created, err := c.resource.CreateSubscription(c.r.Context(), c.caller, c.at[0], resource.SubscriptionInput{
		ID: body.Properties.SubscriptionID, Name: body.Properties.DisplayName, ManagementGroup: group,
	})
	if err != nil {
		return reply{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return reply{status, aliasBody(c.at[0], &sub)}, nil
}

// managementGroupName returns the id of a management group that a body names by its
// full id or by the id alone; empty if it names none.
func managementGroupName(id string) (string, error) {
	parts := strings.Split(strings.Trim(id, "/"), "/")
	switch {
	case len(parts) == 1:
		return parts[0], nil
	case len(parts) == 4 && strings.EqualFold(parts[0], "providers") && strings.EqualFold(parts[1], "Microsoft.Management") && strings.EqualFold(parts[2], "managementGroups"):
		return parts[3], nil
	}
	return "", fault.New(fault.BadRequest, "'%s' is not the id of a management group.", printable(id))
}

func getAlias(c *call) (reply, error) {
	sub, err := c.resource.SubscriptionOfAlias(c.r.Context(), c.caller, c.at[0])
	return done(aliasBody(c.at[0], &sub), err)
}

func deleteAlias(c *call) (reply, error) {
	found, err := c.resource.RemoveAlias(c.r.Context(), c.caller, c.at[0])
	if err == nil && !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{status: http.StatusOK}, err
}

func renameSubscription(c *call) (reply, error) {
	var body struct {
		SubscriptionName string `json:"subscriptionName"`
	}
	if err := c.decode(&body); err != nil {
		return c.reject("Microsoft.Subscription/rename/action", "/subscriptions/"+c.at[0], err)
	}
	err := c.resource.RenameSubscription(c.r.Context(), c.caller, c.at[0], body.SubscriptionName)
	return done(map[string]any{"subscriptionId": strings.ToLower(c.at[0])}, err)
}

func cancelSubscription(c *call) (reply, error) {
	err := c.resource.CancelSubscription(c.r.Context(), c.caller, c.at[0])
	return done(map[string]any{"subscriptionId": strings.ToLower(c.at[0])}, err)
}

func enableSubscription(c *call) (reply, error) {
	err := c.resource.EnableSubscription(c.r.Context(), c.caller, c.at[0])
	return done(map[string]any{"subscriptionId": strings.ToLower(c.at[0])}, err)
}
