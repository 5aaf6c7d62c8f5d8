package armplane

import (
	"net/http"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// isMetadata reports whether the path is that of the cloud's description, the only
// thing that is told to everyone.
func isMetadata(path []string) bool {
	return len(path) == 2 && strings.EqualFold(path[0], "metadata") && strings.EqualFold(path[1], "endpoints")
}

type cloud struct {
	Name                     string            `json:"name"`
	Portal                   string            `json:"portal"`
	ResourceManager          string            `json:"resourceManager"`
	Graph                    string            `json:"graph"`
	GraphAudience            string            `json:"graphAudience"`
	MicrosoftGraphResourceID string            `json:"microsoftGraphResourceId"`
	Gallery                  string            `json:"gallery"`
	Authentication           cloudAuth         `json:"authentication"`
	Suffixes                 map[string]string `json:"suffixes"`
}

type cloudAuth struct {
	LoginEndpoint    string   `json:"loginEndpoint"`
	Audiences        []string `json:"audiences"`
	Tenant           string   `json:"tenant"`
	IdentityProvider string   `json:"identityProvider"`
}

func (p *plane) cloud() cloud {
	management, graph := p.hosts.Management(), p.hosts.Graph()
	suffix := p.hosts.VaultSuffix()
	return cloud{
		Name:                     "AzureCloud",
		Portal:                   management,
		ResourceManager:          management + "/",
		Graph:                    graph + "/",
		GraphAudience:            graph + "/",
		MicrosoftGraphResourceID: graph + "/",
		Gallery:                  management + "/",
		Authentication: cloudAuth{
			LoginEndpoint: p.hosts.Login() + "/", Audiences: []string{management, management + "/"},
			Tenant: "common", IdentityProvider: "AAD",
		},
		Suffixes: map[string]string{
			"keyVaultDns": suffix,
			"mhsmDns":     "managedhsm." + strings.TrimPrefix(suffix, "vault."),
			"storage":     "core." + strings.TrimPrefix(suffix, "vault."),
		},
	}
}

// metadata describes the cloud in the form that the api-version has (wire reference
// 9.3): an object, an array of objects up to 2020, or the two old forms.
func (p *plane) metadata(w http.ResponseWriter, r *http.Request) {
	if !isGet(r.Method) {
		w.Header().Set("Allow", "GET")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	c := p.cloud()
	var body any
	switch version := httpx.Query(r, "api-version"); {
	case version == "1.0" || version == "2015-01-01":
		body = map[string]any{
			"galleryEndpoint": c.Gallery, "graphEndpoint": c.Graph, "portalEndpoint": c.Portal, "graphAudience": c.GraphAudience,
			"authentication": map[string]any{"loginEndpoint": c.Authentication.LoginEndpoint, "audiences": c.Authentication.Audiences},
		}
	case strings.HasPrefix(version, "2018-"):
		names := make([]string, len(locations))
		for i, l := range locations {
			names[i] = l.name
		}
		body = map[string]any{"cloudEndpoint": map[string]any{"public": map[string]any{
			"endpoint": strings.TrimPrefix(p.hosts.Management(), "https://"), "locations": names,
		}}}
	case version >= "2019-" && version < "2021-":
		body = []cloud{c}
	default:
		body = c
	}
	httpx.WriteJSON(w, http.StatusOK, body)
}
