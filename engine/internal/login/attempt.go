package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// attempt is one request for tokens and what becomes known of it; its audit record
// holds the part that was proved.
type attempt struct {
	s         *Service
	started   time.Time
	form      url.Values
	v1        bool
	grantType string

	caller   authz.Caller
	client   *client
	user     *directory.User
	audience string
	amr      []string
}

func (s *Service) newAttempt(r *http.Request, form url.Values, v1 bool, grantType string) *attempt {
	return &attempt{
		s: s, started: s.now(), form: form, v1: v1, grantType: grantType,
		caller: authz.Caller{Issuer: s.issuer(), TenantID: s.tenant, Request: httpx.Info(r.Context())},
	}
}

// record is the sign-in's audit record.
func (a *attempt) record(err error) *audit.Record {
	c := a.caller
	switch {
	case a.user != nil:
		c.ObjectID, c.Name, c.Type = a.user.ID, a.user.UPN, authz.User
	case a.client != nil && a.client.principal.ID != "" && a.client.proved:
		c.ObjectID, c.Name, c.Type = a.client.principal.ID, a.client.principal.DisplayName, authz.ServicePrincipal
	}
	if a.client != nil {
		c.AppID = a.client.appID
	}
	c.AuthMethods = a.amr
	rec := audit.Start(c, audit.CategorySignIn, "Sign-in activity", a.started)
	rec.ResourceID = "/TENANTS/" + a.s.tenant
	rec.Properties.Properties = map[string]any{"grantType": a.grantType}
	if a.client != nil {
		rec.Properties.Properties["appId"] = a.client.appID
	}
	if a.audience != "" {
		rec.Properties.Properties["resource"] = quotable(a.audience)
	}
	var refused *oauthError
	if errors.As(err, &refused) {
		f := refused.fault()
		rec.Finish(0, f, a.s.now())
		rec.Properties.ErrorCode = refused.code
		rec.Properties.Properties["errorNumber"] = refused.number
		return rec
	}
	rec.Finish(http.StatusOK, err, a.s.now())
	return rec
}

// pass makes the record of a sign-in that changes nothing durable.
func (a *attempt) pass(ctx context.Context) error {
	return a.s.store.Record(context.WithoutCancel(ctx), a.record(nil))
}

// fail makes the record of a failed attempt durable and returns err.
func (a *attempt) fail(ctx context.Context, err error) error {
	if failed := a.s.store.Record(context.WithoutCancel(ctx), a.record(err)); failed != nil {
		return failed
	}
	return err
}
