# The directory tells a password once: here it goes straight into a vault.
resource "coffer_application_password" "example" {
  application_id = coffer_service_principal.example.application_id
  display_name   = "first"
  vault_secret = {
    vault_id = coffer_vault.example.id
    name     = "invoice-service-password"
  }
  depends_on = [coffer_role_assignment.me]
}
