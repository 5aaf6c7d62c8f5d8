package dataplane

import "github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"

// ParseRoute finds the operation and the object of a path.
func ParseRoute(method string, segments []string) (vault.Operation, vault.Ref, bool, error) {
	rt, err := parseRoute(method, segments)
	return rt.op, rt.ref, rt.serve != nil, err
}

// LoneSurrogate is loneSurrogate.
var LoneSurrogate = loneSurrogate
