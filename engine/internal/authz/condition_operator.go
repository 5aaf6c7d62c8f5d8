package authz

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// operator compares two values.
type operator struct {
	compare func(left, right string) bool
	// valid reports whether a value can be compared so; compare gets no other.
	valid func(value string) bool
	// quantified is set if the operator can have a ForAnyOfAnyValues: or such.
	quantified bool
	// pattern is set if a literal is a pattern, in which \\ is an escape.
	pattern bool
}

func anyText(string) bool { return true }

// operators by their name in lower case.
var operators = makeOperators()

func makeOperators() map[string]operator {
	all := map[string]operator{}
	add := func(name, negated string, quantified bool, valid func(string) bool, compare func(l, r string) bool) {
		all[strings.ToLower(name)] = operator{compare: compare, valid: valid, quantified: quantified}
		if negated != "" {
			all[strings.ToLower(negated)] = operator{
				compare: func(l, r string) bool { return !compare(l, r) }, valid: valid, quantified: quantified,
			}
		}
	}
	add("StringEquals", "StringNotEquals", true, anyText, func(l, r string) bool { return l == r })
	add("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", true, anyText, equalFold)
	add("StringStartsWith", "StringNotStartsWith", false, anyText, strings.HasPrefix)
	add("StringStartsWithIgnoreCase", "StringNotStartsWithIgnoreCase", false, anyText, hasPrefixFold)
	add("StringLike", "StringNotLike", true, anyText, func(l, r string) bool { return like(l, r, false) })
	add("StringLikeIgnoreCase", "StringNotLikeIgnoreCase", true, anyText, func(l, r string) bool { return like(l, r, true) })
	add("GuidEquals", "GuidNotEquals", true, isGUID, equalFoldASCII)
	add("BoolEquals", "BoolNotEquals", false, isBool, equalFoldASCII)
	ordered(func(name string, want func(int) bool) {
		add("Numeric"+name, "", true, isInteger, func(l, r string) bool { return want(compareIntegers(l, r)) })
		add("DateTime"+name, "", false, isTime, func(l, r string) bool { return want(compareTimes(l, r)) })
	})
	for name, op := range all {
		op.pattern = strings.Contains(name, "like")
		all[name] = op
	}
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

// compareIntegers and compareTimes are given valid values only.
func compareIntegers(l, r string) int {
	a, _ := strconv.ParseInt(l, 10, 64)
	b, _ := strconv.ParseInt(r, 10, 64)
	return cmp.Compare(a, b)
}

func compareTimes(l, r string) int {
	a, _ := time.Parse(time.RFC3339, l)
	b, _ := time.Parse(time.RFC3339, r)
	return a.Compare(b)
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

// foldRune returns the lower case of r. What is no ASCII letter does not become one:
// the Kelvin sign is no k.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(lower(byte(r)))
	}
	if folded := unicode.ToLower(r); folded >= utf8.RuneSelf {
		return folded
	}
	return r
}

func equalFold(a, b string) bool {
	rest, ok := cutPrefixFold(a, b)
	return ok && rest == ""
}

func hasPrefixFold(s, prefix string) bool {
	_, ok := cutPrefixFold(s, prefix)
	return ok
}

func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	for _, want := range prefix {
		if s == "" {
			return "", false
		}
		c, width := utf8.DecodeRuneInString(s)
		if foldRune(c) != foldRune(want) {
			return "", false
		}
		s = s[width:]
	}
	return s, true
}

// like matches s against a pattern in which * stands for any run of characters, ? for
// one, and \ takes the meaning off the next. It takes time in proportion to the product
// of the lengths at worst.
func like(s, pattern string, fold bool) bool {
	i, j := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		c, width := utf8.DecodeRuneInString(s[i:])
		step, matches := likeOne(pattern[j:], c, fold)
		switch {
		case matches:
			i, j = i+width, j+step
		case j < len(pattern) && pattern[j] == '*':
			star, mark, j = j, i, j+1
		case star >= 0:
			_, width = utf8.DecodeRuneInString(s[mark:])
			mark += width
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(pattern) && pattern[j] == '*' {
		j++
	}
	return j == len(pattern)
}

// likeOne reports whether the first element of the pattern, of the given width, stands
// for c.
func likeOne(pattern string, c rune, fold bool) (width int, matches bool) {
	if pattern == "" || pattern[0] == '*' {
		return 0, false
	}
	if pattern[0] == '\\' && len(pattern) > 1 {
		pattern, width = pattern[1:], 1
	} else if pattern[0] == '?' {
		return 1, true
	}
	want, n := utf8.DecodeRuneInString(pattern)
	if fold {
		c, want = foldRune(c), foldRune(want)
	}
	return width + n, c == want
}
