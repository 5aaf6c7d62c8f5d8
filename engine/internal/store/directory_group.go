package store

import (
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

const selectGroup = "SELECT id, display_name, description, nickname, created, extra FROM groups"

func scanGroup(scan func(...any) error) (directory.Group, error) {
	var g directory.Group
	var created int64
	var extra string
	if err := scan(&g.ID, &g.DisplayName, &g.Description, &g.MailNickname, &created, &extra); err != nil {
		return directory.Group{}, err
	}
	var err error
	g.Created = seconds(created)
	g.Extra, err = decodeExtra(extra)
	return g, err
}

// Group returns the group with the object id.
func (v *View) Group(id string) (directory.Group, bool, error) {
	g, err := scanGroup(v.s.row(selectGroup+" WHERE id = ?", id).Scan)
	return found(g, err, "read group")
}

// Groups returns the groups that q selects.
func (v *View) Groups(q directory.Query) ([]directory.Group, error) {
	where, args, err := selection(q, directory.TypeGroup)
	if err != nil {
		return nil, err
	}
	var groups []directory.Group
	err = v.list(selectGroup+where, args, func(scan func(...any) error) error {
		g, err := scanGroup(scan)
		groups = append(groups, g)
		return err
	})
	return groups, err
}

// Members returns the members of the group, and of the groups in it if transitive is
// set.
func (v *View) Members(groupID string, transitive bool, q directory.Query) ([]directory.Reference, error) {
	if !transitive {
		return v.references("SELECT member_id, member_type FROM group_members WHERE group_id = ? AND member_id > ? ORDER BY member_id LIMIT ?",
			groupID, q.After, q.Limit)
	}
	return v.references(`WITH RECURSIVE below (id, type) AS (
		SELECT member_id, member_type FROM group_members WHERE group_id = ?1
		UNION
		SELECT m.member_id, m.member_type FROM group_members m JOIN below b ON m.group_id = b.id
	) SELECT id, type FROM below WHERE id > ?2 AND id <> ?1 ORDER BY id LIMIT ?3`, groupID, q.After, q.Limit)
}

// InsertGroup adds a group.
func (tx *Tx) InsertGroup(g directory.Group) error {
	extra, err := encodeExtra(g.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec(`INSERT INTO groups (id, display_name, name_key, description, nickname, nickname_key, created, extra)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		g.ID, g.DisplayName, fold(g.DisplayName), g.Description, g.MailNickname, fold(g.MailNickname), g.Created.Unix(), extra), "add group")
}

// UpdateGroup stores what g says.
func (tx *Tx) UpdateGroup(g directory.Group) error {
	extra, err := encodeExtra(g.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec("UPDATE groups SET display_name = ?, name_key = ?, description = ?, nickname = ?, nickname_key = ?, extra = ? WHERE id = ?",
		g.DisplayName, fold(g.DisplayName), g.Description, g.MailNickname, fold(g.MailNickname), extra, g.ID), "update group")
}

// DeleteGroup deletes a group and all memberships that it has part in.
func (tx *Tx) DeleteGroup(id string) error {
	if err := tx.forget(id); err != nil {
		return err
	}
	return wrapped(tx.s.exec("DELETE FROM groups WHERE id = ?", id), "delete group")
}

// AddMember adds a direct member.
func (tx *Tx) AddMember(groupID string, member directory.Reference) error {
	return wrapped(tx.s.exec("INSERT INTO group_members (group_id, member_id, member_type) VALUES (?, ?, ?)",
		groupID, member.ID, string(member.Type)), "add member")
}

// RemoveMember removes a direct member.
func (tx *Tx) RemoveMember(groupID, memberID string) (bool, error) {
	n, err := tx.s.changed("DELETE FROM group_members WHERE group_id = ? AND member_id = ?", groupID, memberID)
	return n > 0, wrapped(err, "remove member")
}
