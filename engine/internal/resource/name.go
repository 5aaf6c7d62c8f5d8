package resource

import (
	"regexp"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

var (
	vaultNamePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$`)
	groupNamePattern = regexp.MustCompile(`^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$`)
	locationPattern  = regexp.MustCompile(`^[a-z0-9]{1,64}$`)
	mgNamePattern    = regexp.MustCompile(`^[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]$`)
)

// ValidVaultName reports whether a vault may have the name (wire reference 2.1).
func ValidVaultName(name string) bool {
	return vaultNamePattern.MatchString(name) && !strings.Contains(name, "--")
}

func checkVaultName(name string) error {
	if ValidVaultName(name) {
		return nil
	}
	return fault.New(fault.VaultNameNotValid,
		"The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this link for more information: https://go.microsoft.com/fwlink/?linkid=2147742",
		clean(name))
}

func checkGroupName(name string) error {
	if groupNamePattern.MatchString(name) {
		return nil
	}
	return fault.New(fault.InvalidResourceName,
		"The resource group name '%s' is not valid. It may have 1 to 90 letters, digits, '-', '_', '.', '(' and ')', and must not end with '.'.", clean(name))
}

// NormalLocation returns the location as it is stored: in lower case, without blanks.
func NormalLocation(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

func checkLocation(location string) (string, error) {
	normal := NormalLocation(location)
	if normal == "" {
		return "", fault.New(fault.InvalidRequestContent, "The required property 'location' is missing.")
	}
	if !locationPattern.MatchString(normal) {
		return "", fault.New(fault.BadRequest, "The location '%s' is not valid.", clean(location))
	}
	return normal, nil
}

// Limits of tags.
const (
	maxVaultTags = 15
	maxGroupTags = 50
	maxTagName   = 512
	maxTagValue  = 256
)

func checkTags(tags map[string]string, most int) error {
	if len(tags) > most {
		return fault.New(fault.BadRequest, "The resource has %d tags; it may have no more than %d.", len(tags), most)
	}
	seen := map[string]bool{}
	for name, value := range tags {
		fold := strings.ToLower(name)
		switch {
		case name == "" || len(name) > maxTagName || strings.ContainsAny(name, `<>%&\?/`) || clip(name) != name:
			return fault.New(fault.BadRequest, "The tag name '%s' is not valid. A tag name has 1 to %d characters, none of them <, >, %%, &, \\, ?, / or a control character.", clean(name), maxTagName)
		case len(value) > maxTagValue || clip(value) != value:
			return fault.New(fault.BadRequest, "The value of the tag '%s' is not valid. A tag value has up to %d characters, none of them a control character.", clean(name), maxTagValue)
		case seen[fold]:
			return fault.New(fault.BadRequest, "The tag name '%s' is given twice: tag names differ in more than letter case.", clean(name))
		}
		seen[fold] = true
	}
	return nil
}

// clip drops control characters and what is not UTF-8.
func clip(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
