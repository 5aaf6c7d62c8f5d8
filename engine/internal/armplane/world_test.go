package armplane_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/armplane"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

const (
	tenant = "7a1d5f3e-0000-4000-8000-000000000001"
	sub    = "5b000000-0000-4000-8000-000000000002"

	owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
)

// port is the database as the service sees it.
type port struct{ db *store.DB }

func (p port) View(ctx context.Context, fn func(resource.Reader) error) error {
	return p.db.View(ctx, func(v *store.View) error { return fn(v) })
}

func (p port) Commit(ctx context.Context, apply func(resource.Writer) error, record func(error) *audit.Record) error {
	return p.db.Commit(ctx, func(tx *store.Tx) error { return apply(tx) }, record)
}

func (p port) Record(ctx context.Context, rec *audit.Record) error { return p.db.Record(ctx, rec) }

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// headers authenticates by the header X-Test-Caller.
type headers struct{ callers map[string]authz.Caller }

func (h *headers) Authenticate(r *http.Request, _ httpx.Audience) (authz.Caller, bool, error) {
	info := httpx.Info(r.Context())
	c, known := h.callers[r.Header.Get("X-Test-Caller")]
	if !known {
		return authz.Caller{Request: info}, true, fault.New(fault.AuthenticationFailed, "Authentication failed. The 'Authorization' header is missing.")
	}
	c.Request = info
	return c, false, nil
}

// world is a management host with a database of its own.
type world struct {
	t       testing.TB
	db      *store.DB
	clock   *clock
	auth    *headers
	service *resource.Service
	ring    *seal.Ring
	handler http.Handler
	ids     map[string]string // name of a principal -> object id
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, clock: &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)},
		auth: &headers{callers: map[string]authz.Caller{}}, ids: map[string]string{},
	}
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(t.TempDir(), "coffer.db"), Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	root, err := seal.FileRoot(filepath.Join(t.TempDir(), "root.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	w.ring = seal.NewRing(root)
	w.service = resource.New(resource.Options{
		Store: port{db}, Control: access.NewControl(), Ring: w.ring, TenantID: tenant, Now: w.clock.Now,
		VaultURL: httpx.Hosts{Domain: "coffer.test"}.Vault,
	})
	w.handler = armplane.New(armplane.Options{Resource: w.service, Auth: w.auth, Hosts: httpx.Hosts{Domain: "coffer.test"}})
	w.principal("root")
	w.write(func(tx *store.Tx) error {
		return resource.Bootstrap(tx, resource.First{TenantID: tenant, SubscriptionID: sub, OperatorID: w.ids["root"]})
	})
	w.write(func(tx *store.Tx) error {
		for _, name := range []string{"rg", "rg1", "rg10"} {
			if err := tx.PutResourceGroup(resource.Group{SubscriptionID: sub, Name: name, Location: "westeurope", Created: w.clock.now}); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) write(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Commit(context.Background(), fn, nil); err != nil {
		w.t.Fatal(err)
	}
}

// principal adds a service principal to the directory and makes it a caller.
func (w *world) principal(name string) string {
	w.t.Helper()
	p := directory.ServicePrincipal{ID: directory.NewID(), AppID: directory.NewID(), DisplayName: name, Enabled: true, Created: w.clock.Now()}
	w.write(func(tx *store.Tx) error { return tx.InsertServicePrincipal(p) })
	w.ids[name] = p.ID
	w.auth.callers[name] = authz.Caller{
		Issuer: "https://sts.windows.net/" + tenant + "/", TenantID: tenant, ObjectID: p.ID, AppID: p.AppID, Name: name, Type: authz.ServicePrincipal,
	}
	return p.ID
}

// group adds a group with members to the directory.
func (w *world) group(name string, members ...directory.Reference) string {
	w.t.Helper()
	g := directory.Group{ID: directory.NewID(), DisplayName: name, Created: w.clock.Now()}
	w.write(func(tx *store.Tx) error {
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		for _, m := range members {
			if err := tx.AddMember(g.ID, m); err != nil {
				return err
			}
		}
		return nil
	})
	w.ids[name] = g.ID
	return g.ID
}

// assign gives a built-in role to a principal without asking anyone.
func (w *world) assign(scope, principal, role string) string {
	w.t.Helper()
	definition, found := authz.BuiltInRoleByName(role)
	if !found {
		w.t.Fatalf("no role %q", role)
	}
	id := directory.NewID()
	w.write(func(tx *store.Tx) error {
		p, _, err := tx.PrincipalInfo(w.ids[principal])
		if err != nil {
			return err
		}
		return tx.PutRoleAssignment(resource.RoleAssignment{
			ID: id, Scope: scope, PrincipalID: w.ids[principal], PrincipalType: p.Type, RoleID: definition.ID, Created: w.clock.now, Updated: w.clock.now,
		})
	})
	return id
}

// answer is what the host answered.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	text   string
	body   map[string]any
}

// at returns the value at a dotted path of the body.
func (a answer) at(path string) any {
	var v any = a.body
	for _, name := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (a answer) list() []map[string]any {
	a.t.Helper()
	values, ok := a.body["value"].([]any)
	if !ok {
		a.t.Fatalf("no list: %d %s", a.status, a.text)
	}
	var out []map[string]any
	for _, v := range values {
		out = append(out, v.(map[string]any))
	}
	return out
}

// want fails unless the answer has the status and, if it is an error, the code.
func (a answer) want(status int, code string) answer {
	a.t.Helper()
	got, _ := a.at("error.code").(string)
	if a.status != status || got != code {
		a.t.Fatalf("got %d %q, want %d %q: %s", a.status, got, status, code, a.text)
	}
	return a
}

// message fails unless the error has the message.
func (a answer) message(want string) answer {
	a.t.Helper()
	if got, _ := a.at("error.message").(string); got != want {
		a.t.Fatalf("got message\n%s\nwant\n%s", got, want)
	}
	return a
}

// call sends a request as the caller; body is JSON text or a value to encode.
func (w *world) call(caller, method, path string, body any) answer {
	w.t.Helper()
	var reader *bytes.Reader
	switch b := body.(type) {
	case nil:
		reader = bytes.NewReader(nil)
	case string:
		reader = bytes.NewReader([]byte(b))
	default:
		data, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	r := httptest.NewRequest(method, "https://management.coffer.test"+path, reader)
	r = r.WithContext(httpx.WithInfo(r.Context(), &authz.RequestInfo{ID: "request", URI: r.URL.String(), Local: true}))
	r.Header.Set("X-Test-Caller", caller)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{t: w.t, status: rec.Code, header: rec.Result().Header, text: rec.Body.String()}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.body); err != nil && method != "GET" {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, rec.Body)
		}
	}
	return a
}

// records returns the audit records so far.
func (w *world) records() []map[string]any {
	w.t.Helper()
	var out []map[string]any
	err := w.db.View(context.Background(), func(v *store.View) error {
		return v.AuditBatches(0, func(b audit.Batch) error {
			for _, line := range bytes.Split(bytes.TrimSpace(b.Lines), []byte("\n")) {
				if len(line) == 0 {
					continue
				}
				var m map[string]any
				if err := json.Unmarshal(line, &m); err != nil {
					return err
				}
				out = append(out, m)
			}
			return nil
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) generation() uint64 {
	var g uint64
	err := w.db.View(context.Background(), func(v *store.View) (err error) {
		g, err = v.Generation()
		return err
	})
	if err != nil {
		w.t.Fatal(errors.Join(err))
	}
	return g
}

type object = map[string]any

func vaultPath(group, name string) string {
	return "/subscriptions/" + sub + "/resourceGroups/" + group + "/providers/Microsoft.KeyVault/vaults/" + name
}

const (
	v2024 = "?api-version=2024-11-01"
	v2026 = "?api-version=2026-02-01"
	va    = "?api-version=2022-04-01"
	vr    = "?api-version=2021-04-01"
)

// vaultWith is the body of a new vault with more properties.
func vaultWith(more object) object {
	properties := object{
		"tenantId": tenant, "sku": object{"family": "A", "name": "standard"}, "accessPolicies": []any{},
	}
	for k, v := range more {
		if v == nil {
			delete(properties, k)
			continue
		}
		properties[k] = v
	}
	return object{"location": "West Europe", "properties": properties}
}
