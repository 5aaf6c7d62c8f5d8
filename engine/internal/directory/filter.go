package directory

import (
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// Operator is what a node of a filter does.
type Operator uint8

// The operators. And and Or combine Operands; the others compare Property with Value,
// text without regard to letter case.
const (
	And Operator = iota
	Or
	Equal
	StartsWith
	// Any is Equal for one of the values of a property that has many.
	Any
)

// Filter is a condition on the objects of a collection.
type Filter struct {
	Operator Operator
	Operands []*Filter
	Property string
	Value    string // "true" and "false" for a flag
}

// MaxFilterNodes bounds a filter.
const MaxFilterNodes = 64

// filterable are the properties that the store can compare, by collection.
var filterable = map[ObjectType]map[Operator][]string{
	TypeUser: {
		Equal:      {"id", "userPrincipalName", "displayName", "mail", "mailNickname", "accountEnabled"},
		StartsWith: {"userPrincipalName", "displayName", "mail", "mailNickname"},
	},
	TypeGroup: {
		Equal:      {"id", "displayName", "mailNickname", "securityEnabled", "mailEnabled"},
		StartsWith: {"displayName", "mailNickname"},
	},
	TypeApplication: {
		Equal:      {"id", "appId", "displayName"},
		StartsWith: {"displayName"},
		Any:        {"identifierUris"},
	},
	TypeServicePrincipal: {
		Equal:      {"id", "appId", "displayName", "accountEnabled", "servicePrincipalType"},
		StartsWith: {"displayName"},
		Any:        {"servicePrincipalNames"},
	},
}

// checkQuery refuses what the store cannot answer, and spells names as the store does.
func checkQuery(q *Query, t ObjectType) error {
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return fault.New(fault.GraphBadRequest, "Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", q.Limit, MaxLimit)
	}
	if q.Filter == nil {
		return nil
	}
	nodes := 0
	return checkFilter(q.Filter, t, &nodes)
}

func checkFilter(f *Filter, t ObjectType, nodes *int) error {
	if *nodes++; *nodes > MaxFilterNodes {
		return fault.New(fault.GraphBadRequest, "The filter has too many clauses; at most %d are allowed.", MaxFilterNodes)
	}
	if f.Operator == And || f.Operator == Or {
		for _, operand := range f.Operands {
			if err := checkFilter(operand, t, nodes); err != nil {
				return err
			}
		}
		return nil
	}
	known := filterable[t][f.Operator]
	i := slices.IndexFunc(known, func(name string) bool { return strings.EqualFold(name, f.Property) })
	if i < 0 {
		return fault.New(fault.GraphBadRequest, "Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", clean(f.Property), t)
	}
	f.Property = known[i]
	return nil
}

// page cuts what a reader returned for one more than the limit.
func page[T any](items []T, limit int, id func(T) string) Page[T] {
	if len(items) <= limit {
		return Page[T]{Items: items}
	}
	items = items[:limit]
	return Page[T]{Items: items, Next: id(items[limit-1])}
}
