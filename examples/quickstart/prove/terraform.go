package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

// stage is the copy of the configuration that the story plays on.
type stage struct {
	*terraform.Dir
	coffer string
	out    io.Writer
}

func newStage(o options, v values, out io.Writer) (*stage, error) {
	passwords, err := json.Marshal(v.passwords)
	if err != nil {
		return nil, err
	}
	dir, err := terraform.New(terraform.Options{
		Bin: o.terraform, Provider: o.provider, Work: o.work,
		Env: []string{
			"TF_VAR_passwords=" + string(passwords),
			"TF_VAR_storage_key=" + v.storageKey,
			"TF_VAR_signing_pin=" + v.signingPIN,
		},
	})
	if err != nil {
		return nil, err
	}
	coffer, err := filepath.Abs(o.coffer)
	if err != nil {
		return nil, err
	}
	return &stage{Dir: dir, coffer: coffer, out: out}, dir.Copy(o.config)
}

// run runs a command and prints only how long it took; all it said if it failed.
func (s *stage) run(ctx context.Context, command string) error {
	start := time.Now()
	if err := s.Run(ctx, command); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "  terraform %s took %.1f s\n", command, time.Since(start).Seconds())
	return nil
}

// resources lists what is in the state.
func (s *stage) resources(ctx context.Context) ([]string, error) {
	state, err := s.State(ctx)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, r := range state {
		if r.Mode == "managed" {
			lines = append(lines, r.Address)
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// attribute returns one string of the state.
func (s *stage) attribute(ctx context.Context, address, name string) (string, error) {
	state, err := s.State(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range state {
		if text, ok := r.Values[name].(string); ok && r.Address == address {
			return text, nil
		}
	}
	return "", fmt.Errorf("the state has no %s of %s", name, address)
}

// audit has the audit log of the database verified by the coffer command.
func (s *stage) audit(ctx context.Context) error {
	text, err := s.Output(ctx, s.coffer, "audit", "verify", "--database", "coffer.db")
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("coffer audit verify said nothing")
	}
	for line := range bytes.Lines(text) {
		fmt.Fprintf(s.out, "  %s", line)
	}
	return nil
}

// search looks into every file beside the configuration for the secrets that must not
// be there.
func (s *stage) search(v values) error {
	hidden := map[string]string{"the signing PIN": v.signingPIN}
	for name, password := range v.passwords {
		hidden["the password of "+name] = password
	}
	files, err := os.ReadDir(s.Path())
	if err != nil {
		return err
	}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(s.Path(), f.Name()))
		if err != nil {
			return err
		}
		for what, value := range hidden {
			if bytes.Contains(text, []byte(value)) {
				return fmt.Errorf("%s is in %s", what, f.Name())
			}
		}
		if bytes.Contains(text, []byte(v.storageKey)) != (f.Name() == "terraform.tfstate") {
			return fmt.Errorf("the storage key should be in the state and nowhere else: look into %s", f.Name())
		}
	}
	fmt.Fprintf(s.out, "  passwords and the write-only secret are in none of the %d files, state and database included\n", len(files))
	fmt.Fprintln(s.out, "  the storage key, a plain attribute, is in the state and nowhere else")
	return nil
}
