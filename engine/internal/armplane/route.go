package armplane

import (
	"net/http"
	"sort"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// family says which api-versions a route takes.
type family uint8

const (
	anyDate     family = iota // every version that looks like one
	keyVault                  // those of Microsoft.KeyVault
	unversioned               // our own API: none is needed
)

// route is one operation. Its pattern is a path in lower case with {} for a segment
// that may be anything; one that starts with "*/" stands behind any scope, the empty
// one included.
type route struct {
	method  string
	pattern string
	family  family
	handle  func(*call) (reply, error)

	segments  []string
	extension bool
}

// routeTable finds routes by the number of their segments.
type routeTable struct {
	plain      map[int][]*route
	extensions map[string][]*route // by the namespace behind "providers"
}

func newRoutes() *routeTable {
	t := &routeTable{plain: map[int][]*route{}, extensions: map[string][]*route{}}
	for _, list := range [][]route{vaultRoutes, objectRoutes, groupRoutes, subscriptionRoutes, providerRoutes, managementGroupRoutes, roleRoutes, cofferRoutes} {
		for i := range list {
			r := list[i]
			rest := r.pattern
			if after, found := strings.CutPrefix(rest, "*/"); found {
				r.extension, rest = true, after
			}
			r.segments = strings.Split(rest, "/")
			if r.extension {
				t.extensions[r.segments[1]] = append(t.extensions[r.segments[1]], &r)
				continue
			}
			t.plain[len(r.segments)] = append(t.plain[len(r.segments)], &r)
		}
	}
	return t
}

// match fills at with the open segments if the path has the route's form.
func (r *route) match(path []string) (at []string, ok bool) {
	if len(path) != len(r.segments) {
		return nil, false
	}
	for i, want := range r.segments {
		switch {
		case want == "{}":
			at = append(at, path[i])
		case !strings.EqualFold(want, path[i]):
			return nil, false
		}
	}
	return at, true
}

// find returns the route of the call and sets what it leaves open.
func (t *routeTable) find(c *call) (*route, error) {
	method := httpx.Method(c.r)
	var allowed []string
	try := func(routes []*route, path []string, scope string) *route {
		for _, r := range routes {
			at, ok := r.match(path)
			if ok && r.method == method {
				c.at, c.scope = at, scope
				return r
			}
			if ok {
				allowed = append(allowed, r.method)
			}
		}
		return nil
	}
	if routes, path, scope := t.behindScope(c.path); routes != nil {
		if r := try(routes, path, scope); r != nil {
			return r, nil
		}
	}
	if r := try(t.plain[len(c.path)], c.path, ""); r != nil {
		return r, nil
	}
	if len(allowed) > 0 {
		sort.Strings(allowed)
		c.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return nil, fault.New(fault.MethodNotAllowed, "The method '%s' is not supported for this resource.", printable(method))
	}
	return nil, t.unknown(c.path)
}

// behindScope returns the routes of the last extension in the path, with the path from
// there on and the scope before it.
func (t *routeTable) behindScope(path []string) (routes []*route, rest []string, scope string) {
	for i := len(path) - 2; i >= 0; i-- {
		if !strings.EqualFold(path[i], "providers") {
			continue
		}
		if routes, ok := t.extensions[strings.ToLower(path[i+1])]; ok {
			return routes, path[i:], join(path[:i])
		}
	}
	return nil, nil, ""
}

// unknown is the error for a path that no route has.
func (t *routeTable) unknown(path []string) error {
	for i, segment := range path {
		if !strings.EqualFold(segment, "providers") || i+1 >= len(path) {
			continue
		}
		namespace := strings.ToLower(path[i+1])
		switch namespace {
		case "microsoft.keyvault", "microsoft.authorization", "microsoft.resources", "microsoft.insights", "microsoft.management", "microsoft.subscription":
			return fault.New(fault.NotImplemented, "This operation of the resource provider '%s' is not implemented.", printable(path[i+1]))
		}
		return fault.New(fault.UnknownRoute, "The resource namespace '%s' is not known here.", printable(path[i+1]))
	}
	return fault.New(fault.UnknownRoute, "The path '%s' is not known here.", printable(join(path)))
}

// keyVaultVersions are the api-versions of Microsoft.KeyVault (wire reference 4.1).
var keyVaultVersions = []string{
	"2015-06-01", "2016-10-01", "2018-02-14-preview", "2018-02-14", "2019-09-01", "2020-04-01-preview", "2021-04-01-preview",
	"2021-06-01-preview", "2021-10-01", "2021-11-01-preview", "2022-02-01-preview", "2022-07-01", "2022-11-01", "2023-02-01",
	"2023-07-01", "2024-04-01-preview", "2024-11-01", "2024-12-01-preview", "2025-05-01", "2026-02-01", "2026-03-01-preview", "2026-04-01",
}

// rbacByDefault is the first api-version in which a new vault uses roles unless the
// request says otherwise.
const rbacByDefault = "2026-02-01"

// version checks and notes the api-version of the call.
func (c *call) version(r *route) error {
	if r.family == unversioned {
		return nil
	}
	version, valid := httpx.APIVersion(c.r)
	if version == "" {
		return fault.New(fault.MissingAPIVersion, "The api-version query parameter (?api-version=) is required for all requests.")
	}
	c.api = strings.ToLower(version)
	if r.family == keyVault {
		valid = false
		for _, known := range keyVaultVersions {
			valid = valid || known == c.api
		}
	}
	if valid && len(c.api) >= len("2015-01-01") {
		return nil
	}
	return fault.New(fault.InvalidAPIVersion,
		"No registered resource provider found for location 'global' and API version '%s' for type '%s'. The supported api-versions are '%s'.",
		printable(version), printable(typeOf(c.path)), strings.Join(keyVaultVersions, ", "))
}

// typeOf names the resource type of a path, as far as it has one.
func typeOf(path []string) string {
	for i := len(path) - 3; i >= 0; i-- {
		if strings.EqualFold(path[i], "providers") {
			return path[i+2]
		}
	}
	if len(path) > 0 {
		return path[0]
	}
	return ""
}

// printable makes a piece of the request fit for a message.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 256 {
		s = strings.ToValidUTF8(s[:256], "") + "..."
	}
	return s
}

// quick tells the SDK of the azurerm provider not to wait before it looks again: what
// was asked for has been done when the answer is given.
func (c *call) quick() { c.w.Header().Set("X-Go-Azure-Sdk-Skip-Polling-Delay", "true") }

// isGet reports whether the method only reads.
func isGet(method string) bool { return method == http.MethodGet || method == http.MethodHead }
