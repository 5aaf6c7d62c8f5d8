data "coffer_key" "example" {
  name     = coffer_key.example.name
  vault_id = coffer_vault.example.id
}

output "public_key" {
  value = data.coffer_key.example.public_key_pem
}
