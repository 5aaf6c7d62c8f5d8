package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// idAttribute is the computed id of a resource, which never changes.
func idAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// objectIDAttribute is the computed object id of a directory object.
func objectIDAttribute(what string) schema.StringAttribute {
	return idAttribute("Object id of " + what + ": what role assignments, access policies and memberships take.")
}

func locationAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Required: true, CustomType: locationType, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
	}
}

func subscriptionAttribute(what string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, CustomType: uuidType{},
		MarkdownDescription: "Subscription of " + what + ". Defaults to the provider's. Changing it replaces " + what + ".",
		PlanModifiers: []planmodifier.String{
			keepEqual{}, stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace(),
		},
	}
}

func tagsAttribute(what string) schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Tags of " + what + ". Without the attribute there are none.",
	}
}

// fixedUUID is a required id that cannot change in place.
func fixedUUID(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Required: true, CustomType: uuidType{}, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{keepEqual{}, stringplanmodifier.RequiresReplace()},
	}
}
