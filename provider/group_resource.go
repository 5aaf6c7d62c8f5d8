package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure   = (*groupResource)(nil)
	_ resource.ResourceWithImportState = (*groupResource)(nil)
	_ resource.ResourceWithIdentity    = (*groupResource)(nil)
	_ resource.ResourceWithMoveState   = (*groupResource)(nil)
)

// groupResource is coffer_group. Its members are resources of their own, so that two
// configurations can each bring theirs.
type groupResource struct{ resourceBase }

func newGroupResource() resource.Resource { return &groupResource{} }

type groupModel struct {
	ID           types.String `tfsdk:"id"`
	ObjectID     types.String `tfsdk:"object_id"`
	DisplayName  types.String `tfsdk:"display_name"`
	Description  types.String `tfsdk:"description"`
	MailNickname types.String `tfsdk:"mail_nickname"`
}

// Metadata implements resource.Resource.
func (r *groupResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *groupResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("object_id", "Object id of the group.")
}

// Schema implements resource.Resource.
func (r *groupResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A security group. Its members are `coffer_group_member` resources.",
		Attributes: map[string]schema.Attribute{
			"display_name": schema.StringAttribute{Required: true, MarkdownDescription: "Name to show.", Validators: []validator.String{stringvalidator.LengthBetween(1, 256)}},
			"description":  schema.StringAttribute{Optional: true, MarkdownDescription: "What the group is for.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
			"mail_nickname": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Mail alias. Defaults to one that the directory chooses, or none.",
				Validators:    []validator.String{stringvalidator.LengthBetween(1, 64)},
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"object_id": objectIDAttribute("the group"),
			"id":        idAttribute("The same as `object_id`."),
		},
	}
}

func (m *groupModel) body() map[string]any {
	body := map[string]any{
		"displayName": m.DisplayName.ValueString(), "description": orNull(m.Description),
		"mailEnabled": false, "securityEnabled": true,
	}
	if !m.MailNickname.IsNull() && !m.MailNickname.IsUnknown() {
		body["mailNickname"] = m.MailNickname.ValueString()
	}
	return body
}

func (m *groupModel) from(g graphGroup) {
	m.ID, m.ObjectID = types.StringValue(g.ID), types.StringValue(g.ID)
	m.DisplayName, m.Description, m.MailNickname = types.StringValue(g.DisplayName), textOrNull(g.Description), textOrNull(g.MailNickname)
}

// Create implements resource.Resource.
func (r *groupResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m groupModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphGroup
	if err := r.graph().post(ctx, "/v1.0/groups", m.body(), &got); err != nil {
		addError(&resp.Diagnostics, "create the group "+quote(m.DisplayName.ValueString()), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Read implements resource.Resource.
func (r *groupResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m groupModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphGroup
	err := r.graph().get(ctx, "/v1.0/groups/"+segment(m.ObjectID.ValueString()), &got)
	if isNotFound(err) {
		removed(ctx, resp, "object_id", m.ObjectID.ValueString())
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the group "+m.ObjectID.ValueString(), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Update implements resource.Resource.
func (r *groupResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m groupModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := "/v1.0/groups/" + segment(m.ObjectID.ValueString())
	var got graphGroup
	err := r.graph().patch(ctx, at, m.body())
	if err == nil {
		err = r.graph().get(ctx, at, &got)
	}
	if err != nil {
		addError(&resp.Diagnostics, "change the group "+quote(m.DisplayName.ValueString()), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Delete implements resource.Resource.
func (r *groupResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.deleteObject(ctx, req.State, "groups", "group", &resp.Diagnostics)
}

// ImportState implements resource.ResourceWithImportState.
func (r *groupResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importObject(ctx, req, resp, "groups", "a group")
}

// MoveState implements resource.ResourceWithMoveState.
func (r *groupResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_group", parseObjectID("groups"), "object_id")
}
