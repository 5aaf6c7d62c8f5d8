package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// withClients is what a kind embeds to get the provider's clients; resourceBase,
// dataSourceBase and ephemeralBase give it the Configure method of their kind.
type withClients struct{ *clients }

func (w *withClients) configure(data any, diags *diag.Diagnostics) {
	if data == nil {
		return // Terraform validates before the provider is configured.
	}
	c, ok := data.(*clients)
	if !ok {
		diags.AddError("Unexpected provider data",
			fmt.Sprintf("Expected *clients, got %T. This is always a bug in the provider; please report it.", data))
		return
	}
	w.clients = c
}

type resourceBase struct{ withClients }

// Configure implements resource.ResourceWithConfigure.
func (b *resourceBase) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.configure(req.ProviderData, &resp.Diagnostics)
}

type dataSourceBase struct{ withClients }

// Configure implements datasource.DataSourceWithConfigure.
func (b *dataSourceBase) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.configure(req.ProviderData, &resp.Diagnostics)
}

type ephemeralBase struct{ withClients }

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (b *ephemeralBase) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	b.configure(req.ProviderData, &resp.Diagnostics)
}
