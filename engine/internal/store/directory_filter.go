package store

import (
	"fmt"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

// A column that a filter compares: the SQL expression, and whether its values are
// folded text or flags.
type column struct {
	sql  string
	flag bool
}

var filterColumns = map[directory.ObjectType]map[string]column{
	directory.TypeUser: {
		"id": {sql: "id"}, "userPrincipalName": {sql: "upn_key"}, "displayName": {sql: "name_key"},
		"mail": {sql: "mail_key"}, "mailNickname": {sql: "nickname_key"}, "accountEnabled": {sql: "enabled", flag: true},
	},
	directory.TypeGroup: {
		"id": {sql: "id"}, "displayName": {sql: "name_key"}, "mailNickname": {sql: "nickname_key"},
		"securityEnabled": {sql: "1", flag: true}, "mailEnabled": {sql: "0", flag: true},
	},
	directory.TypeApplication: {
		"id": {sql: "id"}, "appId": {sql: "app_id"}, "displayName": {sql: "name_key"},
		"identifierUris": {sql: "id IN (SELECT application_id FROM identifier_uris WHERE uri_key = ?)"},
	},
	directory.TypeServicePrincipal: {
		"id": {sql: "id"}, "appId": {sql: "app_id"}, "displayName": {sql: "name_key"}, "accountEnabled": {sql: "enabled", flag: true},
		"servicePrincipalType": {sql: "'application'"},
		"servicePrincipalNames": {sql: `? IN (
			SELECT service_principals.app_id
			UNION ALL
			SELECT u.uri_key FROM identifier_uris u JOIN applications a ON a.id = u.application_id
			WHERE a.app_id = service_principals.app_id)`},
	},
}

// selection is the WHERE, ORDER BY and LIMIT of q. Every value is an argument; nothing
// of the request becomes SQL.
func selection(q directory.Query, t directory.ObjectType) (sql string, args []any, err error) {
	where := "id > ?"
	args = []any{q.After}
	if q.Filter != nil {
		clause, values, err := condition(q.Filter, t)
		if err != nil {
			return "", nil, err
		}
		where += " AND " + clause
		args = append(args, values...)
	}
	return " WHERE " + where + " ORDER BY id LIMIT ?", append(args, q.Limit), nil
}

func condition(f *directory.Filter, t directory.ObjectType) (sql string, args []any, err error) {
	if f.Operator == directory.And || f.Operator == directory.Or {
		word := " AND "
		if f.Operator == directory.Or {
			word = " OR "
		}
		var clauses []string
		for _, operand := range f.Operands {
			clause, values, err := condition(operand, t)
			if err != nil {
				return "", nil, err
			}
			clauses = append(clauses, clause)
			args = append(args, values...)
		}
		return "(" + strings.Join(clauses, word) + ")", args, nil
	}
	c, known := filterColumns[t][f.Property]
	switch {
	case !known:
		return "", nil, fmt.Errorf("store: no column for property %q of %s", f.Property, t)
	case f.Operator == directory.Any:
		return c.sql, []any{fold(f.Value)}, nil
	case f.Operator == directory.StartsWith:
		return "substr(" + c.sql + ", 1, length(?)) = ?", []any{fold(f.Value), fold(f.Value)}, nil
	case c.flag:
		return c.sql + " = ?", []any{fold(f.Value) == "true"}, nil
	}
	return c.sql + " = ?", []any{fold(f.Value)}, nil
}

// list runs a query whose text depends on the request. It is not kept as a prepared
// statement: requests could make more of them than memory holds.
func (v *View) list(query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := v.s.conn.QueryContext(background, query, args...)
	if err != nil {
		return fmt.Errorf("list directory objects: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
