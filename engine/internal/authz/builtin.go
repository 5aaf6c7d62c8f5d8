package authz

// BuiltInRole returns the built-in role with the id.
func BuiltInRole(id string) (RoleDefinition, bool) { return RoleDefinition{}, false }

// BuiltInRoles returns all.
func BuiltInRoles() []RoleDefinition { return nil }

// BuiltInRoleByName finds by name.
func BuiltInRoleByName(name string) (RoleDefinition, bool) { return RoleDefinition{}, false }
