package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

var (
	_ resource.ResourceWithConfigure   = (*resourceGroupResource)(nil)
	_ resource.ResourceWithImportState = (*resourceGroupResource)(nil)
	_ resource.ResourceWithIdentity    = (*resourceGroupResource)(nil)
	_ resource.ResourceWithMoveState   = (*resourceGroupResource)(nil)
)

// resourceGroupResource is coffer_resource_group.
type resourceGroupResource struct{ resourceBase }

func newResourceGroupResource() resource.Resource { return &resourceGroupResource{} }

type resourceGroupModel struct {
	ID             types.String `tfsdk:"id"`
	Name           foldedValue  `tfsdk:"name"`
	SubscriptionID uuidValue    `tfsdk:"subscription_id"`
	Location       foldedValue  `tfsdk:"location"`
	Tags           types.Map    `tfsdk:"tags"`
}

// Metadata implements resource.Resource.
func (r *resourceGroupResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_resource_group"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *resourceGroupResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("subscription_id", "Subscription of the resource group.", "name", "Name of the resource group.")
}

// Schema implements resource.Resource.
func (r *resourceGroupResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A resource group: the container that vaults are in, and a scope for role assignments.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "Name: up to 90 letters, digits, and characters of `-_.()`, not ending in a full stop. Changing it replaces the group.",
				Validators:          []validator.String{resourceGroupName},
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
			},
			"location":        locationAttribute("Location that is recorded for the group, such as `westeurope`. Changing it replaces the group."),
			"subscription_id": subscriptionAttribute("the group"),
			"tags":            tagsAttribute("the group"),
			"id":              idAttribute("ARM id: `/subscriptions/{subscription}/resourceGroups/{name}`."),
		},
	}
}

// Create implements resource.Resource.
func (r *resourceGroupResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m resourceGroupModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the resource group " + quote(m.Name.ValueString())
	api := r.resourceGroups(m.SubscriptionID.ValueString())
	_, err := api.Get(ctx, m.Name.ValueString(), nil)
	if err == nil {
		id := resourceid.Group{SubscriptionID: r.subscription(m.SubscriptionID.ValueString()), Name: m.Name.ValueString()}.ID()
		addExists(&resp.Diagnostics, "coffer_resource_group", "resource group "+quote(m.Name.ValueString()), id)
		return
	}
	if !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	got, err := api.CreateOrUpdate(ctx, m.Name.ValueString(), armresources.ResourceGroup{
		Location: to.Ptr(m.Location.ValueString()), Tags: tagsOut(m.Tags),
	}, nil)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.from(ctx, got.ResourceGroup, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Read implements resource.Resource.
func (r *resourceGroupResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m resourceGroupModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.resourceGroups(m.SubscriptionID.ValueString()).Get(ctx, m.Name.ValueString(), nil)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the resource group "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.ResourceGroup, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource. Only tags change in place.
func (r *resourceGroupResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m resourceGroupModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := r.resourceGroups(m.SubscriptionID.ValueString()).Update(ctx, m.Name.ValueString(),
		armresources.ResourceGroupPatchable{Tags: tagsOut(m.Tags)}, nil)
	if err != nil {
		addError(&resp.Diagnostics, "change the resource group "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got.ResourceGroup, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Delete implements resource.Resource. What Terraform does not know of, and would go
// down with the group, stops it.
func (r *resourceGroupResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m resourceGroupModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "delete the resource group " + quote(m.Name.ValueString())
	inside, err := r.vaultsIn(ctx, m)
	if isNotFound(err) {
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if len(inside) > 0 {
		resp.Diagnostics.AddError("Cannot "+doing, fmt.Sprintf(
			"It holds vaults that would be deleted with it, and that are not destroyed by this plan: %s.\n\nDestroy them first: import them and destroy, or delete them by hand.", enumerate(inside)))
		return
	}
	poller, err := r.resourceGroups(m.SubscriptionID.ValueString()).BeginDelete(ctx, m.Name.ValueString(), nil)
	if err == nil {
		_, err = poller.PollUntilDone(ctx, pollOften)
	}
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, doing, err)
	}
}

// pollOften is how long-running operations, which an engine mostly has finished before
// it answers, are polled.
var pollOften = &runtime.PollUntilDoneOptions{Frequency: time.Second}

func (r *resourceGroupResource) vaultsIn(ctx context.Context, m resourceGroupModel) ([]string, error) {
	var names []string
	pager := r.armVaults(m.SubscriptionID.ValueString()).NewListByResourceGroupPager(m.Name.ValueString(), nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, vault := range page.Value {
			names = append(names, deref(vault.Name))
		}
	}
	return names, nil
}

// ImportState implements resource.ResourceWithImportState.
func (r *resourceGroupResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var id resourceid.Group
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "subscription_id", "name"); ok {
		id = resourceid.Group{SubscriptionID: v[0], Name: v[1]}
	} else if parsed, err := resourceid.ParseGroup(req.ID); err == nil {
		id = parsed
	} else {
		badImportID(&resp.Diagnostics, "a resource group", req.ID, "/subscriptions/{subscription}/resourceGroups/{name}")
		return
	}
	setImported(ctx, resp, "subscription_id", id.SubscriptionID, "name", id.Name)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *resourceGroupResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azurerm_resource_group", func(id string) ([]string, error) {
		group, err := resourceid.ParseGroup(id)
		return []string{"subscription_id", group.SubscriptionID, "name", group.Name}, err
	}, "subscription_id", "name")
}

// from fills the model from an answer.
func (m *resourceGroupModel) from(ctx context.Context, g armresources.ResourceGroup, diags *diag.Diagnostics) {
	m.ID = types.StringValue(deref(g.ID))
	m.Name = newFolded(deref(g.Name))
	if id, err := resourceid.ParseGroup(deref(g.ID)); err == nil {
		m.SubscriptionID = newUUID(id.SubscriptionID)
	}
	m.Location = newLocation(deref(g.Location))
	m.Tags = tagsIn(ctx, g.Tags, m.Tags, diags)
}

func (m *resourceGroupModel) identity() []string {
	return []string{"subscription_id", m.SubscriptionID.ValueString(), "name", m.Name.ValueString()}
}
