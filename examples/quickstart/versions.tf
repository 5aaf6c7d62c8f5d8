terraform {
  required_version = ">= 1.11"
  required_providers {
    coffer = {
      source = "coffer-dev/coffer"
    }
  }
}

# The embedded engine: its database is coffer.db beside this file.
provider "coffer" {}

# Who Terraform is here: the operator. It owns everything, and may read no secret
# unless a policy or a role below says so.
data "coffer_client_config" "current" {}
