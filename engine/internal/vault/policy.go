package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// RotationPolicy says when a key gets its next version, and how long a version is
// valid (wire reference 1.5).
type RotationPolicy struct {
	// Vault and Name are those of the key.
	Vault string `json:"-"`
	Name  string `json:"-"`

	Actions []LifetimeAction `json:"actions,omitempty"`
	// ExpiryTime is a duration; empty if versions do not expire by the policy.
	ExpiryTime string `json:"expiryTime,omitempty"`
	// Created and Updated are 0 for the policy that a key has before one is set.
	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
}

// LifetimeAction is what happens to a key, and when: one of the durations is set.
type LifetimeAction struct {
	// Type is ActionRotate or ActionNotify, in any letter case on input.
	Type         string `json:"type"`
	AfterCreate  string `json:"afterCreate,omitempty"`
	BeforeExpiry string `json:"beforeExpiry,omitempty"`
}

// The types of lifetime actions.
const (
	ActionRotate = "Rotate"
	ActionNotify = "Notify"
)

// defaultPolicy is that of a key whose policy was never set.
func defaultPolicy() RotationPolicy {
	return RotationPolicy{Actions: []LifetimeAction{{Type: ActionNotify, BeforeExpiry: "P30D"}}}
}

func decodePolicy(o *Object) (RotationPolicy, error) {
	if o.Policy == "" {
		return defaultPolicy(), nil
	}
	var p RotationPolicy
	if err := json.Unmarshal([]byte(o.Policy), &p); err != nil {
		return p, fmt.Errorf("decode rotation policy: %w", err)
	}
	return p, nil
}

// Limits of rotation policies.
const (
	minExpiry = 28 * daySeconds
	minRotate = 7 * daySeconds
)

func badPolicy(format string, args ...any) error {
	return fault.New(fault.BadParameter, "Invalid rotation policy: "+format, args...)
}

// check checks the policy and brings the types of its actions into their own spelling.
func (p *RotationPolicy) check() error {
	expiry := int64(0)
	if p.ExpiryTime != "" {
		d, err := ParseDuration(p.ExpiryTime)
		if err != nil {
			return err
		}
		if expiry = d.seconds(); expiry < minExpiry {
			return badPolicy("the expiry time must be at least 28 days.")
		}
	}
	seen := map[string]bool{}
	for i := range p.Actions {
		a := &p.Actions[i]
		switch {
		case strings.EqualFold(a.Type, ActionRotate):
			a.Type = ActionRotate
		case strings.EqualFold(a.Type, ActionNotify):
			a.Type = ActionNotify
		default:
			return badPolicy("the type of a lifetime action must be Rotate or Notify.")
		}
		if seen[a.Type] {
			return badPolicy("it can have one action of type %s only.", a.Type)
		}
		seen[a.Type] = true
		if err := a.check(expiry); err != nil {
			return err
		}
	}
	return nil
}

// check checks an action; expiry is the policy's expiry time in seconds, 0 for none.
func (a *LifetimeAction) check(expiry int64) error {
	if (a.AfterCreate == "") == (a.BeforeExpiry == "") {
		return badPolicy("a trigger must have either timeAfterCreate or timeBeforeExpiry.")
	}
	if a.Type == ActionNotify && a.BeforeExpiry == "" {
		return badPolicy("an action of type Notify must have timeBeforeExpiry.")
	}
	d, err := ParseDuration(a.AfterCreate + a.BeforeExpiry)
	if err != nil {
		return err
	}
	length := d.seconds()
	switch {
	case length <= 0:
		return badPolicy("the time of an action must be greater than zero.")
	case a.Type == ActionNotify:
		return nil
	case a.BeforeExpiry != "" && expiry == 0:
		return badPolicy("timeBeforeExpiry of a Rotate action needs an expiry time.")
	case a.AfterCreate != "" && length < minRotate, a.BeforeExpiry != "" && expiry-length < minRotate:
		return badPolicy("a key can rotate at the earliest 7 days after its creation.")
	case a.BeforeExpiry != "" && length < minRotate, a.AfterCreate != "" && expiry != 0 && expiry-length < minRotate:
		return badPolicy("a key can rotate at the latest 7 days before it expires.")
	}
	return nil
}

// rotateAt returns when the policy makes the version after v, 0 for never.
func (p *RotationPolicy) rotateAt(v *Version) int64 {
	for _, a := range p.Actions {
		if a.Type != ActionRotate {
			continue
		}
		d, err := ParseDuration(a.AfterCreate + a.BeforeExpiry)
		switch {
		case err != nil:
			return 0
		case a.AfterCreate != "":
			return d.After(v.Created)
		case v.Expires != nil:
			return max(d.Before(*v.Expires), v.Created+1)
		}
	}
	return 0
}

// expires returns when a version made by the policy at created expires; nil for never.
func (p *RotationPolicy) expires(created int64) *int64 {
	d, err := ParseDuration(p.ExpiryTime)
	if err != nil {
		return nil
	}
	t := min(d.After(created), maxTime)
	return &t
}

// schedule sets when o, whose current version is v, rotates.
func (o *Object) schedule(v *Version) error {
	p, err := decodePolicy(o)
	if err != nil {
		return err
	}
	o.RotateAt = p.rotateAt(v)
	return nil
}

// RotationPolicy returns the rotation policy of the key.
func (s *Service) RotationPolicy(ctx context.Context, caller authz.Caller, ref Ref) (RotationPolicy, error) {
	ref.Version = ""
	c := s.begin(ctx, caller, "KeyRotationPolicyGet", ref)
	var out RotationPolicy
	err := s.gate.Read(ctx, caller, c.operation(), func(r Reader, _ *audit.Record) error {
		o, _, err := c.find(r, false)
		if err != nil {
			return err
		}
		out, err = decodePolicy(&o)
		out.Vault, out.Name = c.vault.Name, o.Name
		return err
	})
	return out, err
}

// SetRotationPolicy replaces the rotation policy of the key; it holds from the current
// version on.
func (s *Service) SetRotationPolicy(ctx context.Context, caller authz.Caller, ref Ref, in RotationPolicy) (RotationPolicy, error) {
	ref.Version = ""
	c := s.begin(ctx, caller, "KeyRotationPolicySet", ref)
	in.Actions = append([]LifetimeAction(nil), in.Actions...)
	c.reject(in.check())
	var out RotationPolicy
	err := s.gate.Write(ctx, caller, c.operation(), c.settle, func(w Writer, _ *audit.Record) error {
		o, v, err := c.find(w, false)
		if err != nil {
			return err
		}
		before, err := decodePolicy(&o)
		if err != nil {
			return err
		}
		now := unix(w.Now())
		in.Created, in.Updated = before.Created, now
		if in.Created == 0 {
			in.Created = now
		}
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode rotation policy: %w", err)
		}
		o.Policy = string(encoded)
		o.RotateAt = in.rotateAt(&v)
		if err := w.UpdateObject(o); err != nil {
			return err
		}
		out = in
		out.Vault, out.Name = c.vault.Name, o.Name
		return nil
	})
	return out, err
}
