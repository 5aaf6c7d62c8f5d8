locals {
  people = {
    sofia  = { name = "Sofia Berg", group = "security" }
    daniel = { name = "Daniel Okoye", group = "operators" }
    audrey = { name = "Audrey Lin", group = "auditors" }
  }
  groups = {
    security  = "Security team"
    operators = "Developers and operators"
    auditors  = "Auditors"
  }
}

resource "coffer_user" "person" {
  for_each            = local.people
  user_principal_name = "${each.key}@example.com"
  display_name        = each.value.name
  password_wo         = var.passwords[each.key]
  password_wo_version = 1
}

resource "coffer_group" "team" {
  for_each     = local.groups
  display_name = each.value
}

resource "coffer_group_member" "membership" {
  for_each         = local.people
  group_object_id  = coffer_group.team[each.value.group].object_id
  member_object_id = coffer_user.person[each.key].object_id
}

# The program that signs and reads: an application with its service principal.
resource "coffer_service_principal" "app" {
  display_name = "Invoice service"
}
