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
  rbac_authorization_enabled = true
}