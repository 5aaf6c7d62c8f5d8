package graph_test

import (
	"errors"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/graph"
)

func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"passwordProfile":{"password":1}}`, `{"passwordProfile":null,"accountEnabled":null}`, `{"keyCredentials":[{"key":"AA=="}]}`,
		`{"passwordCredentials":[null]}`, `{"web":{"redirectUris":["x"],"a":{}}}`, `{"owners@odata.bind":["/",""]}`, `{"keyCredentials":[{"endDateTime":"x"}]}`, `{"audiences":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, err := range graph.ReadAll(data) {
			var refused *fault.Error
			if err != nil && (!errors.As(err, &refused) || refused.Status() != 400) {
				t.Errorf("%v", err)
			}
		}
	})
}
