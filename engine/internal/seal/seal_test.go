package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

var ctx = context.Background()

func fileRoot(t *testing.T) seal.Root {
	t.Helper()
	root, err := seal.FileRoot(filepath.Join(t.TempDir(), "root.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func newKey(t *testing.T, ring *seal.Ring, id string) ([]byte, *seal.DataKey) {
	t.Helper()
	wrapped, key, err := ring.NewDataKey(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped, key
}

func TestValuesOpenOnlyWhereTheyBelong(t *testing.T) {
	ring := seal.NewRing(fileRoot(t))
	_, one := newKey(t, ring, "vault-1")
	_, two := newKey(t, ring, "vault-2")
	ad := seal.AD{Kind: "secret", Name: "n", Version: "v"}
	value := sensitive.NewBytes([]byte("the value"))
	sealed, err := one.Seal(ad, value)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := one.Open(ad, sealed); err != nil || !opened.Equal(value) {
		t.Fatalf("does not come back: %v", err)
	}
	again, err := one.Seal(ad, value)
	if err != nil || bytes.Equal(again, sealed) || bytes.Contains(sealed, []byte("the value")) {
		t.Errorf("sealing twice gives the same, or shows the value: %v", err)
	}
	for name, try := range map[string]func() error{
		"another vault":   func() error { _, err := two.Open(ad, sealed); return err },
		"another kind":    func() error { _, err := one.Open(seal.AD{Kind: "key", Name: "n", Version: "v"}, sealed); return err },
		"another name":    func() error { _, err := one.Open(seal.AD{Kind: "secret", Name: "m", Version: "v"}, sealed); return err },
		"another version": func() error { _, err := one.Open(seal.AD{Kind: "secret", Name: "n", Version: "w"}, sealed); return err },
		"a moved border":  func() error { _, err := one.Open(seal.AD{Kind: "secretn", Name: "", Version: "v"}, sealed); return err },
		"empty":           func() error { _, err := one.Open(ad, nil); return err },
		"newer format":    func() error { _, err := one.Open(ad, append([]byte{9}, sealed[1:]...)); return err },
	} {
		if err := try(); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := one.Open(ad, broken); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
		if _, err := one.Open(ad, sealed[:i]); err == nil {
			t.Errorf("opens when cut off at %d", i)
		}
	}
}

func TestDataKeysBelongToTheirRootAndID(t *testing.T) {
	root := fileRoot(t)
	ring := seal.NewRing(root)
	wrapped, key := newKey(t, ring, "vault-1")
	ad := seal.AD{Kind: "secret"}
	sealed, err := key.Seal(ad, sensitive.NewBytes([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	load := func(b []byte) func() ([]byte, error) { return func() ([]byte, error) { return b, nil } }
	fresh, err := seal.NewRing(root).DataKey(ctx, "vault-1", load(wrapped))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Open(ad, sealed); err != nil {
		t.Errorf("a key that was loaded again does not open: %v", err)
	}
	if _, err := seal.NewRing(root).DataKey(ctx, "vault-2", load(wrapped)); !errors.Is(err, seal.ErrTampered) {
		t.Errorf("under another id: %v", err)
	}
	if _, err := seal.NewRing(fileRoot(t)).DataKey(ctx, "vault-1", load(wrapped)); !errors.Is(err, seal.ErrWrongRootKey) {
		t.Errorf("under another root: %v", err)
	}
	broken := bytes.Clone(wrapped)
	broken[len(broken)-1] ^= 1
	if _, err := seal.NewRing(root).DataKey(ctx, "vault-1", load(broken)); !errors.Is(err, seal.ErrTampered) {
		t.Errorf("damaged: %v", err)
	}
	other := fileRoot(t)
	moved, err := seal.Rewrap(ctx, root, other, "vault-1", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	rewrapped, err := seal.NewRing(other).DataKey(ctx, "vault-1", load(moved))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rewrapped.Open(ad, sealed); err != nil {
		t.Errorf("after a change of the root key: %v", err)
	}
}

func TestCheckFindsAWrongRootKey(t *testing.T) {
	ring := seal.NewRing(fileRoot(t))
	check, err := ring.NewCheck(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Check(ctx, check); err != nil {
		t.Error(err)
	}
	if err := seal.NewRing(fileRoot(t)).Check(ctx, check); !errors.Is(err, seal.ErrWrongRootKey) {
		t.Errorf("got %v", err)
	}
}

func TestRingLoadsOnceAndStaysBounded(t *testing.T) {
	root := fileRoot(t)
	wrapped, _ := newKey(t, seal.NewRing(root), "v")
	ring := seal.NewRing(root)
	var loads int
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() {
			_, err := ring.DataKey(ctx, "v", func() ([]byte, error) {
				mu.Lock()
				loads++
				mu.Unlock()
				return wrapped, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	before := loads
	if _, err := ring.DataKey(ctx, "v", func() ([]byte, error) { return nil, errors.New("not cached") }); err != nil {
		t.Errorf("after %d loads: %v", before, err)
	}
	ring.Forget("v")
	if _, err := ring.DataKey(ctx, "v", func() ([]byte, error) { return nil, seal.ErrNoDataKey }); !errors.Is(err, seal.ErrNoDataKey) {
		t.Errorf("a forgotten key is still there: %v", err)
	}
}

func TestRootKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "root.key")
	if _, err := seal.FileRoot(path, false); !errors.Is(err, seal.ErrNoRootKey) {
		t.Errorf("missing: %v", err)
	}
	ids := make([]string, 8)
	var wait sync.WaitGroup
	for i := range ids {
		wait.Go(func() {
			root, err := seal.FileRoot(path, true)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = root.ID()
		})
	}
	wait.Wait()
	for _, id := range ids {
		if id != ids[0] || id == "" {
			t.Errorf("several keys were made: %q", ids)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]string{
		"empty": "", "no key": "# nothing here\n", "short": string(text[:len(text)-5]), "twice": string(text) + string(text), "large": strings.Repeat("x", 10000),
	} {
		bad := filepath.Join(t.TempDir(), "root.key")
		if err := os.WriteFile(bad, []byte(change), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.FileRoot(bad, true); err == nil {
			t.Errorf("%s: taken for a root key", name)
		}
		if after, _ := os.ReadFile(bad); string(after) != change {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.FileRoot(path, true); !errors.Is(err, seal.ErrExposed) {
		t.Errorf("exposed: %v", err)
	}
}

func TestEnvAndPassphraseRoots(t *testing.T) {
	env := map[string]string{"HEX": strings.Repeat("0f", 32), "SHORT": "abcd", "EMPTY": ""}
	get := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if _, err := seal.EnvRoot("HEX", get); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"SHORT", "EMPTY", "NONE"} {
		_, err := seal.EnvRoot(name, get)
		if err == nil || name == "SHORT" && strings.Contains(err.Error(), "abcd") {
			t.Errorf("%s: %v", name, err)
		}
	}
	salt, err := seal.NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	id := func(pass string, salt []byte) string {
		root, err := seal.PassphraseRoot(sensitive.NewString(pass), salt)
		if err != nil {
			return err.Error()
		}
		return root.ID()
	}
	first, again := id("a", salt), id("a", salt)
	if first != again || first == id("b", salt) {
		t.Error("the passphrase does not decide the key")
	}
	for _, bad := range []string{"", "x", "argon2id$v=19$m=4294967295,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA", "argon2id$v=19$m=1,t=0,p=0$"} {
		if _, err := seal.PassphraseRoot(sensitive.NewString("a"), []byte(bad)); err == nil {
			t.Errorf("the salt %q is taken", bad)
		}
	}
}

func FuzzOpen(f *testing.F) {
	root, err := seal.FileRoot(filepath.Join(f.TempDir(), "root.key"), true)
	if err != nil {
		f.Fatal(err)
	}
	_, key, err := seal.NewRing(root).NewDataKey(ctx, "v")
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := key.Seal(seal.AD{Kind: "k"}, sensitive.NewBytes([]byte("x")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:10])
	f.Fuzz(func(t *testing.T, blob []byte) {
		if _, err := key.Open(seal.AD{Kind: "k"}, blob); err == nil && !bytes.Equal(blob, sealed) {
			t.Errorf("opens %x", blob)
		}
		_, err := seal.NewRing(root).DataKey(ctx, "v", func() ([]byte, error) { return blob, nil })
		if err == nil {
			t.Errorf("unwraps %s", fmt.Sprintf("%x", blob))
		}
	})
}
