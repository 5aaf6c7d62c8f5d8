package vault

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// Secret is a version of a secret with its value.
type Secret struct {
	Item
	Value sensitive.String
}

// SecretInput is what a request to set a secret gives.
type SecretInput struct {
	// Value is nil if the request has none.
	Value       *sensitive.String
	ContentType Optional[string]
	Tags        Optional[map[string]string]
	Attributes  AttributesInput
}

func (in *SecretInput) check() error {
	if in.Value == nil || in.Value.Len() > MaxValue {
		return invalidValue()
	}
	return checkSecret(in.ContentType, in.Tags, in.Attributes)
}

func checkSecret(contentType Optional[string], tags Optional[map[string]string], a AttributesInput) error {
	if t := contentType.Value; t != nil && utf8.RuneCountInString(*t) > maxContentType {
		return invalidValue()
	}
	if err := checkTags(Secrets, tags); err != nil {
		return err
	}
	return a.check()
}

// SetSecret makes a new version of the secret, and the secret if there is none.
func (s *Service) SetSecret(ctx context.Context, caller authz.Caller, ref Ref, in SecretInput) (Secret, error) {
	c := s.begin(ctx, caller, "SecretSet", ref)
	c.reject(in.check())
	var out Secret
	version := Version{ID: newID(), ContentType: in.ContentType.Value}
	startTags(&version, in.Tags)
	var sealedFor string
	err := s.gate.Write(ctx, caller, c.operation(), func(ctx context.Context) error {
		key, err := s.dataKey(ctx, c.vault.ID)
		if err != nil {
			return err
		}
		sealedFor = c.vault.ID
		version.Sealed, err = key.Seal(secretAD(c.fold, version.ID), sensitive.NewBytes([]byte(in.Value.Reveal())))
		return err
	}, func(w Writer, rec *audit.Record) error {
		if c.vault.ID != sealedFor {
			return errVaultChanged()
		}
		in.Attributes.start(&version, unix(w.Now()))
		auditSecret(rec, &version)
		o, err := c.addVersion(w, &version)
		if err != nil {
			return err
		}
		out = Secret{Item: newItem(c.vault, &o, &version), Value: *in.Value}
		return nil
	})
	return out, err
}

// errVaultChanged says that the vault's name went to another vault while the request
// was carried out.
func errVaultChanged() error {
	return fault.New(fault.Conflict, "The vault was replaced while the request was carried out. Please retry it.")
}

// GetSecret returns a version of the secret, the current one if ref names none.
func (s *Service) GetSecret(ctx context.Context, caller authz.Caller, ref Ref) (Secret, error) {
	c := s.begin(ctx, caller, "SecretGet", ref)
	var out Secret
	err := s.gate.Read(ctx, caller, c.operation(), func(r Reader, rec *audit.Record) error {
		o, v, err := c.find(r, true)
		if err != nil {
			return err
		}
		auditSecret(rec, &v)
		if !v.Enabled {
			return fault.New(fault.SecretDisabled, "Operation get is not allowed on a disabled secret.")
		}
		key, err := s.dataKeyIn(ctx, r, c.vault.ID)
		if err != nil {
			return err
		}
		value, err := key.Open(secretAD(o.Fold, v.ID), v.Sealed)
		if err != nil {
			return err
		}
		out = Secret{Item: newItem(c.vault, &o, &v), Value: sensitive.NewString(string(value.Reveal()))}
		value.Wipe()
		return nil
	})
	return out, err
}

// SecretUpdate is what a request to update a secret gives.
type SecretUpdate struct {
	ContentType Optional[string]
	Tags        Optional[map[string]string]
	Attributes  AttributesInput
}

// UpdateSecret changes what is not the value of a version, the current one if ref
// names none.
func (s *Service) UpdateSecret(ctx context.Context, caller authz.Caller, ref Ref, in SecretUpdate) (Item, error) {
	c := s.begin(ctx, caller, "SecretUpdate", ref)
	c.reject(checkSecret(in.ContentType, in.Tags, in.Attributes))
	var out Item
	err := s.gate.Write(ctx, caller, c.operation(), nil, func(w Writer, rec *audit.Record) error {
		o, v, err := c.find(w, false)
		if err != nil {
			return err
		}
		if err := in.Attributes.update(&v, unix(w.Now())); err != nil {
			return err
		}
		in.ContentType.apply(&v.ContentType)
		updateTags(&v, in.Tags)
		auditSecret(rec, &v)
		if err := w.UpdateVersion(o.ID, v); err != nil {
			return err
		}
		out = newItem(c.vault, &o, &v)
		return nil
	})
	return out, err
}

func secretAD(fold, version string) seal.AD {
	return seal.AD{Kind: "secret", Name: fold, Version: version}
}

// find returns the live object and version that the call names.
func (c *call) find(r Reader, sealed bool) (Object, Version, error) {
	o, v, found, err := r.Find(c.vault.ID, c.rule.kind, c.fold, c.version, sealed)
	if err != nil {
		return o, v, err
	}
	if !found || o.Deleted != 0 {
		return o, v, c.notFound()
	}
	return o, v, nil
}

// addVersion makes v the current version of the object that the call names, which it
// makes if there is none.
func (c *call) addVersion(w Writer, v *Version) (Object, error) {
	o, found, err := w.Object(c.vault.ID, c.rule.kind, c.fold)
	if err != nil {
		return o, err
	}
	if found && o.gone(unix(w.Now())) {
		if err := w.DeleteObject(o.ID); err != nil {
			return o, err
		}
		found = false
	}
	if found && o.Deleted != 0 {
		return o, c.blocked(o.Name)
	}
	if !found {
		o = Object{ID: newID(), VaultID: c.vault.ID, Kind: c.rule.kind, Fold: c.fold, Name: c.ref.Name, Current: v.ID, Seq: 1}
		v.Seq = 1
		if err := w.InsertObject(o); err != nil {
			return o, err
		}
		return o, w.InsertVersion(o.ID, *v)
	}
	o.Seq++
	o.Current, v.Seq = v.ID, o.Seq
	if err := o.schedule(v); err != nil {
		return o, err
	}
	if err := w.UpdateObject(o); err != nil {
		return o, err
	}
	return o, w.InsertVersion(o.ID, *v)
}

// dataKeyIn returns the vault's data key in a snapshot.
func (s *Service) dataKeyIn(ctx context.Context, r Reader, id string) (*seal.DataKey, error) {
	return s.ring.DataKey(ctx, id, func() ([]byte, error) { return r.DataKey(id) })
}

// dataKey returns the data key with the id outside a transaction, and makes it if
// there is none.
func (s *Service) dataKey(ctx context.Context, id string) (*seal.DataKey, error) {
	load := func() (wrapped []byte, err error) {
		err = s.gate.Store.View(ctx, func(r Reader) error {
			wrapped, err = r.DataKey(id)
			return err
		})
		return wrapped, err
	}
	key, err := s.ring.DataKey(ctx, id, load)
	if !errors.Is(err, seal.ErrNoDataKey) {
		return key, err
	}
	wrapped, _, err := s.ring.NewDataKey(ctx, id)
	if err != nil {
		return nil, err
	}
	// Another process may have made it in between: the one that is stored counts.
	err = s.gate.Store.Commit(ctx, func(w Writer) error {
		_, err := w.DataKey(id)
		if errors.Is(err, seal.ErrNoDataKey) {
			return w.PutDataKey(id, wrapped)
		}
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	return s.ring.DataKey(ctx, id, load)
}
