resource "coffer_vault" "example" {
  name                       = "kv-example"
  resource_group_name        = coffer_resource_group.example.name
  location                   = coffer_resource_group.example.location
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  soft_delete_retention_days = 30
  tags                       = { team = "security" }
}
