# A password that lives no longer than this run.
ephemeral "coffer_application_password" "example" {
  application_id = coffer_service_principal.example.application_id
  valid_for      = "1h"
}
