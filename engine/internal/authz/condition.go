package authz

import "fmt"

// Condition restricts a role assignment or a permission of a role (wire reference 5.3).
type Condition struct {
	text string
	root node
}

// String returns the text of the condition, empty for none.
func (c *Condition) String() string {
	if c == nil {
		return ""
	}
	return c.text
}

// CheckConditionVersion reports whether conditions of the version are understood; the
// empty version stands for 2.0.
func CheckConditionVersion(version string) error {
	if version != "" && version != "2.0" {
		return fmt.Errorf("condition version %q is not supported, only 2.0", version)
	}
	return nil
}

// holds evaluates the condition; no condition always holds, and the zero Condition never.
func (c *Condition) holds(in *input) bool { return c == nil || c.root != nil && evaluate(c.root, in) }

// node is a part of a condition that is true or false of a request: one of the types
// below.
type node interface{ isNode() }

type (
	not                 struct{ of node }
	allOf               []node
	anyOf               []node
	actionMatches       struct{ patterns patterns }
	subOperationMatches struct{ name string }
	exists              struct{ attribute attribute }
)

func (*not) isNode()                 {}
func (allOf) isNode()                {}
func (anyOf) isNode()                {}
func (*actionMatches) isNode()       {}
func (*subOperationMatches) isNode() {}
func (*exists) isNode()              {}
func (*comparison) isNode()          {}

// evaluate reports whether the part is true. It is one function, not a method of each
// part, because a call through an interface would make every decision allocate its
// input.
func evaluate(n node, in *input) bool {
	switch n := n.(type) {
	case *not:
		return !evaluate(n.of, in)
	case allOf:
		for _, part := range n {
			if !evaluate(part, in) {
				return false
			}
		}
		return true
	case anyOf:
		for _, part := range n {
			if evaluate(part, in) {
				return true
			}
		}
		return false
	case *actionMatches:
		return n.patterns.matches(in.action)
	case *subOperationMatches:
		return in.subOperation != "" && equalFoldASCII(n.name, in.subOperation)
	case *exists:
		var one [1]string
		return len(in.attributes.find(&n.attribute, &one)) > 0
	case *comparison:
		return n.holds(in)
	}
	return false
}

// operand is one side of a comparison: an attribute, or values that the condition
// itself gives.
type operand struct {
	attribute *attribute
	values    []string
}

func (o *operand) resolve(in *input, one *[1]string) []string {
	if o.attribute == nil {
		return o.values
	}
	return in.attributes.find(o.attribute, one)
}

// quantifier says of how many values on each side a comparison must be true.
type quantifier struct {
	// multi allows several values; without it each side has one.
	multi                 bool
	allOfLeft, allOfRight bool
}

type comparison struct {
	left, right operand
	quantifier  quantifier
	operator    operator
}

// holds is false if a side has no value, or one that the operator cannot compare: such
// an attribute makes every comparison false, also a negative one.
func (n *comparison) holds(in *input) bool {
	var oneLeft, oneRight [1]string
	left, right := n.left.resolve(in, &oneLeft), n.right.resolve(in, &oneRight)
	if len(left) == 0 || len(right) == 0 || !n.quantifier.multi && (len(left) > 1 || len(right) > 1) {
		return false
	}
	if n.left.attribute != nil && !n.operator.takes(left) || n.right.attribute != nil && !n.operator.takes(right) {
		return false
	}
	for _, l := range left {
		if n.holdsFor(l, right) != n.quantifier.allOfLeft {
			return !n.quantifier.allOfLeft
		}
	}
	return n.quantifier.allOfLeft
}

func (n *comparison) holdsFor(left string, right []string) bool {
	for _, r := range right {
		if n.operator.compare(left, r) != n.quantifier.allOfRight {
			return !n.quantifier.allOfRight
		}
	}
	return n.quantifier.allOfRight
}

// takes reports whether the operator can compare all of the values.
func (o *operator) takes(values []string) bool {
	for _, value := range values {
		if !o.valid(value) {
			return false
		}
	}
	return true
}
