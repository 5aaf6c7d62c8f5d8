package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const (
		pass = `{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
		skip = `{"Action":"output","Package":"p","Test":"TestB","Output":"why\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
`
		fail = `{"Action":"output","Package":"p","Test":"TestC","Output":"wrong\n"}
{"Action":"fail","Package":"p","Test":"TestC"}
{"Action":"fail","Package":"p"}
`
		crash = `{"Action":"fail","Package":"p"}
`
	)
	for name, c := range map[string]struct {
		events string
		strict bool
		failed bool
		want   string
	}{
		"passes":                {pass, true, false, "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n"},
		"fails":                 {pass + fail, false, true, "ok  \tp\t0.1s\nwrong\n1 passed, 1 failed, 0 skipped\n"},
		"skip is allowed":       {pass + skip, false, false, "ok  \tp\t0.1s\nwhy\nskipped: p TestB\n1 passed, 0 failed, 1 skipped\n"},
		"skip fails in CI":      {pass + skip, true, true, "ok  \tp\t0.1s\nwhy\nskipped: p TestB\n1 passed, 0 failed, 1 skipped\nFAIL: with CI=true every test must run\n"},
		"package that dies":     {pass + crash, false, true, "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n"},
		"nothing ran":           {"", false, true, "0 passed, 0 failed, 0 skipped\nFAIL: no test ran\n"},
		"text that is no event": {"go: warning\n" + pass, false, false, "go: warning\nok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := report{out: &out, strict: c.strict, output: map[string][]string{}}
			if err := r.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			if failed := r.close(); failed != c.failed || out.String() != c.want {
				t.Errorf("failed = %v, output:\n%s", failed, out.String())
			}
		})
	}
}
