variable "api_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

# The value is in neither plan nor state. Raise the version to write it again.
resource "coffer_secret" "write_only" {
  name             = "api-token"
  vault_id         = coffer_vault.example.id
  value_wo         = var.api_token
  value_wo_version = 1
  depends_on       = [coffer_role_assignment.me]
}

# The value is in the state.
resource "coffer_secret" "plain" {
  name            = "storage-key"
  vault_id        = coffer_vault.example.id
  value           = "in the state"
  content_type    = "text/plain"
  expiration_date = "2035-01-01T00:00:00Z"
  tags            = { account = "invoices" }
  depends_on      = [coffer_role_assignment.me]
}
