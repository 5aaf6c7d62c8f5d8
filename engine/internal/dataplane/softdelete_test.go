package dataplane_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/vault"
)

// kinds are the two kinds with what makes an object of each.
var kinds = []struct{ collection, title, noun, code, method, suffix, body string }{
	{"secrets", "Secret", "secret", "SecretNotFound", "PUT", "", `{"value":"x"}`},
	{"keys", "Key", "key", "KeyNotFound", "POST", "/create", `{"kty":"EC"}`},
}

func TestSoftDelete(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.collection, func(t *testing.T) {
			w := newWorld(t)
			live, deleted := "/"+k.collection+"/Name", "/deleted"+k.collection+"/name"
			create := func() answer { return w.ok(k.method, live+k.suffix, k.body) }
			gone := func(a answer) {
				t.Helper()
				a.fails(t, 404, k.code, fmt.Sprintf(notFound, k.noun, "Name"))
			}
			notDeleted := "Deleted " + k.title + " not found: name"
			gone(w.do("DELETE", live, ""))
			for _, call := range []string{"GET " + deleted, "DELETE " + deleted, "POST " + deleted + "/recover"} {
				var method, path string
				_, _ = fmt.Sscan(call, &method, &path)
				w.do(method, path, "").fails(t, 404, k.code, notDeleted)
			}
			v1 := create().version()
			v2 := create().version()
			w.do("GET", deleted, "").fails(t, 404, k.code, notDeleted)
			w.do("POST", deleted+"/recover", "").fails(t, 404, k.code, notDeleted)
			w.do("DELETE", deleted, "").fails(t, 404, k.code, notDeleted)
			blob := w.ok("POST", live+"/backup", "").at("value")

			if a := w.ok("DELETE", live, ""); a.version() != v2 {
				t.Errorf("deleted version %s, want %s", a.version(), v2)
			}
			gone(w.do("GET", live, ""))
			w.do("GET", live+"/"+v1, "").fails(t, 404, k.code, fmt.Sprintf(notFound, k.noun, "Name/"+v1))
			gone(w.do("PATCH", live, `{}`))
			gone(w.do("DELETE", live, ""))
			gone(w.do("POST", live+"/backup", ""))
			conflict := fmt.Sprintf(blocked, k.title, "Name", k.noun)
			w.do(k.method, "/"+k.collection+"/NAME"+k.suffix, k.body).fails(t, 409, "Conflict/ObjectIsDeletedButRecoverable", conflict)
			w.do("POST", "/"+k.collection+"/restore", `{"value":"`+blob+`"}`).fails(t, 409, "Conflict/ObjectIsDeletedButRecoverable", conflict)
			if a := w.ok("GET", live+"/versions", ""); a.at("value") != "[]" {
				t.Errorf("versions of a deleted object: %s", a.text)
			}
			if a := w.ok("GET", "/"+k.collection, ""); a.at("value") != "[]" {
				t.Errorf("list with a deleted object: %s", a.text)
			}

			if a := w.ok("POST", deleted+"/recover", ""); a.version() != v2 {
				t.Errorf("recovered version %s, want %s", a.version(), v2)
			}
			w.ok("GET", live+"/"+v1, "")
			w.ok("GET", live+"/"+v2, "")
			w.do("GET", deleted, "").fails(t, 404, k.code, notDeleted)

			w.ok("DELETE", live, "")
			if a := w.do("DELETE", deleted, ""); a.status != 204 {
				t.Errorf("purge: %d %s", a.status, a.text)
			}
			w.do("GET", deleted, "").fails(t, 404, k.code, notDeleted)
			if v3 := create().version(); v3 == v1 || v3 == v2 {
				t.Error("a version came back")
			}
			w.do("GET", live+"/"+v1, "").fails(t, 404, k.code, fmt.Sprintf(notFound, k.noun, "Name/"+v1))
		})
	}
}

func TestScheduledPurge(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.collection, func(t *testing.T) {
			w := newWorld(t)
			w.vault = "protected"
			live, deleted := "/"+k.collection+"/n", "/deleted"+k.collection+"/n"
			v1 := w.ok(k.method, live+k.suffix, k.body).version()
			w.ok("DELETE", live, "")
			w.do("DELETE", deleted, "").fails(t, 403, "Forbidden", `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed. Vault: protected;location=westeurope`)
			w.advance(7*24*time.Hour - time.Second)
			w.ok("GET", deleted, "")
			w.advance(time.Second)
			// Nothing ran in between: the clock alone decides.
			w.do("GET", deleted, "").fails(t, 404, k.code, "Deleted "+k.title+" not found: n")
			w.do("POST", deleted+"/recover", "").fails(t, 404, k.code, "Deleted "+k.title+" not found: n")
			w.do("DELETE", deleted, "").fails(t, 404, k.code, "Deleted "+k.title+" not found: n")
			if a := w.ok("GET", "/deleted"+k.collection, ""); a.at("value") != "[]" {
				t.Errorf("deleted list: %s", a.text)
			}
			w.ok(k.method, live+k.suffix, k.body)
			w.do("GET", live+"/"+v1, "").fails(t, 404, k.code, fmt.Sprintf(notFound, k.noun, "n/"+v1))

			w.ok("DELETE", live, "")
			w.advance(7 * 24 * time.Hour)
			for _, want := range []int{1, 0} {
				if n, err := vault.PurgeDue(context.Background(), w.service); err != nil || n != want {
					t.Errorf("PurgeDue = %d, %v, want %d", n, err, want)
				}
			}
		})
	}
}

func TestRecoveryLevels(t *testing.T) {
	w := newWorld(t)
	w.vault = "protected"
	a := w.ok("PUT", "/secrets/s", `{"value":"x"}`)
	if a.at("attributes.recoveryLevel") != "CustomizedRecoverable" || a.at("attributes.recoverableDays") != "7" {
		t.Errorf("%s", a.text)
	}
}
