terraform {
  required_providers {
    coffer = {
      source = "coffer-dev/coffer"
    }
  }
}

# The embedded engine. Its database is coffer.db beside the configuration.
provider "coffer" {}
