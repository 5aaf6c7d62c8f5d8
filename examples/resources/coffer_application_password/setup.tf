# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}

data "coffer_client_config" "current" {}

resource "coffer_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}

resource "coffer_vault" "example" {
  name                       = "kv-example"
  resource_group_name        = coffer_resource_group.example.name
  location                   = coffer_resource_group.example.location
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "coffer_role_assignment" "me" {
  scope                = coffer_vault.example.id
  role_definition_name = "Key Vault Administrator"
  principal_id         = data.coffer_client_config.current.object_id
}

resource "coffer_service_principal" "example" {
  display_name = "Invoice service"
}
