package armplane

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const (
	managementGroups   = "providers/microsoft.management/managementgroups"
	oneManagementGroup = managementGroups + "/{}"
	managementType     = "Microsoft.Management/managementGroups"
)

var managementGroupRoutes = []route{
	{method: "GET", pattern: managementGroups, handle: listManagementGroups},
	{method: "GET", pattern: oneManagementGroup, handle: getManagementGroup},
	{method: "PUT", pattern: oneManagementGroup, handle: putManagementGroup},
	{method: "PATCH", pattern: oneManagementGroup, handle: patchManagementGroup},
	{method: "DELETE", pattern: oneManagementGroup, handle: deleteManagementGroup},
	{method: "GET", pattern: oneManagementGroup + "/descendants", handle: listDescendants},
	{method: "GET", pattern: oneManagementGroup + "/subscriptions/{}", handle: getGroupSubscription},
	{method: "PUT", pattern: oneManagementGroup + "/subscriptions/{}", handle: putGroupSubscription},
	{method: "DELETE", pattern: oneManagementGroup + "/subscriptions/{}", handle: deleteGroupSubscription},
}

func managementGroupID(id string) string { return "/providers/" + managementType + "/" + id }

func (c *call) managementGroupItem(g *resource.ManagementGroup) map[string]any {
	return map[string]any{
		"id": managementGroupID(g.ID), "name": g.ID, "type": managementType,
		"properties": map[string]any{"tenantId": c.resource.TenantID(), "displayName": g.Name},
	}
}

func (c *call) managementGroupBody(v *resource.ManagementGroupView) map[string]any {
	details := map[string]any{
		"version": 1, "updatedTime": v.Updated.UTC().Format(ticks), "updatedBy": v.UpdatedBy,
		"path": each(v.Path, func(g *resource.ManagementGroup) map[string]any {
			return map[string]any{"name": g.ID, "displayName": g.Name}
		}),
	}
	if v.Parent != "" {
		details["parent"] = map[string]any{"id": managementGroupID(v.Parent), "name": v.Parent, "displayName": v.ParentName}
	}
	properties := map[string]any{"tenantId": c.resource.TenantID(), "displayName": v.Name, "details": details}
	if strings.EqualFold(c.query("$expand"), "children") || strings.EqualFold(c.query("$recurse"), "true") {
		children := []map[string]any{}
		for _, g := range v.Children {
			children = append(children, map[string]any{"id": managementGroupID(g.ID), "type": managementType, "name": g.ID, "displayName": g.Name})
		}
		for i := range v.Subscriptions {
			s := &v.Subscriptions[i]
			children = append(children, map[string]any{"id": s.ResourceID(), "type": "/subscriptions", "name": s.ID, "displayName": s.Name})
		}
		properties["children"] = children
	}
	return map[string]any{"id": managementGroupID(v.ID), "name": v.ID, "type": managementType, "properties": properties}
}

func listManagementGroups(c *call) (reply, error) {
	groups, err := c.resource.ListManagementGroups(c.r.Context(), c.caller)
	return done(list{Value: each(groups, c.managementGroupItem)}, err)
}

func getManagementGroup(c *call) (reply, error) {
	view, err := c.resource.GetManagementGroup(c.r.Context(), c.caller, c.at[0])
	return done(c.managementGroupBody(&view), err)
}

func putManagementGroup(c *call) (reply, error) {
	var body struct {
		Properties struct {
			DisplayName *string `json:"displayName"`
			Details     struct {
				Parent struct {
					ID *string `json:"id"`
				} `json:"parent"`
			} `json:"details"`
		} `json:"properties"`
	}
	err := c.decode(&body)
	return c.writeManagementGroup(err, body.Properties.DisplayName, body.Properties.Details.Parent.ID)
}

func patchManagementGroup(c *call) (reply, error) {
	var body struct {
		DisplayName   *string `json:"displayName"`
		ParentGroupID *string `json:"parentGroupId"`
	}
	err := c.decode(&body)
	if err == nil {
		// A PATCH must not create: the group is read first, by the same caller.
		if _, err := c.resource.GetManagementGroup(c.r.Context(), c.caller, c.at[0]); err != nil {
			return reply{}, err
		}
	}
	return c.writeManagementGroup(err, body.DisplayName, body.ParentGroupID)
}

func (c *call) writeManagementGroup(err error, name, parent *string) (reply, error) {
	in := resource.ManagementGroupInput{Name: name}
	if err == nil && parent != nil && *parent != "" {
		var id string
		if id, err = managementGroupName(*parent); err == nil {
			in.Parent = &id
		}
	}
	if err != nil {
		return c.reject("Microsoft.Management/managementGroups/write", managementGroupID(c.at[0]), err)
	}
	view, _, err := c.resource.PutManagementGroup(c.r.Context(), c.caller, c.at[0], in)
	if err != nil {
		return reply{}, err
	}
	c.quick()
	return ok(c.managementGroupBody(&view))
}

func deleteManagementGroup(c *call) (reply, error) {
	found, err := c.resource.DeleteManagementGroup(c.r.Context(), c.caller, c.at[0])
	if err != nil {
		return reply{}, err
	}
	c.quick()
	if !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{status: http.StatusOK}, nil
}

func listDescendants(c *call) (reply, error) {
	items, err := c.resource.Descendants(c.r.Context(), c.caller, c.at[0])
	return done(list{Value: each(items, func(d *resource.Descendant) map[string]any {
		return map[string]any{
			"id": d.ID, "name": d.Name, "type": d.Type,
			"properties": map[string]any{"displayName": d.DisplayName, "parent": map[string]any{"id": d.Parent}},
		}
	})}, err)
}

func (c *call) groupSubscriptionBody(s *resource.Subscription) map[string]any {
	return map[string]any{
		"id": managementGroupID(s.Parent) + "/subscriptions/" + s.ID, "name": s.ID, "type": managementType + "/subscriptions",
		"properties": map[string]any{
			"tenant": c.resource.TenantID(), "displayName": s.Name, "state": s.State, "parent": map[string]any{"id": managementGroupID(s.Parent)},
		},
	}
}

func getGroupSubscription(c *call) (reply, error) {
	sub, err := c.resource.SubscriptionOfGroup(c.r.Context(), c.caller, c.at[0], c.at[1])
	return done(c.groupSubscriptionBody(&sub), err)
}

func putGroupSubscription(c *call) (reply, error) {
	sub, err := c.resource.MoveSubscription(c.r.Context(), c.caller, c.at[0], c.at[1])
	return done(c.groupSubscriptionBody(&sub), err)
}

func deleteGroupSubscription(c *call) (reply, error) {
	found, err := c.resource.RemoveSubscription(c.r.Context(), c.caller, c.at[0], c.at[1])
	if err == nil && !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{status: http.StatusOK}, err
}
