data "coffer_service_principal" "example" {
  client_id = coffer_service_principal.example.client_id
}
