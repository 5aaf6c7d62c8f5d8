package provider

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
)

const (
	roleAssignments = "/providers/Microsoft.Authorization/roleAssignments/"
	roleDefinitions = "/providers/Microsoft.Authorization/roleDefinitions/"
)

// underScope returns an id below a scope, which may be "/".
func underScope(scope, collection, name string) string {
	return strings.TrimRight(scope, "/") + collection + name
}

var underScopePattern = regexp.MustCompile(`(?i)^(/.*|)/providers/Microsoft\.Authorization/(roleAssignments|roleDefinitions)/([0-9a-f-]{36})$`)

// splitScope takes apart an id that underScope made.
func splitScope(id, collection string) (scope, name string, ok bool) {
	m := underScopePattern.FindStringSubmatch(id)
	if m == nil || !isUUID(m[3]) || !strings.EqualFold("/providers/Microsoft.Authorization/"+m[2]+"/", collection) {
		return "", "", false
	}
	if scope = m[1]; scope == "" {
		scope = "/"
	}
	return scope, strings.ToLower(m[3]), checkScope(scope) == ""
}

// scopeID accepts scopes of role assignments.
var scopeID = stringRule{
	"the ARM id of what the role is for: `/`, a management group, subscription, resource group, vault, or an object in a vault",
	checkScope,
}

func checkScope(scope string) string {
	if scope == "/" {
		return ""
	}
	parts := strings.Split(strings.TrimSuffix(scope, "/"), "/")
	if parts[0] != "" || len(parts) < 3 {
		return quote(scope) + " is not a scope. Give an ARM id, such as the id of a resource group or vault, or \"/\"."
	}
	for _, part := range parts[1:] {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "%?#\\") {
			return quote(scope) + " is not a scope: " + quote(part) + " cannot be part of an ARM id."
		}
	}
	return ""
}

// path returns a scope as the SDK wants it: it puts a slash in front itself.
func scopePath(scope string) string { return strings.Trim(scope, "/") }

// assignmentName returns the name that an assignment has by default: a UUID (of version
// 8, RFC 9562) made of a hash of what it assigns, so that the same assignment made
// again, here or elsewhere, is the same one.
func assignmentName(scope, principalID, roleID string) string {
	text := strings.ToLower(strings.TrimRight(scope, "/") + "\n" + principalID + "\n" + lastSegment(roleID))
	sum := sha256.Sum256([]byte("coffer role assignment\n" + text))
	return formatUUID([16]byte(sum[:16]), 8)
}

// randomUUID returns a UUID of version 4.
func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return formatUUID(b, 4)
}

func formatUUID(b [16]byte, version byte) string {
	b[6], b[8] = b[6]&0x0f|version<<4, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// roleByName returns the only role of the name that can be assigned at the scope. If
// there is none it returns those that can, for the error to name.
func (c *clients) roleByName(ctx context.Context, scope, name string) (found *armauthorization.RoleDefinition, others []string, err error) {
	filter := "roleName eq '" + strings.ReplaceAll(name, "'", "''") + "'"
	matches, err := c.rolesAt(ctx, scope, &filter)
	if err != nil {
		return nil, nil, err
	}
	if len(matches) == 1 {
		return matches[0], nil, nil
	}
	all, err := c.rolesAt(ctx, scope, nil)
	for _, role := range all {
		if role.Properties != nil {
			others = append(others, deref(role.Properties.RoleName))
		}
	}
	return nil, sorted(others), err
}

// rolesAt lists the roles that can be assigned at a scope, which may be "/" (the SDK's
// own pager cannot ask there).
func (c *clients) rolesAt(ctx context.Context, scope string, filter *string) ([]*armauthorization.RoleDefinition, error) {
	query := "?api-version=2022-04-01"
	if filter != nil {
		query += "&$filter=" + url.QueryEscape(*filter)
	}
	collection := strings.TrimSuffix(roleDefinitions, "/")
	return list[*armauthorization.RoleDefinition](ctx, c.management(), strings.TrimRight(scope, "/")+collection+query)
}

// unknownRole says that no role has a name, and which ones there are that are like it.
func unknownRole(name, scope string, others []string) string {
	like := similar(name, others)
	text := "There is no role of the name " + quote(name) + " that can be assigned at " + scope + "."
	if len(like) > 0 {
		text += " Did you mean " + strings.Join(like, " or ") + "?"
	}
	return text + " Correct role_definition_name. If the role is made by this configuration, refer to it so that Terraform knows the order: role_definition_id = coffer_role_definition.example.role_definition_resource_id."
}

// similar returns the names, in quotes, that have the most words in common with a name;
// a word is the same with and without an s at its end.
func similar(name string, others []string) []string {
	words := func(text string) map[string]bool {
		set := map[string]bool{}
		for _, word := range strings.Fields(strings.ToLower(text)) {
			set[strings.TrimSuffix(word, "s")] = true
		}
		return set
	}
	wanted, most := words(name), 1
	var best []string
	for _, other := range others {
		common := 0
		for word := range words(other) {
			if wanted[word] {
				common++
			}
		}
		switch {
		case common > most:
			best, most = []string{quote(other)}, common
		case common == most && common > 0:
			best = append(best, quote(other))
		}
	}
	return best
}
