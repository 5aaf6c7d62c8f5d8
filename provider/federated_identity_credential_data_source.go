package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = (*federatedDataSource)(nil)

// federatedDataSource is data.coffer_federated_identity_credential.
type federatedDataSource struct{ dataSourceBase }

func newFederatedDataSource() datasource.DataSource { return &federatedDataSource{} }

// Metadata implements datasource.DataSource.
func (d *federatedDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_federated_identity_credential"
}

// Schema implements datasource.DataSource.
func (d *federatedDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A federated credential of an application, by its name.",
		Attributes: map[string]schema.Attribute{
			"application_id": schema.StringAttribute{Required: true, CustomType: uuidType{}, MarkdownDescription: "Object id of the application."},
			"name":           schema.StringAttribute{Required: true, MarkdownDescription: "Name of the credential."},
			"issuer":         text("Issuer of the tokens."),
			"subject":        text("Subject of the tokens."),
			"audiences":      schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Audience of the tokens."},
			"description":    text("What the credential is for."),
			"credential_id":  text("UUID of the credential."),
			"id":             text("`{application_id}/federatedIdentityCredential/{credential_id}`."),
		},
	}
}

// Read implements datasource.DataSource.
func (d *federatedDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m federatedModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	doing := "read the federated credential " + quote(m.Name.ValueString())
	credentials, err := list[graphFederated](ctx, d.graph(), m.at())
	if err != nil {
		addError(&resp.Diagnostics, doing, err)
		return
	}
	for _, c := range credentials {
		if c.Name == m.Name.ValueString() {
			m.from(ctx, c)
			resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
			return
		}
	}
	resp.Diagnostics.AddError("Cannot "+doing, "The application has no federated credential of that name. Check application_id and name.")
}
