package armplane

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const (
	inSubscription = "subscriptions/{}/providers/microsoft.keyvault/"
	inGroup        = "subscriptions/{}/resourcegroups/{}/providers/microsoft.keyvault/"
	oneVault       = inGroup + "vaults/{}"
)

var vaultRoutes = []route{
	{method: "PUT", pattern: oneVault, family: keyVault, handle: putVault},
	{method: "PATCH", pattern: oneVault, family: keyVault, handle: patchVault},
	{method: "GET", pattern: oneVault, family: keyVault, handle: getVault},
	{method: "HEAD", pattern: oneVault, family: keyVault, handle: headVault},
	{method: "DELETE", pattern: oneVault, family: keyVault, handle: deleteVault},
	{method: "GET", pattern: inGroup + "vaults", family: keyVault, handle: listVaults},
	{method: "GET", pattern: inSubscription + "vaults", family: keyVault, handle: listVaults},
	{method: "PUT", pattern: oneVault + "/accesspolicies/{}", family: keyVault, handle: updatePolicies},
	{method: "GET", pattern: oneVault + "/privateendpointconnections", family: keyVault, handle: listPrivateEndpoints},
	{method: "GET", pattern: oneVault + "/privateendpointconnections/{}", family: keyVault, handle: getPrivateEndpoint},
	{method: "GET", pattern: oneVault + "/privatelinkresources", family: keyVault, handle: listPrivateLinks},
	{method: "POST", pattern: inSubscription + "checknameavailability", family: keyVault, handle: checkName},
	{method: "GET", pattern: inSubscription + "deletedvaults", family: keyVault, handle: listDeletedVaults},
	{method: "GET", pattern: inSubscription + "locations/{}/deletedvaults/{}", family: keyVault, handle: getDeletedVault},
	{method: "POST", pattern: inSubscription + "locations/{}/deletedvaults/{}/purge", family: keyVault, handle: purgeVault},
	{method: "GET", pattern: inSubscription + "locations/{}/operationresults/{}", family: keyVault, handle: operationResult},
	{method: "GET", pattern: inSubscription + "managedhsms", family: keyVault, handle: noManagedHSMs},
	{method: "GET", pattern: inGroup + "managedhsms", family: keyVault, handle: noManagedHSMs},
	{method: "GET", pattern: inSubscription + "deletedmanagedhsms", family: keyVault, handle: noDeletedManagedHSMs},
	{method: "GET", pattern: inGroup + "managedhsms/{}", family: keyVault, handle: noManagedHSM},
}

func (c *call) vaultID() resource.VaultID {
	return resource.VaultID{SubscriptionID: c.at[0], ResourceGroup: c.at[1], Name: c.at[2]}
}

// vaultInput reads the body; on an error the request has been refused.
func (c *call) vaultInput(id resource.VaultID) (resource.VaultInput, error) {
	var body vaultRequest
	err := c.decode(&body)
	var in resource.VaultInput
	if err == nil {
		in, err = body.input(c.api)
	}
	if err != nil {
		_, err = c.reject("Microsoft.KeyVault/vaults/write", id.ResourceID(), err)
	}
	return in, err
}

func putVault(c *call) (reply, error) {
	id := c.vaultID()
	in, err := c.vaultInput(id)
	if err != nil {
		return reply{}, err
	}
	v, _, err := c.resource.PutVault(c.r.Context(), c.caller, id, in)
	if err != nil {
		return reply{}, err
	}
	c.quick()
	return ok(c.vaultBody(&v))
}

func patchVault(c *call) (reply, error) {
	id := c.vaultID()
	in, err := c.vaultInput(id)
	if err != nil {
		return reply{}, err
	}
	if in.Recover {
		return c.reject("Microsoft.KeyVault/vaults/write", id.ResourceID(), fault.New(fault.BadRequest, "An invalid value was provided for 'createMode'."))
	}
	v, err := c.resource.PatchVault(c.r.Context(), c.caller, id, in)
	if err != nil {
		return reply{}, err
	}
	c.quick()
	return ok(c.vaultBody(&v))
}

func getVault(c *call) (reply, error) {
	v, err := c.resource.GetVault(c.r.Context(), c.caller, c.vaultID())
	if err != nil {
		return reply{}, err
	}
	return ok(c.vaultBody(&v))
}

func headVault(c *call) (reply, error) {
	_, err := c.resource.GetVault(c.r.Context(), c.caller, c.vaultID())
	return reply{status: http.StatusNoContent}, err
}

func deleteVault(c *call) (reply, error) {
	found, err := c.resource.DeleteVault(c.r.Context(), c.caller, c.vaultID())
	if err != nil {
		return reply{}, err
	}
	c.quick()
	if !found {
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{status: http.StatusOK}, nil
}

func listVaults(c *call) (reply, error) {
	group := ""
	scope := "/subscriptions/" + c.at[0]
	if len(c.at) > 1 {
		group = c.at[1]
		scope += "/resourceGroups/" + group
	}
	after, top, err := c.paging()
	if err != nil {
		return c.reject("Microsoft.KeyVault/vaults/read", scope, err)
	}
	page, err := c.resource.ListVaults(c.r.Context(), c.caller, c.at[0], group, after, top)
	return done(list{each(page.Items, c.vaultBody), c.next(page.Next)}, err)
}

func updatePolicies(c *call) (reply, error) {
	id := c.vaultID()
	var body struct {
		Properties struct {
			AccessPolicies []accessPolicy `json:"accessPolicies"`
		} `json:"properties"`
	}
	if err := c.decode(&body); err != nil {
		return c.reject("Microsoft.KeyVault/vaults/accessPolicies/write", id.ResourceID(), err)
	}
	change := resource.PolicyChange(strings.ToLower(c.at[3]))
	v, err := c.resource.UpdatePolicies(c.r.Context(), c.caller, id, change, each(body.Properties.AccessPolicies, policyFrom))
	if err != nil {
		return reply{}, err
	}
	return ok(map[string]any{
		"id": v.ResourceID() + "/accessPolicies/", "type": "Microsoft.KeyVault/vaults/accessPolicies", "location": v.Location,
		"properties": map[string]any{"accessPolicies": each(v.Policies, policyBody)},
	})
}

func listPrivateEndpoints(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.KeyVault/vaults/privateEndpointConnections/read", c.vaultID().ResourceID())
	return done(list{Value: []any{}}, err)
}

func getPrivateEndpoint(c *call) (reply, error) {
	id := c.vaultID()
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.KeyVault/vaults/privateEndpointConnections/read", id.ResourceID())
	if err == nil {
		err = fault.New(fault.ResourceNotFound, "The Resource 'Microsoft.KeyVault/vaults/%s/privateEndpointConnections/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
			printable(id.Name), printable(c.at[3]), printable(id.ResourceGroup))
	}
	return reply{}, err
}

func listPrivateLinks(c *call) (reply, error) {
	v, err := c.resource.GetVault(c.r.Context(), c.caller, c.vaultID())
	if err != nil {
		return reply{}, err
	}
	return ok(list{Value: []any{map[string]any{
		"id": v.ResourceID() + "/privateLinkResources/vault", "name": "vault", "type": "Microsoft.KeyVault/vaults/privateLinkResources",
		"properties": map[string]any{"groupId": "vault", "requiredMembers": []string{"default"}, "requiredZoneNames": []string{"privatelink.vaultcore.azure.net"}},
	}}})
}

func checkName(c *call) (reply, error) {
	const action = "Microsoft.KeyVault/checkNameAvailability/read"
	scope := "/subscriptions/" + c.at[0]
	var body struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	err := c.decode(&body)
	if err == nil && !strings.EqualFold(body.Type, "Microsoft.KeyVault/vaults") {
		err = fault.New(fault.BadRequest, "An invalid value was provided for 'type'.")
	}
	if err != nil {
		return c.reject(action, scope, err)
	}
	a, err := c.resource.CheckVaultName(c.r.Context(), c.caller, c.at[0], body.Name)
	answer := map[string]any{"nameAvailable": a.Available}
	if !a.Available {
		answer["reason"], answer["message"] = a.Reason, a.Message
	}
	return done(answer, err)
}

func listDeletedVaults(c *call) (reply, error) {
	after, top, err := c.paging()
	if err != nil {
		return c.reject("Microsoft.KeyVault/deletedVaults/read", "/subscriptions/"+c.at[0], err)
	}
	page, err := c.resource.ListDeletedVaults(c.r.Context(), c.caller, c.at[0], after, top)
	return done(list{each(page.Items, deletedVaultBody), c.next(page.Next)}, err)
}

func (c *call) deletedID() resource.DeletedVaultID {
	return resource.DeletedVaultID{SubscriptionID: c.at[0], Location: c.at[1], Name: c.at[2]}
}

func getDeletedVault(c *call) (reply, error) {
	v, err := c.resource.GetDeletedVault(c.r.Context(), c.caller, c.deletedID())
	if err != nil {
		return reply{}, err
	}
	return ok(deletedVaultBody(&v))
}

func purgeVault(c *call) (reply, error) {
	id := c.deletedID()
	result, err := c.resource.PurgeVault(c.r.Context(), c.caller, id)
	if err != nil {
		return reply{}, err
	}
	h := c.w.Header()
	h.Set("Location", c.hosts.Management()+"/subscriptions/"+id.SubscriptionID+"/providers/Microsoft.KeyVault/locations/"+
		resource.NormalLocation(id.Location)+"/operationResults/"+result+"?api-version="+c.api)
	h.Set("Retry-After", "0")
	c.quick()
	return reply{status: http.StatusAccepted}, nil
}

func operationResult(c *call) (reply, error) {
	at, err := c.resource.OperationResult(c.r.Context(), c.caller, c.at[0], c.at[1], c.at[2])
	const layout = "2006-01-02 15:04:05Z"
	return done(map[string]any{
		"createdDateTime": at.UTC().Format(layout), "lastActionDateTime": at.UTC().Format(layout), "status": "Succeeded",
	}, err)
}

func noManagedHSMs(c *call) (reply, error) {
	scope := "/subscriptions/" + c.at[0]
	if len(c.at) > 1 {
		scope += "/resourceGroups/" + c.at[1]
	}
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.KeyVault/managedHSMs/read", scope)
	return done(list{Value: []any{}}, err)
}

func noDeletedManagedHSMs(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.KeyVault/deletedManagedHSMs/read", "/subscriptions/"+c.at[0])
	return done(list{Value: []any{}}, err)
}

func noManagedHSM(c *call) (reply, error) {
	err := c.resource.Nothing(c.r.Context(), c.caller, "Microsoft.KeyVault/managedHSMs/read", "/subscriptions/"+c.at[0]+"/resourceGroups/"+c.at[1])
	if err == nil {
		err = fault.New(fault.ResourceNotFound, "The Resource 'Microsoft.KeyVault/managedHSMs/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
			printable(c.at[2]), printable(c.at[1]))
	}
	return reply{}, err
}
