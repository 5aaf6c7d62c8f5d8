# A vault in the role model: roles, at any scope down to one object.
resource "coffer_vault" "roles" {
  name                       = "kv-roles"
  resource_group_name        = coffer_resource_group.main.name
  location                   = coffer_resource_group.main.location
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  soft_delete_retention_days = 7
}

resource "coffer_role_assignment" "terraform" {
  scope                = coffer_vault.roles.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.coffer_client_config.current.object_id
}

resource "coffer_role_definition" "lister" {
  name        = "Vault auditor"
  description = "Sees the names of keys and secrets, and no values."
  scope       = coffer_resource_group.main.id
  permissions = [{
    data_actions = [
      "Microsoft.KeyVault/vaults/keys/read",
      "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ]
  }]
}

resource "coffer_role_assignment" "auditors" {
  scope              = coffer_vault.roles.id
  role_definition_id = coffer_role_definition.lister.role_definition_resource_id
  principal_id       = coffer_group.team["auditors"].object_id
}

resource "coffer_key" "receipts" {
  name       = "receipt-signing"
  vault_id   = coffer_vault.roles.id
  key_type   = "EC"
  curve      = "P-256"
  key_opts   = ["sign", "verify"]
  depends_on = [coffer_role_assignment.terraform]
}

resource "coffer_secret" "api_token" {
  name             = "api-token"
  vault_id         = coffer_vault.roles.id
  value_wo         = var.signing_pin
  value_wo_version = 1
  depends_on       = [coffer_role_assignment.terraform]
}

# The application may use this key and read this secret, and nothing else in the vault.
resource "coffer_role_assignment" "app_key" {
  scope                = coffer_key.receipts.resource_versionless_id
  role_definition_name = "Key Vault Crypto User"
  principal_id         = coffer_service_principal.app.object_id
}

resource "coffer_role_assignment" "app_secret" {
  scope                = coffer_secret.api_token.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = coffer_service_principal.app.object_id
}
