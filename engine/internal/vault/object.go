package vault

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
)

// Kind is a collection of objects, by its name on the wire.
type Kind string

// The kinds.
const (
	Secrets      Kind = "secrets"
	Keys         Kind = "keys"
	Certificates Kind = "certificates"
)

// Title is the kind of one object, as messages begin with it: "Secret".
func (k Kind) Title() string {
	switch k {
	case Secrets:
		return "Secret"
	case Keys:
		return "Key"
	default:
		return "Certificate"
	}
}

// Noun is the kind of one object within a sentence: "secret".
func (k Kind) Noun() string { return strings.ToLower(k.Title()) }

func (k Kind) objectType() authz.ObjectType {
	switch k {
	case Secrets:
		return authz.Secrets
	case Keys:
		return authz.Keys
	default:
		return authz.Certificates
	}
}

// Ref names what a request is about, in the request's own spelling. Name is empty for
// a whole collection, Version for the current version.
type Ref struct {
	Vault, Name, Version string
}

// Object is the row of an object.
type Object struct {
	ID      string
	VaultID string
	Kind    Kind
	// Fold is the name in upper case, Name as it was first written.
	Fold, Name string
	// Current is the version made last, Seq the number of versions ever made.
	Current string
	Seq     int64
	// Deleted and PurgeAt are 0 for a live object.
	Deleted, PurgeAt int64
	// RotateAt is when the rotation policy makes the next version; 0 for never.
	RotateAt int64
	// Policy is the rotation policy, encoded; empty if none was set.
	Policy string
}

// gone reports whether the object was due to be purged by now.
func (o *Object) gone(now int64) bool { return o.PurgeAt != 0 && o.PurgeAt <= now }

// Version is the row of a version.
type Version struct {
	ID          string
	Seq         int64
	Enabled     bool
	NotBefore   *int64
	Expires     *int64
	Created     int64
	Updated     int64
	ContentType *string
	Tags        Tags
	Managed     bool
	Key         KeyRow
	Sealed      []byte
}

// KeyRow is what is kept in clear of a key.
type KeyRow struct {
	// Type is the kty of the wire, such as RSA-HSM.
	Type  string
	Curve string
	// Size is in bits.
	Size int
	// Ops are the permitted operations, joined by commas.
	Ops string
	// Detail is the encoded Detail.
	Detail string
}

// Entry is a line of a list.
type Entry struct {
	Object
	Version
}

// Item is a version of an object as an answer shows it.
type Item struct {
	// Vault is the vault's name.
	Vault   string
	Kind    Kind
	Name    string
	Version string

	Enabled            bool
	NotBefore, Expires *int64
	Created, Updated   int64
	Recovery           Recovery
	ContentType        *string
	Tags               Tags
	Managed            bool
	// Deleted and PurgeAt are set for a deleted object.
	Deleted, PurgeAt int64
	// Key is set for keys, but not in lists.
	Key *KeyInfo
	// HSM is set for keys in hardware.
	HSM        bool
	Exportable bool
}

// Recovery is what deleting an object of a vault leads to (wire reference 2.3).
type Recovery struct {
	Level string
	Days  int
}

// RecoveryOf returns the recovery of objects in v.
func RecoveryOf(v *access.Vault) Recovery {
	level := "Recoverable"
	if v.RetentionDays < 90 {
		level = "CustomizedRecoverable"
	}
	if !v.PurgeProtection {
		level += "+Purgeable"
	}
	return Recovery{Level: level, Days: v.RetentionDays}
}

func newItem(vault *access.Vault, o *Object, v *Version) Item {
	return Item{
		Vault: vault.Name, Kind: o.Kind, Name: o.Name, Version: v.ID,
		Enabled: v.Enabled, NotBefore: v.NotBefore, Expires: v.Expires,
		Created: v.Created, Updated: v.Updated,
		Recovery: RecoveryOf(vault), ContentType: v.ContentType, Tags: v.Tags, Managed: v.Managed,
		Deleted: o.Deleted, PurgeAt: o.PurgeAt,
		HSM: isHSM(v.Key.Type),
	}
}

// newID makes the id of an object or version: 32 lower-case hexadecimal digits.
func newID() string {
	var b [16]byte
	// crypto/rand.Read never fails: it ends the program first.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// maxName is the greatest length of an object's name.
const maxName = 127

// fold returns the form of a name under which it is unique. ok is false if it is no
// name of an object.
func fold(name string) (folded string, ok bool) {
	if len(name) == 0 || len(name) > maxName {
		return "", false
	}
	for i := range len(name) {
		if c := name[i]; c != '-' && !isDigit(c) && !isLetter(c) {
			return "", false
		}
	}
	return strings.ToUpper(name), true
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// foldVersion returns the stored form of a version id. ok is false for what cannot be
// one.
func foldVersion(version string) (folded string, ok bool) {
	if version == "" {
		return "", true
	}
	if len(version) != 32 {
		return "", false
	}
	for i := range len(version) {
		if c := version[i]; !isDigit(c) && !('a' <= c|0x20 && c|0x20 <= 'f') {
			return "", false
		}
	}
	return strings.ToLower(version), true
}

// printable makes a piece of the request fit for a message.
func printable(s string) string {
	const limit = 160
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	return s
}
