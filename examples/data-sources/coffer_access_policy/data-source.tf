data "coffer_access_policy" "example" {
  vault_id  = coffer_access_policy.example.vault_id
  object_id = coffer_group.example.object_id
}
