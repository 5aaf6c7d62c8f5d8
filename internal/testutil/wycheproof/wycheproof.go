// Package wycheproof finds and reads the published vectors of the Wycheproof project
// (https://github.com/C2SP/wycheproof).
//
// Its go.mod spells its own path in another case than its repository, so it cannot be
// required; it is downloaded by version, and checked by its sum, when a test asks for
// it. A test whose vectors cannot be had fails.
package wycheproof

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

const (
	module = "github.com/C2SP/wycheproof@v0.0.0-20250901140545-b51abcfb8daf"
	sum    = "h1:5BKKVVVj676FUWirLcouEEL6GCYR9X0opkMlEUck8FY="
)

var directory = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "mod", "download", "-json", module)
	command.Dir = os.TempDir()
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w: %s", module, err, out)
	}
	var got struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(out, &got); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	if got.Error != "" || got.Sum != sum {
		return "", fmt.Errorf("go mod download %s: sum %q, want %q: %s", module, got.Sum, sum, got.Error)
	}
	return filepath.Join(got.Dir, "testvectors_v1"), nil
})

// Dir returns the directory with the vectors.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := directory()
	if err != nil {
		t.Fatalf("Wycheproof vectors: %v", err)
	}
	return dir
}

// Hex is binary data of a vector.
type Hex []byte

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(text []byte) error {
	if len(text)%2 == 1 {
		text = append([]byte{'0'}, text...)
	}
	out := make([]byte, hex.DecodedLen(len(text)))
	n, err := hex.Decode(out, text)
	*h = out[:n]
	return err
}

// Vector is one test. Which fields are set depends on its file.
type Vector struct {
	ID      int      `json:"tcId"`
	Comment string   `json:"comment"`
	Flags   []string `json:"flags"`
	// Result is "valid", "invalid" or "acceptable".
	Result                                 string `json:"result"`
	Msg, Sig, CT, Label, Key, IV, AAD, Tag Hex
}

// Group is a list of tests with what they share.
type Group struct {
	KeySize      int    `json:"keySize"`
	IVSize       int    `json:"ivSize"`
	TagSize      int    `json:"tagSize"`
	SaltLength   int    `json:"sLen"`
	SHA          string `json:"sha"`
	MaskSHA      string `json:"mgfSha"`
	PrivatePKCS8 Hex    `json:"privateKeyPkcs8"`
	PublicKey    struct {
		Modulus  Hex    `json:"modulus"`
		Exponent Hex    `json:"publicExponent"`
		X        Hex    `json:"wx"`
		Y        Hex    `json:"wy"`
		Curve    string `json:"curve"`
	} `json:"publicKey"`
	Tests []Vector `json:"tests"`
}

// Load reads one file of vectors.
func Load(t testing.TB, file string) []Group {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Dir(t), file))
	if err != nil {
		t.Fatalf("Wycheproof vectors: %v", err)
	}
	var all struct {
		Groups []Group `json:"testGroups"`
		Number int     `json:"numberOfTests"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("Wycheproof vectors: %s: %v", file, err)
	}
	found := 0
	for _, g := range all.Groups {
		found += len(g.Tests)
	}
	if found == 0 || found != all.Number {
		t.Fatalf("Wycheproof vectors: %s has %d tests, says %d", file, found, all.Number)
	}
	return all.Groups
}
