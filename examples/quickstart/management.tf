resource "coffer_resource_group" "main" {
  name     = "rg-quickstart"
  location = "westeurope"
}

# The security team runs the vaults and says who may use them ...
resource "coffer_role_assignment" "security" {
  for_each             = toset(["Key Vault Contributor", "User Access Administrator"])
  scope                = coffer_resource_group.main.id
  role_definition_name = each.value
  principal_id         = coffer_group.team["security"].object_id
}

# ... developers and operators may use vaults in deployments, and see nothing inside.
resource "coffer_role_definition" "deployer" {
  name        = "Vault deployer"
  description = "References vaults in deployments."
  scope       = coffer_resource_group.main.id
  permissions = [{
    actions = [
      "Microsoft.Authorization/permissions/read",
      "Microsoft.KeyVault/vaults/read",
      "Microsoft.KeyVault/vaults/deploy/action",
    ]
  }]
}

resource "coffer_role_assignment" "operators" {
  scope              = coffer_resource_group.main.id
  role_definition_id = coffer_role_definition.deployer.role_definition_resource_id
  principal_id       = coffer_group.team["operators"].object_id
}
