package authz

import (
	"strconv"
	"strings"
	"time"
)

// operator compares two values.
type operator struct {
	compare func(left, right string) bool
	// valid reports whether a literal can be compared so.
	valid func(literal string) bool
	// quantified is set if the operator can have a ForAnyOfAnyValues: or such.
	quantified bool
}

func anyText(string) bool { return true }

// operators by their name in lower case.
var operators = makeOperators()

func makeOperators() map[string]operator {
	all := map[string]operator{}
	add := func(name, negated string, quantified bool, valid func(string) bool, compare func(l, r string) bool) {
		all[strings.ToLower(name)] = operator{compare, valid, quantified}
		if negated != "" {
			all[strings.ToLower(negated)] = operator{func(l, r string) bool { return !compare(l, r) }, valid, quantified}
		}
	}
	for _, suffix := range []string{"", "IgnoreCase"} {
		fold := func(compare func(l, r string) bool) func(l, r string) bool {
			if suffix == "" {
				return compare
			}
			return func(l, r string) bool { return compare(strings.ToLower(l), strings.ToLower(r)) }
		}
		add("StringEquals"+suffix, "StringNotEquals"+suffix, true, anyText, fold(func(l, r string) bool { return l == r }))
		add("StringLike"+suffix, "StringNotLike"+suffix, true, anyText, fold(like))
		add("StringStartsWith"+suffix, "StringNotStartsWith"+suffix, false, anyText, fold(strings.HasPrefix))
	}
	add("GuidEquals", "GuidNotEquals", true, isGUID, strings.EqualFold)
	add("BoolEquals", "BoolNotEquals", false, isBool, strings.EqualFold)
	ordered(func(name string, want func(int) bool) {
		add("Numeric"+name, "", true, isInteger, func(l, r string) bool { return holdsOrdered(l, r, compareIntegers, want) })
		add("DateTime"+name, "", false, isTime, func(l, r string) bool { return holdsOrdered(l, r, compareTimes, want) })
	})
	return all
}

func ordered(add func(name string, want func(int) bool)) {
	add("Equals", func(c int) bool { return c == 0 })
	add("NotEquals", func(c int) bool { return c != 0 })
	add("GreaterThan", func(c int) bool { return c > 0 })
	add("GreaterThanEquals", func(c int) bool { return c >= 0 })
	add("LessThan", func(c int) bool { return c < 0 })
	add("LessThanEquals", func(c int) bool { return c <= 0 })
}

// holdsOrdered is false for values that have no order, such as a number that is none.
func holdsOrdered(l, r string, compare func(l, r string) (int, bool), want func(int) bool) bool {
	c, ok := compare(l, r)
	return ok && want(c)
}

func compareIntegers(l, r string) (int, bool) {
	a, errA := strconv.ParseInt(l, 10, 64)
	b, errB := strconv.ParseInt(r, 10, 64)
	switch {
	case errA != nil || errB != nil:
		return 0, false
	case a < b:
		return -1, true
	case a > b:
		return 1, true
	}
	return 0, true
}

func compareTimes(l, r string) (int, bool) {
	a, errA := time.Parse(time.RFC3339, l)
	b, errB := time.Parse(time.RFC3339, r)
	return a.Compare(b), errA == nil && errB == nil
}

func isInteger(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil }
func isTime(s string) bool    { _, err := time.Parse(time.RFC3339, s); return err == nil }
func isBool(s string) bool    { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// like matches s against a pattern in which * stands for any run of characters, ? for
// one, and \ takes the meaning off the next. It takes time in proportion to the product
// of the lengths at worst.
func like(s, pattern string) bool {
	text, p := []rune(s), []rune(pattern)
	i, j := 0, 0
	star, mark := -1, 0
	for i < len(text) {
		width, matches := likeOne(p, j, text[i])
		switch {
		case matches:
			i, j = i+1, j+width
		case j < len(p) && p[j] == '*':
			star, mark, j = j, i, j+1
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == '*' {
		j++
	}
	return j == len(p)
}

// likeOne reports whether the pattern's element at j, of the given width, stands for c.
func likeOne(p []rune, j int, c rune) (width int, matches bool) {
	switch {
	case j >= len(p) || p[j] == '*':
		return 0, false
	case p[j] == '?':
		return 1, true
	case p[j] == '\\' && j+1 < len(p):
		return 2, p[j+1] == c
	}
	return 1, p[j] == c
}
