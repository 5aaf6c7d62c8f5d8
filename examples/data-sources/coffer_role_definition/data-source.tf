data "coffer_role_definition" "example" {
  name = "Key Vault Secrets User"
}

output "what_it_allows" {
  value = data.coffer_role_definition.example.permissions
}
