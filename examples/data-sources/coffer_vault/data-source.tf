data "coffer_vault" "example" {
  name                = coffer_vault.example.name
  resource_group_name = coffer_resource_group.example.name
}

output "vault_uri" {
  value = data.coffer_vault.example.vault_uri
}
