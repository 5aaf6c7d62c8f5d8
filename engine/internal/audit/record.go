// Package audit owns the audit record and the hash chain that ties the records of
// one database together.
//
// A record has the shape of Azure's AuditEvent (wire reference 6.1). Records are
// encoded as JSON, one line each; values, digests, tokens and request bodies have
// no field to go to. The package does no I/O: the store writes what Chain gives it
// and feeds Verify.
package audit

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// The categories of records.
const (
	CategoryAudit          = "AuditEvent"
	CategoryAdministrative = "Administrative"
	CategoryDirectory      = "DirectoryAudit"
	CategorySignIn         = "SignIn"
)

// Record is one audited operation. Start fills what is known of the request and
// Finish what came of it.
type Record struct {
	Time              string      `json:"time"`
	Category          string      `json:"category"`
	OperationName     string      `json:"operationName"`
	OperationVersion  string      `json:"operationVersion,omitempty"`
	ResultType        string      `json:"resultType"`
	ResultSignature   string      `json:"resultSignature"`
	ResultDescription string      `json:"resultDescription,omitempty"`
	DurationMs        string      `json:"durationMs"`
	CallerIPAddress   string      `json:"callerIpAddress,omitempty"`
	CorrelationID     string      `json:"correlationId,omitempty"`
	Identity          *Identity   `json:"identity,omitempty"`
	ResourceID        string      `json:"resourceId,omitempty"`
	Properties        *Properties `json:"properties,omitempty"`

	started time.Time
}

// Identity is who called.
type Identity struct {
	Claim Claim `json:"claim"`
}

// Claim holds the claims of the caller's token that identify it.
type Claim struct {
	Issuer string   `json:"iss,omitempty"`
	Tenant string   `json:"tid,omitempty"`
	Object string   `json:"oid,omitempty"`
	App    string   `json:"appid,omitempty"`
	Name   string   `json:"upn,omitempty"`
	Type   string   `json:"idtyp,omitempty"`
	AMR    []string `json:"amr,omitempty"`
}

// Properties are the details of the operation.
type Properties struct {
	ID                   string         `json:"id,omitempty"`
	ClientInfo           string         `json:"clientInfo,omitempty"`
	RequestURI           string         `json:"requestUri,omitempty"`
	HTTPStatusCode       int            `json:"httpStatusCode"`
	Action               string         `json:"action,omitempty"`
	IsAccessPolicyMatch  *bool          `json:"isAccessPolicyMatch,omitempty"`
	IsRBACAuthorized     *bool          `json:"isRbacAuthorized,omitempty"`
	AppliedAssignmentID  string         `json:"appliedAssignmentId,omitempty"`
	IsAddressAuthorized  *bool          `json:"isAddressAuthorized,omitempty"`
	TLSVersion           string         `json:"tlsVersion,omitempty"`
	Algorithm            string         `json:"algorithm,omitempty"`
	KeyProperties        *ObjectDetails `json:"keyProperties,omitempty"`
	SecretProperties     *ObjectDetails `json:"secretProperties,omitempty"`
	Properties           map[string]any `json:"properties,omitempty"`
	ErrorCode            string         `json:"errorCode,omitempty"`
	SubjectPrincipalType string         `json:"principalType,omitempty"`
}

// ObjectDetails describes a key or a secret without its value.
type ObjectDetails struct {
	Type       string             `json:"type,omitempty"`
	Size       int                `json:"size,omitempty"`
	Curve      string             `json:"curve,omitempty"`
	Operations []string           `json:"operations,omitempty"`
	Attributes *ObjectAttributeID `json:"attributes,omitempty"`
}

// ObjectAttributeID holds the attributes of an object version; times are seconds
// since 1970-01-01 UTC.
type ObjectAttributeID struct {
	Enabled *bool  `json:"enabled,omitempty"`
	NBF     *int64 `json:"nbf,omitempty"`
	EXP     *int64 `json:"exp,omitempty"`
}

const (
	timeLayout = "2006-01-02T15:04:05.0000000Z"
	// maxText bounds what a client can make a record hold of its own words.
	maxText = 2048
)

// Start begins the record of one operation of c at the time now.
func Start(c authz.Caller, category, operation string, now time.Time) *Record {
	rec := &Record{
		Time:             now.UTC().Format(timeLayout),
		Category:         category,
		OperationName:    operation,
		OperationVersion: clip(c.Request.APIVersion, 64),
		CallerIPAddress:  c.Request.RemoteIP,
		CorrelationID:    c.Request.ID,
		Properties: &Properties{
			ClientInfo: clip(c.Request.UserAgent, 512),
			RequestURI: clip(c.Request.URI, maxText),
			TLSVersion: c.Request.TLSVersion,
		},
		started: now,
	}
	if !c.IsZero() {
		rec.Identity = &Identity{Claim: Claim{
			Issuer: c.Issuer, Tenant: c.TenantID, Object: c.ObjectID, App: c.AppID,
			Name: c.Name, Type: string(c.Type), AMR: c.AuthMethods,
		}}
	}
	return rec
}

// Finish sets the outcome: err, or success with the HTTP status code. It may be
// called again when a later stage fails.
func (r *Record) Finish(status int, err error, now time.Time) {
	r.ResultType = "Success"
	r.ResultDescription = ""
	r.Properties.ErrorCode = ""
	if err != nil {
		f := fault.From(err)
		status = f.Status()
		r.ResultDescription = clip(f.Message, maxText)
		r.Properties.ErrorCode = f.Code()
		if inner := f.Inner(); inner != "" {
			r.Properties.ErrorCode = inner
		}
	}
	r.Properties.HTTPStatusCode = status
	r.ResultSignature = signature(status)
	elapsed := max(now.Sub(r.started), 0)
	r.DurationMs = strconv.FormatInt(elapsed.Milliseconds(), 10)
}

// Encode returns the record as one line of JSON, without the newline.
func (r *Record) Encode() ([]byte, error) { return json.Marshal(r) }

var signatures = map[int]string{
	200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request",
	401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	409: "Conflict", 413: "Request Entity Too Large", 415: "Unsupported Media Type",
	429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented",
	503: "Service Unavailable",
}

func signature(status int) string {
	if s, ok := signatures[status]; ok {
		return s
	}
	return strconv.Itoa(status)
}

func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "..."
}
