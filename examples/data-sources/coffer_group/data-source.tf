data "coffer_group" "example" {
  display_name = coffer_group.example.display_name
}
