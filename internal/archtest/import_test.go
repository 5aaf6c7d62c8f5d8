package archtest_test

import (
	"strings"
	"testing"
)

// under reports whether p is dir or below it.
func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func underAny(p string, dirs ...string) bool {
	for _, dir := range dirs {
		if under(p, dir) {
			return true
		}
	}
	return false
}

// rule says what files in some directories must not import.
type rule struct {
	name string
	// in says which files the rule is for.
	in func(f *goFile) bool
	// bad says which imports it forbids; own is the path inside the module, empty for
	// an import from outside.
	bad func(imported, own string) bool
}

func in(dirs ...string) func(*goFile) bool {
	return func(f *goFile) bool { return underAny(f.dir(), dirs...) }
}

func code(dirs ...string) func(*goFile) bool {
	return func(f *goFile) bool { return !f.isTest() && underAny(f.dir(), dirs...) }
}

func not(is func(*goFile) bool) func(*goFile) bool {
	return func(f *goFile) bool { return !f.isTest() && !is(f) }
}

func terraform(imported string) bool {
	return strings.HasPrefix(imported, "github.com/hashicorp/terraform-")
}

func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func named(names ...string) func(imported, own string) bool {
	return func(imported, _ string) bool {
		for _, name := range names {
			if under(imported, name) {
				return true
			}
		}
		return false
	}
}

const internal = "engine/internal/"

// frontEnds are the HTTP front ends; none knows another.
var frontEnds = []string{internal + "dataplane", internal + "armplane", internal + "graph", internal + "login"}

// domain packages hold the rules of the product and no I/O.
var domain = []string{
	internal + "vault", internal + "resource", internal + "directory", internal + "access",
	internal + "authz", internal + "audit", internal + "seal", internal + "keyprov", internal + "fault", internal + "sensitive",
}

var rules = []rule{
	{
		"the engine knows nothing of Terraform or the provider",
		in("engine"),
		func(imported, own string) bool { return terraform(imported) || under(own, "provider") },
	},
	{
		"of the provider's code only backend.go imports the engine",
		func(f *goFile) bool {
			return under(f.dir(), "provider") && !f.isTest() && f.path != "provider/backend.go"
		},
		func(_, own string) bool { return under(own, "engine") },
	},
	{
		"main.go serves the provider and nothing else",
		code("."),
		func(_, own string) bool { return under(own, "engine") },
	},
	{
		"what both sides share imports neither",
		code("internal/inproc", "internal/resourceid"),
		func(imported, own string) bool { return own != "" || !standard(imported) },
	},
	{
		"authorisation decisions are pure: the standard library only",
		code(internal + "authz"),
		func(imported, own string) bool { return !standard(imported) || own != "" },
	},
	{
		"net/http is for the outer layers",
		code(domain...),
		named("net/http"),
	},
	{
		"no HTTP in the store",
		code(internal + "store"),
		named("net/http"),
	},
	{
		"database/sql and the driver are for the store",
		not(in(internal + "store")),
		named("database/sql", "github.com/mattn/go-sqlite3"),
	},
	{
		"PKCS#11 is for its key provider",
		not(in(internal + "keyprov/pkcs11")),
		named("github.com/miekg/pkcs11"),
	},
	{
		"the store and the key providers do not know each other",
		code(internal + "store"),
		func(_, own string) bool { return under(own, internal+"keyprov/") },
	},
	{
		"the key providers and the store do not know each other",
		code(internal + "keyprov"),
		func(_, own string) bool { return under(own, internal+"store") },
	},
	{
		"domain packages do not know front ends or the store",
		code(domain...),
		func(_, own string) bool {
			return underAny(own, append([]string{internal + "store", internal + "server", internal + "httpx"}, frontEnds...)...)
		},
	},
	{
		"commands come in through the facade",
		code("engine/cmd"),
		func(_, own string) bool { return under(own, "engine/internal") },
	},
	{
		"randomness is that of the operating system",
		not(in("internal/bench")),
		named("math/rand", "math/rand/v2"),
	},
	{
		"examples and tools use the project from outside",
		code("examples"),
		func(_, own string) bool { return underAny(own, "engine/internal", "provider") },
	},
	{
		"no testify, no mocking framework, no pkg/errors",
		func(*goFile) bool { return true },
		named("github.com/stretchr/testify", "github.com/golang/mock", "go.uber.org/mock", "github.com/pkg/errors"),
	},
}

func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		if under(f.dir(), "internal/deps") {
			continue
		}
		for _, r := range rules {
			if !r.in(f) {
				continue
			}
			for _, imported := range f.imports {
				own := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
				if own == imported {
					own = ""
				} else if own == "" {
					own = "."
				}
				if r.bad(imported, own) {
					t.Errorf("%s imports %s: %s", f.path, imported, r.name)
				}
			}
		}
	}
}

// Front ends share httpx and the services, never each other.
func TestFrontEndsAreApart(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, mine := range frontEnds {
			if !under(f.dir(), mine) || f.isTest() {
				continue
			}
			for _, other := range frontEnds {
				for _, imported := range f.imports {
					if other != mine && under(imported, module+"/"+other) {
						t.Errorf("%s imports the front end %s", f.path, imported)
					}
				}
			}
		}
	}
}
