package acctest_test

import (
	"fmt"
	"testing"
)

const many = `
variable "n" { type = number }
resource "coffer_secret" "one" {
  count      = var.n
  name       = "secret-${count.index}"
  value      = "value ${count.index}"
  vault_id   = coffer_vault.test.id
  depends_on = [coffer_access_policy.me]
}
`

// Many resources at once: the embedded engine serves as many requests at a time as
// Terraform makes.
func TestFiveHundredSecrets(t *testing.T) {
	for _, parallelism := range []int{10, 50} {
		t.Run(fmt.Sprint(parallelism), func(t *testing.T) {
			d := newDir(t, head+vault+policy+many)
			at := fmt.Sprintf("-parallelism=%d", parallelism)
			must(t, d.Run(t.Context(), "apply", "-var=n=500", at))
			changes, err := d.Plan(t.Context(), "-var=n=500", at)
			must(t, err)
			if len(changes) != 0 {
				t.Errorf("the plan has %d changes: %v ...", len(changes), changes[0])
			}
			must(t, d.Run(t.Context(), "destroy", "-var=n=500", at))
			state, err := d.State(t.Context())
			must(t, err)
			if len(state) != 0 {
				t.Errorf("%d resources are left", len(state))
			}
			verifyAudit(t, d, "coffer.db")
		})
	}
}
