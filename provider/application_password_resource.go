package provider

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

var (
	_ resource.ResourceWithConfigure      = (*applicationPasswordResource)(nil)
	_ resource.ResourceWithIdentity       = (*applicationPasswordResource)(nil)
	_ resource.ResourceWithValidateConfig = (*applicationPasswordResource)(nil)
)

// applicationPasswordResource is coffer_application_password. The directory makes the
// password and says it once; it goes where the configuration wants it: into a secret of
// a vault, or into the state.
type applicationPasswordResource struct{ resourceBase }

func newApplicationPasswordResource() resource.Resource { return &applicationPasswordResource{} }

type applicationPasswordModel struct {
	ID            types.String      `tfsdk:"id"`
	ApplicationID uuidValue         `tfsdk:"application_id"`
	DisplayName   types.String      `tfsdk:"display_name"`
	StartDate     timetypes.RFC3339 `tfsdk:"start_date"`
	EndDate       timetypes.RFC3339 `tfsdk:"end_date"`
	RotateWhen    types.Map         `tfsdk:"rotate_when_changed"`
	StoreValue    types.Bool        `tfsdk:"store_value"`
	VaultSecret   types.Object      `tfsdk:"vault_secret"`
	Value         types.String      `tfsdk:"value"`
	KeyID         types.String      `tfsdk:"key_id"`
}

type vaultSecretModel struct {
	VaultID foldedValue  `tfsdk:"vault_id"`
	Name    types.String `tfsdk:"name"`
}

// Metadata implements resource.Resource.
func (r *applicationPasswordResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application_password"
}

// IdentitySchema implements resource.ResourceWithIdentity.
func (r *applicationPasswordResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityOf("application_id", "Object id of the application.", "key_id", "UUID of the password.")
}

// Schema implements resource.Resource.
func (r *applicationPasswordResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := stringplanmodifier.RequiresReplace()
	resp.Schema = schema.Schema{
		MarkdownDescription: "A client secret of an application. The directory makes it and tells it once: let it be put into a secret of a vault (`vault_secret`), or into the state (`store_value`). " +
			"Any change makes a new password and removes the old one. For a password that lives no longer than a run use the ephemeral resource of the same name.",
		Attributes: map[string]schema.Attribute{
			"application_id": fixedUUID("Object id of the application (`application_id` of a `coffer_service_principal`, `object_id` of a `coffer_application`)."),
			"display_name": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Name to tell passwords apart by.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 256)}, PlanModifiers: []planmodifier.String{replace},
			},
			"start_date": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: timetypes.RFC3339Type{},
				MarkdownDescription: "Time from which the password is good, in RFC 3339. Defaults to that of its creation.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), replace},
			},
			"end_date": schema.StringAttribute{
				Optional: true, Computed: true, CustomType: timetypes.RFC3339Type{},
				MarkdownDescription: "Time until which the password is good, in RFC 3339. Defaults to two years after the start.",
				PlanModifiers:       []planmodifier.String{keepEqual{}, stringplanmodifier.UseStateForUnknown(), replace},
			},
			"rotate_when_changed": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Any values; when one of them changes a new password is made.",
				PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"store_value": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "Whether `value` is put into the state. Defaults to false.",
				PlanModifiers: []planmodifier.Bool{boolplanmodifier.RequiresReplace()},
			},
			"vault_secret": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Secret that gets the password as a new version when it is made. It expires when the password does.",
				PlanModifiers: []planmodifier.Object{objectplanmodifier.RequiresReplace()},
				Attributes: map[string]schema.Attribute{
					"vault_id": schema.StringAttribute{Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of the vault.", Validators: []validator.String{vaultID}},
					"name": schema.StringAttribute{
						Required: true, MarkdownDescription: "Name of the secret.",
						Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`), "a secret's name has up to 127 letters, digits and hyphens")},
					},
				},
			},
			"value": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: "The password, if `store_value` is true.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"key_id": idAttribute("UUID of the password."),
			"id":     idAttribute("`{application_id}/password/{key_id}`."),
		},
	}
}

// ValidateConfig implements resource.ResourceWithValidateConfig: a password that goes
// nowhere is of no use.
func (r *applicationPasswordResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m applicationPasswordModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if m.VaultSecret.IsNull() && !m.StoreValue.IsUnknown() && !m.StoreValue.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("vault_secret"), "The password would be lost",
			"The directory tells a password once, and nothing says where it is to go. Set vault_secret to have it in a vault, or store_value = true to have it in the state.")
	}
}

// Create implements resource.Resource.
func (r *applicationPasswordResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m applicationPasswordModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "make a password for the application " + m.ApplicationID.ValueString()
	made, err := r.addPassword(ctx, m.ApplicationID.ValueString(), m.DisplayName, m.StartDate, m.EndDate)
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	if !m.VaultSecret.IsNull() {
		if err := r.deliver(ctx, &m, made, &resp.Diagnostics); err != nil {
			// A password that nobody has must not stay.
			err = errors.Join(err, r.removePassword(ctx, m.ApplicationID.ValueString(), made.KeyID))
			addAttributeError(&resp.Diagnostics, path.Root("vault_secret"), "put the password into the vault", err)
			return
		}
	}
	m.Value = types.StringNull()
	if m.StoreValue.ValueBool() {
		m.Value = types.StringValue(made.Secret)
	}
	m.from(made)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
}

// addPassword has the directory make a password.
func (c *clients) addPassword(ctx context.Context, applicationID string, name types.String, start, end timetypes.RFC3339) (graphCredential, error) {
	wanted := map[string]any{}
	for property, value := range map[string]string{"displayName": name.ValueString(), "startDateTime": start.ValueString(), "endDateTime": end.ValueString()} {
		if value != "" {
			wanted[property] = value
		}
	}
	var made graphCredential
	err := c.graph().post(ctx, "/v1.0/applications/"+segment(applicationID)+"/addPassword", map[string]any{"passwordCredential": wanted}, &made)
	return made, err
}

func (c *clients) removePassword(ctx context.Context, applicationID, keyID string) error {
	return c.graph().post(ctx, "/v1.0/applications/"+segment(applicationID)+"/removePassword", map[string]any{"keyId": keyID}, nil)
}

// deliver writes the password as a new version of the secret.
func (r *applicationPasswordResource) deliver(ctx context.Context, m *applicationPasswordModel, made graphCredential, diags *diag.Diagnostics) error {
	var target vaultSecretModel
	diags.Append(m.VaultSecret.As(ctx, &target, basetypes.ObjectAsOptions{})...)
	uri, err := r.vaultURI(ctx, target.VaultID.ValueString())
	if err != nil {
		return err
	}
	client, err := r.secrets(uri)
	if err != nil {
		return err
	}
	_, err = client.SetSecret(ctx, target.Name.ValueString(), azsecrets.SetSecretParameters{
		Value: &made.Secret, ContentType: to.Ptr("application/x-client-secret"),
		SecretAttributes: &azsecrets.SecretAttributes{Enabled: to.Ptr(true), Expires: made.End},
		Tags:             map[string]*string{"key_id": &made.KeyID},
	}, nil)
	return err
}

// Read implements resource.Resource.
func (r *applicationPasswordResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m applicationPasswordModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var application graphApplication
	err := r.graph().get(ctx, "/v1.0/applications/"+segment(m.ApplicationID.ValueString()), &application)
	if err != nil && !isNotFound(err) {
		addError(&resp.Diagnostics, "read the passwords of the application "+m.ApplicationID.ValueString(), err)
		return
	}
	for _, held := range application.Passwords {
		if strings.EqualFold(held.KeyID, m.KeyID.ValueString()) {
			m.from(held)
			resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
			setIdentity(ctx, resp.Identity, &resp.Diagnostics, m.identity()...)
			return
		}
	}
	removed(ctx, resp, m.identity()...)
}

// Update implements resource.Resource. Nothing of a password changes in place.
func (r *applicationPasswordResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {
}

// Delete implements resource.Resource.
func (r *applicationPasswordResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m applicationPasswordModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.removePassword(ctx, m.ApplicationID.ValueString(), m.KeyID.ValueString())
	if err == nil || isNotFound(err) {
		return
	}
	// Who removed it meanwhile did what was to be done.
	if e, ok := parseAPIError(err); ok && strings.Contains(e.message, "No password credential found") {
		return
	}
	addError(&resp.Diagnostics, "remove the password "+m.KeyID.ValueString(), err)
}

// from fills the model from an answer, but for the value.
func (m *applicationPasswordModel) from(c graphCredential) {
	m.KeyID = types.StringValue(c.KeyID)
	m.ID = types.StringValue(fmt.Sprintf("%s/password/%s", m.ApplicationID.ValueString(), c.KeyID))
	m.DisplayName = textOrNull(c.DisplayName)
	m.StartDate, m.EndDate = sameTime(m.StartDate, c.Start), sameTime(m.EndDate, c.End)
}

// sameTime keeps the spelling of a time that is the same instant, to the second.
func sameTime(known timetypes.RFC3339, answered *time.Time) timetypes.RFC3339 {
	if !known.IsNull() && !known.IsUnknown() && answered != nil {
		if t, err := time.Parse(time.RFC3339, known.ValueString()); err == nil && t.Truncate(time.Second).Equal(answered.Truncate(time.Second)) {
			return known
		}
	}
	return timeOrNull(answered)
}

func (m *applicationPasswordModel) identity() []string {
	return []string{"application_id", m.ApplicationID.ValueString(), "key_id", m.KeyID.ValueString()}
}
