package engine

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/armplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/dataplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/graph"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/server"
)

// fronts makes the front ends of one set of names. Each set has its own login: a
// token's issuer is the name that it was asked for under.
func (e *Engine) fronts(o Options, hosts httpx.Hosts, ring *seal.Ring) server.Fronts {
	auth := login.New(login.Options{
		Store: port[login.Reader, login.Writer]{e.db}, Ring: ring, Hosts: hosts, Also: others(e.hosts, hosts), TenantID: e.info.TenantID, Now: o.Now,
		Client: federationClient(o.Local),
	})
	auth.AllowProcessSecret(e.info.OperatorClientID, e.secret)
	e.login = append(e.login, auth)
	return server.Fronts{
		Hosts:      hosts,
		Login:      auth,
		Management: armplane.New(armplane.Options{Resource: e.resource, Auth: auth, Hosts: hosts, Objects: e.vault}),
		Graph:      graph.New(graph.Options{Directory: e.directory, Auth: auth, Hosts: hosts}),
		Vault:      dataplane.New(dataplane.Options{Vault: e.vault, Auth: auth, Hosts: hosts, Tenant: e.info.TenantID}),
	}
}

// fetchTimeout bounds fetching the keys of a trusted issuer.
const fetchTimeout = 10 * time.Second

// federationClient fetches the keys of issuers that federated credentials trust; an
// embedded engine makes no requests of its own.
func federationClient(local bool) *http.Client {
	if local {
		return nil
	}
	return &http.Client{Timeout: fetchTimeout}
}

func (e *Engine) newIdentityHandler(o IdentityOptions) (http.Handler, error) {
	return e.login[0].ManagedIdentity(login.ManagedIdentity{AppID: o.ClientID, Header: sensitive.NewString(o.Header)}), nil
}

// operator is the caller that the holder of the database and the root key is.
func (e *Engine) operator() authz.Caller {
	return authz.Caller{
		Issuer: e.hosts[0].Authority(e.info.TenantID) + "/", TenantID: e.info.TenantID,
		ObjectID: e.info.OperatorObjectID, AppID: e.info.OperatorClientID, Name: "Coffer operator", Type: authz.ServicePrincipal,
		Request: authz.RequestInfo{ID: newGUID(), Local: true},
	}
}

// NewOperatorSecret adds a client secret to the operator's application, good for life,
// and returns it: only its hash is kept. The name is shown with the credential.
func (e *Engine) NewOperatorSecret(ctx context.Context, name string, life time.Duration) (string, error) {
	owner := directory.Reference{ID: e.info.OperatorObjectID, Type: directory.TypeServicePrincipal}
	now := e.now()
	_, secret, err := e.directory.AddPassword(ctx, e.operator(), owner, directory.PasswordInput{DisplayName: strings.TrimSpace(name), Start: now, End: now.Add(life)})
	if err != nil {
		return "", fmt.Errorf("add a secret for the operator: %w", err)
	}
	return secret.Reveal(), nil
}

// others returns the hosts but one: a token that was asked for under one name is good
// under the others.
func others(all []httpx.Hosts, one httpx.Hosts) []httpx.Hosts {
	return slices.DeleteFunc(slices.Clone(all), func(h httpx.Hosts) bool { return h == one })
}
