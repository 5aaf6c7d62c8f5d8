package resource

import "strings"

// Anchor returns what a role assignment at the scope counts against: its subscription
// or management group, or "/".
func Anchor(scope string) string {
	parts := strings.Split(strings.Trim(strings.ToLower(scope), "/"), "/")
	switch {
	case len(parts) >= 2 && parts[0] == "subscriptions":
		return "/subscriptions/" + parts[1]
	case len(parts) >= 4 && parts[2] == "managementgroups":
		return "/providers/microsoft.management/managementgroups/" + parts[3]
	default:
		return "/"
	}
}
