package authz

import (
	"fmt"
	"strings"
)

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

// holds evaluates the condition; no condition always holds.
func (c *Condition) holds(in *input) bool { return c == nil || c.root.holds(in) }

// node is a part of a condition that is true or false of a request.
type node interface{ holds(in *input) bool }

type not struct{ of node }

func (n not) holds(in *input) bool { return !n.of.holds(in) }

type allOf []node

func (n allOf) holds(in *input) bool {
	for _, part := range n {
		if !part.holds(in) {
			return false
		}
	}
	return true
}

type anyOf []node

func (n anyOf) holds(in *input) bool {
	for _, part := range n {
		if part.holds(in) {
			return true
		}
	}
	return false
}

type actionMatches struct{ patterns patterns }

func (n actionMatches) holds(in *input) bool { return n.patterns.matches(in.action) }

type subOperationMatches struct{ name string }

func (n subOperationMatches) holds(in *input) bool { return strings.EqualFold(n.name, in.subOperation) }

type exists struct{ attribute attribute }

func (n exists) holds(in *input) bool {
	var one [1]string
	return len(in.attributes.find(&n.attribute, &one)) > 0
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
	compare     func(left, right string) bool
}

// holds is false if a side has no value: an absent attribute makes every comparison
// false, also a negative one.
func (n *comparison) holds(in *input) bool {
	var oneLeft, oneRight [1]string
	left, right := n.left.resolve(in, &oneLeft), n.right.resolve(in, &oneRight)
	if len(left) == 0 || len(right) == 0 || !n.quantifier.multi && (len(left) > 1 || len(right) > 1) {
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
		if n.compare(left, r) != n.quantifier.allOfRight {
			return !n.quantifier.allOfRight
		}
	}
	return n.quantifier.allOfRight
}
