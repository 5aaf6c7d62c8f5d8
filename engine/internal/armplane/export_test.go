package armplane

import "net/http"

// Clause is a part of a $filter.
type Clause = clause

// ParseFilter is for fuzzing.
var ParseFilter = parseFilter

// Parts returns the fields of a clause.
func (c clause) Parts() (name, value string, call bool) { return c.name, c.value, c.call }

// FindRoute returns the pattern of the route of the request, what it leaves open, and
// the scope before an extension.
func FindRoute(r *http.Request, w http.ResponseWriter) (pattern string, at []string, scope string, err error) {
	path, err := splitPath(r)
	if err != nil {
		return "", nil, "", err
	}
	c := &call{w: w, r: r, path: path}
	found, err := newRoutes().find(c)
	if err != nil {
		return "", nil, "", err
	}
	return found.pattern, c.at, c.scope, nil
}

// VaultRequest is the body of a vault.
type VaultRequest = vaultRequest

// Input turns the body into what the service takes.
func (b *vaultRequest) Input(api string) error {
	_, err := b.input(api)
	return err
}
