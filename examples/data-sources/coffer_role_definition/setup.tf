# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}
