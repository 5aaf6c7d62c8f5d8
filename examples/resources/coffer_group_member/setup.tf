# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}

resource "coffer_group" "example" {
  display_name = "Security team"
}

resource "coffer_user" "example" {
  user_principal_name = "ada@example.com"
  display_name        = "Ada Lovelace"
  password_wo         = var.first_password
  password_wo_version = 1
}

variable "first_password" {
  type      = string
  sensitive = true
  ephemeral = true
}
