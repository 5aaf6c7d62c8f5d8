package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// MaxBackupVersions is the greatest number of versions that an object may have to be
// backed up.
const MaxBackupVersions = 500

// Backup returns the object with all its versions, encrypted. Only Restore, in a vault
// of the same subscription and geography, can read it.
func (s *Service) Backup(ctx context.Context, caller authz.Caller, kind Kind, ref Ref) ([]byte, error) {
	ref.Version = ""
	c := s.beginVerb(ctx, caller, kind, verbBackup, ref)
	var object Object
	var versions []Version
	var contents backup
	var out []byte
	err := s.gate.Use(ctx, caller, c.operation(), func(r Reader, _ *audit.Record) (err error) {
		object, versions, err = c.everything(r)
		if err != nil {
			return err
		}
		key, err := s.dataKeyIn(ctx, r, c.vault.ID)
		if err != nil {
			return err
		}
		contents, err = newBackup(key, &object, versions)
		return err
	}, func(ctx context.Context) error {
		key, err := s.dataKey(ctx, backupKeyID(c.vault))
		if err != nil {
			return err
		}
		plaintext, err := json.Marshal(contents)
		if err != nil {
			return fmt.Errorf("encode backup: %w", err)
		}
		defer clear(plaintext)
		out, err = sealBlob(key, kind, sensitive.NewBytes(plaintext))
		return err
	})
	return out, err
}

// everything reads the object that the call names with all versions and their values.
func (c *call) everything(r Reader) (Object, []Version, error) {
	o, v, err := c.find(r, false)
	if err != nil {
		return o, nil, err
	}
	versions, err := r.Versions(o.ID, "", MaxBackupVersions+1, true)
	if err != nil {
		return o, nil, err
	}
	if c.rule.kind == Keys && due(&o, &v, unix(r.Now())) {
		var made Version
		if o, made, err = c.rotateDue(c.ctx, &o, &v); err != nil {
			return o, nil, err
		}
		versions = merge(versions, made, "", MaxBackupVersions+1)
	}
	if len(versions) > MaxBackupVersions {
		return o, nil, fault.New(fault.BadParameter, "The %s has more than %d versions and cannot be backed up.", c.rule.kind.Noun(), MaxBackupVersions)
	}
	return o, versions, nil
}

// Restore makes an object of a backup, with its versions and their ids. ref names the
// vault only.
func (s *Service) Restore(ctx context.Context, caller authz.Caller, kind Kind, ref Ref, blob []byte) (Item, error) {
	contents, opened := s.openBackup(ctx, caller, kind, ref.Vault, blob)
	c := s.beginVerb(ctx, caller, kind, verbRestore, Ref{Vault: ref.Vault, Name: contents.Name})
	if opened != nil {
		// There is no name to complain about.
		c.fold, c.invalid = "", opened
	}
	var out Item
	var madeFor string
	var object Object
	var versions []Version
	err := s.gate.Write(ctx, caller, c.operation(), func(ctx context.Context) error {
		key, err := s.dataKey(ctx, c.vault.ID)
		if err != nil {
			return err
		}
		for i := range contents.Versions {
			if k := contents.Versions[i].Key; k != nil {
				if _, err := c.provider(k.Type); err != nil {
					return err
				}
			}
		}
		madeFor = c.vault.ID
		object, versions, err = contents.rows(key, c.vault.ID, kind)
		return err
	}, func(w Writer, rec *audit.Record) error {
		if c.vault.ID != madeFor {
			return errVaultChanged()
		}
		if err := c.makeRoom(w, object.Current); err != nil {
			return err
		}
		current, err := insertAll(w, object, versions)
		if err != nil {
			return err
		}
		auditVersion(rec, kind, current)
		out, err = newBundle(c.vault, &object, current)
		return err
	})
	return out, err
}

// makeRoom refuses a restore over an object that exists.
func (c *call) makeRoom(w Writer, current string) error {
	o, found, err := w.Object(c.vault.ID, c.rule.kind, c.fold)
	if err != nil || !found {
		return err
	}
	if o.gone(unix(w.Now())) {
		return w.DeleteObject(o.ID)
	}
	if o.Deleted != 0 {
		return c.blocked(o.Name)
	}
	return c.restoreConflict(current)
}

func (c *call) restoreConflict(version string) error {
	noun := c.rule.kind.Noun()
	return fault.New(fault.RestoreConflict, "There was a conflict restoring the %[1]s '%[2]s/%[3]s/%[4]s/%[5]s'. This can happen if either: a second %[1]s with the same name was created after the first %[1]s was deleted; thus trying to restore a %[1]s whose name is already in use. To fix this, rename the second %[1]s to something else so that the restore works. The second probable cause of this exception is when multiple operations are performed in parallel against the %[1]s. To avoid this error, perform operations against a %[1]s in a sequential manner.",
		noun, c.s.vaultURL(c.vault.Name), c.rule.kind, c.ref.Name, version)
}

// insertAll writes an object and its versions, and returns its current version.
func insertAll(w Writer, o Object, versions []Version) (*Version, error) {
	if err := w.InsertObject(o); err != nil {
		return nil, err
	}
	var current *Version
	for i := range versions {
		if err := w.InsertVersion(o.ID, versions[i]); err != nil {
			return nil, err
		}
		if versions[i].ID == o.Current {
			current = &versions[i]
		}
	}
	if current == nil {
		return nil, errors.New("restore: the current version is missing")
	}
	return current, nil
}

// errBackup is the answer to every blob that does not open here: it does not tell a
// changed one from one of another subscription or geography.
func errBackup() error {
	return fault.New(fault.BadParameter, "The backup blob is not valid in this vault: it was changed, or was made in another subscription or geography.")
}

// openBackup opens a blob for the vault with the name. It decides nothing: what it
// returns is used only after the call was admitted.
func (s *Service) openBackup(ctx context.Context, caller authz.Caller, kind Kind, vaultName string, blob []byte) (backup, error) {
	if caller.IsZero() {
		return backup{}, errBackup()
	}
	sealed, err := parseBlob(kind, blob)
	if err != nil {
		return backup{}, err
	}
	var key *seal.DataKey
	err = s.gate.Store.View(ctx, func(r Reader) error {
		snapshot, err := s.gate.Control.Snapshot(r)
		if err != nil {
			return err
		}
		v, found, err := snapshot.Vault(vaultName)
		if err != nil {
			return err
		}
		if !found {
			return errBackup()
		}
		key, err = s.dataKeyIn(ctx, r, backupKeyID(v))
		if errors.Is(err, seal.ErrNoDataKey) {
			return errBackup()
		}
		return err
	})
	if err != nil {
		return backup{}, err
	}
	return decodeBackup(key, kind, sealed)
}

// backupKeyID is the id of the data key of backups: one for each geography and
// subscription.
func backupKeyID(v *access.Vault) string {
	return "system/backup/" + Geography(v.Location) + "/" + lower(v.SubscriptionID)
}
