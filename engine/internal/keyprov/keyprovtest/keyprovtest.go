// Package keyprovtest is the conformance suite of key providers: Run holds a provider
// to the contract of keyprov.Provider and keyprov.Key, for every spec and algorithm
// that it supports, against the standard library's own cryptography.
package keyprovtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/keyprov"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// specs are all kinds of keys of the wire.
var specs = []keyprov.Spec{
	{Kind: keyprov.RSA, Size: 2048},
	{Kind: keyprov.RSA, Size: 3072},
	{Kind: keyprov.RSA, Size: 4096},
	{Kind: keyprov.EC, Curve: keyprov.P256},
	{Kind: keyprov.EC, Curve: keyprov.P256K},
	{Kind: keyprov.EC, Curve: keyprov.P384},
	{Kind: keyprov.EC, Curve: keyprov.P521},
	{Kind: keyprov.Oct, Size: 128},
	{Kind: keyprov.Oct, Size: 192},
	{Kind: keyprov.Oct, Size: 256},
}

// Run runs the suite. open returns the provider under test; it is called once.
func Run(t *testing.T, open func(t *testing.T) keyprov.Provider) {
	t.Helper()
	s := &suite{provider: open(t)}
	if s.provider.Name() == "" {
		t.Error("the provider has no name")
	}
	for _, spec := range specs {
		t.Run(name(spec), func(t *testing.T) { s.spec(t, spec) })
	}
	t.Run("invalid specs", s.invalidSpecs)
	t.Run("import", s.imports)
	t.Run("handles", s.handles)
	t.Run("concurrent use", s.concurrent)
	t.Run("cancelled", s.cancelled)
}

type suite struct{ provider keyprov.Provider }

func name(s keyprov.Spec) string {
	if s.Kind == keyprov.EC {
		return string(s.Curve)
	}
	return fmt.Sprintf("%s-%d", s.Kind, s.Size)
}

func (s *suite) generate(t *testing.T, spec keyprov.Spec) (keyprov.Material, keyprov.Key) {
	t.Helper()
	m, err := s.provider.Generate(t.Context(), spec)
	if err != nil {
		t.Fatalf("generate: %v", err)
	}
	return m, s.open(t, m)
}

func (s *suite) open(t *testing.T, m keyprov.Material) keyprov.Key {
	t.Helper()
	key, err := s.provider.Open(t.Context(), m)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return key
}

// spec generates a key, opens it twice, and tries every algorithm with it.
func (s *suite) spec(t *testing.T, spec keyprov.Spec) {
	if !s.provider.Supports(spec, "") {
		if _, err := s.provider.Generate(t.Context(), spec); !errors.Is(err, keyprov.ErrUnsupported) {
			t.Errorf("generate of what is not supported: %v, want ErrUnsupported", err)
		}
		for _, info := range keyprov.Algorithms() {
			if s.provider.Supports(spec, info.Algorithm) {
				t.Errorf("%s is supported with keys that are not", info.Algorithm)
			}
		}
		return
	}
	m, key := s.generate(t, spec)
	checkPublic(t, m.Public, spec)
	if m.Handle.Len() == 0 {
		t.Error("the handle is empty")
	}
	if got := key.Public(); got.Spec() != m.Public.Spec() || !bytes.Equal(got.N, m.Public.N) || !bytes.Equal(got.X, m.Public.X) {
		t.Errorf("the opened key is not the one that was generated")
	}
	again := s.open(t, m)
	for _, info := range sorted() {
		t.Run(string(info.Algorithm), func(t *testing.T) {
			switch supported := s.provider.Supports(spec, info.Algorithm); {
			case supported && !info.Fits(spec):
				t.Errorf("%s is supported, and does not fit the key", info.Algorithm)
			case !supported:
				refusesAlgorithm(t, key, info)
			case info.Sign:
				signs(t, key, again, info)
			default:
				encrypts(t, key, again, info)
			}
		})
	}
	t.Run("unknown algorithm", func(t *testing.T) {
		for _, alg := range []keyprov.Algorithm{"", "none", "rs256", "RS256 ", "HS1", "A256GCMKW"} {
			refusesAlgorithm(t, key, keyprov.Info{Algorithm: alg})
			if alg != "" && s.provider.Supports(spec, alg) {
				t.Errorf("%q is supported", alg)
			}
		}
	})
}

func sorted() []keyprov.Info {
	all := keyprov.Algorithms()
	slices.SortFunc(all, func(a, b keyprov.Info) int { return strings.Compare(string(a.Algorithm), string(b.Algorithm)) })
	return all
}

func checkPublic(t *testing.T, p keyprov.Public, spec keyprov.Spec) {
	t.Helper()
	want := spec
	if got := p.Spec(); got != want {
		t.Errorf("public part of %+v, want %+v", got, want)
	}
	switch spec.Kind {
	case keyprov.RSA:
		if len(p.N) != spec.Size/8 || p.N[0] < 0x80 || !bytes.Equal(p.E, []byte{1, 0, 1}) || p.Size != spec.Size {
			t.Errorf("n of %d bytes, e %x, size %d", len(p.N), p.E, p.Size)
		}
	case keyprov.EC:
		if p.Size != keyprov.CurveSize(spec.Curve) {
			t.Errorf("size %d, want %d", p.Size, keyprov.CurveSize(spec.Curve))
		}
	case keyprov.Oct:
		if len(p.N)+len(p.E)+len(p.X)+len(p.Y) != 0 {
			t.Error("an oct key has a public part")
		}
		return
	}
	if _, err := keyprov.ParsePublic(p); err != nil {
		t.Errorf("public part: %v", err)
	}
}

func refusesAlgorithm(t *testing.T, key keyprov.Key, info keyprov.Info) {
	t.Helper()
	digest := make([]byte, max(info.DigestSize, 16))
	in := keyprov.Sealed{Value: make([]byte, 32), IV: make([]byte, 16)}
	_, sign := key.Sign(t.Context(), info.Algorithm, digest)
	_, encrypt := key.Encrypt(t.Context(), info.Algorithm, sensitive.NewBytes(make([]byte, 32)), keyprov.Sealed{IV: in.IV})
	_, decrypt := key.Decrypt(t.Context(), info.Algorithm, in)
	for op, err := range map[string]error{"sign": sign, "encrypt": encrypt, "decrypt": decrypt} {
		// A provider without an algorithm in its token may still encrypt to the public key.
		if op == "encrypt" && err == nil && info.Kind == keyprov.RSA {
			continue
		}
		if !errors.Is(err, keyprov.ErrUnsupported) {
			t.Errorf("%s with %q: %v, want ErrUnsupported", op, info.Algorithm, err)
		}
	}
	if ok, _ := key.Verify(t.Context(), info.Algorithm, digest, make([]byte, 64)); ok {
		t.Errorf("verify with %q said yes", info.Algorithm)
	}
}

func (s *suite) invalidSpecs(t *testing.T) {
	for _, spec := range []keyprov.Spec{
		{}, {Kind: "rsa", Size: 2048}, {Kind: keyprov.RSA}, {Kind: keyprov.RSA, Size: 1024}, {Kind: keyprov.RSA, Size: 2047},
		{Kind: keyprov.RSA, Size: 8192}, {Kind: keyprov.RSA, Size: -1}, {Kind: keyprov.RSA, Size: 2048, Exponent: 2},
		{Kind: keyprov.RSA, Size: 2048, Exponent: -3}, {Kind: keyprov.RSA, Size: 2048, Exponent: 1}, {Kind: keyprov.EC},
		{Kind: keyprov.EC, Curve: "p-256"}, {Kind: keyprov.EC, Curve: "P-192"}, {Kind: keyprov.Oct},
		{Kind: keyprov.Oct, Size: 64}, {Kind: keyprov.Oct, Size: 512}, {Kind: keyprov.Oct, Curve: keyprov.P256},
	} {
		if s.provider.Supports(spec, "") {
			t.Errorf("%+v is supported", spec)
		}
		if _, err := s.provider.Generate(t.Context(), spec); !errors.Is(err, keyprov.ErrUnsupported) {
			t.Errorf("generate %+v: %v, want ErrUnsupported", spec, err)
		}
	}
}

// handles: a handle that is damaged, truncated or of another key does not open.
func (s *suite) handles(t *testing.T) {
	type pair struct{ a, b keyprov.Material }
	made := map[string]pair{}
	for _, spec := range []keyprov.Spec{specs[0], specs[3], specs[4], specs[6], specs[9]} {
		if !s.provider.Supports(spec, "") {
			continue
		}
		a, _ := s.generate(t, spec)
		b, _ := s.generate(t, spec)
		if a.Handle.Equal(b.Handle) {
			t.Errorf("%s: two keys have one handle", name(spec))
		}
		made[name(spec)] = pair{a, b}
	}
	refuses := func(why string, m keyprov.Material) {
		t.Helper()
		if _, err := s.provider.Open(t.Context(), m); !errors.Is(err, keyprov.ErrInvalid) {
			t.Errorf("open %s: %v, want ErrInvalid", why, err)
		}
	}
	for spec, p := range made {
		h := p.a.Handle.Reveal()
		for why, handle := range map[string][]byte{
			"empty": nil, "one byte": h[:1], "truncated": h[:len(h)-1], "half": h[:len(h)/2],
			"longer": append(slices.Clone(h), 0), "noise": bytes.Repeat([]byte{0x30}, len(h)),
		} {
			refuses(spec+" "+why, keyprov.Material{Public: p.a.Public, Handle: sensitive.NewBytes(slices.Clone(handle))})
		}
		refuses(spec+" without a public part", keyprov.Material{Handle: p.a.Handle})
		for other, q := range made {
			if other != spec {
				refuses(spec+" with a handle of "+other, keyprov.Material{Public: p.a.Public, Handle: q.a.Handle})
			}
		}
		if p.a.Public.Kind == keyprov.Oct {
			// Nothing outside says which oct key a handle should be; its seal does.
			continue
		}
		refuses(spec+" with another key's handle", keyprov.Material{Public: p.a.Public, Handle: p.b.Handle})
		for at := len(h) / 3; at < len(h); at += len(h)/7 + 1 {
			damaged := slices.Clone(h)
			damaged[at] ^= 0x10
			refuses(fmt.Sprintf("%s damaged at %d", spec, at), keyprov.Material{Public: p.a.Public, Handle: sensitive.NewBytes(damaged)})
		}
	}
}

func (s *suite) concurrent(t *testing.T) {
	for _, spec := range []keyprov.Spec{specs[0], specs[3]} {
		if !s.provider.Supports(spec, "") {
			continue
		}
		alg := keyprov.RS256
		if spec.Kind == keyprov.EC {
			alg = keyprov.ES256
		}
		m, key := s.generate(t, spec)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				k := key
				if i%4 == 0 {
					var err error
					if k, err = s.provider.Open(t.Context(), m); err != nil {
						t.Errorf("open: %v", err)
						return
					}
				}
				for range 8 {
					digest := random(t, 32)
					signature, err := k.Sign(t.Context(), alg, digest)
					if err != nil {
						t.Errorf("sign: %v", err)
						return
					}
					if !goVerify(t, m.Public, alg, digest, signature) {
						t.Error("a concurrent signature is wrong")
					}
				}
			})
		}
		wg.Wait()
	}
}

func (s *suite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, spec := range specs {
		if !s.provider.Supports(spec, "") {
			continue
		}
		if _, err := s.provider.Generate(ctx, spec); !errors.Is(err, context.Canceled) {
			t.Errorf("generate %s after cancel: %v, want context.Canceled", name(spec), err)
		}
	}
}

func random(t *testing.T, n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Error(err)
	}
	return b
}
