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