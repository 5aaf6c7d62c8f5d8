package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// oauthError is a failure as the login endpoints tell it (RFC 6749, 5.2), with Entra's
// number. Its text never holds a credential.
type oauthError struct {
	status int
	code   string // invalid_client, invalid_grant, ...
	number int    // AADSTS number
	text   string
}

// Error implements error.
func (e *oauthError) Error() string { return e.description() }

func (e *oauthError) description() string { return "AADSTS" + strconv.Itoa(e.number) + ": " + e.text }

// fault is the error for the audit record.
func (e *oauthError) fault() *fault.Error {
	kind := fault.BadRequest
	if e.status == http.StatusUnauthorized {
		kind = fault.Unauthorized
	}
	return fault.New(kind, "%s", e.description())
}

func refuse(status int, code string, number int, format string, args ...any) *oauthError {
	return &oauthError{status: status, code: code, number: number, text: fmt.Sprintf(format, args...)}
}

// The refusals that are made in more than one place.
func badRequest(number int, format string, args ...any) *oauthError {
	return refuse(http.StatusBadRequest, "invalid_request", number, format, args...)
}

func missingParameter(name string) *oauthError {
	return badRequest(900144, "The request body must contain the following parameter: '%s'.", name)
}

func badGrant(number int, format string, args ...any) *oauthError {
	return refuse(http.StatusBadRequest, "invalid_grant", number, format, args...)
}

func badClient(number int, format string, args ...any) *oauthError {
	return refuse(http.StatusUnauthorized, "invalid_client", number, format, args...)
}

// badCredentials is the one answer to an unknown user, a wrong password, a wrong or
// used code, and a locked account.
func badCredentials() *oauthError {
	return badGrant(50126, "Error validating credentials due to invalid username or password.")
}

type oauthErrorBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	ErrorURI      string `json:"error_uri,omitempty"`
}

// writeOAuthError answers with err; an error that is none of the endpoint's own is the
// server's affair and shows nothing.
func (s *Service) writeOAuthError(w http.ResponseWriter, r *http.Request, err error) {
	var e *oauthError
	if !errors.As(err, &e) {
		httpx.Report(w, err)
		e = &oauthError{status: http.StatusInternalServerError, code: "server_error", number: 90033, text: "A transient error has occurred. Please try again."}
		if f := fault.From(err); f.Status() == http.StatusServiceUnavailable {
			e.status, e.code = f.Status(), "temporarily_unavailable"
			w.Header().Set("Retry-After", "1")
		}
	}
	info := httpx.Info(r.Context())
	trace, correlation := info.ID, info.ClientID
	if trace == "" {
		trace = directory.NewID()
	}
	if _, ok := directory.ParseID(correlation); !ok {
		correlation = trace
	}
	now := s.now().UTC().Format("2006-01-02 15:04:05Z")
	if e.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="`+s.tenant+`"`)
	}
	writeJSON(w, e.status, oauthErrorBody{
		Error: e.code, Codes: []int{e.number}, Timestamp: now, TraceID: trace, CorrelationID: correlation,
		Description: fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", e.description(), trace, correlation, now),
	})
}

// writeJSON answers with v; nothing of a login host is cached.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	httpx.WriteJSON(w, status, v)
}

// tokenReply is the answer with tokens. Version 1.0 writes numbers as text.
type tokenReply struct {
	v1           bool
	scope        string
	resource     string
	accessToken  string
	refreshToken string
	idToken      string
	clientInfo   string
	now, expires time.Time
}

// MarshalJSON writes the form of the endpoint's version.
func (t tokenReply) MarshalJSON() ([]byte, error) {
	m := map[string]any{"token_type": "Bearer", "access_token": t.accessToken}
	life := int64(t.expires.Sub(t.now)/time.Second) - 1
	if t.v1 {
		m["expires_in"], m["ext_expires_in"] = strconv.FormatInt(life, 10), strconv.FormatInt(life, 10)
		m["expires_on"], m["not_before"] = strconv.FormatInt(t.expires.Unix(), 10), strconv.FormatInt(t.now.Unix(), 10)
		m["resource"] = t.resource
	} else {
		m["expires_in"], m["ext_expires_in"] = life, life
	}
	for name, value := range map[string]string{
		"scope": t.scope, "refresh_token": t.refreshToken, "id_token": t.idToken, "client_info": t.clientInfo,
	} {
		if value != "" {
			m[name] = value
		}
	}
	return json.Marshal(m)
}
