package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// An item is what secrets and keys have in common: an object in a vault, with versions.

// itemPlace are the attributes that say where an item is and what happens to it.
type itemPlace struct {
	VaultID    foldedValue  `tfsdk:"vault_id"`
	Name       foldedValue  `tfsdk:"name"`
	OnDestroy  types.String `tfsdk:"on_destroy"`
	OnConflict types.String `tfsdk:"on_conflict"`
}

// itemIDs are the computed names of an item.
type itemIDs struct {
	ID                    types.String `tfsdk:"id"`
	VersionlessID         types.String `tfsdk:"versionless_id"`
	Version               types.String `tfsdk:"version"`
	VersionedID           types.String `tfsdk:"versioned_id"`
	ResourceVersionlessID types.String `tfsdk:"resource_versionless_id"`
	ResourceID            types.String `tfsdk:"resource_id"`
}

var itemNamePattern = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)

// itemName accepts names of secrets and keys.
var itemName = stringRule{
	"a name of 1 to 127 letters, digits and hyphens",
	func(name string) string {
		if itemNamePattern.MatchString(name) {
			return ""
		}
		return quote(name) + " is not a name for an object of a vault: use 1 to 127 letters, digits and hyphens."
	},
}

// itemAttributes are the attributes that a secret and a key share.
func itemAttributes(kind string) map[string]schema.Attribute {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"vault_id": schema.StringAttribute{
			Required: true, CustomType: foldedType{}, MarkdownDescription: "ARM id of the vault. Changing it replaces the " + kind + ".",
			Validators:    []validator.String{vaultID},
			PlanModifiers: []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
		},
		"name": schema.StringAttribute{
			Required: true, CustomType: foldedType{}, MarkdownDescription: "Name in the vault: 1 to 127 letters, digits and hyphens. Changing it replaces the " + kind + ".",
			Validators:    []validator.String{itemName},
			PlanModifiers: []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
		},
		"not_before_date": dateAttribute("Time, in RFC 3339, before which the " + kind + " is not meant to be used. Without the attribute there is none."),
		"expiration_date": dateAttribute("Time, in RFC 3339, after which the " + kind + " is not meant to be used. Without the attribute there is none."),
		"enabled":         flagAttribute(true, "Whether the current version can be used. Defaults to true."),
		"tags":            tagsAttribute("the " + kind),
		"on_destroy": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(softDeleteOnDestroy),
			MarkdownDescription: "What destroying does: `soft_delete` (the default) leaves the " + kind + " recoverable for the vault's retention time, `purge` deletes it for good.",
			Validators:          []validator.String{oneOf(softDeleteOnDestroy, purgeOnDestroy)},
		},
		"on_conflict": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(recoverOnConflict),
			MarkdownDescription: "What creating does when a deleted " + kind + " has the name: `recover` (the default) brings it back and gives it this configuration, `error` fails.",
			Validators:          []validator.String{oneOf(recoverOnConflict, errorOnConflict)},
		},
		"id":                      idAttribute("URL of the " + kind + " without a version."),
		"versionless_id":          idAttribute("URL of the " + kind + " without a version, as in `id`."),
		"resource_versionless_id": idAttribute("ARM id of the " + kind + ": what `scope` of role assignments takes."),
		"version":                 computed("The current version, also when it was made outside of Terraform."),
		"versioned_id":            computed("URL of the current version."),
		"resource_id":             computed("ARM id of the current version."),
	}
}

func dateAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{keepEqual{}},
	}
}

// set fills the ids of an item whose current version has the URL current.
func (i *itemIDs) set(vaultID, current string) error {
	object, err := resourceid.ParseObject(current)
	if err != nil {
		return fmt.Errorf("the engine's answer: %w", err)
	}
	vault, err := resourceid.ParseVault(vaultID)
	if err != nil {
		return err
	}
	arm := resourceid.VaultObject{Vault: vault, Collection: object.Collection, Name: object.Name}.ID()
	i.ID = types.StringValue(object.Versionless())
	i.VersionlessID = i.ID
	i.Version = types.StringValue(object.Version)
	i.VersionedID = types.StringValue(object.URL())
	i.ResourceVersionlessID = types.StringValue(arm)
	i.ResourceID = types.StringValue(arm + "/versions/" + object.Version)
	return nil
}

// planItemIDs keeps the version in a plan that makes no new one, and fills in the ids of
// a new item as far as they are known.
func planItemIDs(ctx context.Context, plan, state *itemIDs, newVersion bool, resp *resource.ModifyPlanResponse) {
	if state == nil || newVersion {
		return
	}
	for name, value := range map[string]types.String{"version": state.Version, "versioned_id": state.VersionedID, "resource_id": state.ResourceID} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), value)...)
	}
}

// planItemDestroy refuses at plan to purge in a vault with purge protection.
func (c *clients) planItemDestroy(ctx context.Context, place itemPlace, kind string, diags *diag.Diagnostics) {
	if place.OnDestroy.ValueString() != purgeOnDestroy || c == nil || c.pending != nil {
		return
	}
	id, err := resourceid.ParseVault(place.VaultID.ValueString())
	if err != nil {
		return
	}
	vault, err := c.armVaults(id.SubscriptionID).Get(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil || vault.Properties == nil || !deref(vault.Properties.EnablePurgeProtection) {
		return
	}
	diags.AddAttributeError(path.Root("on_destroy"), "The "+kind+" "+quote(place.Name.ValueString())+" cannot be purged",
		"Its vault "+quote(id.Name)+" has purge protection: nothing in it can be purged before its retention is over. Set on_destroy = \"soft_delete\", apply, and destroy then.")
}

const itemIdentityVault, itemIdentityName = "vault_id", "name"

// importItem takes an import by URL, with or without version, by ARM id, or by identity.
func (c *clients) importItem(ctx context.Context, collection, kind string, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if v, ok := importedIdentity(ctx, req, &resp.Diagnostics, itemIdentityVault, itemIdentityName); ok {
		setImported(ctx, resp, itemIdentityVault, v[0], itemIdentityName, v[1])
		return
	}
	vaultID, name, err := c.findItem(ctx, collection, req.ID)
	if err != nil {
		badImportID(&resp.Diagnostics, kind, req.ID, "https://{vault host}/"+collection+"/{name}", "https://{vault host}/"+collection+"/{name}/{version}", "{vault id}/"+collection+"/{name}")
		resp.Diagnostics.AddError("The "+kind+" was not found", sentence(err.Error()))
		return
	}
	setImported(ctx, resp, itemIdentityVault, vaultID, itemIdentityName, name)
}

// findItem returns the vault and name that an id of an item stands for.
func (c *clients) findItem(ctx context.Context, collection, id string) (vaultID, name string, err error) {
	if object, err := resourceid.ParseVaultObject(id); err == nil && object.Collection == collection {
		return object.Vault.ID(), object.Name, nil
	}
	object, err := resourceid.ParseObject(id)
	if err != nil {
		return "", "", err
	}
	if object.Collection != collection {
		return "", "", fmt.Errorf("%q is in the collection %s, not %s", id, object.Collection, collection)
	}
	pager := c.armVaults("").NewListBySubscriptionPager(nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return "", "", err
		}
		for _, vault := range page.Value {
			if vault.Properties != nil && strings.EqualFold(strings.TrimSuffix(deref(vault.Properties.VaultURI), "/"), object.VaultURL) {
				return deref(vault.ID), object.Name, nil
			}
		}
	}
	return "", "", fmt.Errorf("no vault of the subscription %s has the URL %s; import by the ARM id instead", c.subscriptionID, object.VaultURL)
}

// deleteItem deletes an item and purges it if the resource says so. What is gone
// already is fine.
func deleteItem(place itemPlace, kind string, diags *diag.Diagnostics, remove, purge func() error) {
	name := quote(place.Name.ValueString())
	if err := remove(); err != nil && !isNotFound(err) {
		addError(diags, "delete the "+kind+" "+name, err)
		return
	}
	if place.OnDestroy.ValueString() != purgeOnDestroy {
		return
	}
	if err := purge(); err != nil && !isNotFound(err) {
		// The item is gone for Terraform; to fail here would have it deleted again.
		diags.AddWarning("The "+kind+" "+name+" is deleted, but not purged", explain(err))
	}
}

// blockedName reports a name that a deleted item holds.
func blockedName(diags *diag.Diagnostics, kind, name string) {
	diags.AddAttributeError(path.Root("name"), "A deleted "+kind+" holds the name "+quote(name),
		"It can be recovered, so its name is not free, and on_conflict = \"error\" says not to recover it. Purge it, choose another name, or set on_conflict = \"recover\".")
}

// moveItem lets a moved block bring an item of azurerm here: its id is the URL of a
// version, and its state names the vault.
func moveItem(from string) []resource.StateMover {
	return []resource.StateMover{{
		StateMover: func(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
			if req.SourceTypeName != from || req.SourceRawState == nil {
				return
			}
			var state struct {
				Name    string `json:"name"`
				VaultID string `json:"key_vault_id"`
			}
			err := json.Unmarshal(req.SourceRawState.JSON, &state)
			if _, bad := resourceid.ParseVault(state.VaultID); err != nil || bad != nil || state.Name == "" {
				resp.Diagnostics.AddError("Cannot move "+from, "Its state does not name the object and its vault. Import the resource by its id instead.")
				return
			}
			for name, value := range map[string]string{
				"vault_id": state.VaultID, "name": state.Name, "on_destroy": softDeleteOnDestroy, "on_conflict": recoverOnConflict,
			} {
				resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root(name), value)...)
			}
			setIdentity(ctx, resp.TargetIdentity, &resp.Diagnostics, itemIdentityVault, state.VaultID, itemIdentityName, state.Name)
		},
	}}
}
