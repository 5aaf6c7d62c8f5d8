package armplane

import (
	"net/http"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const oneGroup = "subscriptions/{}/resourcegroups/{}"

var groupRoutes = []route{
	{method: "GET", pattern: "subscriptions/{}/resourcegroups", handle: listGroups},
	{method: "PUT", pattern: oneGroup, handle: putGroup},
	{method: "PATCH", pattern: oneGroup, handle: patchGroup},
	{method: "GET", pattern: oneGroup, handle: getGroup},
	{method: "HEAD", pattern: oneGroup, handle: headGroup},
	{method: "DELETE", pattern: oneGroup, handle: deleteGroup},
	{method: "GET", pattern: "subscriptions/{}/resources", handle: listResources},
	{method: "GET", pattern: oneGroup + "/resources", handle: listResources},
}

func (c *call) groupID() resource.GroupID {
	return resource.GroupID{SubscriptionID: c.at[0], Name: c.at[1]}
}

func groupBody(g *resource.Group) map[string]any {
	body := map[string]any{
		"id": g.ResourceID(), "name": g.Name, "type": "Microsoft.Resources/resourceGroups", "location": g.Location,
		"tags": tagsBody(g.Tags), "properties": map[string]any{"provisioningState": "Succeeded"},
	}
	if g.ManagedBy != "" {
		body["managedBy"] = g.ManagedBy
	}
	return body
}

// groupInput reads the body; on an error the request has been refused.
func (c *call) groupInput() (resource.GroupInput, error) {
	var body struct {
		Location  *string            `json:"location"`
		ManagedBy *string            `json:"managedBy"`
		Tags      *map[string]string `json:"tags"`
	}
	err := c.decode(&body)
	if err != nil {
		_, err = c.reject("Microsoft.Resources/subscriptions/resourceGroups/write", c.groupID().ResourceID(), err)
	}
	return resource.GroupInput{Location: body.Location, ManagedBy: body.ManagedBy, Tags: body.Tags}, err
}

func putGroup(c *call) (reply, error) {
	in, err := c.groupInput()
	if err != nil {
		return reply{}, err
	}
	g, created, err := c.resource.PutGroup(c.r.Context(), c.caller, c.groupID(), in)
	if err != nil {
		return reply{}, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return reply{status, groupBody(&g)}, nil
}

func patchGroup(c *call) (reply, error) {
	in, err := c.groupInput()
	if err != nil {
		return reply{}, err
	}
	g, err := c.resource.PatchGroup(c.r.Context(), c.caller, c.groupID(), in)
	return done(groupBody(&g), err)
}

func getGroup(c *call) (reply, error) {
	g, err := c.resource.GetGroup(c.r.Context(), c.caller, c.groupID())
	return done(groupBody(&g), err)
}

func headGroup(c *call) (reply, error) {
	_, err := c.resource.GetGroup(c.r.Context(), c.caller, c.groupID())
	return reply{status: http.StatusNoContent}, err
}

func deleteGroup(c *call) (reply, error) {
	err := c.resource.DeleteGroup(c.r.Context(), c.caller, c.groupID())
	if err != nil {
		return reply{}, err
	}
	c.quick()
	return reply{status: http.StatusOK}, nil
}

func listGroups(c *call) (reply, error) {
	after, top, err := c.paging()
	if err != nil {
		return c.reject("Microsoft.Resources/subscriptions/resourceGroups/read", "/subscriptions/"+c.at[0], err)
	}
	page, err := c.resource.ListGroups(c.r.Context(), c.caller, c.at[0], after, top)
	return done(list{each(page.Items, groupBody), c.next(page.Next)}, err)
}

func itemBody(i *resource.Item) map[string]any {
	return map[string]any{"id": i.ID, "name": i.Name, "type": i.Type, "location": i.Location, "tags": tagsBody(i.Tags)}
}

func listResources(c *call) (reply, error) {
	group := ""
	if len(c.at) > 1 {
		group = c.at[1]
	}
	after, top, err := c.paging()
	var filter resource.ItemFilter
	if err == nil {
		filter, err = itemFilter(c.query("$filter"))
	}
	if err != nil {
		return c.reject("Microsoft.Resources/subscriptions/resources/read", "/subscriptions/"+c.at[0], err)
	}
	page, err := c.resource.ListResources(c.r.Context(), c.caller, c.at[0], group, filter, after, top)
	return done(list{each(page.Items, itemBody), c.next(page.Next)}, err)
}

func itemFilter(text string) (resource.ItemFilter, error) {
	var f resource.ItemFilter
	clauses, err := parseFilter(text)
	if err != nil {
		return f, err
	}
	fields := map[string]*string{
		"resourcetype": &f.Type, "name": &f.Name, "resourcegroup": &f.ResourceGroup, "tagname": &f.TagName, "tagvalue": &f.TagValue,
	}
	for _, clause := range clauses {
		field := fields[clause.name]
		if field == nil || clause.call || clause.value == "" {
			return f, fault.New(fault.InvalidFilter, "Invalid $filter in query string: '%s' is not supported.", printable(clause.name))
		}
		*field = clause.value
	}
	return f, nil
}
