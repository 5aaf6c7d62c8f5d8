package graph

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Limits of a filter.
const (
	maxFilter = 8 << 10
	maxNested = 8
)

// ParseFilter reads an OData filter of the forms that clients send:
//
//	or      = and { "or" and }
//	and     = term { "and" term }
//	term    = "(" or ")" | "startswith" "(" property "," text ")"
//	        | property "/any" "(" x ":" x "eq" text ")"
//	        | property "eq" ( text | "true" | "false" | guid )
//	        | property "in" "(" text { "," text } ")"
//	text    = "'" { any character, "''" for a quote } "'"
func ParseFilter(text string) (*directory.Filter, error) {
	if len(text) > maxFilter {
		return nil, badFilter()
	}
	p := &filterParser{rest: text}
	p.next()
	f := p.or(0)
	if f == nil || p.failed || p.token != "" {
		return nil, badFilter()
	}
	return f, nil
}

func badFilter() error {
	return fault.New(fault.GraphBadRequest, "Invalid filter clause: it has a syntax error or a form that is not supported.")
}

// filterParser holds the text that is left and the token at its start. A quoted text
// is the token "'" with its content in value; the end is the token "".
type filterParser struct {
	rest   string
	token  string
	value  string
	nodes  int
	failed bool
}

func (p *filterParser) next() {
	p.rest = strings.TrimLeft(p.rest, " \t")
	p.token, p.value = "", ""
	if p.rest == "" {
		return
	}
	switch c := p.rest[0]; {
	case c == '\'':
		p.quoted()
	case strings.IndexByte("(),:/", c) >= 0:
		p.token, p.rest = p.rest[:1], p.rest[1:]
	default:
		end := strings.IndexAny(p.rest, " \t'(),:/")
		if end < 0 {
			end = len(p.rest)
		}
		p.token, p.rest = p.rest[:end], p.rest[end:]
	}
}

func (p *filterParser) quoted() {
	var text strings.Builder
	rest := p.rest[1:]
	for {
		before, after, found := strings.Cut(rest, "'")
		if !found {
			p.failed, p.rest = true, ""
			return
		}
		text.WriteString(before)
		if rest = after; !strings.HasPrefix(rest, "'") {
			break
		}
		text.WriteByte('\'')
		rest = rest[1:]
	}
	p.token, p.value, p.rest = "'", text.String(), rest
}

func (p *filterParser) is(word string) bool { return strings.EqualFold(p.token, word) }

// expect takes the token if it is the word.
func (p *filterParser) expect(word string) bool {
	if p.failed = p.failed || !p.is(word); p.failed {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) or(depth int) *directory.Filter {
	return p.joined(depth, "or", directory.Or, func() *directory.Filter {
		return p.joined(depth, "and", directory.And, func() *directory.Filter { return p.term(depth) })
	})
}

func (p *filterParser) joined(depth int, word string, op directory.Operator, operand func() *directory.Filter) *directory.Filter {
	if depth > maxNested {
		p.failed = true
		return nil
	}
	first := operand()
	if p.failed || !p.is(word) {
		return first
	}
	f := &directory.Filter{Operator: op, Operands: []*directory.Filter{first}}
	for !p.failed && p.is(word) {
		p.next()
		f.Operands = append(f.Operands, operand())
	}
	return f
}

func (p *filterParser) term(depth int) *directory.Filter {
	if p.nodes++; p.nodes > directory.MaxFilterNodes {
		p.failed = true
		return nil
	}
	if p.is("(") {
		p.next()
		f := p.or(depth + 1)
		p.expect(")")
		return f
	}
	if p.is("startswith") {
		p.next()
		p.expect("(")
		f := &directory.Filter{Operator: directory.StartsWith, Property: p.name()}
		p.expect(",")
		f.Value = p.text()
		p.expect(")")
		return f
	}
	f := &directory.Filter{Operator: directory.Equal, Property: p.name()}
	switch {
	case p.is("/"):
		p.any(f)
	case p.is("in"):
		return p.in(f.Property)
	case p.expect("eq"):
		f.Value = p.literal()
	}
	return f
}

func (p *filterParser) any(f *directory.Filter) {
	f.Operator = directory.Any
	p.next()
	p.expect("any")
	p.expect("(")
	variable := p.name()
	p.expect(":")
	p.expect(variable)
	p.expect("eq")
	f.Value = p.text()
	p.expect(")")
}

func (p *filterParser) in(property string) *directory.Filter {
	f := &directory.Filter{Operator: directory.Or}
	p.next()
	p.expect("(")
	for {
		if p.nodes++; p.nodes > directory.MaxFilterNodes {
			p.failed = true
		}
		f.Operands = append(f.Operands, &directory.Filter{Operator: directory.Equal, Property: property, Value: p.text()})
		if p.failed || !p.is(",") {
			break
		}
		p.next()
	}
	p.expect(")")
	return f
}

func (p *filterParser) name() string {
	name := p.token
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			p.failed = true
		}
	}
	if name == "" {
		p.failed = true
	}
	if !p.failed {
		p.next()
	}
	return name
}

func (p *filterParser) text() string {
	value := p.value
	p.expect("'")
	return value
}

// literal also takes a flag or a GUID without quotes.
func (p *filterParser) literal() string {
	if p.token == "'" {
		return p.text()
	}
	value := strings.ToLower(p.token)
	if _, guid := directory.ParseID(value); !guid && value != "true" && value != "false" {
		p.failed = true
		return ""
	}
	p.next()
	return value
}
