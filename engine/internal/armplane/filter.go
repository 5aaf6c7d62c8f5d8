package armplane

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// clause is one part of a $filter: a comparison (name eq 'value') or a call
// (name('value') or name()).
type clause struct {
	name, value string // name in lower case
	call        bool
}

const (
	maxFilter  = 2048
	maxClauses = 8
)

// parseFilter reads the part of OData's filter language that ARM clients use:
//
//	filter = clause { "and" clause }
//	clause = name "eq" string | name "(" [ string ] ")"
//	string = "'" { any character, ' written as '' } "'"
func parseFilter(text string) ([]clause, error) {
	if len(text) > maxFilter {
		return nil, badFilter("it is too long")
	}
	p := filterParser{rest: strings.TrimSpace(text)}
	var out []clause
	for p.rest != "" {
		if len(out) > 0 && !p.word("and") {
			return nil, badFilter("'and' is expected between its parts")
		}
		c, ok := p.clause()
		if !ok {
			return nil, badFilter("only name eq 'value' and name('value'), joined by 'and', are supported")
		}
		if out = append(out, c); len(out) > maxClauses {
			return nil, badFilter("it has too many parts")
		}
	}
	return out, nil
}

func badFilter(reason string) error {
	return fault.New(fault.InvalidFilter, "Invalid $filter in query string: %s.", reason)
}

type filterParser struct{ rest string }

func (p *filterParser) clause() (clause, bool) {
	name := p.name()
	if name == "" {
		return clause{}, false
	}
	c := clause{name: strings.ToLower(name)}
	if strings.HasPrefix(p.rest, "(") {
		c.call = true
		p.skip(1)
		if !strings.HasPrefix(p.rest, ")") {
			var ok bool
			if c.value, ok = p.text(); !ok || !strings.HasPrefix(p.rest, ")") {
				return clause{}, false
			}
		}
		p.skip(1)
		return c, true
	}
	if !p.word("eq") {
		return clause{}, false
	}
	var ok bool
	c.value, ok = p.text()
	return c, ok
}

// skip drops n bytes and the blanks behind them.
func (p *filterParser) skip(n int) { p.rest = strings.TrimLeft(p.rest[n:], " \t") }

func (p *filterParser) name() string {
	n := 0
	for n < len(p.rest) && (p.rest[n] >= 'a' && p.rest[n] <= 'z' || p.rest[n] >= 'A' && p.rest[n] <= 'Z') {
		n++
	}
	name := p.rest[:n]
	p.skip(n)
	return name
}

// word takes the word if it is next.
func (p *filterParser) word(word string) bool {
	if len(p.rest) <= len(word) || !strings.EqualFold(p.rest[:len(word)], word) || p.rest[len(word)] != ' ' {
		return false
	}
	p.skip(len(word))
	return true
}

func (p *filterParser) text() (string, bool) {
	if !strings.HasPrefix(p.rest, "'") {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch {
		case p.rest[i] != '\'':
			b.WriteByte(p.rest[i])
		case i+1 < len(p.rest) && p.rest[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			p.skip(i + 1)
			return b.String(), true
		}
	}
	return "", false
}
