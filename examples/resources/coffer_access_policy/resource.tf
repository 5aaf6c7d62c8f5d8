resource "coffer_access_policy" "example" {
  vault_id           = coffer_vault.example.id
  object_id          = coffer_group.example.object_id
  key_permissions    = ["Get", "List", "Create"]
  secret_permissions = ["all"]
}
