package store

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Dump returns the contents of every table but those named, in a form to compare:
// tests use it to show that something changed nothing.
func (v *View) Dump(except ...string) ([]byte, error) {
	var tables []string
	err := v.s.each("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		if !slices.Contains(except, name) && !strings.HasPrefix(name, "sqlite_") {
			tables = append(tables, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var out bytes.Buffer
	for _, table := range tables {
		if err := v.dumpTable(&out, table); err != nil {
			return nil, fmt.Errorf("dump table %s: %w", table, err)
		}
	}
	return out.Bytes(), nil
}

func (v *View) dumpTable(out *bytes.Buffer, table string) error {
	rows, err := v.s.conn.QueryContext(background, `SELECT * FROM "`+table+`"`)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return err
		}
		for i := range values {
			values[i] = *values[i].(*any)
		}
		lines = append(lines, fmt.Sprintf("%s %q", table, values))
	}
	slices.Sort(lines)
	for _, line := range lines {
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return rows.Err()
}
