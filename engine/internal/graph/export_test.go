package graph

import (
	"encoding/json"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// ReadAll reads the data as every kind of body and returns the errors.
func ReadAll(data []byte) []error {
	readers := []func(*body) error{
		func(b *body) error { _, err := b.user(); return err },
		func(b *body) error { _, err := b.group(); return err },
		func(b *body) error { _, err := b.application(); return err },
		func(b *body) error { _, err := b.servicePrincipal(); return err },
		func(b *body) error { _, err := b.federated(); return err },
	}
	var errs []error
	for _, read := range readers {
		b := &body{properties: map[string]json.RawMessage{}}
		if b.err = httpx.Unmarshal(data, &b.properties, fault.GraphBadRequest); b.err == nil {
			errs = append(errs, read(b))
		}
	}
	return errs
}
