package authz

import (
	"errors"
	"fmt"
)

// Condition restricts a role assignment or a permission of a role.
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

type node struct{}

// ParseCondition parses.
func ParseCondition(text string) (*Condition, error) {
	return nil, errors.New("not yet")
}

func (c *Condition) holds(in *input) bool { return c == nil }
