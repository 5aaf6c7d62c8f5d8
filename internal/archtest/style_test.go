package archtest_test

import (
	"bytes"
	"go/ast"
	"path"
	"regexp"
	"strings"
	"testing"
)

// maxLines is the length at which a file must be cut; 500 already asks for a seam.
const maxLines = 600

func TestFilesAreShort(t *testing.T) {
	for _, f := range goFiles(t) {
		if n := bytes.Count(f.text, []byte{'\n'}); n > maxLines && !f.isTest() {
			t.Errorf("%s has %d lines", f.path, n)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.isTest() {
			continue
		}
		has := f.syntax.Doc != nil && len(strings.Fields(f.syntax.Doc.Text())) > 3
		documented[f.dir()] = documented[f.dir()] || has
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("the package in %s has no comment", dir)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for _, f := range goFiles(t) {
		switch path.Base(f.dir()) {
		case "util", "utils", "common", "types", "helpers", "misc":
			t.Errorf("%s: the name of the package says nothing", f.path)
		}
	}
}

// A test that is switched off, or that waits for time to pass, proves nothing.
func TestNoSkipsNoSleeps(t *testing.T) {
	for _, f := range goFiles(t) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			receiver, _ := selector.X.(*ast.Ident)
			if receiver == nil {
				return true
			}
			switch selector.Sel.Name {
			case "Skip", "Skipf", "SkipNow":
				if receiver.Name == "t" || receiver.Name == "b" || receiver.Name == "f" {
					t.Errorf("%s: a test that can be skipped", f.at(n))
				}
			case "Sleep":
				if receiver.Name == "time" {
					t.Errorf("%s: time.Sleep", f.at(n))
				}
			}
			return true
		})
	}
}

// words that must not stand in the project's text. They are put together here so that
// this file does not hold them.
var words = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`/(wor` + `k|far` + `m)/|/roo` + `t/\w`), "a path of one machine"},
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`), "a promise without what settles it"},
	{regexp.MustCompile(`Insecure` + `SkipVerify`), "a switched-off check"},
	{regexp.MustCompile(`pro` + `xy\.golang\.org|registry\.npm` + `js\.org|deb\.deb` + `ian\.org`), "the host of a package registry"},
	{regexp.MustCompile(`//no` + `lint\s*$`), "a lint directive without a reason"},
}

func TestWords(t *testing.T) {
	texts(t, func(name string, text []byte) {
		if path.Base(name) == "go.sum" || name == "LICENSE" {
			return
		}
		for i, line := range bytes.Split(text, []byte{'\n'}) {
			for _, w := range words {
				if found := w.pattern.Find(line); found != nil {
					t.Errorf("%s:%d: %q: %s", name, i+1, found, w.reason)
				}
			}
		}
	})
}

// Every parser of outside input has a fuzz target; a package that parses says so by
// the name of its functions.
func TestParsersAreFuzzed(t *testing.T) {
	parsers, fuzzed := map[string]string{}, map[string]bool{}
	for _, f := range goFiles(t) {
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil {
				continue
			}
			switch name := fn.Name.Name; {
			case f.isTest() && strings.HasPrefix(name, "Fuzz"):
				fuzzed[f.dir()] = true
			case !f.isTest() && strings.HasPrefix(name, "Parse") && under(f.dir(), "engine"),
				!f.isTest() && strings.HasPrefix(name, "Parse") && under(f.dir(), "internal"):
				parsers[f.dir()] = f.at(fn)
			}
		}
	}
	for dir, at := range parsers {
		if !fuzzed[dir] {
			t.Errorf("%s: a parser, and no fuzz target in its package", at)
		}
	}
}
