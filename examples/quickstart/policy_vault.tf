# A vault in the policy model: a list of who may do what with everything in it.
resource "coffer_vault" "policies" {
  name                       = "kv-policies"
  resource_group_name        = coffer_resource_group.main.name
  location                   = coffer_resource_group.main.location
  sku_name                   = "standard"
  rbac_authorization_enabled = false
  soft_delete_retention_days = 7
}

resource "coffer_access_policy" "terraform" {
  vault_id           = coffer_vault.policies.id
  object_id          = data.coffer_client_config.current.object_id
  key_permissions    = ["Create", "Delete", "Get", "List", "Purge", "Recover", "Update", "GetRotationPolicy"]
  secret_permissions = ["Delete", "Get", "List", "Purge", "Recover", "Set"]
}

resource "coffer_access_policy" "security" {
  vault_id           = coffer_vault.policies.id
  object_id          = coffer_group.team["security"].object_id
  key_permissions    = ["Backup", "Create", "Delete", "Get", "Import", "List", "Restore"]
  secret_permissions = ["all"]
}

resource "coffer_access_policy" "auditors" {
  vault_id           = coffer_vault.policies.id
  object_id          = coffer_group.team["auditors"].object_id
  key_permissions    = ["List"]
  secret_permissions = ["List"]
}

resource "coffer_access_policy" "app" {
  vault_id           = coffer_vault.policies.id
  object_id          = coffer_service_principal.app.object_id
  key_permissions    = ["Sign"]
  secret_permissions = ["Get"]
}

resource "coffer_key" "signing" {
  name       = "invoice-signing"
  vault_id   = coffer_vault.policies.id
  key_type   = "RSA"
  key_size   = 2048
  key_opts   = ["sign", "verify"]
  depends_on = [coffer_access_policy.terraform]
}

resource "coffer_secret" "storage_key" {
  name         = "storage-key"
  vault_id     = coffer_vault.policies.id
  value        = var.storage_key
  content_type = "text/plain"
  tags         = { account = "invoices" }
  depends_on   = [coffer_access_policy.terraform]
}

# Its value is in no plan and no state, and a change of it outside is seen all the same.
resource "coffer_secret" "signing_pin" {
  name             = "signing-pin"
  vault_id         = coffer_vault.policies.id
  value_wo         = var.signing_pin
  value_wo_version = 1
  depends_on       = [coffer_access_policy.terraform]
}

# The application's password. The directory tells it once, and it goes straight into
# the vault: it is in no state.
resource "coffer_application_password" "app" {
  application_id = coffer_service_principal.app.application_id
  vault_secret = {
    vault_id = coffer_vault.policies.id
    name     = "app-password"
  }
  depends_on = [coffer_access_policy.terraform]
}
