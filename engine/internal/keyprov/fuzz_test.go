package keyprov_test

import (
	"crypto/elliptic"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
)

func FuzzParsePublic(f *testing.F) {
	g := elliptic.P256().Params()
	f.Add("EC", "P-256", g.Gx.Bytes(), g.Gy.Bytes())
	f.Add("EC", "P-256K", g.Gx.Bytes(), g.Gy.Bytes())
	f.Add("RSA", "", make([]byte, 256), []byte{1, 0, 1})
	f.Fuzz(func(t *testing.T, kind, curve string, a, b []byte) {
		key, err := keyprov.ParsePublic(keyprov.Public{Kind: keyprov.Kind(kind), Curve: keyprov.Curve(curve), N: a, E: b, X: a, Y: b})
		if err == nil && key.Size < 256 {
			t.Errorf("a key of %d bits", key.Size)
		}
	})
}
