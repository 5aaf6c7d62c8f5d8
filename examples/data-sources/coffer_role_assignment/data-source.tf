data "coffer_role_assignment" "example" {
  name  = coffer_role_assignment.example.name
  scope = coffer_vault.example.id
}
