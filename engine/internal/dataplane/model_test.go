package dataplane_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// model is what a vault's secrets should be: the simplest thing that can be right.
type model struct {
	now     int64
	secrets map[string]*modelSecret // by folded name
}

type modelSecret struct {
	name     string
	versions []modelVersion // the last is current
	deleted  int64          // 0 while live
}

type modelVersion struct {
	id, value, tag   string
	enabled          bool
	created, updated int64
}

func (m *model) get(name string, deleted bool) *modelSecret {
	s := m.secrets[strings.ToUpper(name)]
	if s == nil || (s.deleted != 0) != deleted {
		return nil
	}
	return s
}

// tick lets time pass and purges what is due.
func (m *model) tick(seconds int64) {
	m.now += seconds
	for fold, s := range m.secrets {
		if s.deleted != 0 && s.deleted+90*86400 <= m.now {
			delete(m.secrets, fold)
		}
	}
}

const modelSteps = 10_000

// TestModel does random operations on a vault and on the model, and compares every
// answer. COFFER_TEST_SEED repeats a run.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("COFFER_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", seed)
	r := &modelRun{world: newWorld(t), Rand: rand.New(rand.NewPCG(seed, 1)), model: model{now: start, secrets: map[string]*modelSecret{}}}
	operations := []func(){r.set, r.set, r.set, r.get, r.get, r.getVersion, r.update, r.delete, r.recover, r.purge, r.list, r.listDeleted, r.listVersions, r.moveBackup, r.wait}
	for step := range modelSteps {
		operations[r.IntN(len(operations))]()
		if t.Failed() {
			t.Fatalf("seed %d, step %d", seed, step)
		}
	}
	r.world.records(0)
}

type modelRun struct {
	*rand.Rand
	world *world
	model model
}

// name is one of a few, in any letter case.
func (r *modelRun) name() string {
	return []string{"a", "A", "b-1", "B-1", "c", "D"}[r.IntN(6)]
}

func (r *modelRun) wrong(operation, name string, a answer) {
	r.world.Helper()
	r.world.Errorf("%s %s: %d %s", operation, name, a.status, a.text)
}

func (r *modelRun) set() {
	name, value, tag := r.name(), strconv.Itoa(r.IntN(1000)), strconv.Itoa(r.IntN(10))
	enabled := r.IntN(5) > 0
	a := r.world.do("PUT", "/secrets/"+name, fmt.Sprintf(`{"value":%q,"tags":{"t":%q},"attributes":{"enabled":%v}}`, value, tag, enabled))
	if r.model.get(name, true) != nil {
		if a.status != 409 {
			r.wrong("set", name, a)
		}
		return
	}
	s := r.model.get(name, false)
	if s == nil {
		s = &modelSecret{name: name}
		r.model.secrets[strings.ToUpper(name)] = s
	}
	v := modelVersion{id: a.version(), value: value, tag: tag, enabled: enabled, created: r.model.now, updated: r.model.now}
	s.versions = append(s.versions, v)
	r.shows("set", s, v, a, true)
}

// shows checks an answer against a version.
func (r *modelRun) shows(operation string, s *modelSecret, v modelVersion, a answer, value bool) {
	r.world.Helper()
	want := []string{base + "/secrets/" + s.name + "/" + v.id, v.tag, strconv.FormatBool(v.enabled), fmt.Sprint(v.created), fmt.Sprint(v.updated), ""}
	if value {
		want[5] = v.value
	}
	got := []string{a.at("id"), a.at("tags.t"), a.at("attributes.enabled"), a.at("attributes.created"), a.at("attributes.updated"), a.at("value")}
	if a.status != 200 || !slices.Equal(got, want) {
		r.world.Errorf("%s: %d\n got %q\nwant %q", operation, a.status, got, want)
	}
}

func (r *modelRun) reads(path string, s *modelSecret, v *modelVersion) {
	r.world.Helper()
	a := r.world.do("GET", path, "")
	switch {
	case v == nil && a.status != 404, v != nil && !v.enabled && a.status != 403:
		r.wrong("get", path, a)
	case v != nil && v.enabled:
		r.shows("get", s, *v, a, true)
	}
}

func (r *modelRun) get() {
	name := r.name()
	s := r.model.get(name, false)
	if s == nil {
		r.reads("/secrets/"+name, nil, nil)
		return
	}
	r.reads("/secrets/"+name, s, &s.versions[len(s.versions)-1])
}

func (r *modelRun) getVersion() {
	name := r.name()
	s := r.model.secrets[strings.ToUpper(name)]
	if s == nil {
		r.reads("/secrets/"+name+"/"+strings.Repeat("0", 32), nil, nil)
		return
	}
	v := &s.versions[r.IntN(len(s.versions))]
	path := "/secrets/" + name + "/" + v.id
	if s.deleted != 0 {
		v = nil
	}
	r.reads(path, s, v)
}

func (r *modelRun) update() {
	name := r.name()
	s := r.model.get(name, false)
	path, tag, enabled := "/secrets/"+name+"/", strconv.Itoa(r.IntN(10)), r.IntN(3) > 0
	at := 0
	if s != nil {
		at = len(s.versions) - 1
		if r.IntN(2) == 0 {
			at = r.IntN(len(s.versions))
			path += s.versions[at].id
		}
	}
	a := r.world.do("PATCH", path, fmt.Sprintf(`{"tags":{"t":%q},"attributes":{"enabled":%v}}`, tag, enabled))
	if s == nil {
		if a.status != 404 {
			r.wrong("update", name, a)
		}
		return
	}
	v := &s.versions[at]
	v.tag, v.enabled, v.updated = tag, enabled, r.model.now
	r.shows("update", s, *v, a, false)
}

func (r *modelRun) delete() {
	name := r.name()
	s := r.model.get(name, false)
	a := r.world.do("DELETE", "/secrets/"+name, "")
	if s == nil {
		if a.status != 404 {
			r.wrong("delete", name, a)
		}
		return
	}
	s.deleted = r.model.now
	r.shows("delete", s, s.versions[len(s.versions)-1], a, false)
	if a.at("scheduledPurgeDate") != fmt.Sprint(r.model.now+90*86400) {
		r.wrong("delete", name, a)
	}
}

func (r *modelRun) recover() {
	name := r.name()
	s := r.model.get(name, true)
	a := r.world.do("POST", "/deletedsecrets/"+name+"/recover", "")
	if s == nil {
		if a.status != 404 {
			r.wrong("recover", name, a)
		}
		return
	}
	s.deleted = 0
	r.shows("recover", s, s.versions[len(s.versions)-1], a, false)
}

func (r *modelRun) purge() {
	name := r.name()
	want := 404
	if r.model.get(name, true) != nil {
		want = 204
		delete(r.model.secrets, strings.ToUpper(name))
	}
	if a := r.world.do("DELETE", "/deletedsecrets/"+name, ""); a.status != want {
		r.wrong("purge", name, a)
	}
}

// listed reads every page of a list.
func (r *modelRun) listed(path string) []string {
	var ids []string
	for path += "?maxresults=" + strconv.Itoa(1+r.IntN(25)); path != ""; {
		a := r.world.ok("GET", path, "")
		for _, item := range a.body["value"].([]any) {
			ids = append(ids, strings.TrimPrefix(item.(map[string]any)["id"].(string), base+"/secrets/"))
		}
		path = strings.TrimPrefix(a.at("nextLink"), base)
	}
	return ids
}

func (r *modelRun) lists(path string, want []string) {
	r.world.Helper()
	if got := r.listed(path); !slices.Equal(got, want) {
		r.world.Errorf("list %s\n got %q\nwant %q", path, got, want)
	}
}

func (r *modelRun) names(deleted bool) []string {
	var folds []string
	for fold, s := range r.model.secrets {
		if (s.deleted != 0) == deleted {
			folds = append(folds, fold)
		}
	}
	slices.Sort(folds)
	var names []string
	for _, fold := range folds {
		names = append(names, r.model.secrets[fold].name)
	}
	return names
}

func (r *modelRun) list()        { r.lists("/secrets", r.names(false)) }
func (r *modelRun) listDeleted() { r.lists("/deletedsecrets", r.names(true)) }

func (r *modelRun) listVersions() {
	name := r.name()
	var ids []string
	if s := r.model.get(name, false); s != nil {
		if len(s.versions) > 60 {
			// Lists grow with the run: start anew before they take all its time.
			r.world.ok("DELETE", "/secrets/"+name, "")
			s.deleted = r.model.now
		} else {
			for _, v := range s.versions {
				ids = append(ids, s.name+"/"+v.id)
			}
		}
	}
	slices.Sort(ids)
	r.lists("/secrets/"+name+"/versions", ids)
}

// moveBackup backs a secret up, purges it and restores it.
func (r *modelRun) moveBackup() {
	name := r.name()
	s := r.model.get(name, false)
	a := r.world.do("POST", "/secrets/"+name+"/backup", "")
	if s == nil {
		if a.status != 404 {
			r.wrong("backup", name, a)
		}
		return
	}
	restore := func() answer { return r.world.do("POST", "/secrets/restore", `{"value":"`+a.at("value")+`"}`) }
	if b := restore(); b.status != 409 {
		r.wrong("restore over", name, b)
	}
	r.world.ok("DELETE", "/secrets/"+name, "")
	if b := restore(); b.status != 409 {
		r.wrong("restore over deleted", name, b)
	}
	r.world.do("DELETE", "/deletedsecrets/"+name, "")
	r.shows("restore", s, s.versions[len(s.versions)-1], restore(), false)
}

func (r *modelRun) wait() {
	seconds := int64(r.IntN(100))
	if r.IntN(20) == 0 {
		seconds = int64(r.IntN(100 * 86400))
	}
	r.model.tick(seconds)
	r.world.clock.Add(seconds)
}
