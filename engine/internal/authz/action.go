package authz

import (
	"fmt"
	"strings"
)

// maxAction bounds actions and their patterns. No action of Azure is near it.
const maxAction = 256

// ActionMatches reports whether the pattern of a role covers the action. "*" stands
// for any run of characters, "/" included, at any place; letter case does not matter.
func ActionMatches(pattern, action string) bool {
	var folded [maxAction]byte
	name, ok := foldAction(&folded, action)
	if !ok {
		return false
	}
	p, err := compilePattern(pattern)
	return err == nil && p.matches(name)
}

// foldAction writes the action in lower case to buf. It refuses what is too long.
func foldAction(buf *[maxAction]byte, action string) ([]byte, bool) {
	if len(action) == 0 || len(action) > len(buf) {
		return nil, false
	}
	for i := range len(action) {
		buf[i] = lower(action[i])
	}
	return buf[:len(action)], true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

// pattern is a compiled pattern: what must stand before the first star, between
// stars, and after the last.
type pattern struct {
	head, tail string
	middle     []string
	star       bool
}

// PatternError says why a text is no pattern of actions.
type PatternError struct{ Pattern, Reason string }

// Error implements error.
func (e *PatternError) Error() string {
	return fmt.Sprintf("invalid action %q: %s", e.Pattern, e.Reason)
}

func compilePattern(text string) (pattern, error) {
	switch {
	case text == "":
		return pattern{}, &PatternError{text, "it is empty"}
	case len(text) > maxAction:
		return pattern{}, &PatternError{text[:32] + "...", fmt.Sprintf("it is longer than %d bytes", maxAction)}
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f {
			return pattern{}, &PatternError{text, "it has a character that actions do not have"}
		}
	}
	parts := strings.Split(lowerASCII(text), "*")
	p := pattern{head: parts[0], star: len(parts) > 1}
	if !p.star {
		return p, nil
	}
	p.tail = parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if part != "" {
			p.middle = append(p.middle, part)
		}
	}
	return p, nil
}

// matches reports whether the pattern covers the folded action. Taking each middle
// part at its first place is enough: whatever stands behind a later place stands
// behind the first one too.
func (p *pattern) matches(action []byte) bool {
	if !p.star {
		return string(action) == p.head
	}
	if len(action) < len(p.head)+len(p.tail) || string(action[:len(p.head)]) != p.head || string(action[len(action)-len(p.tail):]) != p.tail {
		return false
	}
	rest := action[len(p.head) : len(action)-len(p.tail)]
	for _, part := range p.middle {
		i := indexString(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return true
}

func indexString(b []byte, s string) int {
	for i := 0; i+len(s) <= len(b); i++ {
		if string(b[i:i+len(s)]) == s {
			return i
		}
	}
	return -1
}

// patterns is a list of patterns; names without a star are looked up.
type patterns struct {
	exact map[string]struct{}
	stars []pattern
}

func compilePatterns(list []string) (patterns, error) {
	var ps patterns
	for _, text := range list {
		p, err := compilePattern(text)
		if err != nil {
			return patterns{}, err
		}
		if p.star {
			ps.stars = append(ps.stars, p)
			continue
		}
		if ps.exact == nil {
			ps.exact = map[string]struct{}{}
		}
		ps.exact[p.head] = struct{}{}
	}
	return ps, nil
}

func (ps *patterns) matches(action []byte) bool {
	if _, ok := ps.exact[string(action)]; ok {
		return true
	}
	for i := range ps.stars {
		if ps.stars[i].matches(action) {
			return true
		}
	}
	return false
}
