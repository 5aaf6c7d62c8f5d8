// Package authz decides: given what was assigned to a caller, may it perform an
// action on a resource. It holds actions and their wildcards, scopes, role
// definitions (built-in and custom), conditions and access policies, and says why it
// decided as it did (wire reference 5).
//
// It is pure: no I/O, no clock, no logging, and nothing but the standard library.
// Whoever calls it brings the assignments, the scopes above the resource and the
// attributes. A decision allocates nothing; Explain does the slow work.
//
// Everything fails closed: what cannot be parsed is an error, the zero Scope is above
// and below nothing, the zero Grants and PolicySet allow nothing.
package authz
