package authz

import "strings"

// Source is where a condition takes an attribute from.
type Source uint8

// The sources: the request's own content, the resource as it stands, the caller, and
// the circumstances.
const (
	FromRequest Source = iota
	FromResource
	FromPrincipal
	FromEnvironment
)

// String returns the source as conditions write it.
func (s Source) String() string {
	return [...]string{"@Request", "@Resource", "@Principal", "@Environment"}[s&3]
}

// The attributes that decisions are given. The tags of an object are one attribute
// per key: the name of its collection's tags followed by <$key$>.
const (
	AttrRoleDefinitionID = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"
	AttrPrincipalID      = "Microsoft.Authorization/roleAssignments:PrincipalId"
	AttrPrincipalType    = "Microsoft.Authorization/roleAssignments:PrincipalType"
	AttrVaultName        = "Microsoft.KeyVault/vaults:name"
	AttrSecretName       = "Microsoft.KeyVault/vaults/secrets:name"
	AttrKeyName          = "Microsoft.KeyVault/vaults/keys:name"
	AttrCertificateName  = "Microsoft.KeyVault/vaults/certificates:name"
	AttrSecretTags       = "Microsoft.KeyVault/vaults/secrets:tags"
	AttrKeyTags          = "Microsoft.KeyVault/vaults/keys:tags"
	AttrCertificateTags  = "Microsoft.KeyVault/vaults/certificates:tags"
	// AttrUtcNow is an attribute of the environment, a time in RFC 3339.
	AttrUtcNow = "UtcNow"
)

// Attributes are the values that conditions may ask for. The zero value has none, and
// every comparison with an absent attribute is false. Attributes are values: the With
// methods return extended copies.
type Attributes struct {
	list []attributeValue
}

type attributeValue struct {
	source Source
	name   string // folded
	one    [1]string
	more   []string
	tags   map[string]string // of a name that ends in ":tags"
}

func (v *attributeValue) values() []string {
	if v.more != nil {
		return v.more
	}
	return v.one[:]
}

// With returns a with the attribute set to the values; no value leaves it absent.
func (a Attributes) With(source Source, name string, values ...string) Attributes {
	if len(values) == 0 {
		return a
	}
	v := attributeValue{source: source, name: lowerASCII(name)}
	if len(values) == 1 {
		v.one[0] = values[0]
	} else {
		v.more = append([]string(nil), values...)
	}
	return a.with(v)
}

// WithTags returns a with one attribute per tag; name is one of the Attr...Tags. The
// map must not change while a is in use.
func (a Attributes) WithTags(source Source, name string, tags map[string]string) Attributes {
	if len(tags) == 0 {
		return a
	}
	return a.with(attributeValue{source: source, name: lowerASCII(name), tags: tags})
}

func (a Attributes) with(v attributeValue) Attributes {
	list := make([]attributeValue, 0, max(4, len(a.list)+1))
	return Attributes{append(append(list, v), a.list...)}
}

// RoleAssignmentAttributes are the attributes of a role assignment: from the request
// when it is written, from the resource when it is deleted. roleID is the guid of the
// role, or an id that ends in it.
func RoleAssignmentAttributes(source Source, roleID, principalID string, t PrincipalType) Attributes {
	roleID = roleID[strings.LastIndexByte(roleID, '/')+1:]
	list := make([]attributeValue, 0, 3)
	for _, v := range [...]struct{ name, value string }{
		{foldedRoleDefinitionID, roleID}, {foldedPrincipalID, principalID}, {foldedPrincipalType, string(t)},
	} {
		if v.value != "" {
			list = append(list, attributeValue{source: source, name: v.name, one: [1]string{v.value}})
		}
	}
	return Attributes{list}
}

// ObjectAttributes are the attributes of an operation on the data plane of a vault.
// collection is secrets, keys or certificates; name and tags are empty for an
// operation on the whole collection. source is FromRequest for an operation that
// brings the object, such as set, import and restore, and FromResource otherwise; the
// vault is always the resource.
func ObjectAttributes(source Source, vault, collection, name string, tags map[string]string) Attributes {
	list := make([]attributeValue, 0, 3)
	if vault != "" {
		list = append(list, attributeValue{source: FromResource, name: foldedVaultName, one: [1]string{vault}})
	}
	i := collectionIndex(collection)
	if i < 0 {
		return Attributes{list}
	}
	if name != "" {
		list = append(list, attributeValue{source: source, name: foldedObjectName[i], one: [1]string{name}})
	}
	if len(tags) > 0 {
		list = append(list, attributeValue{source: source, name: foldedObjectTags[i], tags: tags})
	}
	return Attributes{list}
}

func collectionIndex(collection string) int {
	switch collection {
	case "secrets":
		return 0
	case "keys":
		return 1
	case "certificates":
		return 2
	}
	return -1
}

var (
	foldedRoleDefinitionID = lowerASCII(AttrRoleDefinitionID)
	foldedPrincipalID      = lowerASCII(AttrPrincipalID)
	foldedPrincipalType    = lowerASCII(AttrPrincipalType)
	foldedVaultName        = lowerASCII(AttrVaultName)
	foldedObjectName       = [3]string{lowerASCII(AttrSecretName), lowerASCII(AttrKeyName), lowerASCII(AttrCertificateName)}
	foldedObjectTags       = [3]string{lowerASCII(AttrSecretTags), lowerASCII(AttrKeyTags), lowerASCII(AttrCertificateTags)}
)

// attribute is a reference to an attribute in a condition. key is that of a tag, and
// exact is set if its letter case matters.
type attribute struct {
	source Source
	text   string // as it was written
	name   string // folded, without the key
	key    string
	keyed  bool
	exact  bool
}

// find returns the values of the attribute; one is where a single value may be put.
func (a *Attributes) find(ref *attribute, one *[1]string) []string {
	for i := range a.list {
		v := &a.list[i]
		if v.source != ref.source || v.name != ref.name || ref.keyed != (v.tags != nil) {
			continue
		}
		if !ref.keyed {
			return v.values()
		}
		value, ok := findTag(v.tags, ref.key, ref.exact)
		if !ok {
			return nil
		}
		one[0] = value
		return one[:]
	}
	return nil
}

// findTag returns the tag with the key. A key that is not exact and of which there are
// several spellings, none of them this one, names no tag rather than any of them.
func findTag(tags map[string]string, key string, exact bool) (value string, ok bool) {
	if value, ok = tags[key]; ok || exact {
		return value, ok
	}
	for k, v := range tags {
		if !equalFoldASCII(k, key) {
			continue
		}
		if ok {
			return "", false
		}
		value, ok = v, true
	}
	return value, ok
}
