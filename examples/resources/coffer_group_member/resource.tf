resource "coffer_group_member" "example" {
  group_object_id  = coffer_group.example.object_id
  member_object_id = coffer_user.example.object_id
}
