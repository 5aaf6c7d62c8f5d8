package provider

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure = (*applicationPasswordEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose     = (*applicationPasswordEphemeral)(nil)
)

// applicationPasswordEphemeral is the ephemeral coffer_application_password: made when
// it is opened, removed when Terraform is done with it.
type applicationPasswordEphemeral struct{ ephemeralBase }

func newApplicationPasswordEphemeral() ephemeral.EphemeralResource {
	return &applicationPasswordEphemeral{}
}

type applicationPasswordEphemeralModel struct {
	ApplicationID uuidValue         `tfsdk:"application_id"`
	DisplayName   types.String      `tfsdk:"display_name"`
	ValidFor      types.String      `tfsdk:"valid_for"`
	Value         types.String      `tfsdk:"value"`
	KeyID         types.String      `tfsdk:"key_id"`
	EndDate       timetypes.RFC3339 `tfsdk:"end_date"`
}

// defaultPasswordLife ends a password that Terraform could not remove.
const defaultPasswordLife = time.Hour

// Metadata implements ephemeral.EphemeralResource.
func (e *applicationPasswordEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_application_password"
}

// Schema implements ephemeral.EphemeralResource.
func (e *applicationPasswordEphemeral) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A client secret of an application for this run only: it is made when it is needed, is in no plan and no state, and is removed at the end of the run. If Terraform is killed before that, the password ends by itself after `valid_for`.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Required: true, CustomType: uuidType{}, MarkdownDescription: "Object id of the application."},
			"display_name":   schema.StringAttribute{Optional: true, MarkdownDescription: "Name to tell passwords apart by."},
			"valid_for": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Longest life of the password, such as `30m` or `2h`; by default `1h`.",
				Validators: []validator.String{lifetime},
			},
			"value":    schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The password."},
			"key_id":   schema.StringAttribute{Computed: true, MarkdownDescription: "UUID of the password."},
			"end_date": schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time until which the password is good at most."},
		},
	}
}

// lifetime accepts durations.
var lifetime = stringRule{
	"a duration of a minute or more, such as `30m`",
	func(text string) string {
		if d, err := time.ParseDuration(text); err != nil || d < time.Minute || d > 365*24*time.Hour {
			return quote(text) + " is not a duration between a minute and a year, such as 30m or 2h."
		}
		return ""
	},
}

// openPassword is what Close needs to know.
type openPassword struct{ ApplicationID, KeyID string }

const openPasswordKey = "password"

// Open implements ephemeral.EphemeralResource.
func (e *applicationPasswordEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m applicationPasswordEphemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	life := defaultPasswordLife
	if text := m.ValidFor.ValueString(); text != "" {
		life, _ = time.ParseDuration(text) // validated
	}
	end := timetypes.NewRFC3339TimeValue(time.Now().UTC().Add(life).Truncate(time.Second))
	made, err := e.addPassword(ctx, m.ApplicationID.ValueString(), m.DisplayName, timetypes.NewRFC3339Null(), end)
	if err != nil {
		addError(&resp.Diagnostics, "make a password for the application "+m.ApplicationID.ValueString(), err)
		return
	}
	private, err := json.Marshal(openPassword{m.ApplicationID.ValueString(), made.KeyID})
	if err != nil {
		addError(&resp.Diagnostics, "remember the password to remove", err)
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, openPasswordKey, private)...)
	m.Value, m.KeyID, m.EndDate = types.StringValue(made.Secret), types.StringValue(made.KeyID), timeOrNull(made.End)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// Close implements ephemeral.EphemeralResourceWithClose.
func (e *applicationPasswordEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	private, diags := req.Private.GetKey(ctx, openPasswordKey)
	resp.Diagnostics.Append(diags...)
	var opened openPassword
	if diags.HasError() || json.Unmarshal(private, &opened) != nil {
		return
	}
	err := e.removePassword(ctx, opened.ApplicationID, opened.KeyID)
	if err == nil || isNotFound(err) {
		return
	}
	// It may have gone with what this run destroyed.
	if a, ok := parseAPIError(err); ok && strings.Contains(a.message, "No password credential found") {
		return
	}
	resp.Diagnostics.AddWarning("The password "+opened.KeyID+" was not removed", explain(err))
}
