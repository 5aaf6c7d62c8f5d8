resource "coffer_group" "example" {
  display_name = "Security team"
  description  = "Runs the vaults."
}
