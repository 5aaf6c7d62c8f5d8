package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

const vaultColumns = `id, name, subscription_id, group_name, location, tenant_id, premium, tags, policies, network,
public_access, for_deployment, for_disk, for_template, rbac, retention, purge_protection,
created, created_by, created_type, updated, updated_by, updated_type, deleted, purge_at`

// policyRow is an access policy as it is stored.
type policyRow struct {
	Tenant       string   `json:"t"`
	Object       string   `json:"o"`
	Application  string   `json:"a,omitempty"`
	Keys         []string `json:"k,omitempty"`
	Secrets      []string `json:"s,omitempty"`
	Certificates []string `json:"c,omitempty"`
	Storage      []string `json:"st,omitempty"`
}

func policiesText(policies []authz.AccessPolicy) (string, error) {
	rows := make([]policyRow, len(policies))
	for i, p := range policies {
		rows[i] = policyRow{p.TenantID, p.ObjectID, p.ApplicationID, p.Keys, p.Secrets, p.Certificates, p.Storage}
	}
	return encode(rows, len(rows) == 0)
}

func policiesFrom(text string) ([]authz.AccessPolicy, error) {
	var rows []policyRow
	if err := decode(text, &rows); err != nil {
		return nil, err
	}
	policies := make([]authz.AccessPolicy, len(rows))
	for i, r := range rows {
		policies[i] = authz.AccessPolicy{
			TenantID: r.Tenant, ObjectID: r.Object, ApplicationID: r.Application,
			Keys: r.Keys, Secrets: r.Secrets, Certificates: r.Certificates, Storage: r.Storage,
		}
	}
	return policies, nil
}

func scanVault(scan func(...any) error) (resource.Vault, error) {
	var v resource.Vault
	var tags, policies, network string
	var created, updated, deleted, purgeAt int64
	var deployment, disk, template sql.NullBool
	err := scan(&v.ID, &v.Name, &v.SubscriptionID, &v.ResourceGroup, &v.Location, &v.TenantID, &v.Premium, &tags, &policies, &network,
		&v.PublicNetworkAccess, &deployment, &disk, &template, &v.RBAC, &v.RetentionDays, &v.PurgeProtection,
		&created, &v.Created.By, &v.Created.Type, &updated, &v.Updated.By, &v.Updated.Type, &deleted, &purgeAt)
	if err != nil {
		return v, err
	}
	v.Created.At, v.Updated.At = fromMicros(created), fromMicros(updated)
	v.Deleted, v.PurgeAt = unixTime(deleted), unixTime(purgeAt)
	v.ForDeployment, v.ForDiskEncryption, v.ForTemplateDeployment = optional(deployment), optional(disk), optional(template)
	if err := decode(tags, &v.Tags); err != nil {
		return v, fmt.Errorf("tags of vault %s: %w", v.ID, err)
	}
	if err := decode(network, &v.Network); err != nil {
		return v, fmt.Errorf("network rules of vault %s: %w", v.ID, err)
	}
	if v.Policies, err = policiesFrom(policies); err != nil {
		return v, fmt.Errorf("access policies of vault %s: %w", v.ID, err)
	}
	return v, nil
}

func optional(b sql.NullBool) *bool {
	if !b.Valid {
		return nil
	}
	return &b.Bool
}

func nullable(b *bool) sql.NullBool {
	if b == nil {
		return sql.NullBool{}
	}
	return sql.NullBool{Bool: *b, Valid: true}
}

// VaultByName implements resource.Reader.
func (v *View) VaultByName(name string) (resource.Vault, bool, error) {
	row, err := scanVault(v.s.row("SELECT "+vaultColumns+" FROM vaults WHERE fold = ?", strings.ToLower(name)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return resource.Vault{}, false, nil
	}
	if err != nil {
		return resource.Vault{}, false, fmt.Errorf("read vault: %w", err)
	}
	return row, true, nil
}

func (v *View) vaults(where string, args ...any) ([]resource.Vault, error) {
	var list []resource.Vault
	err := v.s.each("SELECT "+vaultColumns+" FROM vaults WHERE "+where, args, func(scan func(...any) error) error {
		row, err := scanVault(scan)
		list = append(list, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list vaults: %w", err)
	}
	return list, nil
}

// Vaults implements resource.Reader.
func (v *View) Vaults(subscriptionID, group, after string, limit int) ([]resource.Vault, error) {
	sub := strings.ToLower(subscriptionID)
	if group == "" {
		return v.vaults("subscription_id = ? AND deleted = 0 AND fold > ? ORDER BY fold LIMIT ?", sub, after, limit)
	}
	return v.vaults("subscription_id = ? AND group_fold = ? AND deleted = 0 AND fold > ? ORDER BY fold LIMIT ?",
		sub, strings.ToLower(group), after, limit)
}

// DeletedVaults implements resource.Reader.
func (v *View) DeletedVaults(subscriptionID string, now time.Time, after string, limit int) ([]resource.Vault, error) {
	return v.vaults("subscription_id = ? AND deleted > 0 AND purge_at > ? AND fold > ? ORDER BY fold LIMIT ?",
		strings.ToLower(subscriptionID), now.Unix(), after, limit)
}

// DueVaults implements resource.Reader.
func (v *View) DueVaults(now time.Time, limit int) ([]resource.Vault, error) {
	return v.vaults("purge_at > 0 AND purge_at <= ? ORDER BY purge_at LIMIT ?", now.Unix(), limit)
}

// InsertVault implements resource.Writer.
func (tx *Tx) InsertVault(v resource.Vault) error {
	tags, policies, network, err := vaultTexts(v)
	if err == nil {
		err = tx.s.exec(`INSERT INTO vaults (id, fold, name, subscription_id, group_fold, group_name, location, tenant_id,
premium, tags, policies, network, public_access, for_deployment, for_disk, for_template, rbac, retention, purge_protection,
created, created_by, created_type, updated, updated_by, updated_type, deleted, purge_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			v.ID, strings.ToLower(v.Name), v.Name, strings.ToLower(v.SubscriptionID), strings.ToLower(v.ResourceGroup), v.ResourceGroup, v.Location, v.TenantID,
			v.Premium, tags, policies, network, v.PublicNetworkAccess, nullable(v.ForDeployment), nullable(v.ForDiskEncryption), nullable(v.ForTemplateDeployment),
			v.RBAC, v.RetentionDays, v.PurgeProtection, micros(v.Created.At), v.Created.By, v.Created.Type,
			micros(v.Updated.At), v.Updated.By, v.Updated.Type, unixOf(v.Deleted), unixOf(v.PurgeAt))
	}
	if err != nil {
		return fmt.Errorf("insert vault: %w", err)
	}
	return nil
}

// UpdateVault implements resource.Writer.
func (tx *Tx) UpdateVault(v resource.Vault) error {
	tags, policies, network, err := vaultTexts(v)
	if err == nil {
		err = tx.s.exec(`UPDATE vaults SET tenant_id = ?, premium = ?, tags = ?, policies = ?, network = ?, public_access = ?,
for_deployment = ?, for_disk = ?, for_template = ?, rbac = ?, retention = ?, purge_protection = ?,
updated = ?, updated_by = ?, updated_type = ?, deleted = ?, purge_at = ? WHERE id = ?`,
			v.TenantID, v.Premium, tags, policies, network, v.PublicNetworkAccess,
			nullable(v.ForDeployment), nullable(v.ForDiskEncryption), nullable(v.ForTemplateDeployment), v.RBAC, v.RetentionDays, v.PurgeProtection,
			micros(v.Updated.At), v.Updated.By, v.Updated.Type, unixOf(v.Deleted), unixOf(v.PurgeAt), v.ID)
	}
	if err != nil {
		return fmt.Errorf("update vault: %w", err)
	}
	return nil
}

func vaultTexts(v resource.Vault) (tags, policies, network string, err error) {
	if tags, err = encode(v.Tags, len(v.Tags) == 0); err != nil {
		return "", "", "", err
	}
	if network, err = encode(v.Network, v.Network == nil); err != nil {
		return "", "", "", err
	}
	policies, err = policiesText(v.Policies)
	return tags, policies, network, err
}

// DeleteVault implements resource.Writer.
func (tx *Tx) DeleteVault(id string) error {
	if err := tx.s.exec("DELETE FROM vaults WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete vault: %w", err)
	}
	return nil
}

// OperationResult implements resource.Reader.
func (v *View) OperationResult(subscriptionID, id string) (time.Time, bool, error) {
	var created int64
	err := v.s.row("SELECT created FROM operation_results WHERE id = ? AND subscription_id = ?", id, strings.ToLower(subscriptionID)).Scan(&created)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read operation result: %w", err)
	}
	return unixTime(created), true, nil
}

// PutOperationResult implements resource.Writer.
func (tx *Tx) PutOperationResult(subscriptionID, id string) error {
	err := tx.s.exec("INSERT INTO operation_results (id, subscription_id, created) VALUES (?, ?, ?)", id, strings.ToLower(subscriptionID), tx.Now().Unix())
	if err != nil {
		return fmt.Errorf("write operation result: %w", err)
	}
	return nil
}

// DeleteOperationResults implements resource.Writer.
func (tx *Tx) DeleteOperationResults(before time.Time) error {
	if err := tx.s.exec("DELETE FROM operation_results WHERE created < ?", before.Unix()); err != nil {
		return fmt.Errorf("delete operation results: %w", err)
	}
	return nil
}
