package provider

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ resource.ResourceWithConfigure   = (*federatedResource)(nil)
	_ resource.ResourceWithImportState = (*federatedResource)(nil)
	_ resource.ResourceWithIdentity    = (*federatedResource)(nil)
	_ resource.ResourceWithMoveState   = (*federatedResource)(nil)
)

// federatedResource is coffer_federated_identity_credential.
type federatedResource struct{ resourceBase }

func newFederatedResource() resource.Resource { return &federatedResource{} }

// federatedModel is coffer_federated_identity_credential, as a resource and as a data
// source.
type federatedModel struct {
	ID            types.String `tfsdk:"id"`
	CredentialID  types.String `tfsdk:"credential_id"`
	ApplicationID uuidValue    `tfsdk:"application_id"`
	Name          types.String `tfsdk:"name"`
	Issuer        types.String `tfsdk:"issuer"`
	Subject       types.String `tfsdk:"subject"`
	Audiences     types.Set    `tfsdk:"audiences"`
	Description   types.String `tfsdk:"description"`
}

// Metadata implements resource.Resource.
func (r *federatedResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_federated_identity_credential"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *federatedResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("application_id", "Object id of the application.", "credential_id", "UUID of the credential.")
}

// Schema implements resource.Resource.
func (r *federatedResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	text := []validator.String{stringvalidator.LengthBetween(1, 600)}
	audience := types.SetValueMust(types.StringType, []attr.Value{types.StringValue("api://AzureADTokenExchange")})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lets tokens of another issuer, such as a CI system or a cluster, stand for an application: no password is needed.",
		Attributes: map[string]schema.Attribute{
			"application_id": fixedUUID("Object id of the application (`application_id` of a `coffer_service_principal`, `object_id` of a `coffer_application`). Changing it replaces the credential."),
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name, unique in the application. Changing it replaces the credential.",
				Validators:    []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Za-z0-9_-]{3,120}$`), "it has 3 to 120 letters, digits, hyphens and underscores")},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"issuer":  schema.StringAttribute{Required: true, MarkdownDescription: "Issuer of the tokens: an https URL.", Validators: text},
			"subject": schema.StringAttribute{Required: true, MarkdownDescription: "Subject of the tokens.", Validators: text},
			"audiences": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(audience),
				MarkdownDescription: "Audience of the tokens. Defaults to `api://AzureADTokenExchange`.", Validators: []validator.Set{setvalidator.SizeBetween(1, 1)},
			},
			"description":   schema.StringAttribute{Optional: true, MarkdownDescription: "What the credential is for.", Validators: text},
			"credential_id": idAttribute("UUID of the credential."),
			"id":            idAttribute("`{application_id}/federatedIdentityCredential/{credential_id}`."),
		},
	}
}

func (m *federatedModel) at() string {
	return "/v1.0/applications/" + segment(m.ApplicationID.ValueString()) + "/federatedIdentityCredentials"
}

func (m *federatedModel) body() map[string]any {
	return map[string]any{
		"issuer": m.Issuer.ValueString(), "subject": m.Subject.ValueString(), "audiences": words(m.Audiences), "description": orNull(m.Description),
	}
}

func (m *federatedModel) from(ctx context.Context, c graphFederated) {
	m.CredentialID = types.StringValue(c.ID)
	m.ID = types.StringValue(m.ApplicationID.ValueString() + "/federatedIdentityCredential/" + c.ID)
	m.Name, m.Issuer, m.Subject, m.Description = types.StringValue(c.Name), types.StringValue(c.Issuer), types.StringValue(c.Subject), textOrNull(c.Description)
	m.Audiences, _ = types.SetValueFrom(ctx, types.StringType, c.Audiences)
}

func (m *federatedModel) identity() []string {
	return []string{"application_id", m.ApplicationID.ValueString(), "credential_id", m.CredentialID.ValueString()}
}

// Create implements resource.Resource.
func (r *federatedResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m federatedModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	body := m.body()
	body["name"] = m.Name.ValueString()
	var got graphFederated
	if err := r.graph().post(ctx, m.at(), body, &got); err != nil {
		addError(&resp.Diagnostics, "create the federated credential "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Read implements resource.Resource.
func (r *federatedResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m federatedModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var got graphFederated
	err := r.graph().get(ctx, m.at()+"/"+segment(m.CredentialID.ValueString()), &got)
	if isNotFound(err) {
		removed(ctx, resp, m.identity()...)
		return
	}
	if err != nil {
		addError(&resp.Diagnostics, "read the federated credential "+m.CredentialID.ValueString(), err)
		return
	}
	m.from(ctx, got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Update implements resource.Resource.
func (r *federatedResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m federatedModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	at := m.at() + "/" + segment(m.CredentialID.ValueString())
	var got graphFederated
	err := r.graph().patch(ctx, at, m.body())
	if err == nil {
		err = r.graph().get(ctx, at, &got)
	}
	if err != nil {
		addError(&resp.Diagnostics, "change the federated credential "+quote(m.Name.ValueString()), err)
		return
	}
	m.from(ctx, got)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// Delete implements resource.Resource.
func (r *federatedResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m federatedModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.graph().delete(ctx, m.at()+"/"+segment(m.CredentialID.ValueString()))
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "delete the federated credential "+quote(m.Name.ValueString()), err)
	}
}

var federatedIDPattern = regexp.MustCompile(`(?i)^(?:/applications/)?([0-9a-f-]{36})/federatedIdentityCredentials?/([0-9a-f-]{36})$`)

func parseFederatedID(id string) ([]string, error) {
	m := federatedIDPattern.FindStringSubmatch(id)
	if m == nil || !isUUID(m[1]) || !isUUID(m[2]) {
		return nil, errNotAnID
	}
	return []string{"application_id", m[1], "credential_id", m[2]}, nil
}

// ImportState implements resource.ResourceWithImportState.
func (r *federatedResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, "application_id", "credential_id"); ok {
		setImported(ctx, resp, "application_id", v[0], "credential_id", v[1])
		return
	}
	pairs, err := parseFederatedID(req.ID)
	if err != nil {
		badImportID(&resp.Diagnostics, "a federated credential", req.ID, "{application's object id}/federatedIdentityCredential/{uuid}")
		return
	}
	setImported(ctx, resp, pairs...)
}

// MoveState implements resource.ResourceWithMoveState.
func (r *federatedResource) MoveState(context.Context) []resource.StateMover {
	return moveByID("azuread_application_federated_identity_credential", parseFederatedID, "application_id", "credential_id")
}
