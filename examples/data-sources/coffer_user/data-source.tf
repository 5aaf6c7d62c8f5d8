data "coffer_user" "example" {
  user_principal_name = coffer_user.example.user_principal_name
}
