package acctest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
	"github.com/coffer-dev/terraform-provider-coffer/internal/inproc"
	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

const killed = `
variable "n" { type = number }
variable "round" { type = number }
resource "coffer_secret" "one" {
  count      = var.n
  name       = "secret-${count.index}"
  value      = "value ${count.index} of round ${var.round}"
  vault_id   = coffer_vault.test.id
  depends_on = [coffer_access_policy.me]
}
`

const (
	killedSecrets = 60
	killedRounds  = 8
)

// The provider is killed at a random point of an apply that changes every secret, again
// and again. What it had answered is there, each secret has a value that was written
// whole, the audit log verifies, and the next run goes on.
func TestKilledProviderLosesNothing(t *testing.T) {
	d := newDir(t, head+vault+policy+killed)
	number := func(round int) []string {
		return []string{fmt.Sprintf("-var=n=%d", killedSecrets), fmt.Sprintf("-var=round=%d", round)}
	}
	start := time.Now()
	must(t, d.Run(t.Context(), "apply", number(0)...))
	whole := time.Since(start)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for round := 1; round <= killedRounds; round++ {
		after := time.Duration(random.Int64N(int64(whole)))
		if applyAndKill(t, d, after, number(round)...) {
			kills++
		}
		verifyAudit(t, d, "coffer.db")
		current := secretsOf(t, filepath.Join(d.Path(), "coffer.db"), round)
		for name, answered := range answeredValues(t, d) {
			// The state may lag behind the engine, never run ahead of it.
			if current[name] < answered {
				t.Errorf("round %d: %s was answered with round %d, and round %d is stored", round, name, answered, current[name])
			}
		}
	}
	if kills < killedRounds/4 {
		t.Errorf("only %d of %d rounds met a running provider", kills, killedRounds)
	}
	must(t, d.Run(t.Context(), "apply", number(killedRounds+1)...))
	for name, round := range secretsOf(t, filepath.Join(d.Path(), "coffer.db"), killedRounds+1) {
		if round != killedRounds+1 {
			t.Errorf("after a whole apply %s is that of round %d", name, round)
		}
	}
	changes, err := d.Plan(t.Context(), number(killedRounds+1)...)
	must(t, err)
	if len(changes) != 0 {
		t.Errorf("after a whole apply the plan has %v", changes)
	}
	verifyAudit(t, d, "coffer.db")
}

// applyAndKill runs apply and kills its providers after some time. It reports whether
// there was one to kill.
func applyAndKill(t *testing.T, d *terraform.Dir, after time.Duration, args ...string) bool {
	t.Helper()
	cmd, err := d.Start(t.Context(), "apply", args...)
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		must(t, err)
		return false
	case <-time.After(after):
	}
	met := false
	for _, pid := range children(t, cmd.Process.Pid) {
		met = syscall.Kill(pid, syscall.SIGKILL) == nil || met
	}
	// Terraform says that its plugin crashed, unless it had all it needed.
	<-ended
	return met
}

// children returns the child processes of a process.
func children(t *testing.T, parent int) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	var pids []int
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it ended
		}
		// pid (name) state parent ...; the name may hold anything.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			must(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

// answeredValues returns the round that the state has of each secret: what Terraform
// had an answer for.
func answeredValues(t *testing.T, d *terraform.Dir) map[string]int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.Path(), "terraform.tfstate"))
	must(t, err)
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct {
				Attributes struct{ Name, Value string }
			}
		}
	}
	must(t, json.Unmarshal(text, &state))
	rounds := map[string]int{}
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			if r.Type == "coffer_secret" {
				rounds[i.Attributes.Name] = roundOf(t, i.Attributes.Name, i.Attributes.Value)
			}
		}
	}
	return rounds
}

// roundOf takes a value apart; a half-written one fails the test.
func roundOf(t *testing.T, name, value string) int {
	t.Helper()
	var index, round int
	if n, err := fmt.Sscanf(value, "value %d of round %d", &index, &round); n != 2 || err != nil || name != "secret-"+strconv.Itoa(index) {
		t.Fatalf("%s has the value %q", name, value)
	}
	return round
}

// secretsOf reads every secret through an engine of its own and returns the round that
// each was written in; none can be of a later round than last.
func secretsOf(t *testing.T, database string, last int) map[string]int {
	t.Helper()
	client, done := openSecrets(t, database)
	defer done()
	rounds := map[string]int{}
	pages := client.NewListSecretPropertiesPager(nil)
	for pages.More() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, s := range page.Value {
			got, err := client.GetSecret(context.WithoutCancel(t.Context()), s.ID.Name(), "", nil)
			must(t, err)
			rounds[s.ID.Name()] = roundOf(t, s.ID.Name(), *got.Value)
			if rounds[s.ID.Name()] > last {
				t.Errorf("%s is of round %d, and only %d were run", s.ID.Name(), rounds[s.ID.Name()], last)
			}
		}
	}
	if len(rounds) != killedSecrets {
		t.Errorf("%d secrets are stored, %d were made", len(rounds), killedSecrets)
	}
	return rounds
}

// openSecrets opens the engine on the database and returns the operator's client of
// the vault.
func openSecrets(t *testing.T, database string) (*azsecrets.Client, func()) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Options{Database: database, Existing: true, Local: true})
	must(t, err)
	info := e.Info()
	options := azcore.ClientOptions{
		Transport: inproc.New(e.Handler()),
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: "https://login." + info.Domain + "/"},
	}
	credential, err := azidentity.NewClientSecretCredential(info.TenantID, info.OperatorClientID, e.OperatorSecret(),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	must(t, err)
	client, err := azsecrets.NewClient("https://test.vault."+info.Domain, credential, &azsecrets.ClientOptions{ClientOptions: options})
	must(t, err)
	return client, func() { must(t, e.Close()) }
}
