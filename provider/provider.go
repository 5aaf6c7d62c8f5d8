// Package provider is the Terraform provider for Coffer: its configuration block and
// everything that a configuration can declare.
//
// It is an ordinary client of the engine: whatever it does goes through the Azure SDK
// for Go, over the network or, embedded, to the engine's handler in the same process
// (backend.go, the only file that knows the engine). It holds no rules about vaults
// and no rights of its own; what it adds to the SDK is what Terraform needs: schemas,
// plans that say beforehand what will fail, drift, imports, and errors that say what
// to do.
//
// Files are named after the thing they are about: vault_resource.go,
// vault_data_source.go and so on.
package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

var (
	_ provider.Provider                       = (*cofferProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*cofferProvider)(nil)
	_ provider.ProviderWithValidateConfig     = (*cofferProvider)(nil)
)

// cofferProvider is the provider. It keeps nothing between two calls of Configure.
type cofferProvider struct {
	version string
}

// New returns a factory of providers that say they are of the version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &cofferProvider{version: version} }
}

// Metadata implements provider.Provider.
func (p *cofferProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "coffer", p.version
}

// Schema implements provider.Provider.
func (p *cofferProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Key vaults with Azure Key Vault's model, in a Coffer engine: embedded in the provider (the default) or remote.",
		Attributes:          blockAttributes(),
	}
}

// ValidateConfig implements provider.ProviderWithValidateConfig: it finds the mistakes
// that need no look at files, the environment or the network.
func (p *cofferProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(m.validate(ctx)...)
}

// Configure implements provider.Provider.
func (p *cofferProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	var c *clients
	if unknown := m.unknown(ctx); len(unknown) > 0 {
		if req.ClientCapabilities.DeferralAllowed {
			resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		}
		c = newPendingClients(unknown)
	} else {
		s, diags := m.settings(ctx)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		c = connect(ctx, s, p.version, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = c, c, c
	resp.ActionData, resp.ListResourceData = c, c
}

// Resources implements provider.Provider.
func (p *cofferProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		newAccessPolicyResource,
		newApplicationPasswordResource,
		newApplicationResource,
		newFederatedResource,
		newGroupMemberResource,
		newGroupResource,
		newKeyResource,
		newResourceGroupResource,
		newRoleAssignmentResource,
		newRoleDefinitionResource,
		newSecretResource,
		newServicePrincipalResource,
		newUserResource,
		newVaultResource,
	}
}

// DataSources implements provider.Provider.
func (p *cofferProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newAccessPolicyDataSource,
		newApplicationDataSource,
		newClientConfigDataSource,
		newFederatedDataSource,
		newGroupDataSource,
		newKeyDataSource,
		newResourceGroupDataSource,
		newRoleAssignmentDataSource,
		newRoleDefinitionDataSource,
		newSecretDataSource,
		newServicePrincipalDataSource,
		newUserDataSource,
		newVaultDataSource,
	}
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *cofferProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		newApplicationPasswordEphemeral,
		newSecretEphemeral,
	}
}
