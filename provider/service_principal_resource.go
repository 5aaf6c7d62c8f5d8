package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure        = (*servicePrincipalResource)(nil)
	_ resource.ResourceWithConfigValidators = (*servicePrincipalResource)(nil)
	_ resource.ResourceWithImportState      = (*servicePrincipalResource)(nil)
	_ resource.ResourceWithIdentity         = (*servicePrincipalResource)(nil)
	_ resource.ResourceWithMoveState        = (*servicePrincipalResource)(nil)
)

// servicePrincipalResource is coffer_service_principal: of an application that exists
// (client_id), or together with one of its own (display_name).
type servicePrincipalResource struct{ resourceBase }

func newServicePrincipalResource() resource.Resource { return &servicePrincipalResource{} }

// servicePrincipalModel is coffer_service_principal, as a resource and as a data source.
// The resource has a display name only if the application is its own.
type servicePrincipalModel struct {
	ID            types.String `tfsdk:"id"`
	ObjectID      types.String `tfsdk:"object_id"`
	ClientID      uuidValue    `tfsdk:"client_id"`
	ApplicationID types.String `tfsdk:"application_id"`
	DisplayName   types.String `tfsdk:"display_name"`
	Enabled       types.Bool   `tfsdk:"account_enabled"`
}

func (m *servicePrincipalModel) ownsApplication() bool { return m.DisplayName.ValueString() != "" }

// Metadata implements resource.Resource.
func (r *servicePrincipalResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_service_principal"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *servicePrincipalResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("object_id", "Object id of the service principal.")
}

// Schema implements resource.Resource.
func (r *servicePrincipalResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A program's identity: what gets roles and access policies. Give `display_name` to make it together with an application of its own, which is then changed and destroyed with it, or `client_id` of an application that exists.",
		Attributes: map[string]schema.Attribute{
			"display_name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Name of the application to make with the service principal. It can be changed in place.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 256)},
			},
			"client_id": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: uuidType{},
				MarkdownDescription: "Client id (application id): what the program signs in with. Changing it replaces the service principal.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"account_enabled": flagAttribute(true, "Whether the program may sign in and be given anything. Defaults to true; false takes effect at once."),
			"application_id":  idAttribute("Object id of the application: what `application_id` of passwords and federated credentials takes."),
			"object_id":       objectIDAttribute("the service principal"),
			"id":              idAttribute("The same as `object_id`."),
		},
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators.
func (r *servicePrincipalResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{resourcevalidator.ExactlyOneOf(path.MatchRoot("display_name"), path.MatchRoot("client_id"))}
}

// Create implements resource.Resource.
func (r *servicePrincipalResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m servicePrincipalModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "create the service principal of " + m.ClientID.ValueString()
	var application graphApplication
	var err error
	if m.ownsApplication() {
		doing = "create the service principal " + quote(m.DisplayName.ValueString())
		err = r.graph().post(ctx, "/v1.0/applications", map[string]any{"displayName": m.DisplayName.ValueString()}, &application)
	} else {
		application, err = r.applicationOf(ctx, m.ClientID.ValueString())
	}
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	var got graphServicePrincipal
	body := map[string]any{"appId": application.AppID, "accountEnabled": m.Enabled.ValueBool()}
	if err := r.graph().post(ctx, "/v1.0/servicePrincipals", body, &got); err != nil {
		if m.ownsApplication() {
			err = errors.Join(err, r.graph().delete(ctx, "/v1.0/applications/"+segment(application.ID)))
		}
		addError(&resp.Diagnostics, doing, err)
		return
	}
	m.from(got, application)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// applicationOf returns the application with the client id.
func (c *clients) applicationOf(ctx context.Context, clientID string) (graphApplication, error) {
	var application graphApplication
	err := c.graph().get(ctx, "/v1.0/applications(appId="+quoted(clientID)+")", &application)
	return application, err
}

// Read implements resource.Resource.
func (r *servicePrincipalResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m servicePrincipalModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// After an import nothing but the object id is known: the application is taken over
	// too, until a configuration with client_id says otherwise.
	imported := m.ClientID.IsNull()
	got, application, err := r.read(ctx, m.ObjectID.ValueString())
	if isNotFound(err) {
		removed(ctx, resp, "object_id", m.ObjectID.ValueString())
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the service principal "+m.ObjectID.ValueString(), err)
		return
	}
	if imported {
		m.DisplayName = types.StringValue(application.DisplayName)
	}
	m.from(got, application)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

func (c *clients) read(ctx context.Context, objectID string) (graphServicePrincipal, graphApplication, error) {
	var got graphServicePrincipal
	if err := c.graph().get(ctx, "/v1.0/servicePrincipals/"+segment(objectID), &got); err != nil {
		return got, graphApplication{}, err
	}
	application, err := c.applicationOf(ctx, got.AppID)
	return got, application, err
}

// Update implements resource.Resource.
func (r *servicePrincipalResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m servicePrincipalModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.graph().patch(ctx, "/v1.0/servicePrincipals/"+segment(m.ObjectID.ValueString()), map[string]any{"accountEnabled": m.Enabled.ValueBool()})
	if err == nil && m.ownsApplication() {
		err = r.graph().patch(ctx, "/v1.0/applications/"+segment(m.ApplicationID.ValueString()), map[string]any{"displayName": m.DisplayName.ValueString()})
	}
	var got graphServicePrincipal
	var application graphApplication
	if err == nil {
		got, application, err = r.read(ctx, m.ObjectID.ValueString())
	}
	if err != nil {
		addError(&resp.Diagnostics, "change the service principal "+m.ObjectID.ValueString(), err)
		return
	}
	m.from(got, application)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Delete implements resource.Resource.
func (r *servicePrincipalResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m servicePrincipalModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := "/v1.0/servicePrincipals/" + segment(m.ObjectID.ValueString())
	if m.ownsApplication() {
		at = "/v1.0/applications/" + segment(m.ApplicationID.ValueString()) // with its service principal
	}
	if err := r.graph().delete(ctx, at); err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "delete the service principal "+m.ObjectID.ValueString(), err)
	}
}

// ImportState implements resource.ResourceWithImportState.
func (r *servicePrincipalResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importObject(ctx, req, resp, "servicePrincipals", "a service principal")
}

// MoveState implements resource.ResourceWithMoveState.
func (r *servicePrincipalResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_service_principal", parseObjectID("servicePrincipals"), "object_id")
}

// from fills the model from answers.
func (m *servicePrincipalModel) from(p graphServicePrincipal, a graphApplication) {
	m.ID, m.ObjectID = types.StringValue(p.ID), types.StringValue(p.ID)
	m.ClientID, m.ApplicationID = newUUID(p.AppID), types.StringValue(a.ID)
	m.Enabled = types.BoolValue(p.Enabled)
	if m.ownsApplication() {
		m.DisplayName = types.StringValue(a.DisplayName)
	}
}
