package dataplane

import (
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

type secretBody struct {
	Value       *string          `json:"value"`
	ContentType optional[string] `json:"contentType"`
	Tags        tagsBody         `json:"tags"`
	Attributes  attributesBody   `json:"attributes"`
}

func serveSetSecret(r *request) ([]byte, error) {
	var body secretBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	tags, err := body.Tags.input()
	if err != nil {
		return nil, r.refuse(err)
	}
	in := vault.SecretInput{ContentType: body.ContentType.Optional, Tags: tags, Attributes: body.Attributes.input()}
	if body.Value != nil {
		value := sensitive.NewString(*body.Value)
		in.Value = &value
	}
	secret, err := r.vault.SetSecret(r.ctx, r.caller, r.route.ref, in)
	return r.valued(&secret, err)
}

func serveGetSecret(r *request) ([]byte, error) {
	if query(r, "outContentType") != "" {
		return nil, r.refuse(fault.New(fault.BadParameter, "The query parameter 'outContentType' is supported for secrets of certificates only."))
	}
	secret, err := r.vault.GetSecret(r.ctx, r.caller, r.route.ref)
	return r.valued(&secret, err)
}

func serveUpdateSecret(r *request) ([]byte, error) {
	var body secretBody
	if err := r.decode(&body); err != nil {
		return nil, r.refuse(err)
	}
	tags, err := body.Tags.input()
	if err != nil {
		return nil, r.refuse(err)
	}
	item, err := r.vault.UpdateSecret(r.ctx, r.caller, r.route.ref,
		vault.SecretUpdate{ContentType: body.ContentType.Optional, Tags: tags, Attributes: body.Attributes.input()})
	return r.bundle(&item, err)
}

// valued is the answer for a secret with its value.
func (r *request) valued(s *vault.Secret, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	value := s.Value.Reveal()
	e := newEncoder(len(value) + 768)
	r.secret(e, &s.Item, &value, true)
	return e.buf, nil
}
