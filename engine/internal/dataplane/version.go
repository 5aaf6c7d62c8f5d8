package dataplane

import (
	"strconv"
	"strings"
)

// apiVersion is an api-version as a number that grows with time: 70 to 79 for 7.0 to
// 7.9, the date as yyyymmdd for those since 2025. What came before 7.0 is below.
type apiVersion int

const (
	v70 apiVersion = 70
	v71 apiVersion = 71
	v72 apiVersion = 72
	v75 apiVersion = 75
)

// parseAPIVersion takes a version whose form was checked. Previews count as the
// version that they precede.
func parseAPIVersion(text string) apiVersion {
	text, _, _ = strings.Cut(text, "-preview")
	if major, minor, ok := strings.Cut(text, "."); ok {
		a, _ := strconv.Atoi(major)
		b, _ := strconv.Atoi(minor)
		return apiVersion(10*a + min(b, 9))
	}
	date, err := strconv.Atoi(strings.ReplaceAll(text, "-", ""))
	if err != nil || date < 2017_00_00 {
		return 0
	}
	return apiVersion(date)
}
