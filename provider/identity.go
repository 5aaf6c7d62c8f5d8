package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// identityOf returns the identity schema of a kind: strings that all are needed to
// import it. Its arguments are pairs of a name and a description.
func identityOf(pairs ...string) identityschema.Schema {
	s := identityschema.Schema{Attributes: map[string]identityschema.Attribute{}}
	for i := 0; i < len(pairs); i += 2 {
		s.Attributes[pairs[i]] = identityschema.StringAttribute{RequiredForImport: true, Description: pairs[i+1]}
	}
	return s
}

// setIdentity writes the identity of a resource; pairs are names and values.
func setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics, pairs ...string) {
	if identity == nil {
		return
	}
	for i := 0; i < len(pairs); i += 2 {
		diags.Append(identity.SetAttribute(ctx, path.Root(pairs[i]), pairs[i+1])...)
	}
}

// importRequest is an import by an id or by an identity, whose values it returns in
// the order of names.
func importedIdentity(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics, names ...string) ([]string, bool) {
	if req.ID != "" || req.Identity == nil {
		return nil, false
	}
	values := make([]string, len(names))
	for i, name := range names {
		var value types.String
		diags.Append(req.Identity.GetAttribute(ctx, path.Root(name), &value)...)
		values[i] = value.ValueString()
	}
	return values, true
}

// setImported puts the values that Read needs into the state of an import; pairs are
// names of attributes and values. An empty value is left out.
func setImported(ctx context.Context, resp *resource.ImportStateResponse, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(pairs[i]), pairs[i+1])...)
		}
	}
}

// badImportID reports an id that cannot be imported; forms are those that can.
func badImportID(diags *diag.Diagnostics, kind, id string, forms ...string) {
	diags.AddError("Not the id of "+kind, quote(id)+" cannot be imported as "+kind+". Give one of these forms:\n\n  "+strings.Join(forms, "\n  "))
}

// addExists reports that what is to be created is there already.
func addExists(diags *diag.Diagnostics, kind, what, id string) {
	diags.AddError("The "+what+" exists already",
		"There is one already that Terraform does not manage. Take it over instead of creating it:\n\n"+
			"  import {\n    to = "+kind+".example\n    id = "+quote(id)+"\n  }\n\n"+
			"or choose another name.")
}

// removed tells Terraform that the resource is gone. The framework wants its identity
// all the same, which an older Terraform has not kept.
func removed(ctx context.Context, resp *resource.ReadResponse, pairs ...string) {
	setIdentity(ctx, resp.Identity, &resp.Diagnostics, pairs...)
	resp.State.RemoveResource(ctx)
}
