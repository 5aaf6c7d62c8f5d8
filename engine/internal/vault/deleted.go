package vault

import (
	"context"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

const daySeconds = 24 * 60 * 60

// Delete deletes the object with all its versions, to be purged when the retention of
// the vault ends.
func (s *Service) Delete(ctx context.Context, caller authz.Caller, kind Kind, ref Ref) (Item, error) {
	ref.Version = ""
	c := s.beginVerb(ctx, caller, kind, verbDelete, ref)
	var out Item
	err := s.gate.Write(ctx, caller, c.operation(), c.settle, func(w Writer, rec *audit.Record) error {
		o, v, err := c.find(w, false)
		if err != nil {
			return err
		}
		auditVersion(rec, kind, &v)
		o.Deleted = unix(w.Now())
		o.PurgeAt = o.Deleted + int64(c.vault.RetentionDays)*daySeconds
		if err := w.UpdateObject(o); err != nil {
			return err
		}
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}

// GetDeleted returns a deleted object with its current version.
func (s *Service) GetDeleted(ctx context.Context, caller authz.Caller, kind Kind, ref Ref) (Item, error) {
	ref.Version = ""
	c := s.beginVerb(ctx, caller, kind, verbGetDeleted, ref)
	var out Item
	err := s.gate.Read(ctx, caller, c.operation(), func(r Reader, rec *audit.Record) error {
		o, v, err := c.findDeleted(r)
		if err != nil {
			return err
		}
		auditVersion(rec, kind, &v)
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}

// Recover makes a deleted object live again, with all its versions.
func (s *Service) Recover(ctx context.Context, caller authz.Caller, kind Kind, ref Ref) (Item, error) {
	ref.Version = ""
	c := s.beginVerb(ctx, caller, kind, verbRecover, ref)
	var out Item
	err := s.gate.Write(ctx, caller, c.operation(), nil, func(w Writer, rec *audit.Record) error {
		o, v, err := c.findDeleted(w)
		if err != nil {
			return err
		}
		auditVersion(rec, kind, &v)
		o.Deleted, o.PurgeAt = 0, 0
		if err := w.UpdateObject(o); err != nil {
			return err
		}
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}

// Purge destroys a deleted object.
func (s *Service) Purge(ctx context.Context, caller authz.Caller, kind Kind, ref Ref) error {
	ref.Version = ""
	c := s.beginVerb(ctx, caller, kind, verbPurge, ref)
	return s.gate.Write(ctx, caller, c.operation(), nil, func(w Writer, rec *audit.Record) error {
		o, v, err := c.findDeleted(w)
		if err != nil {
			return err
		}
		auditVersion(rec, kind, &v)
		if c.vault.PurgeProtection {
			return fault.New(fault.PurgeForbidden, `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed. Vault: %s;location=%s`,
				c.vault.Name, c.vault.Location)
		}
		return w.DeleteObject(o.ID)
	})
}

// findDeleted returns the deleted object that the call names.
func (c *call) findDeleted(r Reader) (Object, Version, error) {
	o, v, found, err := r.Find(c.vault.ID, c.rule.kind, c.fold, "", false)
	if err != nil {
		return o, v, err
	}
	if !found || o.Deleted == 0 || o.gone(unix(r.Now())) {
		return o, v, c.deletedNotFound()
	}
	return o, v, nil
}

// PurgeDue removes what was due to be purged, and returns the number of objects. It
// only tidies up: a reader has not seen them since they were due.
func PurgeDue(ctx context.Context, s *Service) (int, error) {
	const batch = 100
	total := 0
	for {
		var n int
		err := s.gate.Store.Commit(ctx, func(w Writer) error {
			var err error
			n, err = w.PurgeObjects(unix(w.Now()), batch)
			return err
		}, func(error) *audit.Record { return nil })
		if total += n; err != nil || n < batch {
			return total, err
		}
	}
}

func auditVersion(rec *audit.Record, kind Kind, v *Version) {
	if kind == Keys {
		auditKey(rec, v)
		return
	}
	auditSecret(rec, v)
}
