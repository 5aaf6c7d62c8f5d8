# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}

resource "coffer_service_principal" "example" {
  display_name = "Invoice service"
}
