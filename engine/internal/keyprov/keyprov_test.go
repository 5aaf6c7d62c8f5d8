package keyprov_test

import (
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov/keyprovtest"
)

func TestWycheproofSignatures(t *testing.T) {
	keyprovtest.WycheproofVerify(t, func(_ *testing.T, pub keyprov.Public, alg keyprov.Algorithm, digest, signature []byte) (bool, error) {
		return keyprov.Verify(pub, alg, digest, signature)
	})
}
