package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure        = (*userResource)(nil)
	_ resource.ResourceWithConfigValidators = (*userResource)(nil)
	_ resource.ResourceWithImportState      = (*userResource)(nil)
	_ resource.ResourceWithIdentity         = (*userResource)(nil)
	_ resource.ResourceWithMoveState        = (*userResource)(nil)
)

// userResource is coffer_user.
type userResource struct{ resourceBase }

func newUserResource() resource.Resource { return &userResource{} }

// userAttributes are what the resource and the data source have in common.
type userAttributes struct {
	ID           types.String `tfsdk:"id"`
	ObjectID     types.String `tfsdk:"object_id"`
	UPN          foldedValue  `tfsdk:"user_principal_name"`
	DisplayName  types.String `tfsdk:"display_name"`
	MailNickname types.String `tfsdk:"mail_nickname"`
	Mail         types.String `tfsdk:"mail"`
	GivenName    types.String `tfsdk:"given_name"`
	Surname      types.String `tfsdk:"surname"`
	JobTitle     types.String `tfsdk:"job_title"`
	Enabled      types.Bool   `tfsdk:"account_enabled"`
}

type userModel struct {
	userAttributes
	Password          types.String `tfsdk:"password"`
	PasswordWO        types.String `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64  `tfsdk:"password_wo_version"`
	ForceChange       types.Bool   `tfsdk:"force_password_change"`
}

// Metadata implements resource.Resource.
func (r *userResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *userResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("object_id", "Object id of the user.")
}

// Schema implements resource.Resource.
func (r *userResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	name := []validator.String{stringvalidator.LengthBetween(1, 256)}
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: name}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A person who signs in.",
		Attributes: map[string]schema.Attribute{
			"user_principal_name": schema.StringAttribute{
				Required: true, CustomType: foldedType{},
				MarkdownDescription: "Name to sign in with, in the form `name@domain`.", Validators: name,
				PlanModifiers: []planmodifier.String{keepEqual{}},
			},
			"display_name": schema.StringAttribute{Required: true, MarkdownDescription: "Name to show.", Validators: name},
			"mail_nickname": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Mail alias. Defaults to what is before the `@` of the user principal name.", Validators: name,
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"mail":            text("Mail address."),
			"given_name":      text("First name."),
			"surname":         text("Last name."),
			"job_title":       text("Job title."),
			"account_enabled": flagAttribute(true, "Whether the user may sign in. Defaults to true; false ends what the user is signed in to."),
			"password": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Password, which is then in the state. Prefer `password_wo`.",
				Validators:          []validator.String{stringvalidator.LengthBetween(8, 256), stringvalidator.PreferWriteOnlyAttribute(path.MatchRoot("password_wo"))},
			},
			"password_wo": schema.StringAttribute{
				Optional: true, Sensitive: true, WriteOnly: true,
				MarkdownDescription: "Password that is neither in the plan nor in the state. It is set when `password_wo_version` changes.",
				Validators:          []validator.String{stringvalidator.LengthBetween(8, 256), stringvalidator.AlsoRequires(path.MatchRoot("password_wo_version"))},
			},
			"password_wo_version": schema.Int64Attribute{
				Optional: true, MarkdownDescription: "Any number of 1 or more; another one sets the password anew.",
				Validators: []validator.Int64{int64validator.AtLeast(1), int64validator.AlsoRequires(path.MatchRoot("password_wo"))},
			},
			"force_password_change": flagAttribute(false, "Whether the user has to change the password before it is good. Takes effect when a password is set."),
			"object_id":             objectIDAttribute("the user"),
			"id":                    idAttribute("The same as `object_id`."),
		},
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *userResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{resourcevalidator.Conflicting(path.MatchRoot("password"), path.MatchRoot("password_wo"))}
}

// Create implements resource.Resource.
func (r *userResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m userModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	password := m.newPassword(ctx, req.Config, nil, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if password == "" {
		resp.Diagnostics.AddAttributeError(path.Root("password_wo"), "A new user needs a password",
			"Set password_wo and password_wo_version (or password, which is then in the state).")
		return
	}
	body := m.body()
	body["passwordProfile"] = m.profile(password)
	if m.MailNickname.IsNull() || m.MailNickname.IsUnknown() {
		body["mailNickname"] = beforeAt(m.UPN.ValueString())
	}
	var got graphUser
	if err := r.graph().post(ctx, "/v1.0/users", body, &got); err != nil {
		addError(&resp.Diagnostics, "create the user "+quote(m.UPN.ValueString()), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Read implements resource.Resource.
func (r *userResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m userModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphUser
	err := r.graph().get(ctx, "/v1.0/users/"+segment(m.ObjectID.ValueString()), &got)
	if isNotFound(err) {
		removed(ctx, resp, "object_id", m.ObjectID.ValueString())
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the user "+m.ObjectID.ValueString(), err)
		return
	}
	m.from(got)
	if m.ForceChange.IsNull() {
		m.ForceChange = types.BoolValue(false)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Update implements resource.Resource.
func (r *userResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, before userModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	password := m.newPassword(ctx, req.Config, &before, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	body := m.body()
	if password != "" {
		body["passwordProfile"] = m.profile(password)
	}
	at := "/v1.0/users/" + segment(m.ObjectID.ValueString())
	doing := "change the user " + quote(m.UPN.ValueString())
	if err := r.graph().patch(ctx, at, body); err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	var got graphUser
	if err := r.graph().get(ctx, at, &got); err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Delete implements resource.Resource.
func (r *userResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.deleteObject(ctx, req.State, "users", "user", &resp.Diagnostics)
}

// deleteObject deletes the directory object that a state has the object id of.
func (c *clients) deleteObject(ctx context.Context, state tfsdk.State, collection, kind string, diags *diag.Diagnostics) {
	var id types.String
	diags.Append(state.GetAttribute(ctx, path.Root("object_id"), &id)...)
	if diags.HasError() {
		return
	}
	err := c.graph().delete(ctx, "/v1.0/"+collection+"/"+segment(id.ValueString()))
	if err != nil && !isNotFound(err) {
		addError(diags, "delete the "+kind+" "+id.ValueString(), err)
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *userResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importObject(ctx, req, resp, "users", "a user")
}

// importObject imports a directory object by its object id, in the form of azuread too.
func importObject(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse, collection, kind string) {
	id := req.ID
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "object_id"); ok {
		id = v[0]
	}
	pairs, err := parseObjectID(collection)(id)
	if err != nil {
		badImportID(&resp.Diagnostics, kind, id, "{object id}", "/"+collection+"/{object id}")
		return
	}
	setImported(ctx, resp, pairs...)
}

// parseObjectID reads an object id, alone or in azuread's form of a path.
func parseObjectID(collection string) func(string) ([]string, error) {
	return func(id string) ([]string, error) {
		if rest, ok := cutPrefixFold(id, "/"+collection+"/"); ok {
			id = rest
		}
		if !isUUID(id) {
			return nil, errNotAnID
		}
		return []string{"object_id", id}, nil
	}
}

// MoveState implements resource.ResourceWithMoveState.
func (r *userResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_user", parseObjectID("users"), "object_id")
}

// newPassword returns the password to set: always for a new user, and otherwise if the
// configuration has another one than before.
func (m *userModel) newPassword(ctx context.Context, config tfsdk.Config, before *userModel, diags *diag.Diagnostics) string {
	if password := m.Password.ValueString(); password != "" && (before == nil || !m.Password.Equal(before.Password)) {
		return password
	}
	if before != nil && (m.PasswordWOVersion.IsNull() || m.PasswordWOVersion.Equal(before.PasswordWOVersion)) {
		return ""
	}
	var writeOnly types.String
	diags.Append(config.GetAttribute(ctx, path.Root("password_wo"), &writeOnly)...)
	return writeOnly.ValueString()
}

func (m *userModel) profile(password string) map[string]any {
	return map[string]any{"password": password, "forceChangePasswordNextSignIn": m.ForceChange.ValueBool()}
}

// body returns the user for a request, without the password.
func (m *userAttributes) body() map[string]any {
	body := map[string]any{
		"userPrincipalName": m.UPN.ValueString(), "displayName": m.DisplayName.ValueString(), "accountEnabled": m.Enabled.ValueBool(),
		"mail": orNull(m.Mail), "givenName": orNull(m.GivenName), "surname": orNull(m.Surname), "jobTitle": orNull(m.JobTitle),
	}
	if !m.MailNickname.IsNull() && !m.MailNickname.IsUnknown() {
		body["mailNickname"] = m.MailNickname.ValueString()
	}
	return body
}

func (m *userAttributes) from(u graphUser) {
	m.ID, m.ObjectID = types.StringValue(u.ID), types.StringValue(u.ID)
	m.UPN, m.DisplayName = newFolded(u.UPN), types.StringValue(u.DisplayName)
	m.MailNickname, m.Mail = textOrNull(u.MailNickname), textOrNull(u.Mail)
	m.GivenName, m.Surname, m.JobTitle = textOrNull(u.GivenName), textOrNull(u.Surname), textOrNull(u.JobTitle)
	m.Enabled = types.BoolValue(u.Enabled)
}
