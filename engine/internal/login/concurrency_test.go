package login_test

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/identitytest"
)

// Processes that make the first signing key at the same time end up with one.
func TestFirstKeyOfSeveralProcesses(t *testing.T) {
	w := identitytest.New(t, nil)
	worlds := []*identitytest.World{w, w.Another(), w.Another()}
	// The operator's own token is not asked for before: New makes no token.
	tokens := make([]string, len(worlds))
	var wg sync.WaitGroup
	for i, world := range worlds {
		wg.Go(func() {
			a := world.Token(url.Values{"grant_type": {"client_credentials"}, "client_id": {w.Operator.AppID}, "client_secret": {w.Operator.Secret}, "scope": {w.Hosts.Graph() + "/.default"}})
			tokens[i] = a.Text("access_token")
		})
	}
	wg.Wait()
	for _, token := range tokens {
		for i, world := range worlds {
			if _, err := world.Authenticate(token, httpx.GraphAudience); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
	}
	if keys := w.Get("/common/discovery/keys").List("keys"); len(keys) != 1 {
		t.Errorf("%d keys, want 1", len(keys))
	}
}

// A device code that is confirmed gives tokens once, however many polls there are.
func TestDeviceCodeIsUsedOnce(t *testing.T) {
	w := identitytest.New(t, nil)
	w.User("alice@example.org", goodPassword)
	device := w.Want(w.Post("/common/oauth2/v2.0/devicecode", url.Values{"client_id": {az}, "scope": {w.Hosts.Management() + "/.default"}}), 200)
	confirmDevice(t, w, device.Text("user_code"), "alice@example.org", goodPassword, "")
	var given atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			a := w.Token(url.Values{"grant_type": {"device_code"}, "client_id": {az}, "device_code": {device.Text("device_code")}})
			if a.Status == http.StatusOK {
				given.Add(1)
			}
		})
	}
	wg.Wait()
	if given.Load() != 1 {
		t.Errorf("tokens were given %d times", given.Load())
	}
}

// Guesses that come all at once count like those that come one after the other: once
// the name is locked even the right password is refused.
func TestLockOutUnderManyGuesses(t *testing.T) {
	w := identitytest.New(t, nil)
	w.User("alice@example.org", goodPassword)
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() { w.Token(passwordForm("alice@example.org", "Wrong-Passw0rd", w.Hosts.Graph()+"/.default")) })
	}
	wg.Wait()
	if a := w.Token(passwordForm("alice@example.org", goodPassword, w.Hosts.Graph()+"/.default")); a.Status != 400 {
		t.Errorf("after 12 guesses: %d", a.Status)
	}
}

// The shape that az 2.45 uses for a cloud whose authority ends in /adfs.
func TestADFSShape(t *testing.T) {
	w := identitytest.New(t, nil)
	a := w.Want(w.Post("/adfs/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.Operator.AppID}, "client_secret": {w.Operator.Secret}, "scope": {w.Hosts.Management() + "//.default"},
	}), 200)
	if a.Body["expires_in"] != 3599.0 {
		t.Errorf("expires_in = %v", a.Body["expires_in"])
	}
	if _, err := w.Authenticate(a.Text("access_token"), httpx.ManagementAudience); err != nil {
		t.Error(err)
	}
}
