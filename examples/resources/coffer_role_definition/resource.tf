resource "coffer_role_definition" "example" {
  name        = "Vault auditor"
  description = "Sees the names of keys and secrets, and no values."
  scope       = coffer_resource_group.example.id
  permissions = [{
    data_actions = [
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ]
  }]
}
