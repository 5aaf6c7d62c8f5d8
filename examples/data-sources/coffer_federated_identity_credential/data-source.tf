data "coffer_federated_identity_credential" "example" {
  application_id = coffer_service_principal.example.application_id
  name           = coffer_federated_identity_credential.example.name
}
