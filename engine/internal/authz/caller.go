package authz

// PrincipalType is the kind of a principal.
type PrincipalType string

// The kinds of principals, as Azure spells them.
const (
	User             PrincipalType = "User"
	Group            PrincipalType = "Group"
	ServicePrincipal PrincipalType = "ServicePrincipal"
)

// Caller is who makes a request, taken from a token whose signature, audience, issuer
// and times were verified. It names a principal by issuer and object id; what the
// principal may do, and whether it still exists, is looked up for every request.
type Caller struct {
	Issuer   string
	TenantID string
	ObjectID string
	// AppID is the application (client) id of the token: the caller itself for a
	// service principal, the application that acts for a user otherwise.
	AppID string
	// Name is for people and records only: user principal name or display name.
	Name string
	Type PrincipalType
	// Delegated is set when an application acts for a user (compound identity).
	Delegated bool
	// AuthMethods are the methods of the sign-in ("pwd", "mfa", "rsa"; RFC 8176).
	AuthMethods []string
	Request     RequestInfo
}

// IsZero reports whether there is no caller: nobody authenticated.
func (c Caller) IsZero() bool { return c.ObjectID == "" }

// RequestInfo is what the server notes of a request for its audit record.
type RequestInfo struct {
	// ID is the x-ms-request-id of the answer.
	ID string
	// ClientID is the x-ms-client-request-id that the client sent, if any.
	ClientID   string
	APIVersion string
	RemoteIP   string
	UserAgent  string
	URI        string
	TLSVersion string
	// Local is set for a caller in the same process (embedded mode).
	Local bool
}
