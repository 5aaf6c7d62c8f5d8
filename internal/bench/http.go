package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// work is a kind of request that is measured.
type work struct {
	name string
	// floor is what the work is compared with; synced is the same with one fsync before
	// each answer, for a single client, who has nobody to share one with.
	floor, synced target
	ours          target
	goals         map[int]float64 // by number of clients
}

// benchHTTP compares a server process with the floors.
func benchHTTP(ctx context.Context, o options, r *report) error {
	dir := filepath.Join(o.work, "http")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return err
	}
	floor, stopFloor, err := startFloor(ctx, filepath.Join(dir, "journal"))
	if err != nil {
		return err
	}
	defer stopFloor()
	s, stop, err := startServer(ctx, o, dir)
	if err != nil {
		return err
	}
	defer stop()
	if err := s.setUp(ctx); err != nil {
		return err
	}
	for _, w := range s.works(floor) {
		for _, clients := range []int{1, 16, 64} {
			if err := compare(ctx, o, r, w, clients, w.goals[clients]); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	return nil
}

// compare lets floor and product take turns and reports the medians.
func compare(ctx context.Context, o options, r *report, w work, clients int, goal float64) error {
	var floors, ours []result
	at, name := w.floor, fmt.Sprintf("%s, %d clients", w.name, clients)
	if clients == 1 {
		at, name = w.synced, w.name+", 1 client (floor with fsync)"
	}
	for range o.rounds {
		floor, err := load(ctx, at, clients, o.round)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		our, err := load(ctx, w.ours, clients, o.round)
		if err != nil {
			return err
		}
		floors, ours = append(floors, floor), append(ours, our)
	}
	floor, our := median(floors), median(ours)
	note := fmt.Sprintf("p50 %.2f / %.2f ms, p99 %.2f / %.2f ms", ms(floor.p50), ms(our.p50), ms(floor.p99), ms(our.p99))
	r.faster(name, floor.rate, our.rate, goal, note)
	return nil
}

func median(results []result) result {
	slices.SortFunc(results, func(a, b result) int { return int(a.rate - b.rate) })
	return results[len(results)/2]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// server is a coffer process.
type server struct {
	env         map[string]string // what it tells its clients
	address     string
	roots       *x509.CertPool
	client      *http.Client
	vaultToken  string
	secretValue string
}

// startServer starts coffer dev and reads the environment that it writes when it is ready.
func startServer(ctx context.Context, o options, dir string) (*server, func(), error) {
	coffer, err := filepath.Abs(o.coffer)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, coffer, "dev", "--state", "state", "--env-file", "env",
		"--listen", "127.0.0.1:0", "--proxy", "", "--identity", "", "--log-level", "warn")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop := func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }
	s := &server{secretValue: strings.Repeat("0123456789abcdef", 2)}
	if s.env, err = readEnv(pipe); err == nil {
		err = s.connect()
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("start coffer dev: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, pipe) }()
	return s, stop, nil
}

// readEnv reads export NAME='value' lines up to the first that is a comment.
func readEnv(r io.Reader) (map[string]string, error) {
	env := map[string]string{}
	var line []byte
	one := make([]byte, 1)
	for {
		if _, err := r.Read(one); err != nil {
			return nil, fmt.Errorf("it ended: %w", err)
		}
		if line = append(line, one[0]); one[0] != '\n' {
			continue
		}
		text := strings.TrimSpace(string(line))
		line = line[:0]
		if strings.HasPrefix(text, "#") {
			return env, nil
		}
		if name, value, ok := strings.Cut(strings.TrimPrefix(text, "export "), "="); ok {
			env[name] = strings.Trim(value, "'")
		}
	}
}

func (s *server) connect() error {
	text, err := os.ReadFile(s.env["COFFER_CA_FILE"])
	if err != nil {
		return err
	}
	s.roots = x509.NewCertPool()
	s.roots.AppendCertsFromPEM(text)
	_, port, err := net.SplitHostPort(s.env["COFFER_DOMAIN"])
	if err != nil {
		return err
	}
	s.address = net.JoinHostPort("127.0.0.1", port)
	s.client = &http.Client{Transport: newClient(target{address: s.address, roots: s.roots}, 0).transport}
	return nil
}

// call sends a request and decodes the answer, which must be a success.
func (s *server) call(ctx context.Context, method, address, token, contentType string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %d: %s", method, req.URL.Path, resp.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

func (s *server) token(ctx context.Context, resource string) (string, error) {
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {resource + "/.default"},
		"client_id": {s.env["AZURE_CLIENT_ID"]}, "client_secret": {s.env["AZURE_CLIENT_SECRET"]},
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	address := "https://login." + s.env["COFFER_DOMAIN"] + "/" + s.env["AZURE_TENANT_ID"] + "/oauth2/v2.0/token"
	err := s.call(ctx, http.MethodPost, address, "", "application/x-www-form-urlencoded", []byte(form.Encode()), &answer)
	return answer.Token, err
}

// setUp makes a vault with a secret and keys in it. The operator gives itself the role
// that lets it use them.
func (s *server) setUp(ctx context.Context) error {
	domain, tenant := s.env["COFFER_DOMAIN"], s.env["AZURE_TENANT_ID"]
	management, err := s.token(ctx, "https://management."+domain)
	if err != nil {
		return err
	}
	if s.vaultToken, err = s.token(ctx, "https://vault."+domain); err != nil {
		return err
	}
	group := "https://management." + domain + "/subscriptions/" + s.env["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/bench"
	vault := group + "/providers/Microsoft.KeyVault/vaults/bench"
	operator, err := subject(management)
	if err != nil {
		return err
	}
	for _, one := range []struct{ method, address, token, body string }{
		{http.MethodPut, group + "?api-version=2021-04-01", management, `{"location":"westeurope"}`},
		{http.MethodPut, vault + "?api-version=2023-07-01", management,
			`{"location":"westeurope","properties":{"tenantId":"` + tenant + `","sku":{"family":"A","name":"standard"},"accessPolicies":[{"tenantId":"` +
				tenant + `","objectId":"` + operator + `","permissions":{"secrets":["all"],"keys":["all"]}}]}}`},
		{http.MethodPut, s.vault() + "/secrets/one" + dataVersion, s.vaultToken, `{"value":"` + s.secretValue + `"}`},
		{http.MethodPost, s.vault() + "/keys/rsa/create" + dataVersion, s.vaultToken, `{"kty":"RSA","key_size":2048}`},
		{http.MethodPost, s.vault() + "/keys/ec/create" + dataVersion, s.vaultToken, `{"kty":"EC","crv":"P-256"}`},
	} {
		if err := s.call(ctx, one.method, one.address, one.token, "application/json", []byte(one.body), nil); err != nil {
			return err
		}
	}
	return nil
}

const dataVersion = "?api-version=7.4"

func (s *server) vault() string { return "https://bench.vault." + s.env["COFFER_DOMAIN"] }

// subject returns the object id in a token.
func subject(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the token is not a JWT")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", err
	}
	var claims struct{ OID string }
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", err
	}
	return claims.OID, nil
}

// works are the goals of the data plane.
func (s *server) works(floor target) []work {
	ours := target{
		address: s.address, host: strings.TrimPrefix(s.vault(), "https://"), roots: s.roots, token: s.vaultToken, want: http.StatusOK,
	}
	with := func(t target, method, path string, body func(int, int) []byte) target {
		t.method, t.path, t.body = method, path, body
		return t
	}
	digest := sha256.Sum256([]byte("bench"))
	floorSign := constant(`{"value":"` + base64.StdEncoding.EncodeToString(digest[:]) + `"}`)
	sign := func(algorithm string) func(int, int) []byte {
		return constant(`{"alg":"` + algorithm + `","value":"` + base64.RawURLEncoding.EncodeToString(digest[:]) + `"}`)
	}
	works := []work{
		{
			name: "secret GET", floor: with(floor, http.MethodGet, "/get", nil),
			ours: with(ours, http.MethodGet, "/secrets/one"+dataVersion, nil), goals: map[int]float64{1: 0.5, 16: 0.6, 64: 0.6},
		},
		{
			name: "secret SET", floor: with(floor, http.MethodPut, "/append", constant(`{"value":"`+s.secretValue+`"}`)),
			ours: with(ours, http.MethodPut, "", nil).names(s.secretValue), goals: map[int]float64{1: 0.5, 16: 0.5, 64: 0.5},
		},
		{
			name: "RSA-2048 sign", floor: with(floor, http.MethodPost, "/sign/rsa", floorSign),
			ours: with(ours, http.MethodPost, "/keys/rsa/sign"+dataVersion, sign("RS256")), goals: map[int]float64{1: 0.9, 16: 0.9, 64: 0.9},
		},
		{
			name: "P-256 sign", floor: with(floor, http.MethodPost, "/sign/ec", floorSign),
			ours: with(ours, http.MethodPost, "/keys/ec/sign"+dataVersion, sign("ES256")), goals: map[int]float64{1: 0.6, 16: 0.6, 64: 0.6},
		},
	}
	for i, w := range works {
		works[i].synced = w.floor
		if !strings.HasPrefix(w.floor.path, "/append") {
			works[i].synced.path = "/synced" + w.floor.path
		}
	}
	return works
}

func constant(text string) func(int, int) []byte {
	return func(int, int) []byte { return []byte(text) }
}

// names makes t write to a secret of each client's own, a new version each time.
func (t target) names(value string) target {
	t.pathOf = func(client int) string { return "/secrets/set-" + strconv.Itoa(client) + dataVersion }
	t.body = constant(`{"value":"` + value + `"}`)
	return t
}
