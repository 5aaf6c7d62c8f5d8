package login

import (
	"net"
	"net/url"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// audiences are the names of the services that tokens are issued for. One service has
// many: clients ask with and without a port and a slash, and by Azure's own names.
type audiences struct {
	known map[string]httpx.Audience
	first map[httpx.Audience]string
}

// newAudiences takes the names of the deployment, its own first, and adds those that
// clients have built in.
func newAudiences(names []httpx.Hosts) audiences {
	a := audiences{known: map[string]httpx.Audience{}, first: map[httpx.Audience]string{}}
	for _, h := range append(names, httpx.AzureHosts) {
		a.add(httpx.VaultAudience, h.VaultResource())
		a.add(httpx.ManagementAudience, h.Management())
		a.add(httpx.GraphAudience, h.Graph())
	}
	a.add(httpx.VaultAudience, "cfa8b339-82a2-471a-a3c9-0fc0be7a4093")
	a.add(httpx.ManagementAudience, "https://management.core.windows.net", "797f4846-ba00-4fd7-ba43-dac1f8f63013")
	a.add(httpx.GraphAudience, "00000003-0000-0000-c000-000000000000")
	return a
}

func (a *audiences) add(service httpx.Audience, names ...string) {
	if a.first[service] == "" {
		a.first[service] = names[0]
	}
	for _, name := range names {
		a.known[strings.ToLower(name)] = service
		if u, err := url.Parse(name); err == nil && u.Port() != "" {
			a.known[strings.ToLower(u.Scheme+"://"+u.Hostname())] = service
		} else if err == nil && u.Host != "" {
			a.known[strings.ToLower(u.Scheme+"://"+net.JoinHostPort(u.Hostname(), "443"))] = service
		}
	}
}

// service says which service the audience names. One slash at its end makes no
// difference.
func (a *audiences) service(audience string) (httpx.Audience, bool) {
	service, ok := a.known[strings.ToLower(strings.TrimSuffix(audience, "/"))]
	return service, ok
}

// accepted are the audiences that an error message names.
func (a *audiences) accepted(service httpx.Audience) string { return a.first[service] }

// The scopes that ask for no resource.
var plainScopes = map[string]bool{"openid": true, "profile": true, "email": true, "offline_access": true}

// parseScope splits the scope parameter of a version 2.0 request into the resource that
// it names, what is asked for on it, and whether a refresh token and an id token are
// wanted. "/.default" is taken off exactly: the slash that may be left is part of the
// resource. resource is empty if none is named; ok is false if several are.
func parseScope(scope string) (resource, permission string, openID, offline, ok bool) {
	for _, word := range strings.Fields(scope) {
		if plainScopes[word] {
			openID = openID || word == "openid"
			offline = offline || word == "offline_access"
			continue
		}
		r, p := splitScope(word)
		if resource != "" && r != resource {
			return "", "", false, false, false
		}
		resource = r
		if permission != "" {
			permission += " "
		}
		permission += p
	}
	return resource, permission, openID, offline, true
}

// graphDefault stands for Microsoft Graph, whose permissions clients name without it.
const graphDefault = "00000003-0000-0000-c000-000000000000"

func splitScope(word string) (resource, permission string) {
	if r, ok := strings.CutSuffix(word, "/.default"); ok {
		return r, ".default"
	}
	i := strings.LastIndexByte(word, '/')
	if i <= 0 || strings.HasSuffix(word[:i], ":/") || i == len(word)-1 {
		if strings.Contains(word, ":") {
			return word, ".default"
		}
		return graphDefault, word
	}
	return word[:i], word[i+1:]
}
