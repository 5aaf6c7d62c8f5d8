# The value for this run, in neither plan nor state: for write-only attributes and
# other providers' configuration.
ephemeral "coffer_secret" "example" {
  name     = coffer_secret.example.name
  vault_id = coffer_vault.example.id
}

resource "coffer_secret" "copy" {
  name             = "storage-key-copy"
  vault_id         = coffer_vault.example.id
  value_wo         = ephemeral.coffer_secret.example.value
  value_wo_version = 1
}
