resource "coffer_key" "signing" {
  name       = "invoice-signing"
  vault_id   = coffer_vault.example.id
  key_type   = "RSA"
  key_size   = 2048
  key_opts   = ["sign", "verify"]
  depends_on = [coffer_role_assignment.me]
}

resource "coffer_key" "elliptic" {
  name       = "receipt-signing"
  vault_id   = coffer_vault.example.id
  key_type   = "EC"
  curve      = "P-256"
  key_opts   = ["sign", "verify"]
  depends_on = [coffer_role_assignment.me]
}
