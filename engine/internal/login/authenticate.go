package login

import (
	"net/http"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// clockSkew is how far ahead of this clock a token's nbf may be.
const clockSkew = 5 * time.Minute

// reason says why a token is refused.
type reason uint8

const (
	missing reason = iota
	malformed
	unresolved // no key, or a signature that is not its
	wrongIssuer
	wrongAudience
	notYet
	expired
	internal
)

// problem is why a token is refused, and which of its parts the wording of a service
// quotes: never its signature or the whole of it.
type problem struct {
	reason  reason
	found   string
	expires time.Time
	cause   error
}

// Authenticate implements httpx.Authenticator.
func (s *Service) Authenticate(r *http.Request, aud httpx.Audience) (authz.Caller, bool, error) {
	nobody := authz.Caller{Request: httpx.Info(r.Context())}
	text, p := bearer(r.Header)
	var v *verified
	if p == nil {
		v, p = s.verifyToken(r.Context(), text)
	}
	if p == nil {
		p = s.checkUse(v, aud)
	}
	if p != nil {
		return nobody, p.reason == missing, s.refusal(p, aud)
	}
	caller := v.caller
	caller.Request = nobody.Request
	return caller, false, nil
}

// checkUse checks what depends on the time and on who asks.
func (s *Service) checkUse(v *verified, aud httpx.Audience) *problem {
	service, known := s.service(v.audience)
	now := s.now()
	switch {
	case !known || service != aud:
		return &problem{reason: wrongAudience, found: v.audience}
	case !now.Before(v.expires):
		return &problem{reason: expired, expires: v.expires}
	case now.Add(clockSkew).Before(v.notBefore):
		return &problem{reason: notYet}
	}
	return nil
}

// bearer takes the token from the header. Two headers are one too many.
func bearer(h http.Header) (string, *problem) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", &problem{reason: missing}
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	switch {
	case len(values) > 1:
		return "", &problem{reason: malformed}
	case !strings.EqualFold(scheme, "Bearer"):
		return "", &problem{reason: missing}
	}
	return token, nil
}

// refusal words the problem as the service that was called does (wire reference 3.3,
// 4.0).
func (s *Service) refusal(p *problem, aud httpx.Audience) error {
	if p.reason == internal {
		return p.cause
	}
	switch aud {
	case httpx.ManagementAudience:
		return s.managementRefusal(p)
	case httpx.GraphAudience:
		return s.graphRefusal(p)
	}
	switch p.reason {
	case missing:
		return fault.New(fault.Unauthorized, "AKV10000: Request is missing a Bearer or PoP token.")
	case unresolved:
		return fault.New(fault.Unauthorized, "AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '%s'.", quotable(p.found))
	case wrongIssuer:
		return fault.New(fault.Unauthorized, "AKV10032: Invalid issuer. Expected one of %s, found %s.", s.issuer(), quotable(p.found))
	case wrongAudience:
		return fault.New(fault.Unauthorized, "AKV10022: Invalid audience. Expected %s, found: %s.", s.accepted(aud), quotable(p.found))
	case expired:
		return fault.New(fault.Unauthorized, "[TokenExpired] Error validating token: 'S2S12086'.")
	case notYet:
		return fault.New(fault.Unauthorized, "[TokenNotYetValid] Error validating token.")
	}
	return fault.New(fault.Unauthorized, "[TokenMalformed] Error validating token.")
}

func (s *Service) managementRefusal(p *problem) error {
	const layout = "1/2/2006 3:04:05 PM"
	switch p.reason {
	case missing:
		return fault.New(fault.AuthenticationFailed, "Authentication failed. The 'Authorization' header is missing.")
	case wrongIssuer:
		return fault.New(fault.InvalidAuthenticationToken, "The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription.", quotable(p.found), s.issuer())
	case wrongAudience:
		return fault.New(fault.InvalidAuthenticationToken, "The access token has been obtained for wrong audience or resource '%s'. It should exactly match with one of the allowed audiences '%s'.", quotable(p.found), s.accepted(httpx.ManagementAudience))
	case expired:
		return fault.New(fault.ExpiredAuthenticationToken, "The access token expiry UTC time '%s' is earlier than current UTC time '%s'.", p.expires.UTC().Format(layout), s.now().UTC().Format(layout))
	case notYet:
		return fault.New(fault.InvalidAuthenticationToken, "The access token is not yet valid.")
	case unresolved:
		return fault.New(fault.InvalidAuthenticationToken, "The access token signature is invalid.")
	}
	return fault.New(fault.InvalidAuthenticationToken, "The access token is invalid.")
}

func (s *Service) graphRefusal(p *problem) error {
	switch p.reason {
	case missing:
		return fault.New(fault.GraphUnauthorized, "Access token is empty.")
	case wrongIssuer:
		return fault.New(fault.GraphUnauthorized, "Access token validation failure. Invalid issuer.")
	case wrongAudience:
		return fault.New(fault.GraphUnauthorized, "Access token validation failure. Invalid audience.")
	case expired:
		return fault.New(fault.GraphUnauthorized, "Lifetime validation failed, the token is expired.")
	case notYet:
		return fault.New(fault.GraphUnauthorized, "Lifetime validation failed, the token is not yet valid.")
	case unresolved:
		return fault.New(fault.GraphUnauthorized, "Access token validation failure. Invalid signature.")
	}
	return fault.New(fault.GraphUnauthorized, "Invalid access token.")
}

// quotable makes a part of a token fit for a message.
func quotable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r <= 0x20 || r >= 0x7f || r == '\'' || r == '"' || r == '\\' || r == '<' {
			return -1
		}
		return r
	}, s)
	if len(s) > 200 {
		s = s[:200] + "..."
	}
	return s
}
