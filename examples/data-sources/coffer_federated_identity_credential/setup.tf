# What the example needs around it.
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}

resource "coffer_service_principal" "example" {
  display_name = "Invoice service"
}
# A pipeline signs in as the application with a token of its own, without a password.
resource "coffer_federated_identity_credential" "example" {
  application_id = coffer_service_principal.example.application_id
  name           = "deploy"
  issuer         = "https://ci.example.com"
  subject        = "repo:example/invoices:ref:refs/heads/main"
  audiences      = ["api://AzureADTokenExchange"]
}