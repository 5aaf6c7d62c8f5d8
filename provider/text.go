package provider

import "strings"

// beforeAt returns what is before the @ of an address.
func beforeAt(address string) string {
	name, _, _ := strings.Cut(address, "@")
	return name
}

// cutPrefixFold cuts a prefix in any letter case.
func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
