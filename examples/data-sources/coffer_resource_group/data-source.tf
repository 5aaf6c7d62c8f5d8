data "coffer_resource_group" "example" {
  name = coffer_resource_group.example.name
}
