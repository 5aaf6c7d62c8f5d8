// Package resourceid parses and builds the identifiers that Terraform configurations
// and wire answers hold: ARM ids and the URLs of vaults and their objects.
//
// Parsing compares provider, type and segment names without regard to letter case, as
// Azure does, and keeps names as they were given. An id is matched by segments,
// never by prefix.
package resourceid

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrInvalid is wrapped by every error of this package.
var ErrInvalid = errors.New("invalid id")

func invalid(id, want string) error {
	return fmt.Errorf("%w %q: want %s", ErrInvalid, id, want)
}

// Group identifies a resource group.
type Group struct {
	SubscriptionID string
	Name           string
}

// ID returns /subscriptions/{s}/resourceGroups/{rg}.
func (g Group) ID() string {
	return "/subscriptions/" + g.SubscriptionID + "/resourceGroups/" + g.Name
}

// ParseGroup parses the id of a resource group.
func ParseGroup(id string) (Group, error) {
	v, ok := match(id, "subscriptions", "", "resourceGroups", "")
	if !ok {
		return Group{}, invalid(id, "/subscriptions/{subscription}/resourceGroups/{group}")
	}
	return Group{v[0], v[1]}, nil
}

// Vault identifies a vault.
type Vault struct {
	SubscriptionID string
	ResourceGroup  string
	Name           string
}

// ID returns the ARM id of the vault.
func (v Vault) ID() string {
	return Group{v.SubscriptionID, v.ResourceGroup}.ID() + "/providers/Microsoft.KeyVault/vaults/" + v.Name
}

// ParseVault parses the ARM id of a vault.
func ParseVault(id string) (Vault, error) {
	v, ok := match(id, "subscriptions", "", "resourceGroups", "", "providers", "Microsoft.KeyVault", "vaults", "")
	if !ok {
		return Vault{}, invalid(id, "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}")
	}
	return Vault{v[0], v[1], v[2]}, nil
}

// The collections of a vault.
const (
	Secrets      = "secrets"
	Keys         = "keys"
	Certificates = "certificates"
)

// VaultObject identifies an object by the ARM id of its vault.
type VaultObject struct {
	Vault      Vault
	Collection string
	Name       string
}

// ID returns {vault id}/{collection}/{name}, the scope of a single object.
func (o VaultObject) ID() string { return o.Vault.ID() + "/" + o.Collection + "/" + o.Name }

// ParseVaultObject parses {vault id}/{collection}/{name}.
func ParseVaultObject(id string) (VaultObject, error) {
	for _, collection := range []string{Secrets, Keys, Certificates} {
		v, ok := match(id, "subscriptions", "", "resourceGroups", "", "providers", "Microsoft.KeyVault", "vaults", "", collection, "")
		if ok {
			return VaultObject{Vault{v[0], v[1], v[2]}, collection, v[3]}, nil
		}
	}
	return VaultObject{}, invalid(id, "{vault id}/{secrets|keys|certificates}/{name}")
}

// Object identifies an object, or one of its versions, by URL.
type Object struct {
	// VaultURL is the base URL of the vault, without a slash at its end.
	VaultURL   string
	Collection string
	Name       string
	// Version is empty for the object itself.
	Version string
}

// Versionless returns the URL of the object without a version.
func (o Object) Versionless() string { return o.VaultURL + "/" + o.Collection + "/" + o.Name }

// URL returns the URL of the object, with its version if it has one.
func (o Object) URL() string {
	if o.Version == "" {
		return o.Versionless()
	}
	return o.Versionless() + "/" + o.Version
}

// VaultName returns the first label of the vault's host.
func (o Object) VaultName() string {
	host := strings.TrimPrefix(o.VaultURL, "https://")
	name, _, _ := strings.Cut(host, ".")
	return name
}

// ParseObject parses https://{vault}.vault.{domain}/{collection}/{name}[/{version}].
func ParseObject(id string) (Object, error) {
	const want = "https://{vault host}/{secrets|keys|certificates}/{name}[/{version}]"
	u, err := url.Parse(id)
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return Object{}, invalid(id, want)
	}
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(parts) != 2 && len(parts) != 3 {
		return Object{}, invalid(id, want)
	}
	object := Object{VaultURL: "https://" + strings.ToLower(u.Host), Collection: strings.ToLower(parts[0]), Name: parts[1]}
	if len(parts) == 3 {
		object.Version = strings.ToLower(parts[2])
		if !isName(object.Version) {
			return Object{}, invalid(id, want)
		}
	}
	switch object.Collection {
	case Secrets, Keys, Certificates:
	default:
		return Object{}, invalid(id, want)
	}
	if !isName(object.Name) {
		return Object{}, invalid(id, want)
	}
	return object, nil
}

// isName reports whether s has only characters of an object's name.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 127
}

// match compares the segments of id with those wanted, in any letter case; an empty
// one stands for a value, of which it returns all.
func match(id string, want ...string) (values []string, ok bool) {
	if !strings.HasPrefix(id, "/") {
		return nil, false
	}
	parts := strings.Split(id[1:], "/")
	if len(parts) != len(want) {
		return nil, false
	}
	for i, part := range parts {
		switch {
		case want[i] == "":
			if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "%?#\\ ") {
				return nil, false
			}
			values = append(values, part)
		case !strings.EqualFold(part, want[i]):
			return nil, false
		}
	}
	return values, true
}
