// Package identitytest builds a directory with its front ends in a temporary database
// for tests: a tenant, an operator that owns it, and a clock that a test turns.
package identitytest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/graph"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// TenantID is the tenant of every world.
const TenantID = "11111111-2222-4333-8444-555555555555"

// The ids of built-in roles.
const (
	OwnerRole           = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	ContributorRole     = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	ReaderRole          = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	AccessAdministrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
)

// Clock is the time of a world.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance turns the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// World is a directory with everything around it.
type World struct {
	T         testing.TB
	Path      string
	DB        *store.DB
	Ring      *seal.Ring
	Clock     *Clock
	Hosts     httpx.Hosts
	Directory *directory.Service
	Login     *login.Service
	Graph     http.Handler
	Operator  Principal
	// RemoteIP is the address that requests seem to come from.
	RemoteIP string
}

// Principal is an application with its service principal and a secret.
type Principal struct {
	AppID, ObjectID, Secret string
}

type port[R, W access.Reader] struct{ db *store.DB }

func (p port[R, W]) View(ctx context.Context, fn func(R) error) error {
	return p.db.View(ctx, func(v *store.View) error { return fn(any(v).(R)) })
}

func (p port[R, W]) Commit(ctx context.Context, apply func(W) error, record func(error) *audit.Record) error {
	return p.db.Commit(ctx, func(tx *store.Tx) error { return apply(any(tx).(W)) }, record)
}

func (p port[R, W]) Record(ctx context.Context, rec *audit.Record) error {
	return p.db.Record(ctx, rec)
}

// New builds a world whose login service fetches with client, which may be nil.
func New(t testing.TB, client *http.Client) *World {
	t.Helper()
	return NewAt(t, client, time.Date(2026, 11, 25, 12, 0, 0, 500, time.UTC))
}

// NewAt is New with a time at which the clock starts.
func NewAt(t testing.TB, client *http.Client, start time.Time) *World {
	t.Helper()
	dir := t.TempDir()
	w := &World{
		T: t, Path: filepath.Join(dir, "coffer.db"), Hosts: httpx.Hosts{Domain: "coffer.test:8443"}, RemoteIP: "192.0.2.10",
		Clock: &Clock{now: start},
	}
	root, err := seal.FileRoot(filepath.Join(dir, "root.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	w.Ring = seal.NewRing(root)
	w.open(client)
	var secret sensitive.String
	err = w.DB.Commit(context.Background(), func(tx *store.Tx) (err error) {
		if w.Operator.AppID, w.Operator.ObjectID, err = directory.Bootstrap(tx, "operator"); err != nil {
			return err
		}
		secret, err = directory.BootstrapPassword(tx, w.Operator.AppID, "test", 24*time.Hour)
		return err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Operator.Secret = secret.Reveal()
	w.Assign(w.Operator.ObjectID, OwnerRole)
	return w
}

func (w *World) open(client *http.Client) {
	db, err := store.Open(context.Background(), store.Options{Path: w.Path, Now: w.Clock.Now})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = db.Close() })
	w.DB = db
	w.Directory = directory.New(directory.Options{
		Store: port[directory.Reader, directory.Writer]{db}, Control: access.NewControl(), Ring: w.Ring, TenantID: TenantID, Now: w.Clock.Now,
	})
	w.Login = login.New(login.Options{
		Store: port[login.Reader, login.Writer]{db}, Ring: w.Ring, Hosts: w.Hosts, TenantID: TenantID, Now: w.Clock.Now, Client: client,
	})
	w.Graph = graph.New(graph.Options{Directory: w.Directory, Auth: w.Login, Hosts: w.Hosts})
}

// Another is another process on the same database.
func (w *World) Another() *World {
	other := *w
	other.open(nil)
	return &other
}

// Assign gives the principal the role at "/".
func (w *World) Assign(principalID, role string) {
	w.T.Helper()
	err := w.DB.Commit(context.Background(), func(tx *store.Tx) error {
		return tx.PutRoleAssignment(resource.RoleAssignment{
			ID: directory.NewID(), Scope: "/", PrincipalID: principalID, PrincipalType: authz.ServicePrincipal,
			RoleID: role, Created: w.Clock.Now(), Updated: w.Clock.Now(),
		})
	}, nil)
	if err != nil {
		w.T.Fatal(err)
	}
}

// Send sends a request to a handler.
func (w *World) Send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w.T.Helper()
	info := &authz.RequestInfo{ID: directory.NewID(), RemoteIP: w.RemoteIP, URI: r.URL.Path}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r.WithContext(httpx.WithInfo(r.Context(), info)))
	return rec
}

// Answer is a decoded answer.
type Answer struct {
	Status int
	Header http.Header
	Body   map[string]any
	Raw    string
}

// Text returns the text at the path in the body.
func (a Answer) Text(path ...string) string {
	var v any = a.Body
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}

// List returns the list under the name.
func (a Answer) List(name string) []map[string]any {
	items, _ := a.Body[name].([]any)
	var list []map[string]any
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			list = append(list, m)
		}
	}
	return list
}

func (w *World) answer(rec *httptest.ResponseRecorder) Answer {
	w.T.Helper()
	a := Answer{Status: rec.Code, Header: rec.Header(), Raw: rec.Body.String()}
	if strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.Body); err != nil {
			w.T.Fatalf("the answer is not JSON: %v", err)
		}
	}
	return a
}

// Get asks the login host for a document.
func (w *World) Get(path string) Answer {
	w.T.Helper()
	return w.answer(w.Send(w.Login, httptest.NewRequest(http.MethodGet, w.Hosts.Login()+path, nil)))
}

// Post sends a form to the login host.
func (w *World) Post(path string, form url.Values) Answer {
	w.T.Helper()
	r := httptest.NewRequest(http.MethodPost, w.Hosts.Login()+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.answer(w.Send(w.Login, r))
}

// Token posts to the token endpoint of version 2.0.
func (w *World) Token(form url.Values) Answer {
	w.T.Helper()
	return w.Post("/"+TenantID+"/oauth2/v2.0/token", form)
}

// ClientToken gets a token for the application.
func (w *World) ClientToken(p Principal, scope string) string {
	w.T.Helper()
	a := w.Token(url.Values{"grant_type": {"client_credentials"}, "client_id": {p.AppID}, "client_secret": {p.Secret}, "scope": {scope}})
	if a.Status != http.StatusOK {
		w.T.Fatalf("token: %d %s", a.Status, a.Raw)
	}
	return a.Text("access_token")
}

// GraphToken gets the application a token for Graph.
func (w *World) GraphToken(p Principal) string {
	w.T.Helper()
	return w.ClientToken(p, w.Hosts.Graph()+"/.default")
}

// Call calls Graph; body is marshalled unless it is nil.
func (w *World) Call(token, method, path string, body any) Answer {
	w.T.Helper()
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			w.T.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	r := httptest.NewRequest(method, w.Hosts.Graph()+path, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.answer(w.Send(w.Graph, r))
}

// Authenticate asks the login service who the bearer of the token is.
func (w *World) Authenticate(token string, aud httpx.Audience) (authz.Caller, error) {
	r := httptest.NewRequest(http.MethodGet, "https://x.test/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	c, _, err := w.Login.Authenticate(r, aud)
	return c, err
}

// Application makes an application with a service principal and a secret.
func (w *World) Application(name string) Principal {
	w.T.Helper()
	token := w.GraphToken(w.Operator)
	app := w.Want(w.Call(token, http.MethodPost, "/v1.0/applications", map[string]any{"displayName": name}), http.StatusCreated)
	sp := w.Want(w.Call(token, http.MethodPost, "/v1.0/servicePrincipals", map[string]any{"appId": app.Text("appId")}), http.StatusCreated)
	password := w.Want(w.Call(token, http.MethodPost, "/v1.0/applications/"+app.Text("id")+"/addPassword", map[string]any{}), http.StatusOK)
	return Principal{AppID: app.Text("appId"), ObjectID: sp.Text("id"), Secret: password.Text("secretText")}
}

// User makes a user and returns its id.
func (w *World) User(upn, password string) string {
	w.T.Helper()
	a := w.Want(w.Call(w.GraphToken(w.Operator), http.MethodPost, "/v1.0/users", map[string]any{
		"userPrincipalName": upn, "displayName": upn, "accountEnabled": true, "mailNickname": "x",
		"passwordProfile": map[string]any{"password": password},
	}), http.StatusCreated)
	return a.Text("id")
}

// Want fails the test unless the answer has the status.
func (w *World) Want(a Answer, status int) Answer {
	w.T.Helper()
	if a.Status != status {
		w.T.Fatalf("status %d, want %d: %s", a.Status, status, a.Raw)
	}
	return a
}

// Records returns the audit log as JSON lines.
func (w *World) Records() []map[string]any {
	w.T.Helper()
	var records []map[string]any
	err := w.DB.View(context.Background(), func(v *store.View) error {
		verifier := audit.Verifier{Each: func(_ uint64, line []byte) error {
			var rec map[string]any
			records = append(records, rec)
			return json.Unmarshal(line, &records[len(records)-1])
		}}
		return v.AuditBatches(0, verifier.Add)
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return records
}

// Files returns the content of every file beside the database.
func (w *World) Files() []byte {
	w.T.Helper()
	var all []byte
	matches, _ := filepath.Glob(filepath.Join(filepath.Dir(w.Path), "*"))
	for _, name := range matches {
		data, err := os.ReadFile(name)
		if err != nil {
			w.T.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}
