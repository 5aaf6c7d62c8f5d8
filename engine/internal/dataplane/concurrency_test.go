package dataplane_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// 64 writers on one name, in two processes: 64 versions, and one of them is current.
func TestWritersOnOneName(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.collection, func(t *testing.T) {
			w := newWorld(t)
			worlds := []*world{w, w.process()}
			versions := make([]string, 64)
			var group sync.WaitGroup
			for i := range versions {
				group.Go(func() { versions[i] = worlds[i%2].ok(k.method, "/"+k.collection+"/n"+k.suffix, k.body).version() })
			}
			group.Wait()
			distinct := map[string]bool{}
			for _, v := range versions {
				distinct[v] = true
			}
			if len(distinct) != 64 {
				t.Errorf("%d distinct versions", len(distinct))
			}
			current := w.ok("GET", "/"+k.collection+"/n", "").version()
			if !distinct[current] || current != worlds[1].ok("GET", "/"+k.collection+"/n", "").version() {
				t.Errorf("current version %s", current)
			}
			stored := 0
			for path := "/" + k.collection + "/n/versions"; path != ""; {
				a := w.ok("GET", path, "")
				for _, item := range a.body["value"].([]any) {
					m := item.(map[string]any)
					id := fmt.Sprint(m["id"], m["kid"])
					if stored++; !distinct[strings.TrimSuffix(id[strings.LastIndex(id, "/")+1:], "<nil>")] {
						t.Errorf("unknown version %s", id)
					}
				}
				path = strings.TrimPrefix(a.at("nextLink"), base)
			}
			if stored != 64 {
				t.Errorf("%d versions are stored", stored)
			}
		})
	}
}

// Readers see each version whole, while it is replaced, deleted and recovered.
func TestReadersBesideWriters(t *testing.T) {
	w := newWorld(t)
	w.ok("PUT", "/secrets/s", `{"value":"0","tags":{"n":"0"}}`)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch a := w.do("GET", "/secrets/s", ""); a.status {
				case 200:
					if a.at("value") != a.at("tags.n") {
						t.Errorf("torn: %s", a.text)
						return
					}
				case 404:
				default:
					t.Errorf("%d %s", a.status, a.text)
					return
				}
			}
		})
	}
	for i := 1; i <= 50; i++ {
		n := strconv.Itoa(i)
		w.ok("PUT", "/secrets/s", `{"value":"`+n+`","tags":{"n":"`+n+`"}}`)
		if i%10 == 0 {
			w.ok("DELETE", "/secrets/s", "")
			w.ok("POST", "/deletedsecrets/s/recover", "")
		}
	}
	close(stop)
	group.Wait()
	w.records(0) // the chain holds
}
