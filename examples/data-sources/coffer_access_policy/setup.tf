# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}

resource "coffer_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}

resource "coffer_vault" "example" {
  name                       = "kv-example"
  resource_group_name        = coffer_resource_group.example.name
  location                   = coffer_resource_group.example.location
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}

resource "coffer_group" "example" {
  display_name = "Security team"
}

resource "coffer_access_policy" "example" {
  vault_id           = coffer_vault.example.id
  object_id          = coffer_group.example.object_id
  key_permissions    = ["Get", "List", "Create"]
  secret_permissions = ["all"]
}
