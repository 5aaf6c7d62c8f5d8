package soft_test

import (
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov/keyprovtest"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov/soft"
)

func TestConformance(t *testing.T) {
	keyprovtest.Run(t, func(*testing.T) keyprov.Provider { return soft.New() })
}

func TestWycheproof(t *testing.T) {
	keyprovtest.Wycheproof(t, soft.New())
}
