package vault

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

// RotateKey makes a new version of the key with new material, of the type, size,
// operations and tags of the current one.
func (s *Service) RotateKey(ctx context.Context, caller authz.Caller, ref Ref) (Item, error) {
	ref.Version = ""
	c := s.begin(ctx, caller, "KeyRotate", ref)
	var out Item
	var next successor
	err := s.gate.Write(ctx, caller, c.operation(), func(ctx context.Context) error {
		var o Object
		var v Version
		err := s.gate.Store.View(ctx, func(r Reader) (err error) {
			o, v, err = c.find(r, false)
			return err
		})
		if err != nil {
			return err
		}
		next, err = c.succeed(ctx, &o, &v)
		return err
	}, func(w Writer, rec *audit.Record) error {
		o, v, err := c.find(w, false)
		if err != nil {
			return err
		}
		if o.ID != next.of.object || !next.fits(&v) {
			return errVaultChanged()
		}
		o, v, err = next.add(w, o, &v)
		if err != nil {
			return err
		}
		auditKey(rec, &v)
		out, err = newBundle(c.vault, &o, &v)
		return err
	})
	return out, err
}

// successor is the next version of a key, with its material made.
type successor struct {
	version Version
	of      keyID
	call    *call
}

// succeed makes the material of the version after v.
func (c *call) succeed(ctx context.Context, o *Object, v *Version) (successor, error) {
	next := successor{version: Version{ID: newID()}, of: keyID{o.ID, v.ID}, call: c}
	spec := keyprov.Public{Kind: kindOf(v.Key.Type), Curve: keyprov.Curve(v.Key.Curve), Size: v.Key.Size}.Spec()
	err := c.seal(ctx, &next.version, v.Key.Type, v.Key.ops(), func(ctx context.Context, p keyprov.Provider) (keyprov.Material, error) {
		return p.Generate(ctx, spec)
	})
	return next, err
}

// fits reports whether the material that was made is of the type of v.
func (n *successor) fits(v *Version) bool {
	k := &n.version.Key
	return k.Type == v.Key.Type && k.Curve == v.Key.Curve && k.Size == v.Key.Size
}

// add makes the successor the current version of o, whose current version is v.
func (n *successor) add(w Writer, o Object, v *Version) (Object, Version, error) {
	policy, err := decodePolicy(&o)
	if err != nil {
		return o, n.version, err
	}
	made := n.version
	now := unix(w.Now())
	made.Enabled, made.Created, made.Updated = true, now, now
	made.Expires = policy.expires(now)
	made.Tags, made.Key.Ops = v.Tags, v.Key.Ops
	o.Seq++
	o.Current, made.Seq = made.ID, o.Seq
	o.RotateAt = policy.rotateAt(&made)
	if err := w.UpdateObject(o); err != nil {
		return o, made, err
	}
	return o, made, w.InsertVersion(o.ID, made)
}

// due reports whether o rotates by its policy now. A key whose current version is
// disabled does not: rotation must not bring back to use what was taken out of it.
func due(o *Object, v *Version, now int64) bool {
	return o.RotateAt != 0 && o.RotateAt <= now && v.Enabled && o.Deleted == 0 && o.Current == v.ID
}

// findKey is find for keys: if the current version is wanted and its rotation is due,
// that happens first.
func (c *call) findKey(r Reader) (Object, Version, error) {
	o, v, err := c.find(r, false)
	if err != nil || c.version != "" || !due(&o, &v, unix(r.Now())) {
		return o, v, err
	}
	return c.rotateDue(c.ctx, &o, &v)
}

// settle is findKey for operations that write: it runs before their transaction.
func (c *call) settle(ctx context.Context) error {
	if c.rule.kind != Keys || c.version != "" {
		return nil
	}
	var o Object
	var v Version
	isDue := false
	err := c.s.gate.Store.View(ctx, func(r Reader) error {
		var err error
		if o, v, err = c.find(r, false); err == nil {
			isDue = due(&o, &v, unix(r.Now()))
		}
		return err
	})
	if err != nil || !isDue {
		return err
	}
	_, _, err = c.rotateDue(ctx, &o, &v)
	return err
}

// rotateDue makes the version that the policy of o wants by now, unless another caller
// or process has, and returns what is current then. It is an operation of its own,
// recorded as KeyRotateIfDue, by nobody.
//
// It may be called within a View: the writer does not wait for readers.
func (c *call) rotateDue(ctx context.Context, o *Object, v *Version) (Object, Version, error) {
	next, err := c.succeed(ctx, o, v)
	if err != nil {
		return *o, *v, err
	}
	rec := audit.Start(authz.Caller{}, audit.CategoryAudit, "KeyRotateIfDue", c.s.gate.Now())
	rec.ResourceID = strings.ToUpper(c.vault.ResourceID)
	rec.Properties.ID = c.s.vaultURL(c.vault.Name) + "/keys/" + o.Name
	var object Object
	var version Version
	done := false
	err = c.s.gate.Store.Commit(context.WithoutCancel(ctx), func(w Writer) error {
		var found bool
		var err error
		object, version, found, err = w.Find(o.VaultID, Keys, o.Fold, "", true)
		if err != nil {
			return err
		}
		if !found || object.Deleted != 0 {
			return c.notFound()
		}
		if object.ID != next.of.object || version.ID != next.of.version || !due(&object, &version, unix(w.Now())) {
			return nil
		}
		object, version, err = next.add(w, object, &version)
		auditKey(rec, &version)
		done = err == nil
		return err
	}, func(err error) *audit.Record {
		if !done {
			return nil
		}
		rec.Finish(200, err, c.s.gate.Now())
		return rec
	})
	return object, version, err
}
