package login

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// ManagedIdentity configures a managed identity endpoint.
type ManagedIdentity struct {
	// AppID is the application id of the service principal whose tokens it gives.
	AppID string
	// Header is what X-IDENTITY-HEADER must hold.
	Header sensitive.String
}

// ManagedIdentity returns a handler with the shape of App Service's managed identity
// endpoint. It answers to programs on the same machine only, which know the header.
func (s *Service) ManagedIdentity(m ManagedIdentity) http.Handler {
	return get(func(w http.ResponseWriter, r *http.Request) {
		reply, err := s.managedToken(r, m)
		if err != nil {
			s.writeOAuthError(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{
			"access_token": reply.accessToken, "token_type": "Bearer", "resource": reply.resource, "client_id": m.AppID,
			"expires_in": strconv.Itoa(int(reply.expires.Sub(reply.now).Seconds()) - 1),
			"expires_on": strconv.FormatInt(reply.expires.Unix(), 10), "not_before": strconv.FormatInt(reply.now.Unix(), 10),
		})
	})
}

func (s *Service) managedToken(r *http.Request, m ManagedIdentity) (*tokenReply, error) {
	query, err := parseForm(r.URL.RawQuery)
	if err != nil {
		query = url.Values{}
	}
	a := s.newAttempt(r, query, true, "managed_identity")
	ctx := r.Context()
	if err == nil {
		err = a.checkManaged(ctx, r, m)
	}
	var reply *tokenReply
	if err == nil {
		reply, err = a.appToken(ctx, a.client.principal, acrCertificate)
	}
	if err != nil {
		return nil, a.fail(ctx, err)
	}
	return reply, a.pass(ctx)
}

// checkManaged admits requests of this machine that know the header, and sets client
// and audience.
func (a *attempt) checkManaged(ctx context.Context, r *http.Request, m ManagedIdentity) error {
	// The Host header is checked against pages that point a name of theirs here.
	if !isLocalHost(r.RemoteAddr) || !isLocalHost(r.Host) {
		return refuse(http.StatusForbidden, "access_denied", 90014, "This endpoint is for programs on the same machine.")
	}
	given := r.Header.Get("X-IDENTITY-HEADER")
	if m.Header.Len() == 0 || subtle.ConstantTimeCompare([]byte(given), []byte(m.Header.Reveal())) != 1 {
		return badClient(50034, "The X-IDENTITY-HEADER is missing or wrong.")
	}
	if version := httpx.Query(r, "api-version"); version != "2019-08-01" && version != "2017-09-01" {
		return badRequest(90014, "The api-version must be 2019-08-01.")
	}
	var err error
	if a.client, err = a.s.findClient(ctx, m.AppID); err != nil {
		return err
	}
	a.client.proved = true
	for name, own := range map[string]string{
		"client_id": a.client.appID, "clientid": a.client.appID, "principal_id": a.client.principal.ID, "object_id": a.client.principal.ID,
	} {
		if asked := a.form.Get(name); asked != "" {
			if id, _ := directory.ParseID(asked); id != own {
				return badRequest(700016, "There is no managed identity with that %s.", name)
			}
		}
	}
	if a.form.Get("mi_res_id") != "" {
		return badRequest(700016, "The managed identity cannot be chosen by its resource id.")
	}
	resource := a.form.Get("resource")
	if resource == "" {
		return missingParameter("resource")
	}
	return a.setAudience(ctx, strings.TrimSuffix(resource, "/.default"))
}

func isLocalHost(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	return isLoopback(strings.Trim(host, "[]"))
}
