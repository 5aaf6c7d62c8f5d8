package dataplane

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// route is what a method and path stand for.
type route struct {
	op    vault.Operation
	kind  vault.Kind
	ref   vault.Ref
	serve func(*request) ([]byte, error)
}

var collections = map[string]struct {
	kind    vault.Kind
	deleted bool
}{
	"secrets": {vault.Secrets, false}, "deletedsecrets": {vault.Secrets, true},
	"keys": {vault.Keys, false}, "deletedkeys": {vault.Keys, true},
	"certificates": {vault.Certificates, false}, "deletedcertificates": {vault.Certificates, true},
}

// entry is a method of a path, and what serves it.
type entry struct {
	op    string // without the kind's title
	serve func(*request) ([]byte, error)
}

// methods are the methods of one form of path.
type methods map[string]entry

// The forms of paths below a collection, for secrets and keys alike.
var (
	collectionMethods = methods{"GET": {"List", serveList}}
	restoreMethods    = methods{"POST": {"Restore", serveRestore}}
	deletedList       = methods{"GET": {"ListDeleted", serveListDeleted}}
	deletedMethods    = methods{"GET": {"GetDeleted", serveGetDeleted}, "DELETE": {"Purge", servePurge}}
	recoverMethods    = methods{"POST": {"Recover", serveRecover}}
	versionsMethods   = methods{"GET": {"ListVersions", serveListVersions}}
	backupMethods     = methods{"POST": {"Backup", serveBackup}}

	secretMethods        = methods{"PUT": {"Set", serveSetSecret}, "GET": {"Get", serveGetSecret}, "PATCH": {"Update", serveUpdateSecret}, "DELETE": {"Delete", serveDelete}}
	secretVersionMethods = methods{"GET": {"Get", serveGetSecret}, "PATCH": {"Update", serveUpdateSecret}}

	keyMethods        = methods{"PUT": {"Import", serveImportKey}, "GET": {"Get", serveGetKey}, "PATCH": {"Update", serveUpdateKey}, "DELETE": {"Delete", serveDelete}}
	keyVersionMethods = methods{"GET": {"Get", serveGetKey}, "PATCH": {"Update", serveUpdateKey}}

	// keyActions are what may follow a key's name; those of keyOperations may follow a
	// version as well.
	keyActions = map[string]methods{
		"create":         {"POST": {"Create", serveCreateKey}},
		"rotate":         {"POST": {"Rotate", serveRotateKey}},
		"rotationpolicy": {"GET": {"RotationPolicyGet", serveGetPolicy}, "PUT": {"RotationPolicySet", serveSetPolicy}},
	}
	keyOperations = map[string]methods{
		"encrypt":     {"POST": {"Encrypt", serveCrypto((*vault.Service).Encrypt)}},
		"decrypt":     {"POST": {"Decrypt", serveCrypto((*vault.Service).Decrypt)}},
		"wrapkey":     {"POST": {"Wrap", serveCrypto((*vault.Service).WrapKey)}},
		"unwrapkey":   {"POST": {"Unwrap", serveCrypto((*vault.Service).UnwrapKey)}},
		"sign":        {"POST": {"Sign", serveSign}},
		"verify":      {"POST": {"Verify", serveVerify}},
		"release":     {"POST": {"Release", serveUnsupported}},
		"attestation": {"GET": {"Get", serveUnsupported}},
	}
)

// parseRoute finds the route of a path. Its first segment, and the words that are part
// of the interface, are compared without regard to letter case. An empty last segment
// is a trailing slash, as clients send it in place of a version. The error goes with
// as much of the route as is known.
func parseRoute(method string, segments []string) (route, error) {
	for len(segments) > 1 && segments[len(segments)-1] == "" {
		segments = segments[:len(segments)-1]
	}
	first := strings.ToLower(segments[0])
	c, ok := collections[first]
	if !ok {
		switch first {
		case "rng", "storage", "deletedstorage", "securitydomain", "settings":
			return route{}, unsupported()
		}
		return route{}, unknown()
	}
	rt := route{kind: c.kind}
	if len(segments) > 1 {
		rt.ref.Name = segments[1]
	}
	if c.kind == vault.Certificates {
		return rt, unsupported()
	}
	var m methods
	switch {
	case c.deleted:
		m = deletedRoute(segments[1:])
	case len(segments) == 1:
		m = collectionMethods
	case len(segments) == 2 && strings.EqualFold(segments[1], "restore"):
		m, rt.ref.Name = restoreMethods, ""
	case c.kind == vault.Secrets:
		m = rt.secret(segments[2:])
	default:
		m = rt.key(segments[2:])
	}
	if m == nil {
		return rt, unknown()
	}
	e, ok := m[method]
	if !ok {
		return rt, fault.New(fault.MethodNotAllowed, "The HTTP method is not supported for this path.")
	}
	rt.op, rt.serve = vault.Operation(c.kind.Title()+e.op), e.serve
	return rt, nil
}

func deletedRoute(rest []string) methods {
	switch {
	case len(rest) == 0:
		return deletedList
	case len(rest) == 1:
		return deletedMethods
	case len(rest) == 2 && strings.EqualFold(rest[1], "recover"):
		return recoverMethods
	}
	return nil
}

// secret finds what follows the name of a secret, and sets the version.
func (rt *route) secret(rest []string) methods {
	switch {
	case len(rest) == 0:
		return secretMethods
	case len(rest) > 1:
		return nil
	}
	switch strings.ToLower(rest[0]) {
	case "versions":
		return versionsMethods
	case "backup":
		return backupMethods
	}
	rt.ref.Version = rest[0]
	return secretVersionMethods
}

// key finds what follows the name of a key, and sets the version.
func (rt *route) key(rest []string) methods {
	switch len(rest) {
	case 0:
		return keyMethods
	case 1:
		word := strings.ToLower(rest[0])
		switch word {
		case "versions":
			return versionsMethods
		case "backup":
			return backupMethods
		}
		if m, ok := keyActions[word]; ok {
			return m
		}
		if m, ok := keyOperations[word]; ok {
			return m
		}
		rt.ref.Version = rest[0]
		return keyVersionMethods
	case 2:
		// An empty version is the current one.
		rt.ref.Version = rest[0]
		return keyOperations[strings.ToLower(rest[1])]
	}
	return nil
}

func unknown() error {
	return fault.New(fault.UnknownRoute, "The request URI does not name an operation of a key vault.")
}

func unsupported() error {
	return fault.New(fault.NotImplemented, "This operation is not supported.")
}

func serveUnsupported(r *request) ([]byte, error) { return nil, r.refuse(unsupported()) }
