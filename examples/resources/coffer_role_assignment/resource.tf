# At any scope: here all of a vault.
resource "coffer_role_assignment" "example" {
  scope                = coffer_vault.example.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = coffer_group.example.object_id
}
