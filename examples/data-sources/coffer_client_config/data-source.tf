data "coffer_client_config" "current" {}

output "me" {
  value = data.coffer_client_config.current.object_id
}
