package authz

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Scope is a place in the management hierarchy, written as an ARM id:
//
//	/
//	/providers/Microsoft.Management/managementGroups/{id}
//	/subscriptions/{id}
//	/subscriptions/{id}/resourceGroups/{name}
//	{scope}/providers/{namespace}/{type}/{name}[/{type}/{name}]...
//
// The last form covers vaults, the objects in them, and extension resources. Scopes
// are compared without regard to letter case and at segment boundaries only; a Scope
// keeps the spelling it was parsed from for answers. Because of that spelling, == is
// not the equality of scopes: use Equal, or Key for maps. The zero Scope is no place.
type Scope struct {
	text string
	key  string
}

const (
	maxScope   = 2048
	maxSegment = 260

	managementPrefix = "/providers/Microsoft.Management/managementGroups/"
)

var managementKey = strings.ToLower(managementPrefix)

// RootScope is "/", above everything.
var RootScope = Scope{text: "/", key: "/"}

// ScopeError says why a text is no scope. The text itself is not part of it.
type ScopeError struct{ Reason string }

// Error implements error.
func (e *ScopeError) Error() string { return "invalid scope: " + e.Reason }

// ParseScope parses a scope in any letter case. A segment holds letters, digits and
// "-_.()" only and does not end in a period, so there is no "..", no escape such as
// %2F and no empty segment, and one resource has one spelling.
func ParseScope(s string) (Scope, error) {
	if s == "/" {
		return RootScope, nil
	}
	if s == "" || s[0] != '/' {
		return Scope{}, &ScopeError{"it does not start with /"}
	}
	if len(s) > maxScope {
		return Scope{}, &ScopeError{fmt.Sprintf("it is longer than %d bytes", maxScope)}
	}
	for rest := s[1:]; ; {
		segment, tail, more := strings.Cut(rest, "/")
		if err := checkSegment(segment); err != nil {
			return Scope{}, err
		}
		if !more {
			break
		}
		rest = tail
	}
	scope := Scope{text: s, key: strings.ToLower(s)}
	var ends [maxLevels]int
	if _, ok := levels(scope.key, &ends); !ok {
		return Scope{}, errShape
	}
	return scope, nil
}

func checkSegment(segment string) error {
	switch {
	case segment == "":
		return &ScopeError{"it has an empty segment"}
	case len(segment) > maxSegment:
		return &ScopeError{fmt.Sprintf("a segment is longer than %d bytes", maxSegment)}
	case segment[len(segment)-1] == '.':
		return &ScopeError{"a segment ends in a period"}
	}
	for _, r := range segment {
		if !scopeRune(r) {
			return &ScopeError{"a segment has a character that names do not have"}
		}
	}
	return nil
}

// scopeRune reports whether names may hold r. Beyond ASCII, resource groups may have
// letters and digits; those that some way of folding turns into an ASCII letter (the
// Kelvin sign, the long s, the dotted I) are refused, so that no two packages can
// differ about which names are the same.
func scopeRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.()", r)
	}
	if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.Is(unicode.Nd, r) {
		return false
	}
	return unicode.ToLower(r) >= utf8.RuneSelf && unicode.ToUpper(r) >= utf8.RuneSelf
}

var errShape = &ScopeError{"it is not the id of a management group, subscription, resource group or resource"}

// maxLevels bounds the depth of a scope; that of an object in a vault is 4.
const maxLevels = 16

// levels returns where the levels of a folded scope end, the outermost first, without
// the root; it is not ok if the scope is not well formed.
func levels(key string, ends *[maxLevels]int) (n int, ok bool) {
	inProvider := false
	for at := 0; at < len(key); n++ {
		if n == maxLevels {
			return 0, false
		}
		rest := key[at:]
		switch {
		case n == 0 && strings.HasPrefix(rest, "/subscriptions/"):
			at = skip(key, at, 2)
		case n == 1 && !inProvider && strings.HasPrefix(rest, "/resourcegroups/"):
			at = skip(key, at, 2)
		case strings.HasPrefix(rest, "/providers/"):
			at = skip(key, at, 4)
			inProvider = true
		case inProvider:
			at = skip(key, at, 2)
		default:
			return 0, false
		}
		if at < 0 {
			return 0, false
		}
		ends[n] = at
	}
	return n, n > 0
}

// skip returns the offset after n segments from at, or -1 if there are fewer.
func skip(key string, at, n int) int {
	for range n {
		if at >= len(key) {
			return -1
		}
		if i := strings.IndexByte(key[at+1:], '/'); i >= 0 {
			at += 1 + i
		} else {
			at = len(key)
		}
	}
	return at
}

// ManagementGroupScope returns the scope of the management group. An id that no
// management group can have gives the zero Scope.
func ManagementGroupScope(id string) Scope {
	if checkSegment(id) != nil {
		return Scope{}
	}
	return Scope{text: managementPrefix + id, key: managementKey + strings.ToLower(id)}
}

// ObjectScope returns the scope of an object in a vault; collection is secrets, keys
// or certificates. A name that no object can have gives the zero Scope.
func ObjectScope(vault Scope, collection, name string) Scope {
	if vault.key == "" || checkSegment(name) != nil || checkSegment(collection) != nil {
		return Scope{}
	}
	tail := "/" + collection + "/" + name
	return Scope{text: vault.text + tail, key: vault.key + strings.ToLower(tail)}
}

// String returns the scope as it was written.
func (s Scope) String() string { return s.text }

// Key returns the folded scope: equal for equal scopes.
func (s Scope) Key() string { return s.key }

// IsZero reports whether s is no scope at all.
func (s Scope) IsZero() bool { return s.key == "" }

// IsRoot reports whether s is "/".
func (s Scope) IsRoot() bool { return s.key == "/" }

// Equal reports whether both are the same place. No scope equals the zero Scope.
func (s Scope) Equal(other Scope) bool { return s.key != "" && s.key == other.key }

// Contains reports whether other is s or lies below it, as far as the ids tell: that a
// subscription lies below a management group is not in its id (see Chain).
func (s Scope) Contains(other Scope) bool {
	switch {
	case s.key == "" || other.key == "":
		return false
	case s.key == "/":
		return true
	case !strings.HasPrefix(other.key, s.key):
		return false
	}
	return len(other.key) == len(s.key) || other.key[len(s.key)] == '/'
}

// Parent returns the scope above as far as the id tells; above a subscription and a
// management group that is the root. The root has no parent.
func (s Scope) Parent() (Scope, bool) {
	if s.key == "" || s.key == "/" {
		return Scope{}, false
	}
	var ends [maxLevels]int
	n, ok := levels(s.key, &ends)
	switch {
	case !ok:
		return Scope{}, false
	case n == 1:
		return RootScope, true
	}
	return s.cut(ends[n-2]), true
}

// cut returns the scope that ends at the offset of the key. Folding may change the
// length of a text, so the spelling is cut at the same segment, not the same offset.
func (s Scope) cut(end int) Scope {
	text := end
	if len(s.text) != len(s.key) {
		text = skip(s.text, 0, strings.Count(s.key[:end], "/"))
	}
	return Scope{text: s.text[:text], key: s.key[:end]}
}

// Subscription returns the folded id of the subscription that s is or lies in.
func (s Scope) Subscription() (id string, ok bool) {
	rest, ok := strings.CutPrefix(s.key, "/subscriptions/")
	if !ok {
		return "", false
	}
	id, _, _ = strings.Cut(rest, "/")
	return id, true
}

// ResourceGroup returns the name of the resource group that s is or lies in, in the
// spelling of s.
func (s Scope) ResourceGroup() (name string, ok bool) {
	if _, ok := s.Subscription(); !ok {
		return "", false
	}
	end := skip(s.key, 0, 2)
	if !strings.HasPrefix(s.key[end:], "/resourcegroups/") {
		return "", false
	}
	parts := strings.SplitN(s.text, "/", 6)
	return parts[4], true
}

// ManagementGroup returns the folded id of the management group that s is, or whose
// extension resource it is.
func (s Scope) ManagementGroup() (id string, ok bool) {
	rest, ok := strings.CutPrefix(s.key, managementKey)
	if !ok {
		return "", false
	}
	id, _, _ = strings.Cut(rest, "/")
	return id, true
}

// Chain is a scope followed by every scope above it, the nearest first, up to "/".
type Chain []Scope

// NewChain returns the chain of s. managementGroups are those above the subscription
// or management group of s, the nearest first.
func NewChain(s Scope, managementGroups []Scope) Chain {
	if s.key == "" {
		return nil
	}
	if s.key == "/" {
		return Chain{s}
	}
	chain := make(Chain, 0, 6+len(managementGroups))
	var ends [maxLevels]int
	n, ok := levels(s.key, &ends)
	if !ok {
		return nil
	}
	for i := n - 1; i >= 0; i-- {
		chain = append(chain, s.cut(ends[i]))
	}
	for _, group := range managementGroups {
		if group.key != "" {
			chain = append(chain, group)
		}
	}
	return append(chain, RootScope)
}

// Scope returns the scope that c is the chain of.
func (c Chain) Scope() Scope {
	if len(c) == 0 {
		return Scope{}
	}
	return c[0]
}

// AsScopeError returns the *ScopeError in err, if there is one.
func AsScopeError(err error) (*ScopeError, bool) {
	var e *ScopeError
	ok := errors.As(err, &e)
	return e, ok
}
