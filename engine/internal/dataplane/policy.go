package dataplane

import "github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"

type policyBody struct {
	Actions []struct {
		Trigger struct {
			AfterCreate  *string `json:"timeAfterCreate"`
			BeforeExpiry *string `json:"timeBeforeExpiry"`
		} `json:"trigger"`
		Action struct {
			Type string `json:"type"`
		} `json:"action"`
	} `json:"lifetimeActions"`
	Attributes struct {
		ExpiryTime *string `json:"expiryTime"`
	} `json:"attributes"`
}

func (b *policyBody) input() vault.RotationPolicy {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	p := vault.RotationPolicy{ExpiryTime: text(b.Attributes.ExpiryTime)}
	for _, a := range b.Actions {
		p.Actions = append(p.Actions, vault.LifetimeAction{
			Type: a.Action.Type, AfterCreate: text(a.Trigger.AfterCreate), BeforeExpiry: text(a.Trigger.BeforeExpiry),
		})
	}
	return p
}

func serveGetPolicy(r *request) ([]byte, error) {
	p, err := r.vault.RotationPolicy(r.ctx, r.caller, r.route.ref)
	return r.policy(&p, err)
}

func serveSetPolicy(r *request) ([]byte, error) {
	var body policyBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	p, err := r.vault.SetRotationPolicy(r.ctx, r.caller, r.route.ref, body.input())
	return r.policy(&p, err)
}

func (r *request) policy(p *vault.RotationPolicy, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	e := newEncoder(512)
	e.open('{')
	e.url("id", r.hosts.Vault(p.Vault), "keys", p.Name, "rotationpolicy")
	e.member("lifetimeActions", '[')
	for _, a := range p.Actions {
		e.open('{')
		e.member("trigger", '{')
		if a.AfterCreate != "" {
			e.string("timeAfterCreate", a.AfterCreate)
		}
		if a.BeforeExpiry != "" {
			e.string("timeBeforeExpiry", a.BeforeExpiry)
		}
		e.close('}')
		e.member("action", '{')
		e.string("type", a.Type)
		e.close('}')
		e.close('}')
	}
	e.close(']')
	e.member("attributes", '{')
	if p.ExpiryTime != "" {
		e.string("expiryTime", p.ExpiryTime)
	}
	if p.Created != 0 {
		e.integer("created", p.Created)
		e.integer("updated", p.Updated)
	}
	e.close('}')
	e.close('}')
	return e.buf, nil
}
