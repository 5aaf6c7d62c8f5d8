package authz

import (
	"strings"
)

// ObjectType is a kind of object that access policies grant permissions on.
type ObjectType uint8

// The types of objects.
const (
	Keys ObjectType = iota
	Secrets
	Certificates
	Storage
)

// String returns the type with a capital, as in "Keys".
func (t ObjectType) String() string {
	return [...]string{"Keys", "Secrets", "Certificates", "Storage"}[t&3]
}

// AccessPolicy is an entry of a vault's access policies. With an ApplicationID it is
// for a compound identity: the object, a user, acting through that application.
type AccessPolicy struct {
	TenantID, ObjectID, ApplicationID string
	Keys, Secrets, Certificates       []string
	Storage                           []string
}

// permissionNames are the permissions of each type besides "all", in the order in
// which Azure lists them (wire reference 4.2). Their place is their bit.
var permissionNames = [4][]string{
	Keys: {"encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify", "get", "list", "create", "update", "import", "delete",
		"backup", "restore", "recover", "purge", "release", "rotate", "getrotationpolicy", "setrotationpolicy"},
	Secrets: {"get", "list", "set", "delete", "backup", "restore", "recover", "purge"},
	Certificates: {"get", "list", "delete", "create", "import", "update", "managecontacts", "getissuers", "listissuers", "setissuers",
		"deleteissuers", "manageissuers", "recover", "purge", "backup", "restore"},
	Storage: {"get", "list", "delete", "set", "update", "regeneratekey", "recover", "purge", "backup", "restore", "setsas", "listsas",
		"getsas", "deletesas"},
}

const allPermissions = "all"

// ValidPermission returns the permission in Azure's spelling; name may be in any
// letter case. "all" is a permission of every type.
func ValidPermission(t ObjectType, name string) (canonical string, ok bool) {
	if t > Storage {
		return "", false
	}
	if equalFoldASCII(name, allPermissions) {
		return allPermissions, true
	}
	if bit := permissionBit(t, name); bit >= 0 {
		return permissionNames[t][bit], true
	}
	return "", false
}

// Permissions returns the permissions of the type besides "all", in Azure's spelling.
func Permissions(t ObjectType) []string {
	if t > Storage {
		return nil
	}
	return append([]string(nil), permissionNames[t]...)
}

func permissionBit(t ObjectType, name string) int {
	for i, known := range permissionNames[t] {
		if equalFoldASCII(name, known) {
			return i
		}
	}
	return -1
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// permissionMask returns the bits of the permissions; "all" is every one but purge.
func permissionMask(t ObjectType, names []string) uint32 {
	var mask uint32
	for _, name := range names {
		if equalFoldASCII(name, allPermissions) {
			mask |= 1<<len(permissionNames[t]) - 1
			mask &^= 1 << permissionBit(t, "purge")
		}
	}
	for _, name := range names {
		if bit := permissionBit(t, name); bit >= 0 {
			mask |= 1 << bit
		}
	}
	return mask
}

// Of returns the permissions that the policy lists for the type.
func (p AccessPolicy) Of(t ObjectType) []string {
	switch t {
	case Keys:
		return p.Keys
	case Secrets:
		return p.Secrets
	case Certificates:
		return p.Certificates
	case Storage:
		return p.Storage
	}
	return nil
}

// Grants reports whether the policy grants the permission to its identity.
func (p AccessPolicy) Grants(t ObjectType, permission string) bool {
	if t > Storage {
		return false
	}
	bit := permissionBit(t, permission)
	return bit >= 0 && permissionMask(t, p.Of(t))&(1<<bit) != 0
}

// PolicySet is the access policies of one vault, made ready for decisions. The zero
// PolicySet grants nothing.
type PolicySet struct {
	byObject map[string][]policyEntry
}

type policyEntry struct {
	tenant, app string // folded
	masks       [4]uint32
	index       int
}

// NewPolicySet indexes the policies. Names that are no permissions grant nothing.
func NewPolicySet(policies []AccessPolicy) PolicySet {
	set := PolicySet{byObject: make(map[string][]policyEntry, len(policies))}
	for i, p := range policies {
		if p.ObjectID == "" {
			continue
		}
		entry := policyEntry{tenant: lowerASCII(p.TenantID), app: lowerASCII(p.ApplicationID), index: i}
		for t := Keys; t <= Storage; t++ {
			entry.masks[t] = permissionMask(t, p.Of(t))
		}
		id := lowerASCII(p.ObjectID)
		set.byObject[id] = append(set.byObject[id], entry)
	}
	return set
}

// PolicyDecision is the answer of a PolicySet.
type PolicyDecision struct {
	Allowed bool
	// ObjectID is the identity of the matching policy: the caller or one of its
	// groups, as it was asked for.
	ObjectID string
	// Index is the place of the matching policy in the list of the vault.
	Index int
	// Compound is set if the policy is for the caller through its application.
	Compound bool
}

// Decide reports whether a policy grants the permission. ids are the caller's object
// id followed by the ids of its groups. A policy without an application id is for its
// object through any application; one with an application id is for that user (not for
// a group, not for the application by itself) through that application. Policies of
// another tenant than tenantID grant nothing.
func (s PolicySet) Decide(ids []string, tenantID, appID string, delegated bool, t ObjectType, permission string) PolicyDecision {
	if t > Storage || len(s.byObject) == 0 || tenantID == "" {
		return PolicyDecision{}
	}
	bit := permissionBit(t, permission)
	if bit < 0 {
		return PolicyDecision{}
	}
	for i, id := range ids {
		entries := s.entries(id)
		for j := range entries {
			e := &entries[j]
			if e.masks[t]&(1<<bit) == 0 || !equalFoldASCII(e.tenant, tenantID) {
				continue
			}
			if e.app != "" && (i != 0 || !delegated || !equalFoldASCII(e.app, appID)) {
				continue
			}
			return PolicyDecision{Allowed: true, ObjectID: id, Index: e.index, Compound: e.app != ""}
		}
	}
	return PolicyDecision{}
}

func (s PolicySet) entries(id string) []policyEntry {
	var buf [64]byte
	if len(id) > len(buf) {
		return s.byObject[strings.ToLower(id)]
	}
	for i := range len(id) {
		buf[i] = lower(id[i])
	}
	return s.byObject[string(buf[:len(id)])]
}
