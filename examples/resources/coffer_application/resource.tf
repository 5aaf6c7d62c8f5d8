resource "coffer_application" "example" {
  display_name = "Invoice service"
}
