package login_test

import (
	"strings"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/login"
)

func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"", "a=b", "a=b&a=c", "%=1", "grant_type=password&username=%00", "a;b", strings.Repeat("a&", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := login.ParseForm(text)
		if err != nil {
			return
		}
		for name, values := range form {
			if len(values) != 1 {
				t.Errorf("%q has %d values", name, len(values))
			}
		}
	})
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"", "https://x//.default openid", "/.default", "User.Read", "api://x/y z", "https://", "a/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		resource, _, _, _, ok := login.ParseScope(text)
		if ok && strings.ContainsAny(resource, " \t\n") {
			t.Errorf("resource %q", resource)
		}
	})
}

func TestRedirectMatching(t *testing.T) {
	for _, tt := range []struct {
		registered, uri string
		want            bool
	}{
		{"https://app.test/cb", "https://app.test/cb", true},
		{"https://app.test/cb", "https://app.test/cb/", false},
		{"https://app.test/cb", "https://app.test/CB", false},
		{"https://app.test/cb", "https://app.test:444/cb", false},
		{"https://app.test/cb", "https://app.test.evil/cb", false},
		{"https://app.test/cb", "https://app.test/cb?x=1", false},
		{"http://localhost", "http://localhost:53123", true},
		{"http://localhost", "http://localhost:53123/", true},
		{"http://localhost/cb", "http://localhost:1/cb", true},
		{"http://localhost", "http://localhost:1/evil", false},
		{"http://localhost", "http://localhost:1@evil.test/", false},
		{"http://localhost", "http://localhost.evil.test/", false},
		{"http://localhost", "https://localhost:1", false},
		{"http://127.0.0.1", "http://127.0.0.1:9", true},
		{"http://127.0.0.1", "http://localhost:9", false},
		{"", "", false},
	} {
		if got := login.MatchesRedirect([]string{tt.registered}, tt.uri); got != tt.want {
			t.Errorf("%q for %q: %v", tt.uri, tt.registered, got)
		}
	}
}
