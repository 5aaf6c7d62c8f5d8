package resource

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const (
	actionReadVault   = "Microsoft.KeyVault/vaults/read"
	actionWriteVault  = "Microsoft.KeyVault/vaults/write"
	actionDeleteVault = "Microsoft.KeyVault/vaults/delete"
	actionAssign      = "Microsoft.Authorization/roleAssignments/write"
)

// describe notes in the record which vault an operation is about and what it is like
// (wire reference 6.1).
func (s *Service) describe(rec *audit.Record, v *Vault) {
	name := "Standard"
	if v.Premium {
		name = "Premium"
	}
	rec.Properties.ID = s.vaultURL(v.Name) + "/"
	rec.Properties.Properties = map[string]any{
		"sku":                          map[string]any{"Family": "A", "Name": name, "Capacity": nil},
		"tenantId":                     v.TenantID,
		"networkAcls":                  v.Network,
		"enabledForDeployment":         v.ForDeployment,
		"enabledForDiskEncryption":     v.ForDiskEncryption,
		"enabledForTemplateDeployment": v.ForTemplateDeployment,
		"enableSoftDelete":             true,
		"softDeleteRetentionInDays":    v.RetentionDays,
		"enableRbacAuthorization":      v.RBAC,
		"enablePurgeProtection":        v.PurgeProtection,
	}
}

// GetVault returns a live vault.
func (s *Service) GetVault(ctx context.Context, caller authz.Caller, id VaultID) (Vault, error) {
	var out Vault
	op := vaultOperation("VaultGet", 200, need{action: actionReadVault, scope: id.ResourceID()})
	err := s.gate.Read(ctx, caller, op, func(r Reader, rec *audit.Record) (err error) {
		if out, err = findVault(r, id); err == nil {
			s.describe(rec, &out)
		}
		return err
	})
	return out, err
}

// PutVault creates the vault, changes it, or recovers it if the input says so.
func (s *Service) PutVault(ctx context.Context, caller authz.Caller, id VaultID, in VaultInput) (v Vault, created bool, err error) {
	name := "VaultPut"
	if in.Recover {
		name = "VaultRecover"
	}
	op := vaultOperation(name, 200, need{action: actionWriteVault, scope: id.ResourceID()})
	internal := newID()
	var wrapped []byte
	prepare := func(ctx context.Context) error {
		if err := checkVaultName(id.Name); err != nil {
			return err
		}
		if err := in.check(s.tenant); err != nil {
			return err
		}
		exists, err := s.exists(ctx, id.Name)
		if err != nil || exists || in.Recover {
			return err
		}
		// Wrapping may go to a token, so it is not done in the transaction.
		wrapped, _, err = s.ring.NewDataKey(ctx, internal)
		return err
	}
	var gone string
	err = s.gate.Write(ctx, caller, op, prepare, func(w Writer, rec *audit.Record) error {
		group, err := s.writableGroup(w, id)
		if err != nil {
			return err
		}
		current, found, err := w.VaultByName(id.Name)
		if err != nil {
			return err
		}
		if found && current.Gone(w.Now()) {
			if err := purge(w, current); err != nil {
				return err
			}
			gone, found = current.ID, false
		}
		switch {
		case in.Recover:
			v, err = s.recover(w, caller, id, current, found, in)
		case found:
			v, err = s.change(w, caller, id, current, in)
		default:
			created = true
			v, err = s.create(w, caller, id, group, in, internal, wrapped)
		}
		if err == nil {
			s.describe(rec, &v)
		}
		return err
	})
	if err != nil {
		return Vault{}, false, err
	}
	if gone != "" {
		s.ring.Forget(gone)
	}
	return v, created, nil
}

// exists reports whether there is a vault of that name, live or deleted.
func (s *Service) exists(ctx context.Context, name string) (exists bool, err error) {
	err = s.view(ctx, func(r Reader) error {
		v, found, err := r.VaultByName(name)
		exists = found && !v.Gone(r.Now())
		return err
	})
	return exists, err
}

// writableGroup returns the resource group if vaults can be written in it.
func (s *Service) writableGroup(w Writer, id VaultID) (Group, error) {
	if _, err := writableSubscription(w, id.SubscriptionID); err != nil {
		return Group{}, err
	}
	group, err := findGroup(w, id.SubscriptionID, id.ResourceGroup)
	if err != nil {
		return group, err
	}
	unregistered, err := w.ProviderUnregistered(id.SubscriptionID, "Microsoft.KeyVault")
	if err == nil && unregistered {
		err = fault.New(fault.ProviderNotRegistered, "The subscription is not registered to use namespace 'Microsoft.KeyVault'. See https://aka.ms/rps-not-found for how to register subscriptions.")
	}
	return group, err
}

func (s *Service) create(w Writer, caller authz.Caller, id VaultID, group Group, in VaultInput, internal string, wrapped []byte) (Vault, error) {
	v, err := in.create()
	if err != nil {
		return v, err
	}
	if wrapped == nil {
		return v, fault.New(fault.Conflict, "The vault '%s' was purged while it was being changed. Please retry the request.", id.Name)
	}
	v.ID, v.Name = internal, id.Name
	v.SubscriptionID, v.ResourceGroup = group.SubscriptionID, group.Name
	v.Created = s.stamp(w, caller)
	v.Updated = v.Created
	if err := w.PutDataKey(v.ID, wrapped); err != nil {
		return v, err
	}
	return v, w.InsertVault(v)
}

// change updates the vault, or says why its name cannot be used.
func (s *Service) change(w Writer, caller authz.Caller, id VaultID, v Vault, in VaultInput) (Vault, error) {
	switch {
	case !v.Live() && v.SubscriptionID == lower(id.SubscriptionID):
		return v, fault.New(fault.VaultDeletedConflict, "A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.")
	case !v.in(id.SubscriptionID, id.ResourceGroup):
		return v, fault.New(fault.VaultAlreadyExists, "%s", nameTaken(id.Name))
	}
	return s.update(w, caller, v, in)
}

func (s *Service) update(w Writer, caller authz.Caller, v Vault, in VaultInput) (Vault, error) {
	model := v.RBAC
	if err := in.update(&v); err != nil {
		return v, err
	}
	if v.RBAC != model {
		// The other model has other people: to choose it is to grant access.
		if err := requireUnconditional(w, caller, actionAssign, v.ResourceID()); err != nil {
			return v, err
		}
	}
	v.Updated = s.stamp(w, caller)
	return v, w.UpdateVault(v)
}

func (s *Service) recover(w Writer, caller authz.Caller, id VaultID, v Vault, found bool, in VaultInput) (Vault, error) {
	if !found || v.Live() || !v.in(id.SubscriptionID, id.ResourceGroup) {
		return v, fault.New(fault.SoftDeletedVaultDoesNotExist, "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being attempted to recover is in a recoverable state.")
	}
	if in.Location == nil {
		return v, fault.New(fault.InvalidRequestContent, "The required property 'location' is missing.")
	}
	if NormalLocation(*in.Location) != v.Location {
		return v, locationConflict(&v, *in.Location)
	}
	v.Deleted, v.PurgeAt = noTime, noTime
	v.Updated = s.stamp(w, caller)
	return v, w.UpdateVault(v)
}

// PatchVault changes what the input says of an existing vault.
func (s *Service) PatchVault(ctx context.Context, caller authz.Caller, id VaultID, in VaultInput) (Vault, error) {
	var out Vault
	op := vaultOperation("VaultPatch", 200, need{action: actionWriteVault, scope: id.ResourceID()})
	prepare := func(context.Context) error { return in.check(s.tenant) }
	err := s.gate.Write(ctx, caller, op, prepare, func(w Writer, rec *audit.Record) error {
		if _, err := s.writableGroup(w, id); err != nil {
			return err
		}
		v, err := findVault(w, id)
		if err != nil {
			return err
		}
		if out, err = s.update(w, caller, v, in); err == nil {
			s.describe(rec, &out)
		}
		return err
	})
	return out, err
}

// DeleteVault deletes the vault softly; found is false if there was none. Its role
// assignments are lost, its access policies come back with it.
func (s *Service) DeleteVault(ctx context.Context, caller authz.Caller, id VaultID) (found bool, err error) {
	op := vaultOperation("VaultDelete", 200, need{action: actionDeleteVault, scope: id.ResourceID()})
	err = s.gate.Write(ctx, caller, op, nil, func(w Writer, rec *audit.Record) error {
		if _, err := writableSubscription(w, id.SubscriptionID); err != nil {
			return err
		}
		v, err := findVault(w, id)
		if fault.Is(err, fault.ResourceNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		s.describe(rec, &v)
		return s.softDelete(w, caller, v)
	})
	return found, err
}

func (s *Service) softDelete(w Writer, caller authz.Caller, v Vault) error {
	v.Deleted = w.Now()
	v.PurgeAt = v.Deleted.AddDate(0, 0, v.RetentionDays)
	v.Updated = s.stamp(w, caller)
	if err := w.UpdateVault(v); err != nil {
		return err
	}
	return w.DeleteRoleAssignmentsBelow(v.ResourceID())
}

// MaxPage bounds the items of one page of a list.
const MaxPage = 200

// Page is a part of a list. Next is where the next one starts, empty if there is none.
type Page[T any] struct {
	Items []T
	Next  string
}

// page cuts the list, which was read with one item more than the limit.
func page[T any](items []T, limit int, name func(T) string) Page[T] {
	if len(items) <= limit {
		return Page[T]{Items: items}
	}
	return Page[T]{Items: items[:limit], Next: lower(name(items[limit-1]))}
}

func pageLimit(top int) int {
	if top <= 0 || top > MaxPage {
		return MaxPage
	}
	return top
}

// ListVaults returns the live vaults of the subscription, or of its resource group if
// that is not empty: up to top of them that follow after.
func (s *Service) ListVaults(ctx context.Context, caller authz.Caller, subscription, group, after string, top int) (Page[Vault], error) {
	var out Page[Vault]
	scope := "/subscriptions/" + subscription
	if group != "" {
		scope += "/resourceGroups/" + group
	}
	op := vaultOperation("VaultList", 200, need{action: actionReadVault, scope: scope})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		var err error
		if group == "" {
			_, err = findSubscription(r, subscription)
		} else {
			_, err = findGroup(r, subscription, group)
		}
		if err != nil {
			return err
		}
		limit := pageLimit(top)
		list, err := r.Vaults(subscription, group, after, limit+1)
		out = page(list, limit, func(v Vault) string { return v.Name })
		return err
	})
	return out, err
}

// nameTaken is the service's own wording, spelling included.
func nameTaken(name string) string {
	return "The vault name '" + clean(name) + "' is already in use. Vault names are globaly unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state. If the vault is in a recoverable state then the vault will need to be purged before reusing the name. For more information on soft delete and purging a vault follow this link https://go.microsoft.com/fwlink/?linkid=2147740."
}

// NameAvailability says whether a vault may be created with a name.
type NameAvailability struct {
	Available       bool
	Reason, Message string
}

// CheckVaultName says whether a vault can be created with the name.
func (s *Service) CheckVaultName(ctx context.Context, caller authz.Caller, subscription, name string) (NameAvailability, error) {
	out := NameAvailability{Available: true}
	op := administrative(200, need{action: "Microsoft.KeyVault/checkNameAvailability/read", scope: "/subscriptions/" + subscription})
	err := s.gate.Read(ctx, caller, op, func(r Reader, _ *audit.Record) error {
		if _, err := findSubscription(r, subscription); err != nil {
			return err
		}
		if err := checkVaultName(name); err != nil {
			out = NameAvailability{Reason: "AccountNameInvalid", Message: fault.From(err).Message}
			return nil
		}
		v, found, err := r.VaultByName(name)
		if found && !v.Gone(r.Now()) {
			out = NameAvailability{Reason: "AlreadyExists", Message: nameTaken(name)}
		}
		return err
	})
	return out, err
}
