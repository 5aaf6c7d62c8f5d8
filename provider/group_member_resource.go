package provider

import (
	"context"
	"net/http"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure   = (*groupMemberResource)(nil)
	_ resource.ResourceWithImportState = (*groupMemberResource)(nil)
	_ resource.ResourceWithIdentity    = (*groupMemberResource)(nil)
	_ resource.ResourceWithMoveState   = (*groupMemberResource)(nil)
)

// groupMemberResource is coffer_group_member.
type groupMemberResource struct{ resourceBase }

func newGroupMemberResource() resource.Resource { return &groupMemberResource{} }

type groupMemberModel struct {
	ID       types.String `tfsdk:"id"`
	GroupID  uuidValue    `tfsdk:"group_object_id"`
	MemberID uuidValue    `tfsdk:"member_object_id"`
}

// Metadata implements resource.Resource.
func (r *groupMemberResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_group_member"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *groupMemberResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("group_object_id", "Object id of the group.", "member_object_id", "Object id of the member.")
}

// Schema implements resource.Resource.
func (r *groupMemberResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A membership in a group. It takes effect at once.",
		Attributes: map[string]schema.Attribute{
			"group_object_id":  fixedUUID("Object id of the group. Changing it replaces the membership."),
			"member_object_id": fixedUUID("Object id of the user, service principal or group that is in the group. Changing it replaces the membership."),
			"id":               idAttribute("`{group object id}/member/{member object id}`."),
		},
	}
}

// Create implements resource.Resource.
func (r *groupMemberResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m groupMemberModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "make " + m.MemberID.ValueString() + " a member of group " + m.GroupID.ValueString()
	member, err := r.isMember(ctx, m)
	if err == nil && member {
		addExists(&resp.Diagnostics, "coffer_group_member", "membership", m.id())
		return
	}
	if err == nil {
		reference := map[string]any{"@odata.id": r.hosts.graph + "/v1.0/directoryObjects/" + m.MemberID.ValueString()}
		err = r.graph().post(ctx, m.at()+"/$ref", reference, nil)
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.ID = types.StringValue(m.id())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Read implements resource.Resource.
func (r *groupMemberResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m groupMemberModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	member, err := r.isMember(ctx, m)
	if isNotFound(err) || err == nil && !member {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the members of group "+m.GroupID.ValueString(), err)
		return
	}
	m.ID = types.StringValue(m.id())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource. Nothing of a membership changes in place.
func (r *groupMemberResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {
}

// Delete implements resource.Resource.
func (r *groupMemberResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m groupMemberModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.graph().do(ctx, http.MethodDelete, m.at()+"/"+segment(m.MemberID.ValueString())+"/$ref", nil, nil)
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "remove "+m.MemberID.ValueString()+" from group "+m.GroupID.ValueString(), err)
	}
}

func (r *groupMemberResource) isMember(ctx context.Context, m groupMemberModel) (bool, error) {
	members, err := list[graphID](ctx, r.graph(), m.at()+"?$top=999&$select=id")
	for _, member := range members {
		if member.ID == lastSegment(m.MemberID.ValueString()) {
			return true, nil
		}
	}
	return false, err
}

func (m *groupMemberModel) at() string {
	return "/v1.0/groups/" + segment(m.GroupID.ValueString()) + "/members"
}

func (m *groupMemberModel) id() string {
	return m.GroupID.ValueString() + "/member/" + m.MemberID.ValueString()
}

func (m *groupMemberModel) identity() []string {
	return []string{"group_object_id", m.GroupID.ValueString(), "member_object_id", m.MemberID.ValueString()}
}

var memberIDPattern = regexp.MustCompile(`(?i)^([0-9a-f-]{36})/member/([0-9a-f-]{36})$`)

func parseMemberID(id string) ([]string, error) {
	m := memberIDPattern.FindStringSubmatch(id)
	if m == nil || !isUUID(m[1]) || !isUUID(m[2]) {
		return nil, errNotAnID
	}
	return []string{"group_object_id", m[1], "member_object_id", m[2]}, nil
}

// ImportState implements resource.ResourceWithImportState.
func (r *groupMemberResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "group_object_id", "member_object_id"); ok {
		setImported(ctx, resp, "group_object_id", v[0], "member_object_id", v[1])
		return
	}
	pairs, err := parseMemberID(req.ID)
	if err != nil {
		badImportID(&resp.Diagnostics, "a membership", req.ID, "{group object id}/member/{member object id}")
		return
	}
	setImported(ctx, resp, pairs...)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *groupMemberResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_group_member", parseMemberID, "group_object_id", "member_object_id")
}
