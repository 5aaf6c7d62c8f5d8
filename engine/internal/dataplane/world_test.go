package dataplane_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/dataplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov/soft"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

const (
	tenant        = "54826b22-38d6-4fb2-bad9-b7b93a3e9c5a"
	subscription  = "11111111-1111-4111-8111-111111111111"
	subscription2 = "22222222-2222-4222-8222-222222222222"
	domain        = "coffer.internal"
	start         = 1_800_000_000
	apiVersion    = "2025-07-01"
)

// The principals of the tests, all service principals.
const (
	admin    = "aaaaaaaa-0000-4000-8000-000000000001" // everything, in every vault
	reader   = "aaaaaaaa-0000-4000-8000-000000000002" // secrets get and list by policy
	nobody   = "aaaaaaaa-0000-4000-8000-000000000003" // nothing
	disabled = "aaaaaaaa-0000-4000-8000-000000000004" // everything, but disabled
	operator = "aaaaaaaa-0000-4000-8000-000000000005"
)

// port is the database as the service sees it.
type port struct{ db *store.DB }

func (p port) View(ctx context.Context, fn func(vault.Reader) error) error {
	return p.db.View(ctx, func(v *store.View) error { return fn(v) })
}

func (p port) Commit(ctx context.Context, apply func(vault.Writer) error, record func(error) *audit.Record) error {
	return p.db.Commit(ctx, func(tx *store.Tx) error { return apply(tx) }, record)
}

func (p port) Record(ctx context.Context, rec *audit.Record) error { return p.db.Record(ctx, rec) }

// tokens takes the object id of the principal for its token.
type tokens struct{}

func (tokens) Authenticate(r *http.Request, _ httpx.Audience) (c authz.Caller, missing bool, err error) {
	c.Request = authz.RequestInfo{ID: "request-id", RemoteIP: "203.0.113.7", UserAgent: "test", URI: "https://" + r.Host + r.URL.RequestURI()}
	id, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return c, true, fault.New(fault.Unauthorized, "AKV10000: Request is missing a Bearer or PoP token.")
	}
	if len(id) != len(admin) {
		return c, false, fault.New(fault.Unauthorized, "AKV10046: Unable to resolve the key used for signature validation.")
	}
	c.Issuer, c.TenantID, c.ObjectID, c.AppID, c.Type = "https://sts.windows.net/"+tenant+"/", tenant, id, id, authz.ServicePrincipal
	return c, false, nil
}

// world is a deployment with one store.
type world struct {
	testing.TB
	path    string
	clock   *atomic.Int64
	db      *store.DB
	service *vault.Service
	handler http.Handler
	as      string // principal of requests
	api     string // api-version of requests
	vault   string // vault of requests
}

var rootKey = strings.Repeat("0123456789abcdef", 4)

// newWorld makes a store with the vaults policy, rbac, protected (purge protection),
// premium, foreign (another subscription), far (another geography) and near (the same
// geography as policy, elsewhere).
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, path: filepath.Join(t.TempDir(), "coffer.db"), clock: &atomic.Int64{}, as: admin, api: apiVersion, vault: "policy"}
	w.clock.Store(start)
	w.open()
	w.must(w.db.Commit(context.Background(), seed, nil))
	return w
}

// open opens the store of w, as another process would.
func (w *world) open() {
	w.Helper()
	now := func() time.Time { return time.Unix(w.clock.Load(), 0) }
	db, err := store.Open(context.Background(), store.Options{Path: w.path, Now: now})
	w.must(err)
	w.Cleanup(func() { _ = db.Close() })
	root, err := seal.EnvRoot("KEY", func(string) (string, bool) { return rootKey, true })
	w.must(err)
	hosts := httpx.Hosts{Domain: domain}
	w.db = db
	w.service = vault.New(vault.Options{
		Store: port{db}, Control: access.NewControl(), Now: now, Ring: seal.NewRing(root), Soft: soft.New(), VaultURL: hosts.Vault,
	})
	w.handler = dataplane.New(dataplane.Options{Vault: w.service, Auth: tokens{}, Hosts: hosts, Tenant: tenant})
}

// process is another process on the same store.
func (w *world) process() *world {
	other := *w
	other.open()
	return &other
}

func seed(tx *store.Tx) error {
	err := resource.Bootstrap(tx, resource.First{TenantID: tenant, SubscriptionID: subscription, OperatorID: operator})
	if err != nil {
		return err
	}
	if err := tx.PutSubscription(resource.Subscription{ID: subscription2, Name: "two", State: resource.SubscriptionEnabled, Parent: tenant, Created: tx.Now()}); err != nil {
		return err
	}
	for _, id := range []string{admin, reader, nobody, disabled, operator} {
		if err := tx.InsertServicePrincipal(directory.ServicePrincipal{ID: id, AppID: id, DisplayName: id, Enabled: id != disabled, Created: tx.Now()}); err != nil {
			return err
		}
	}
	everything := authz.AccessPolicy{TenantID: tenant, ObjectID: admin, Keys: []string{"all", "purge"}, Secrets: []string{"all", "purge"}, Certificates: []string{"all", "purge"}}
	of := func(id string) authz.AccessPolicy {
		p := everything
		p.ObjectID = id
		return p
	}
	policies := []authz.AccessPolicy{everything, of(disabled), {TenantID: tenant, ObjectID: reader, Secrets: []string{"get", "list"}}}
	base := resource.Vault{
		SubscriptionID: subscription, ResourceGroup: "rg", Location: "westeurope", TenantID: tenant,
		Policies: policies, PublicNetworkAccess: true, RetentionDays: 90,
		Created: resource.Stamp{At: tx.Now()}, Updated: resource.Stamp{At: tx.Now()},
	}
	for name, change := range map[string]func(*resource.Vault){
		"Policy":    func(*resource.Vault) {},
		"rbac":      func(v *resource.Vault) { v.RBAC = true },
		"protected": func(v *resource.Vault) { v.PurgeProtection, v.RetentionDays = true, 7 },
		"premium":   func(v *resource.Vault) { v.Premium = true },
		"foreign":   func(v *resource.Vault) { v.SubscriptionID = subscription2 },
		"far":       func(v *resource.Vault) { v.Location = "eastus" },
		"near":      func(v *resource.Vault) { v.Location = "northeurope" },
		"closed": func(v *resource.Vault) {
			v.Network = &resource.Network{DenyByDefault: true, IPRules: []string{"198.51.100.0/24"}}
		},
	} {
		v := base
		v.ID, v.Name = "id-of-"+strings.ToLower(name), name
		change(&v)
		if err := tx.InsertVault(v); err != nil {
			return err
		}
	}
	// Key Vault Administrator, for the admin.
	return tx.PutRoleAssignment(resource.RoleAssignment{
		ID: "99999999-0000-4000-8000-000000000001", Scope: "/subscriptions/" + subscription, PrincipalID: admin, PrincipalType: authz.ServicePrincipal,
		RoleID: "00482a5a-887f-4fb3-b363-3b7fe8e74483", Created: tx.Now(), Updated: tx.Now(),
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// answer is what a request came to.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// do sends a request; the api-version is added unless the path has one.
func (w *world) do(method, path, body string) answer {
	w.Helper()
	return w.send(w.request(method, path, body))
}

func (w *world) request(method, path, body string) *http.Request {
	url := "https://" + w.vault + ".vault." + domain + path
	if !strings.Contains(path, "api-version=") {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		url += sep + "api-version=" + w.api
	}
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if w.as != "" {
		r.Header.Set("Authorization", "Bearer "+w.as)
	}
	return r
}

func (w *world) send(r *http.Request) answer {
	w.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{status: rec.Code, header: rec.Header(), text: rec.Body.String()}
	if a.text != "" {
		decoder := json.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
		decoder.UseNumber()
		var body any
		if err := decoder.Decode(&body); err != nil {
			w.Fatalf("%s %s: not JSON: %v: %s", r.Method, r.URL, err, a.text)
		}
		if _, err := decoder.Token(); err != io.EOF {
			w.Fatalf("%s %s: more than one value: %s", r.Method, r.URL, a.text)
		}
		a.body, _ = body.(map[string]any)
	}
	return a
}

// ok is do for a request that must succeed.
func (w *world) ok(method, path, body string) answer {
	w.Helper()
	a := w.do(method, path, body)
	if a.status != http.StatusOK {
		w.Fatalf("%s %s: %d %s", method, path, a.status, a.text)
	}
	return a
}

// at returns the member of the body that the dotted path names, as text.
func (a answer) at(path string) string {
	var v any = a.body
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[name]
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		text, _ := json.Marshal(v)
		return string(text)
	}
}

// version is the version in the id or kid of a bundle.
func (a answer) version() string {
	id := a.at("id")
	if id == "" {
		id = a.at("key.kid")
	}
	return id[strings.LastIndex(id, "/")+1:]
}

// fails checks that a is the error, which may have an inner code after a slash.
func (a answer) fails(t testing.TB, status int, code, message string) {
	t.Helper()
	got := a.at("error.code")
	if inner := a.at("error.innererror.code"); inner != "" {
		got += "/" + inner
	}
	if a.status != status || got != code || a.at("error.message") != message {
		t.Errorf("got  %d %s %q\nwant %d %s %q", a.status, got, a.at("error.message"), status, code, message)
	}
}

// records returns the audit records from the number on, and checks the chain.
func (w *world) records(from int) []audit.Record {
	w.Helper()
	var out []audit.Record
	verifier := audit.Verifier{Each: func(_ uint64, line []byte) error {
		var rec audit.Record
		if err := json.Unmarshal(line, &rec); err != nil {
			return err
		}
		out = append(out, rec)
		return nil
	}}
	w.must(w.db.View(context.Background(), func(v *store.View) error { return v.AuditBatches(0, verifier.Add) }))
	return out[from:]
}

// last is the newest audit record.
func (w *world) last() audit.Record {
	w.Helper()
	all := w.records(0)
	return all[len(all)-1]
}

func (w *world) advance(d time.Duration) { w.clock.Add(int64(d / time.Second)) }
