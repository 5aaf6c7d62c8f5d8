package dataplane_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

const day = 24 * time.Hour

func rotationPolicy(rotate, notify, expiry string) string {
	var actions []string
	if rotate != "" {
		actions = append(actions, `{"trigger":{`+rotate+`},"action":{"type":"Rotate"}}`)
	}
	if notify != "" {
		actions = append(actions, `{"trigger":{`+notify+`},"action":{"type":"Notify"}}`)
	}
	attributes := ""
	if expiry != "" {
		attributes = `"expiryTime":"` + expiry + `"`
	}
	return `{"lifetimeActions":[` + strings.Join(actions, ",") + `],"attributes":{` + attributes + `}}`
}

const (
	afterCreate  = `"timeAfterCreate":`
	beforeExpiry = `"timeBeforeExpiry":`
)

func TestRotationPolicies(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/keys/k/rotationpolicy", "").fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "k"))
	w.ok("POST", "/keys/k/create", `{"kty":"EC"}`)
	id := `{"id":"` + base + `/keys/k/rotationpolicy",`
	if got, want := w.ok("GET", "/keys/K/rotationpolicy", "").text, id+`"lifetimeActions":[{"trigger":{"timeBeforeExpiry":"P30D"},"action":{"type":"Notify"}}],"attributes":{}}`; got != want {
		t.Errorf("default\n got %s\nwant %s", got, want)
	}
	body := strings.Replace(rotationPolicy(afterCreate+`"P30D"`, beforeExpiry+`"P1W"`, "P90D"), `"Rotate"`, `"rotate"`, 1)
	want := id + `"lifetimeActions":[{"trigger":{"timeAfterCreate":"P30D"},"action":{"type":"Rotate"}},{"trigger":{"timeBeforeExpiry":"P1W"},"action":{"type":"Notify"}}],"attributes":{"expiryTime":"P90D","created":1800000000,"updated":1800000000}}`
	if got := w.ok("PUT", "/keys/k/rotationpolicy", body).text; got != want {
		t.Errorf("set\n got %s\nwant %s", got, want)
	}
	const tooEarly, tooLate = "Invalid rotation policy: a key can rotate at the earliest 7 days after its creation.", "Invalid rotation policy: a key can rotate at the latest 7 days before it expires."
	one := "Invalid rotation policy: a trigger must have either timeAfterCreate or timeBeforeExpiry."
	for body, message := range map[string]string{
		rotationPolicy("", "", "P27D"):                                               "Invalid rotation policy: the expiry time must be at least 28 days.",
		rotationPolicy("", "", "P4W1D"):                                              "Invalid duration: 'P4W1D' is not a duration of ISO 8601.",
		rotationPolicy("", "", "90"):                                                 "Invalid duration: '90' is not a duration of ISO 8601.",
		rotationPolicy(afterCreate+`"P6D"`, "", ""):                                  tooEarly,
		rotationPolicy(afterCreate+`"PT167H59M59S"`, "", "P90D"):                     tooEarly,
		rotationPolicy(afterCreate+`"P84D"`, "", "P90D"):                             tooLate,
		rotationPolicy(beforeExpiry+`"P6D"`, "", "P90D"):                             tooLate,
		rotationPolicy(beforeExpiry+`"P84D"`, "", "P90D"):                            tooEarly,
		rotationPolicy(beforeExpiry+`"P30D"`, "", ""):                                "Invalid rotation policy: timeBeforeExpiry of a Rotate action needs an expiry time.",
		rotationPolicy("", afterCreate+`"P30D"`, "P90D"):                             "Invalid rotation policy: an action of type Notify must have timeBeforeExpiry.",
		rotationPolicy("", beforeExpiry+`"P0D"`, "P90D"):                             "Invalid rotation policy: the time of an action must be greater than zero.",
		rotationPolicy(afterCreate+`"P30D",`+beforeExpiry+`"P30D"`, "", "P90D"):      one,
		rotationPolicy(`"x":1`, "", "P90D"):                                          one,
		strings.Replace(rotationPolicy("", beforeExpiry+`"P9D"`, ""), "Not", "X", 1): "Invalid rotation policy: the type of a lifetime action must be Rotate or Notify.",
		`{"lifetimeActions":[{"trigger":{"timeAfterCreate":"P30D"},"action":{"type":"Rotate"}},{"trigger":{"timeAfterCreate":"P40D"},"action":{"type":"ROTATE"}}]}`: "Invalid rotation policy: it can have one action of type Rotate only.",
	} {
		w.do("PUT", "/keys/k/rotationpolicy", body).fails(t, 400, "BadParameter", message)
	}
	if got := w.ok("GET", "/keys/k/rotationpolicy", "").text; got != want {
		t.Errorf("a refused policy was set: %s", got)
	}
	w.advance(time.Second)
	if got := w.ok("PUT", "/keys/k/rotationpolicy", `{}`).text; got != id+`"lifetimeActions":[],"attributes":{"created":1800000000,"updated":1800000001}}` {
		t.Errorf("emptied: %s", got)
	}
}

func TestRotateKey(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/keys/k/rotate", "").fails(t, 404, "KeyNotFound", fmt.Sprintf(notFound, "key", "k"))
	first := w.ok("POST", "/keys/k/create", `{"kty":"EC","crv":"P-384","key_ops":["sign"],"tags":{"a":"b"},"attributes":{"enabled":false,"exp":1900000000}}`)
	second := w.ok("POST", "/keys/k/rotate", "")
	if second.version() == first.version() || second.at("key.x") == first.at("key.x") || second.at("key.crv") != "P-384" ||
		second.at("key.key_ops") != `["sign"]` || second.at("tags.a") != "b" || second.at("attributes.enabled") != "true" || second.at("attributes.exp") != "" {
		t.Errorf("%s", second.text)
	}
	w.ok("PUT", "/keys/k/rotationpolicy", rotationPolicy("", "", "P28D"))
	third := w.ok("POST", "/keys/k/rotate", "")
	if got, want := third.at("attributes.exp"), fmt.Sprint(start+28*86400); got != want {
		t.Errorf("exp %s, want %s", got, want)
	}
	if got := w.ok("GET", "/keys/k/"+second.version(), "").text; got != second.text {
		t.Errorf("rotation changed the version before: %s", got)
	}
}

// Each operation that looks at the current version finds that the rotation has
// happened, though no process ran when it was due; it happens once, and is recorded.
func TestRotationIsDue(t *testing.T) {
	sign := `{"alg":"ES256","value":"` + digest32 + `"}`
	for name, use := range map[string]func(w *world) string{
		"get": func(w *world) string { return w.ok("GET", "/keys/k", "").version() },
		"sign": func(w *world) string {
			kid := w.ok("POST", "/keys/k/sign", sign).at("kid")
			return kid[strings.LastIndex(kid, "/")+1:]
		},
		"update": func(w *world) string { return w.ok("PATCH", "/keys/k", `{"tags":{"a":"b"}}`).version() },
		"delete": func(w *world) string { return w.ok("DELETE", "/keys/k", "").version() },
		"policy": func(w *world) string {
			w.ok("PUT", "/keys/k/rotationpolicy", `{}`)
			return w.ok("GET", "/keys/k", "").version()
		},
		"versions": func(w *world) string {
			a := w.ok("GET", "/keys/k/versions", "")
			if n := len(a.body["value"].([]any)); n != 2 {
				w.Errorf("%d versions: %s", n, a.text)
			}
			return w.ok("GET", "/keys/k", "").version()
		},
		"backup": func(w *world) string {
			blob := w.ok("POST", "/keys/k/backup", "").at("value")
			w.ok("DELETE", "/keys/k", "")
			w.do("DELETE", "/deletedkeys/k", "")
			v := w.ok("POST", "/keys/restore", `{"value":"`+blob+`"}`).version()
			if n := len(w.ok("GET", "/keys/k/versions", "").body["value"].([]any)); n != 2 {
				w.Errorf("%d versions restored", n)
			}
			return v
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			old := w.ok("POST", "/keys/k/create", `{"kty":"EC"}`).version()
			w.ok("PUT", "/keys/k/rotationpolicy", rotationPolicy(afterCreate+`"P30D"`, "", "P90D"))
			w.advance(30*day - time.Second)
			if got := w.ok("GET", "/keys/k", "").version(); got != old {
				t.Fatal("rotated too early")
			}
			w.advance(time.Second)
			w = w.process()
			before := len(w.records(0))
			if got := use(w); got == old {
				t.Error("did not rotate")
			}
			count := 0
			for _, rec := range w.records(before) {
				if rec.OperationName == "KeyRotateIfDue" {
					count++
					if rec.Identity != nil || rec.Properties.ID != base+"/keys/k" || rec.Properties.KeyProperties == nil || rec.Properties.HTTPStatusCode != 200 {
						t.Errorf("%+v", rec)
					}
				}
			}
			if count != 1 {
				t.Errorf("%d rotations", count)
			}
			if name == "get" {
				w.advance(30*day - time.Second)
				now := w.ok("GET", "/keys/k", "").version()
				w.advance(time.Second)
				if w.ok("GET", "/keys/k", "").version() == now {
					t.Error("did not rotate a second time")
				}
			}
		})
	}
}

func TestRotationBeforeExpiry(t *testing.T) {
	w := newWorld(t)
	old := w.ok("POST", "/keys/k/create", `{"kty":"EC"}`).version()
	w.ok("PUT", "/keys/k/rotationpolicy", rotationPolicy(beforeExpiry+`"P30D"`, "", "P90D"))
	w.advance(1000 * day)
	if w.ok("GET", "/keys/k", "").version() != old {
		t.Error("a version without expiry rotated")
	}
	w.ok("PATCH", "/keys/k", fmt.Sprintf(`{"attributes":{"exp":%d}}`, w.clock.Load()+86400*31))
	w.advance(day - time.Second)
	if w.ok("GET", "/keys/k", "").version() != old {
		t.Error("rotated too early")
	}
	w.advance(time.Second)
	if a := w.ok("GET", "/keys/k", ""); a.version() == old || a.at("attributes.exp") != fmt.Sprint(w.clock.Load()+90*86400) {
		t.Errorf("%s", a.text)
	}
	// What was taken out of use does not come back by itself.
	old = w.ok("PATCH", "/keys/k", `{"attributes":{"enabled":false}}`).version()
	w.advance(100 * day)
	w.do("GET", "/keys/k", "").fails(t, 403, "Forbidden/KeyDisabled", "Operation get is not allowed on a disabled key.")
	w.ok("PATCH", "/keys/k/"+old, `{"attributes":{"enabled":true}}`)
	if w.ok("GET", "/keys/k", "").version() == old {
		t.Error("did not rotate when it was enabled again")
	}
	// Who may not use the key does not make it rotate.
	w.advance(100 * day)
	w.as = nobody
	before := len(w.records(0))
	w.do("GET", "/keys/k", "")
	for _, rec := range w.records(before) {
		if rec.OperationName == "KeyRotateIfDue" {
			t.Error("a refused request rotated the key")
		}
	}
}

func TestRotationHappensOnce(t *testing.T) {
	w := newWorld(t)
	w.ok("POST", "/keys/k/create", `{"kty":"EC"}`)
	w.ok("PUT", "/keys/k/rotationpolicy", rotationPolicy(afterCreate+`"P7D"`, "", ""))
	w.advance(100 * day)
	worlds := []*world{w, w.process()}
	var group sync.WaitGroup
	versions := make([]string, 32)
	for i := range versions {
		group.Go(func() { versions[i] = worlds[i%2].ok("GET", "/keys/k", "").version() })
	}
	group.Wait()
	for _, v := range versions {
		if v != versions[0] {
			t.Fatalf("different current versions: %v", versions)
		}
	}
	if n := len(w.ok("GET", "/keys/k/versions", "").body["value"].([]any)); n != 2 {
		t.Errorf("%d versions", n)
	}
}
