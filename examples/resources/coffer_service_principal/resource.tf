# Together with an application of its own.
resource "coffer_service_principal" "example" {
  display_name = "Invoice service"
}
