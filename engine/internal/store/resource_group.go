package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

// Management groups name their parent by its fold; the id has the letter case of its
// creation.
const managementGroupColumns = "g.id, g.name, COALESCE(p.id, ''), g.created, g.updated, g.updated_by FROM management_groups g LEFT JOIN management_groups p ON p.fold = g.parent"

func scanManagementGroup(scan func(...any) error) (resource.ManagementGroup, error) {
	var g resource.ManagementGroup
	var created, updated int64
	err := scan(&g.ID, &g.Name, &g.Parent, &created, &updated, &g.UpdatedBy)
	g.Created, g.Updated = fromMicros(created), fromMicros(updated)
	return g, err
}

// ManagementGroup implements resource.Reader.
func (v *View) ManagementGroup(id string) (resource.ManagementGroup, bool, error) {
	g, err := scanManagementGroup(v.s.row("SELECT "+managementGroupColumns+" WHERE g.fold = ?", strings.ToLower(id)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return g, false, nil
	}
	if err != nil {
		return g, false, fmt.Errorf("read management group: %w", err)
	}
	return g, true, nil
}

// ManagementGroupList implements resource.Reader.
func (v *View) ManagementGroupList() ([]resource.ManagementGroup, error) {
	var list []resource.ManagementGroup
	err := v.s.each("SELECT "+managementGroupColumns+" ORDER BY g.fold", nil, func(scan func(...any) error) error {
		g, err := scanManagementGroup(scan)
		list = append(list, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list management groups: %w", err)
	}
	return list, nil
}

// PutManagementGroup implements resource.Writer.
func (tx *Tx) PutManagementGroup(g resource.ManagementGroup) error {
	err := tx.s.exec(`INSERT INTO management_groups (fold, id, name, parent, created, updated, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (fold) DO UPDATE SET name = excluded.name, parent = excluded.parent, updated = excluded.updated, updated_by = excluded.updated_by`,
		strings.ToLower(g.ID), g.ID, g.Name, strings.ToLower(g.Parent), micros(g.Created), micros(g.Updated), g.UpdatedBy)
	if err != nil {
		return fmt.Errorf("write management group: %w", err)
	}
	return nil
}

// DeleteManagementGroup implements resource.Writer.
func (tx *Tx) DeleteManagementGroup(id string) error {
	if err := tx.s.exec("DELETE FROM management_groups WHERE fold = ?", strings.ToLower(id)); err != nil {
		return fmt.Errorf("delete management group: %w", err)
	}
	return nil
}

const subscriptionColumns = "s.id, s.name, s.state, COALESCE(p.id, ''), s.alias, s.created FROM subscriptions s LEFT JOIN management_groups p ON p.fold = s.parent"

func scanSubscription(scan func(...any) error) (resource.Subscription, error) {
	var s resource.Subscription
	var created int64
	err := scan(&s.ID, &s.Name, &s.State, &s.Parent, &s.Alias, &created)
	s.Created = fromMicros(created)
	return s, err
}

func (v *View) subscription(where, value string) (resource.Subscription, bool, error) {
	s, err := scanSubscription(v.s.row("SELECT "+subscriptionColumns+" WHERE "+where, value).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("read subscription: %w", err)
	}
	return s, true, nil
}

// Subscription implements resource.Reader.
func (v *View) Subscription(id string) (resource.Subscription, bool, error) {
	return v.subscription("s.id = ?", strings.ToLower(id))
}

// SubscriptionByAlias implements resource.Reader.
func (v *View) SubscriptionByAlias(alias string) (resource.Subscription, bool, error) {
	if alias == "" {
		return resource.Subscription{}, false, nil
	}
	return v.subscription("s.alias = ?", strings.ToLower(alias))
}

// Subscriptions implements resource.Reader.
func (v *View) Subscriptions() ([]resource.Subscription, error) {
	var list []resource.Subscription
	err := v.s.each("SELECT "+subscriptionColumns+" ORDER BY s.id", nil, func(scan func(...any) error) error {
		s, err := scanSubscription(scan)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", err)
	}
	return list, nil
}

// PutSubscription implements resource.Writer.
func (tx *Tx) PutSubscription(s resource.Subscription) error {
	err := tx.s.exec(`INSERT INTO subscriptions (id, name, state, parent, alias, created) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, parent = excluded.parent, alias = excluded.alias`,
		strings.ToLower(s.ID), s.Name, s.State, strings.ToLower(s.Parent), strings.ToLower(s.Alias), micros(s.Created))
	if err != nil {
		return fmt.Errorf("write subscription: %w", err)
	}
	return nil
}

// ProviderUnregistered implements resource.Reader.
func (v *View) ProviderUnregistered(subscriptionID, namespace string) (bool, error) {
	var n int
	err := v.s.row("SELECT COUNT(*) FROM unregistered_providers WHERE subscription_id = ? AND namespace = ?",
		strings.ToLower(subscriptionID), strings.ToLower(namespace)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read provider registration: %w", err)
	}
	return n > 0, nil
}

// SetProviderUnregistered implements resource.Writer.
func (tx *Tx) SetProviderUnregistered(subscriptionID, namespace string, unregistered bool) error {
	query := "DELETE FROM unregistered_providers WHERE subscription_id = ? AND namespace = ?"
	if unregistered {
		query = "INSERT INTO unregistered_providers (subscription_id, namespace) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	if err := tx.s.exec(query, strings.ToLower(subscriptionID), strings.ToLower(namespace)); err != nil {
		return fmt.Errorf("write provider registration: %w", err)
	}
	return nil
}

const resourceGroupColumns = "subscription_id, name, location, managed_by, tags, created, updated FROM resource_groups"

func scanResourceGroup(scan func(...any) error) (resource.Group, error) {
	var g resource.Group
	var tags string
	var created, updated int64
	if err := scan(&g.SubscriptionID, &g.Name, &g.Location, &g.ManagedBy, &tags, &created, &updated); err != nil {
		return g, err
	}
	g.Created, g.Updated = fromMicros(created), fromMicros(updated)
	return g, decode(tags, &g.Tags)
}

// ResourceGroup implements resource.Reader.
func (v *View) ResourceGroup(subscriptionID, name string) (resource.Group, bool, error) {
	g, err := scanResourceGroup(v.s.row("SELECT "+resourceGroupColumns+" WHERE subscription_id = ? AND fold = ?", strings.ToLower(subscriptionID), strings.ToLower(name)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return g, false, nil
	}
	if err != nil {
		return g, false, fmt.Errorf("read resource group: %w", err)
	}
	return g, true, nil
}

// ResourceGroups implements resource.Reader.
func (v *View) ResourceGroups(subscriptionID, after string, limit int) ([]resource.Group, error) {
	var list []resource.Group
	err := v.s.each("SELECT "+resourceGroupColumns+" WHERE subscription_id = ? AND fold > ? ORDER BY fold LIMIT ?",
		[]any{strings.ToLower(subscriptionID), after, limit}, func(scan func(...any) error) error {
			g, err := scanResourceGroup(scan)
			list = append(list, g)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("list resource groups: %w", err)
	}
	return list, nil
}

// PutResourceGroup implements resource.Writer.
func (tx *Tx) PutResourceGroup(g resource.Group) error {
	tags, err := encode(g.Tags, len(g.Tags) == 0)
	if err == nil {
		err = tx.s.exec(`INSERT INTO resource_groups (subscription_id, fold, name, location, managed_by, tags, created, updated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subscription_id, fold) DO UPDATE SET managed_by = excluded.managed_by, tags = excluded.tags, updated = excluded.updated`,
			strings.ToLower(g.SubscriptionID), strings.ToLower(g.Name), g.Name, g.Location, g.ManagedBy, tags, micros(g.Created), micros(g.Updated))
	}
	if err != nil {
		return fmt.Errorf("write resource group: %w", err)
	}
	return nil
}

// DeleteResourceGroup implements resource.Writer.
func (tx *Tx) DeleteResourceGroup(subscriptionID, name string) error {
	err := tx.s.exec("DELETE FROM resource_groups WHERE subscription_id = ? AND fold = ?", strings.ToLower(subscriptionID), strings.ToLower(name))
	if err != nil {
		return fmt.Errorf("delete resource group: %w", err)
	}
	return nil
}
