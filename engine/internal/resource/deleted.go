package resource

import (
	"context"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
)

var noTime time.Time

func lower(s string) string { return strings.ToLower(s) }

// keptResults is how long the result of an operation can be asked for.
const keptResults = 24 * time.Hour

// DeletedVaultID names a deleted vault by its place.
type DeletedVaultID struct {
	SubscriptionID, Location, Name string
}

func (id DeletedVaultID) resourceID() string {
	return "/subscriptions/" + id.SubscriptionID + "/providers/Microsoft.KeyVault/locations/" + id.Location + "/deletedVaults/" + id.Name
}

// findDeleted returns the deleted vault.
func findDeleted(r Reader, id DeletedVaultID) (Vault, error) {
	if _, err := findSubscription(r, id.SubscriptionID); err != nil {
		return Vault{}, err
	}
	v, found, err := r.VaultByName(id.Name)
	if err == nil && (!found || v.Live() || v.Gone(r.Now()) || v.SubscriptionID != lower(id.SubscriptionID) || v.Location != NormalLocation(id.Location)) {
		err = fault.New(fault.DeletedVaultNotFound, "The specified deleted vault '%s' does not exist.", clean(id.Name))
	}
	return v, err
}

// GetDeletedVault returns a deleted vault.
func (s *Service) GetDeletedVault(ctx context.Context, caller authz.Caller, id DeletedVaultID) (Vault, error) {
	var out Vault
	op := vaultOperation("VaultGet", 200, need{action: "Microsoft.KeyVault/locations/deletedVaults/read", scope: id.resourceID()})
	err := s.gate.Read(ctx, caller, op, func(r Reader, rec *audit.Record) (err error) {
		if out, err = findDeleted(r, id); err == nil {
			s.describe(rec, &out)
		}
		return err
	})
	return out, err
}

// ListDeletedVaults returns the deleted vaults of the subscription: up to top of them
// that follow after.
func (s *Service) ListDeletedVaults(ctx context.Context, caller authz.Caller, subscription, after string, top int) (Page[Vault], error) {
	var out Page[Vault]
	op := vaultOperation("VaultList", 200, need{action: "Microsoft.KeyVault/deletedVaults/read", scope: "/subscriptions/" + subscription})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		if _, err := findSubscription(r, subscription); err != nil {
			return err
		}
		limit := pageLimit(top)
		list, err := r.DeletedVaults(subscription, r.Now(), after, limit+1)
		out = page(list, limit, func(v Vault) string { return v.Name })
		return err
	})
	return out, err
}

// PurgeVault destroys a deleted vault with all that is in it, and returns the id under
// which the result can be asked for.
func (s *Service) PurgeVault(ctx context.Context, caller authz.Caller, id DeletedVaultID) (result string, err error) {
	op := vaultOperation("VaultPurge", 202, need{action: "Microsoft.KeyVault/locations/deletedVaults/purge/action", scope: id.resourceID()})
	var gone string
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, rec *audit.Record) error {
		v, err := findDeleted(w, id)
		if err != nil {
			return err
		}
		s.describe(rec, &v)
		if v.PurgeProtection {
			return fault.New(fault.PurgeNotAllowed, "Operation 'DeletedVaultPurge' is not allowed.")
		}
		gone, result = v.ID, newID()
		if err := purge(w, v); err != nil {
			return err
		}
		return w.PutOperationResult(v.SubscriptionID, result)
	})
	if err != nil {
		return "", err
	}
	s.ring.Forget(gone)
	return result, nil
}

func purge(w Writer, v Vault) error {
	if err := w.DeleteVault(v.ID); err != nil {
		return err
	}
	return w.DeleteDataKey(v.ID)
}

// OperationResult returns when the operation, which has succeeded, was carried out.
func (s *Service) OperationResult(ctx context.Context, caller authz.Caller, subscription, location, id string) (time.Time, error) {
	var at time.Time
	scope := "/subscriptions/" + subscription
	op := administrative(200, need{action: "Microsoft.KeyVault/locations/operationResults/read", scope: scope})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		created, found, err := r.OperationResult(subscription, id)
		if err == nil && !found {
			err = fault.New(fault.ResourceNotFound, "The operation result '%s' in location '%s' was not found.", clean(id), clean(location))
		}
		at = created
		return err
	})
	return at, err
}

// PurgeDue removes up to limit vaults whose scheduled purge has come, and results that
// are no longer kept, and returns how many vaults it removed. Nothing depends on it:
// it frees space, and destroys the data keys.
func PurgeDue(ctx context.Context, store access.Store[Reader, Writer], ring *seal.Ring, now time.Time, limit int) (int, error) {
	var due []Vault
	err := store.View(ctx, func(r Reader) (err error) {
		due, err = r.DueVaults(now, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	for i := range due {
		rec := audit.Start(authz.Caller{}, audit.CategoryAudit, "VaultPurge", now)
		rec.ResourceID = strings.ToUpper(due[i].ResourceID())
		err := store.Commit(ctx, func(w Writer) error {
			v, found, err := w.VaultByName(due[i].Name)
			if err != nil || !found || v.ID != due[i].ID || !v.Gone(now) {
				return err
			}
			return purge(w, v)
		}, func(err error) *audit.Record {
			rec.Finish(200, err, now)
			return rec
		})
		if err != nil {
			return i, err
		}
		ring.Forget(due[i].ID)
	}
	return len(due), store.Commit(ctx, func(w Writer) error {
		return w.DeleteOperationResults(now.Add(-keptResults))
	}, nil)
}
