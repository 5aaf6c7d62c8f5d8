# Without the value: it is not read, and not in the state.
data "coffer_secret" "example" {
  name     = coffer_secret.example.name
  vault_id = coffer_vault.example.id
}

output "current_version" {
  value = data.coffer_secret.example.version
}
