package provider

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/coffer-dev/terraform-provider-coffer/internal/resourceid"
)

// stringRule is a validator of strings by a function: it returns what is wrong, or "".
type stringRule struct {
	description string
	check       func(string) string
}

var _ validator.String = stringRule{}

// Description implements validator.Describer.
func (r stringRule) Description(context.Context) string { return r.description }

// MarkdownDescription implements validator.Describer.
func (r stringRule) MarkdownDescription(context.Context) string { return r.description }

// ValidateString implements validator.String.
func (r stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if wrong := r.check(req.ConfigValue.ValueString()); wrong != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(), wrong)
	}
}

var vaultNamePattern = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{1,22})[a-zA-Z0-9]$`)

// vaultName accepts names of vaults.
var vaultName = stringRule{
	"a vault's name: 3 to 24 letters, digits and single hyphens, beginning with a letter and ending with a letter or digit",
	func(name string) string {
		if vaultNamePattern.MatchString(name) && !strings.Contains(name, "--") {
			return ""
		}
		return quote(name) + " is not a name for a vault: use 3 to 24 letters, digits and single hyphens, beginning with a letter and ending with a letter or digit."
	},
}

var groupNamePattern = regexp.MustCompile(`^[-\w._()]{0,89}[-\w_()]$`)

// resourceGroupName accepts names of resource groups.
var resourceGroupName = stringRule{
	"a resource group's name: up to 90 letters, digits, and characters of -_.() that do not end in a full stop",
	func(name string) string {
		if groupNamePattern.MatchString(name) {
			return ""
		}
		return quote(name) + " is not a name for a resource group: use up to 90 letters, digits, and characters of -_.(), without a full stop at the end."
	},
}

// vaultID accepts ARM ids of vaults.
var vaultID = stringRule{
	"the ARM id of a vault",
	func(id string) string {
		if _, err := resourceid.ParseVault(id); err != nil {
			return sentence(err.Error()) + " Use the id attribute of a coffer_vault."
		}
		return ""
	},
}

// oneOfFolded accepts some words in any letter case.
func oneOfFolded(accepted ...string) validator.String {
	return stringvalidator.OneOfCaseInsensitive(accepted...)
}

// wordsOf accepts sets of some words in any letter case.
type wordsOf struct{ accepted []string }

var _ validator.Set = wordsOf{}

// Description implements validator.Describer.
func (w wordsOf) Description(context.Context) string {
	return "elements out of: " + strings.Join(w.accepted, ", ")
}

// MarkdownDescription implements validator.Describer.
func (w wordsOf) MarkdownDescription(ctx context.Context) string { return w.Description(ctx) }

// ValidateSet implements validator.Set.
func (w wordsOf) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, word := range words(req.ConfigValue) {
		if !slices.ContainsFunc(w.accepted, func(a string) bool { return strings.EqualFold(a, word) }) {
			resp.Diagnostics.AddAttributeError(req.Path, "Invalid "+req.Path.String(),
				quote(word)+" is not one of "+strings.Join(w.accepted, ", ")+" (in any letter case).")
		}
	}
}

// oneOf accepts some words as they are.
func oneOf(accepted ...string) validator.String { return stringvalidator.OneOf(accepted...) }
