// Package fault holds the errors that a client may see.
//
// A service returns a *fault.Error made from a Kind; the one table below says
// which HTTP status, Azure error code and inner error code a kind has (wire
// reference 3.3, 4.0, 4.2, 4.4). Every other error is the server's own affair: the
// client is told InternalError and the request id, and only the log gets its text.
package fault

import (
	"errors"
	"fmt"
)

// Kind is one way in which a request can fail.
type Kind uint8

// The kinds. Those with a plane's own wording say so in the table.
const (
	Internal Kind = iota
	Unavailable

	BadParameter
	Unauthorized
	ForbiddenByPolicy
	ForbiddenByRBAC
	ForbiddenByFirewall
	ForbiddenByConnection
	SecretDisabled
	KeyDisabled
	KeyOperationForbidden
	KeyExpired
	KeyNotYetValid
	PurgeForbidden
	SecretNotFound
	KeyNotFound
	CertificateNotFound
	DeletedButRecoverable
	RestoreConflict
	Conflict
	NotImplemented
	UnknownRoute
	UnknownHost
	MethodNotAllowed
	PayloadTooLarge
	UnsupportedMediaType
	Throttled
	VaultNotFound
	KeyTypeNotSupported

	AuthenticationFailed
	InvalidAuthenticationToken
	ExpiredAuthenticationToken
	AuthorizationFailed
	BadRequest
	InvalidRequestContent
	MissingAPIVersion
	InvalidAPIVersion
	ResourceNotFound
	ResourceGroupNotFound
	SubscriptionNotFound
	ManagementGroupNotFound
	InvalidResourceType
	InvalidResourceName
	InvalidResourceLocation
	VaultNameNotValid
	VaultAlreadyExists
	VaultDeletedConflict
	SoftDeletedVaultDoesNotExist
	PurgeNotAllowed
	RoleAssignmentNotFound
	RoleAssignmentExists
	RoleAssignmentUpdateNotPermitted
	RoleAssignmentLimitExceeded
	RoleDefinitionNotFound
	RoleDefinitionNameExists
	RoleDefinitionHasAssignments
	PrincipalNotFound
	UnmatchedPrincipalType
	LastOwner
	BadRequestFormat
	InvalidRoleAssignmentID
	InvalidRoleDefinitionID
	InvalidFilter
	DeletedVaultNotFound
	InvalidGroupLocation
	SubscriptionReadOnly
	ProviderNotRegistered
	RoleDefinitionLimitExceeded

	GraphBadRequest
	GraphNotFound
	GraphForbidden
	GraphConflict
	GraphUnauthorized
)

// shape is what the wire shows of a kind.
type shape struct {
	status int
	code   string
	inner  string
}

var shapes = map[Kind]shape{
	Internal:    {500, "InternalError", ""},
	Unavailable: {503, "ServiceUnavailable", ""},

	BadParameter:          {400, "BadParameter", ""},
	Unauthorized:          {401, "Unauthorized", ""},
	ForbiddenByPolicy:     {403, "Forbidden", "ForbiddenByPolicy"},
	ForbiddenByRBAC:       {403, "Forbidden", "ForbiddenByRbac"},
	ForbiddenByFirewall:   {403, "Forbidden", "ForbiddenByFirewall"},
	ForbiddenByConnection: {403, "Forbidden", "ForbiddenByConnection"},
	SecretDisabled:        {403, "Forbidden", "SecretDisabled"},
	KeyDisabled:           {403, "Forbidden", "KeyDisabled"},
	KeyOperationForbidden: {403, "Forbidden", "KeyOperationForbidden"},
	KeyExpired:            {403, "Forbidden", "KeyExpired"},
	KeyNotYetValid:        {403, "Forbidden", "KeyNotYetValid"},
	PurgeForbidden:        {403, "Forbidden", ""},
	SecretNotFound:        {404, "SecretNotFound", ""},
	KeyNotFound:           {404, "KeyNotFound", ""},
	CertificateNotFound:   {404, "CertificateNotFound", ""},
	DeletedButRecoverable: {409, "Conflict", "ObjectIsDeletedButRecoverable"},
	RestoreConflict:       {409, "Conflict", ""},
	Conflict:              {409, "ConflictError", ""},
	NotImplemented:        {501, "NotImplemented", ""},
	UnknownRoute:          {404, "NotFound", ""},
	UnknownHost:           {421, "MisdirectedRequest", ""},
	MethodNotAllowed:      {405, "MethodNotAllowed", ""},
	PayloadTooLarge:       {413, "RequestEntityTooLarge", ""},
	UnsupportedMediaType:  {415, "UnsupportedMediaType", ""},
	Throttled:             {429, "Throttled", ""},
	VaultNotFound:         {404, "VaultNotFound", ""},
	KeyTypeNotSupported:   {400, "BadParameter", "KeyTypeNotSupported"},

	AuthenticationFailed:             {401, "AuthenticationFailed", ""},
	InvalidAuthenticationToken:       {401, "InvalidAuthenticationToken", ""},
	ExpiredAuthenticationToken:       {401, "ExpiredAuthenticationToken", ""},
	AuthorizationFailed:              {403, "AuthorizationFailed", ""},
	BadRequest:                       {400, "BadRequest", ""},
	InvalidRequestContent:            {400, "InvalidRequestContent", ""},
	MissingAPIVersion:                {400, "MissingApiVersionParameter", ""},
	InvalidAPIVersion:                {400, "NoRegisteredProviderFound", ""},
	ResourceNotFound:                 {404, "ResourceNotFound", ""},
	ResourceGroupNotFound:            {404, "ResourceGroupNotFound", ""},
	SubscriptionNotFound:             {404, "SubscriptionNotFound", ""},
	ManagementGroupNotFound:          {404, "NotFound", ""},
	InvalidResourceType:              {400, "InvalidResourceType", ""},
	InvalidResourceName:              {400, "InvalidResourceName", ""},
	InvalidResourceLocation:          {409, "InvalidResourceLocation", ""},
	VaultNameNotValid:                {400, "VaultNameNotValid", ""},
	VaultAlreadyExists:               {409, "VaultAlreadyExists", ""},
	VaultDeletedConflict:             {409, "ConflictError", ""},
	SoftDeletedVaultDoesNotExist:     {400, "SoftDeletedVaultDoesNotExist", ""},
	PurgeNotAllowed:                  {405, "MethodNotAllowed", ""},
	RoleAssignmentNotFound:           {404, "RoleAssignmentNotFound", ""},
	RoleAssignmentExists:             {409, "RoleAssignmentExists", ""},
	RoleAssignmentUpdateNotPermitted: {400, "RoleAssignmentUpdateNotPermitted", ""},
	RoleAssignmentLimitExceeded:      {400, "RoleAssignmentLimitExceeded", ""},
	RoleDefinitionNotFound:           {404, "RoleDefinitionDoesNotExist", ""},
	RoleDefinitionNameExists:         {409, "RoleDefinitionWithSameNameExists", ""},
	RoleDefinitionHasAssignments:     {400, "RoleDefinitionHasAssignments", ""},
	PrincipalNotFound:                {400, "PrincipalNotFound", ""},
	UnmatchedPrincipalType:           {400, "UnmatchedPrincipalType", ""},
	LastOwner:                        {409, "LastOwnerAssignment", ""},
	BadRequestFormat:                 {400, "BadRequestFormat", ""},
	InvalidRoleAssignmentID:          {400, "InvalidRoleAssignmentId", ""},
	InvalidRoleDefinitionID:          {400, "InvalidRoleDefinitionId", ""},
	InvalidFilter:                    {400, "InvalidFilterInQueryString", ""},
	DeletedVaultNotFound:             {404, "DeletedVaultNotFound", ""},
	InvalidGroupLocation:             {409, "InvalidResourceGroupLocation", ""},
	SubscriptionReadOnly:             {409, "ReadOnlyDisabledSubscription", ""},
	ProviderNotRegistered:            {409, "MissingSubscriptionRegistration", ""},
	RoleDefinitionLimitExceeded:      {400, "RoleDefinitionLimitExceeded", ""},

	GraphBadRequest:   {400, "Request_BadRequest", ""},
	GraphNotFound:     {404, "Request_ResourceNotFound", ""},
	GraphForbidden:    {403, "Authorization_RequestDenied", ""},
	GraphConflict:     {409, "Request_MultipleObjectsWithSameKeyValue", ""},
	GraphUnauthorized: {401, "InvalidAuthenticationToken", ""},
}

// Error is a failure that a client may see. Message goes to the client and into
// the audit record, so it never holds a secret; Cause goes to the log only.
type Error struct {
	Kind    Kind
	Message string
	Target  string
	Cause   error
}

// New makes an error of kind k with a formatted message for the client.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Code() + ": " + e.Message + ": " + e.Cause.Error()
	}
	return e.Code() + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Status returns the HTTP status of the error.
func (e *Error) Status() int { return shapes[e.Kind].status }

// Code returns the Azure error code.
func (e *Error) Code() string { return shapes[e.Kind].code }

// Inner returns the inner error code, empty if the kind has none.
func (e *Error) Inner() string { return shapes[e.Kind].inner }

const internalText = "The server encountered an internal error. Please retry the request; if it fails again, look for the request id in the server's log."

// From returns err as an *Error; an error that is none becomes Internal, with the
// text of err as its cause only.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Message: internalText, Cause: err}
}

// Is reports whether err is a fault of kind k.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
