package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure   = (*applicationResource)(nil)
	_ resource.ResourceWithImportState = (*applicationResource)(nil)
	_ resource.ResourceWithIdentity    = (*applicationResource)(nil)
	_ resource.ResourceWithMoveState   = (*applicationResource)(nil)
)

// applicationResource is coffer_application.
type applicationResource struct{ resourceBase }

func newApplicationResource() resource.Resource { return &applicationResource{} }

// applicationModel is coffer_application, as a resource and as a data source.
type applicationModel struct {
	ID             types.String   `tfsdk:"id"`
	ObjectID       types.String   `tfsdk:"object_id"`
	ClientID       types.String   `tfsdk:"client_id"`
	DisplayName    types.String   `tfsdk:"display_name"`
	IdentifierURIs foldedSetValue `tfsdk:"identifier_uris"`
	WebURIs        foldedSetValue `tfsdk:"web_redirect_uris"`
	SPAURIs        foldedSetValue `tfsdk:"spa_redirect_uris"`
	PublicURIs     foldedSetValue `tfsdk:"public_client_redirect_uris"`
	PublicClient   types.Bool     `tfsdk:"fallback_public_client_enabled"`
}

// Metadata implements resource.Resource.
func (r *applicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *applicationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("object_id", "Object id of the application.")
}

// Schema implements resource.Resource.
func (r *applicationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	uris := func(description string) schema.SetAttribute {
		return schema.SetAttribute{Optional: true, CustomType: foldedSet, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The registration of a program. It gets rights through a service principal only; `coffer_service_principal` can make both at once.",
		Attributes: map[string]schema.Attribute{
			"display_name":                   schema.StringAttribute{Required: true, MarkdownDescription: "Name to show.", Validators: []validator.String{stringvalidator.LengthBetween(1, 256)}},
			"identifier_uris":                uris("URIs that name the application as an audience of tokens."),
			"web_redirect_uris":              uris("Where a web application may have sign-ins come back to."),
			"spa_redirect_uris":              uris("Where a single-page application may have sign-ins come back to."),
			"public_client_redirect_uris":    uris("Where a native application may have sign-ins come back to."),
			"fallback_public_client_enabled": flagAttribute(false, "Whether the application may sign people in without a credential of its own."),
			"client_id":                      idAttribute("Client id (application id): what programs sign in with."),
			"object_id":                      idAttribute("Object id of the application: what `application_id` of passwords and federated credentials takes. It is not that of its service principal."),
			"id":                             idAttribute("The same as `object_id`."),
		},
	}
}

func (m *applicationModel) body() map[string]any {
	uris := func(set foldedSetValue) []string {
		if list := set.words(); list != nil {
			return list
		}
		return []string{}
	}
	return map[string]any{
		"displayName": m.DisplayName.ValueString(), "identifierUris": uris(m.IdentifierURIs), "isFallbackPublicClient": m.PublicClient.ValueBool(),
		"web":          graphRedirects{uris(m.WebURIs)},
		"spa":          graphRedirects{uris(m.SPAURIs)},
		"publicClient": graphRedirects{uris(m.PublicURIs)},
	}
}

func (m *applicationModel) from(a graphApplication) {
	m.ID, m.ObjectID, m.ClientID = types.StringValue(a.ID), types.StringValue(a.ID), types.StringValue(a.AppID)
	m.DisplayName, m.PublicClient = types.StringValue(a.DisplayName), types.BoolValue(a.PublicClient)
	m.IdentifierURIs = setIn(a.IdentifierURIs, m.IdentifierURIs)
	m.WebURIs, m.SPAURIs, m.PublicURIs = setIn(a.Web.URIs, m.WebURIs), setIn(a.SPA.URIs, m.SPAURIs), setIn(a.Public.URIs, m.PublicURIs)
}

// Create implements resource.Resource.
func (r *applicationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m applicationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphApplication
	if err := r.graph().post(ctx, "/v1.0/applications", m.body(), &got); err != nil {
		addError(&resp.Diagnostics, "create the application "+quote(m.DisplayName.ValueString()), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Read implements resource.Resource.
func (r *applicationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m applicationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphApplication
	err := r.graph().get(ctx, "/v1.0/applications/"+segment(m.ObjectID.ValueString()), &got)
	if isNotFound(err) {
		removed(ctx, resp, "object_id", m.ObjectID.ValueString())
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the application "+m.ObjectID.ValueString(), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Update implements resource.Resource.
func (r *applicationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m applicationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := "/v1.0/applications/" + segment(m.ObjectID.ValueString())
	var got graphApplication
	err := r.graph().patch(ctx, at, m.body())
	if err == nil {
		err = r.graph().get(ctx, at, &got)
	}
	if err != nil {
		addError(&resp.Diagnostics, "change the application "+quote(m.DisplayName.ValueString()), err)
		return
	}
	m.from(got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, "object_id", got.ID)
}

// Delete implements resource.Resource.
func (r *applicationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r.deleteObject(ctx, req.State, "applications", "application", &resp.Diagnostics)
}

// ImportState implements resource.ResourceWithImportState.
func (r *applicationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	importObject(ctx, req, resp, "applications", "an application")
}

// MoveState implements resource.ResourceWithMoveState.
func (r *applicationResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_application", parseObjectID("applications"), "object_id")
}
