package authz

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a condition.
const (
	maxCondition      = 8 << 10
	maxConditionDepth = 32
	maxConditionSet   = 256
)

// ConditionError says what is wrong with a condition, and where: Offset counts the
// characters before that place.
type ConditionError struct {
	Offset int
	Reason string
}

// Error implements error.
func (e *ConditionError) Error() string {
	return fmt.Sprintf("condition, at character %d: %s", e.Offset+1, e.Reason)
}

// ParseCondition parses a condition:
//
//	expr       = term { ("AND"|"&&") term } | term { ("OR"|"||") term }
//	term       = [ "!" | "NOT" ] primary
//	primary    = "(" expr ")" | "ActionMatches" strings | "SubOperationMatches" strings
//	           | "Exists" attribute | operand operator operand
//	operand    = attribute | value | "{" value { "," value } "}"
//	attribute  = ("@Request"|"@Resource"|"@Principal"|"@Environment") "[" name "]"
//
// AND and OR do not mix without parentheses. Its error is a *ConditionError.
func ParseCondition(text string) (*Condition, error) {
	if len(text) > maxCondition {
		return nil, &ConditionError{maxCondition, fmt.Sprintf("longer than %d bytes", maxCondition)}
	}
	if !utf8.ValidString(text) {
		return nil, &ConditionError{0, "not UTF-8"}
	}
	p := &conditionParser{text: text}
	root, err := p.expr(0)
	if p.skip(); err == nil && p.at < len(text) {
		err = p.fail("expected AND, OR or the end")
	}
	if where := (*ConditionError)(nil); errors.As(err, &where) {
		// The parser counts bytes.
		where.Offset = utf8.RuneCountInString(text[:where.Offset])
	}
	if err != nil {
		return nil, err
	}
	return &Condition{text: text, root: root}, nil
}

type conditionParser struct {
	text string
	at   int
}

func (p *conditionParser) fail(format string, args ...any) error {
	return &ConditionError{p.at, fmt.Sprintf(format, args...)}
}

func (p *conditionParser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take consumes the symbol if it is next.
func (p *conditionParser) take(symbol string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.at:], symbol) {
		return false
	}
	p.at += len(symbol)
	return true
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' || c == ':'
}

// word returns the word that is next without consuming it.
func (p *conditionParser) word() string {
	p.skip()
	end := p.at
	for end < len(p.text) && isWordByte(p.text[end]) {
		end++
	}
	return p.text[p.at:end]
}

// takeWord consumes the word, in any letter case, if it is next.
func (p *conditionParser) takeWord(want string) bool {
	w := p.word()
	if !strings.EqualFold(w, want) {
		return false
	}
	p.at += len(w)
	return true
}

func (p *conditionParser) expr(depth int) (node, error) {
	if depth > maxConditionDepth {
		return nil, p.fail("nested deeper than %d", maxConditionDepth)
	}
	first, err := p.term(depth)
	if err != nil {
		return nil, err
	}
	parts := []node{first}
	joiner := ""
	for {
		next := p.joiner()
		if next == "" {
			break
		}
		if joiner != "" && joiner != next {
			return nil, p.fail("AND and OR need parentheses between them")
		}
		joiner = next
		part, err := p.term(depth)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	switch joiner {
	case "":
		return first, nil
	case "AND":
		return allOf(parts), nil
	}
	return anyOf(parts), nil
}

func (p *conditionParser) joiner() string {
	switch {
	case p.take("&&"), p.takeWord("AND"):
		return "AND"
	case p.take("||"), p.takeWord("OR"):
		return "OR"
	}
	return ""
}

func (p *conditionParser) term(depth int) (node, error) {
	if p.take("!") || p.takeWord("NOT") {
		of, err := p.primary(depth)
		if err != nil {
			return nil, err
		}
		return &not{of}, nil
	}
	return p.primary(depth)
}

func (p *conditionParser) primary(depth int) (node, error) {
	switch {
	case p.take("("):
		inner, err := p.expr(depth + 1)
		if err != nil {
			return nil, err
		}
		if !p.take(")") {
			return nil, p.fail("expected )")
		}
		return inner, nil
	case p.takeWord("ActionMatches"):
		names, err := p.set()
		if err != nil {
			return nil, err
		}
		compiled, err := compilePatterns(names)
		if err != nil {
			return nil, p.fail("%v", err)
		}
		return &actionMatches{compiled}, nil
	case p.takeWord("SubOperationMatches"):
		names, err := p.set()
		if err != nil {
			return nil, err
		}
		parts := make(anyOf, len(names))
		for i, name := range names {
			parts[i] = &subOperationMatches{name}
		}
		return parts, nil
	case p.takeWord("Exists"):
		a, err := p.attribute()
		if err != nil {
			return nil, err
		}
		return &exists{*a}, nil
	}
	return p.comparison()
}

func (p *conditionParser) comparison() (node, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.skip()
	start := p.at
	word := p.word()
	op, quantified, err := findOperator(word)
	if err != nil {
		return nil, &ConditionError{start, err.Error()}
	}
	p.at += len(word)
	right, err := p.operand()
	if err != nil {
		return nil, err
	}
	if left.attribute == nil && right.attribute == nil {
		return nil, &ConditionError{start, "a comparison needs an attribute on one side"}
	}
	for _, side := range []operand{left, right} {
		if !quantified.multi && len(side.values) > 1 {
			return nil, &ConditionError{start, word + " compares with one value; several need ForAnyOfAnyValues: or such before it"}
		}
		for i, value := range side.values {
			if !op.valid(value) {
				return nil, &ConditionError{start, fmt.Sprintf("%s cannot compare with '%s'", word, value)}
			}
			if !op.pattern {
				side.values[i] = strings.ReplaceAll(value, `\\`, `\`)
			}
		}
	}
	return &comparison{left, right, quantified, op}, nil
}

var quantifiers = map[string]quantifier{
	"foranyofanyvalues": {multi: true},
	"forallofanyvalues": {multi: true, allOfLeft: true},
	"foranyofallvalues": {multi: true, allOfRight: true},
	"forallofallvalues": {multi: true, allOfLeft: true, allOfRight: true},
}

func findOperator(word string) (operator, quantifier, error) {
	name := strings.ToLower(word)
	var q quantifier
	if prefix, rest, found := strings.Cut(name, ":"); found {
		var ok bool
		if q, ok = quantifiers[prefix]; !ok {
			return operator{}, q, fmt.Errorf("unknown quantifier in '%s'", word)
		}
		name = rest
	}
	op, ok := operators[name]
	switch {
	case !ok:
		return op, q, fmt.Errorf("expected an operator, found '%s'", word)
	case q.multi && !op.quantified:
		return op, q, fmt.Errorf("'%s' does not go with a quantifier", word)
	}
	return op, q, nil
}

func (p *conditionParser) operand() (operand, error) {
	p.skip()
	switch {
	case p.at < len(p.text) && p.text[p.at] == '@':
		a, err := p.attribute()
		return operand{attribute: a}, err
	case p.at < len(p.text) && p.text[p.at] == '{':
		values, err := p.set()
		return operand{values: values}, err
	}
	value, err := p.value()
	return operand{values: []string{value}}, err
}

func (p *conditionParser) set() ([]string, error) {
	if !p.take("{") {
		return nil, p.fail("expected {")
	}
	var values []string
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		if values = append(values, value); len(values) > maxConditionSet {
			return nil, p.fail("more than %d values", maxConditionSet)
		}
		switch {
		case p.take(","):
		case p.take("}"):
			return values, nil
		default:
			return nil, p.fail("expected , or }")
		}
	}
}

// value is a text in quotes, in which \ takes the meaning off a quote and off another
// \, or a bare word: a number, true, false, or a UUID. It leaves \\ as it stands,
// because a pattern has a meaning of its own for it.
func (p *conditionParser) value() (string, error) {
	if !p.take("'") {
		word := p.word()
		if !isInteger(word) && !isBool(word) && !isGUID(word) {
			return "", p.fail("expected an attribute or a value")
		}
		p.at += len(word)
		return word, nil
	}
	var value strings.Builder
	for i := p.at; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\'':
			p.at = i + 1
			return value.String(), nil
		case c < ' ' || c == 0x7f:
			p.at = i
			return "", p.fail("a text has no control characters")
		case c == '\\' && i+1 < len(p.text) && p.text[i+1] == '\'':
			i++
			value.WriteByte('\'')
		case c == '\\' && i+1 < len(p.text) && p.text[i+1] == '\\':
			i++
			value.WriteString(`\\`)
		default:
			value.WriteByte(c)
		}
	}
	return "", p.fail("the text has no end")
}

var sources = []Source{FromRequest, FromResource, FromPrincipal, FromEnvironment}

// attribute is @Source[Namespace/type:name]. A tag is written as Azure writes it,
// @Source[Namespace/type/tags:Key<$key_case_sensitive$>], where the letter case of the
// key counts because of the marker, or @Source[...type:tags<$Key$>], where it does too.
func (p *conditionParser) attribute() (*attribute, error) {
	p.skip()
	for _, source := range sources {
		name := source.String()
		if len(p.text)-p.at < len(name) || !strings.EqualFold(p.text[p.at:p.at+len(name)], name) {
			continue
		}
		p.at += len(name)
		if !p.take("[") {
			return nil, p.fail("expected [")
		}
		end := strings.IndexByte(p.text[p.at:], ']')
		if end < 0 {
			return nil, p.fail("the attribute has no end")
		}
		body := strings.TrimSpace(p.text[p.at : p.at+end])
		a, ok := newAttribute(source, body)
		if !ok {
			return nil, p.fail("'%s' is not the name of an attribute", body)
		}
		p.at += end + 1
		return a, nil
	}
	return nil, p.fail("expected @Request, @Resource, @Principal or @Environment")
}

const caseMarker = "key_case_sensitive"

// newAttribute reads the name of an attribute. Of the environment it may be a bare
// word; elsewhere it has the type of a resource before it.
func newAttribute(source Source, body string) (*attribute, bool) {
	a := &attribute{source: source, text: body, exact: true}
	name, rest, marked := strings.Cut(body, "<$")
	marker := ""
	if marked {
		var tail string
		var closed bool
		if marker, tail, closed = strings.Cut(rest, "$>"); !closed || tail != "" || marker == "" {
			return nil, false
		}
	}
	base, tag, isTag := strings.Cut(name, "/tags:")
	switch {
	case isTag:
		if tag == "" || marked && marker != caseMarker {
			return nil, false
		}
		name, a.key, a.exact = base+":tags", tag, marked
	case marker == caseMarker:
		return nil, false
	default:
		a.key = marker
	}
	a.name, a.keyed = lowerASCII(name), marked || isTag
	for _, c := range []byte(name) {
		if !isWordByte(c) && c != '.' && c != '/' {
			return nil, false
		}
	}
	resource, attr, typed := strings.Cut(name, ":")
	return a, resource != "" && (typed && attr != "" || !typed && source == FromEnvironment)
}
