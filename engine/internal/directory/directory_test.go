package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

func TestPasswordHashes(t *testing.T) {
	password := sensitive.NewString("Canary-Passw0rd-1")
	hash := directory.HashPassword(password)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || hash == directory.HashPassword(password) {
		t.Errorf("hash = %s", hash)
	}
	for _, tt := range []struct {
		hash, password string
		want           bool
	}{
		{hash, "Canary-Passw0rd-1", true}, {hash, "Canary-Passw0rd-2", false}, {hash, "", false},
		{hash, "Canary-Passw0rd-1 ", false}, {"", "", false}, {"", "Canary-Passw0rd-1", false},
	} {
		if got, err := directory.CheckPassword(tt.hash, sensitive.NewString(tt.password)); err != nil || got != tt.want {
			t.Errorf("CheckPassword(%.12s, %s) = %v, %v", tt.hash, tt.password, got, err)
		}
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=1,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=16$m=8,t=1,p=1$AA$AA", strings.Replace(hash, "t=2", "t=0", 1)} {
		if ok, err := directory.CheckPassword(bad, password); ok || err == nil {
			t.Errorf("a stored hash %.20s is taken", bad)
		}
	}
}

// An unknown user costs as much as a known one.
func TestAbsentUserCostsTheSame(t *testing.T) {
	password := sensitive.NewString("Canary-Passw0rd-1")
	hash := directory.HashPassword(password)
	cost := func(hash string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := directory.CheckPassword(hash, password); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	if known, absent := cost(hash), cost(""); absent < known/4 || absent > known*4 {
		t.Errorf("known %v, absent %v", known, absent)
	}
}

func TestUPNs(t *testing.T) {
	for upn, want := range map[string]string{
		"Alice@Example.ORG": "alice@example.org", "o'brien.x_y-z!#^~@a-b.c": "o'brien.x_y-z!#^~@a-b.c", "a@b": "a@b",
		"": "", "a": "", "a@": "", "@b": "", "a@b@c": "", "a b@c": "", "a@b.": "", "a@.b": "", "a@-b": "", "é@b.c": "", "a@b\n": "", "a/b@c": "", "a%40b@c": "",
	} {
		got, ok := directory.CanonicalUPN(upn)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", upn, got, ok)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(directory.NewID())
	f.Add("")
	f.Add("11111111-2222-3333-4444-55555555555Ž")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := directory.ParseID(text)
		if ok && (!strings.EqualFold(id, text) || id != strings.ToLower(id) || strings.Count(id, "-") != 4) {
			t.Errorf("%q became %q", text, id)
		}
	})
}

func FuzzParseCertificate(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x82})
	f.Fuzz(func(t *testing.T, data []byte) {
		cert, err := directory.ParseCertificate(data)
		if (cert == nil) == (err == nil) {
			t.Errorf("certificate %v, error %v", cert, err)
		}
	})
}
