// Package terraform runs Terraform or OpenTofu on a directory, with a provider that
// was built here, for the quickstart, the benchmarks and tests that need real
// processes. It reaches no registry and writes nothing outside of the directory it is
// given.
//
// Layout of that directory:
//
//	config/        the configuration, the state, and what the provider makes beside them
//	providers/     a registry's layout with the one provider in it
//	terraformrc    names providers/ as the only place to install from
package terraform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Options configure New.
type Options struct {
	// Bin is the Terraform or OpenTofu to run.
	Bin string
	// Provider is the provider's binary.
	Provider string
	// Work is the directory to work in. It is emptied.
	Work string
	// Env are additional variables, as NAME=value. Of the process's own environment
	// TF_*, COFFER_* and ARM_* are left out.
	Env []string
}

// Dir is a configuration that Terraform runs on.
type Dir struct {
	bin, path string
	env       []string
}

// Find returns the Terraform or OpenTofu to test with: what TF_ACC_TERRAFORM_PATH
// names, or what is on PATH.
func Find() (string, error) {
	if bin := os.Getenv("TF_ACC_TERRAFORM_PATH"); bin != "" {
		return bin, nil
	}
	for _, name := range []string{"terraform", "tofu"} {
		if bin, err := exec.LookPath(name); err == nil {
			return bin, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH; make deps builds one")
}

// New empties o.Work and makes an empty configuration in it.
func New(o Options) (*Dir, error) {
	work, err := filepath.Abs(o.Work)
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(work); err != nil {
		return nil, err
	}
	d := &Dir{bin: o.Bin, path: filepath.Join(work, "config")}
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return nil, err
	}
	settings, err := mirror(work, o.Provider)
	if err != nil {
		return nil, err
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc([]string{"TF_", "COFFER_", "ARM_"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			d.env = append(d.env, entry)
		}
	}
	d.env = append(d.env, "TF_CLI_CONFIG_FILE="+settings, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	d.env = append(d.env, o.Env...)
	return d, nil
}

// mirror lays the provider out as the registries of Terraform and OpenTofu would, and
// returns the settings file that names the place.
func mirror(work, provider string) (string, error) {
	provider, err := filepath.Abs(provider)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(provider); err != nil {
		return "", fmt.Errorf("the provider is not built: %w", err)
	}
	root := filepath.Join(work, "providers")
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(root, host, "coffer-dev", "coffer", "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", err
		}
		if err := os.Symlink(provider, filepath.Join(dir, "terraform-provider-coffer_v0.0.1")); err != nil {
			return "", err
		}
	}
	settings := filepath.Join(work, "terraformrc")
	text := fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", root)
	return settings, os.WriteFile(settings, []byte(text), 0o600)
}

// Path is the directory of the configuration.
func (d *Dir) Path() string { return d.path }

// Write writes a file of the configuration.
func (d *Dir) Write(name, text string) error {
	return os.WriteFile(filepath.Join(d.path, name), []byte(text), 0o600)
}

// Copy copies the .tf files of another directory into the configuration.
func (d *Dir) Copy(from string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.tf"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("there is no configuration in %s", from)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := d.Write(filepath.Base(name), string(text)); err != nil {
			return err
		}
	}
	return nil
}

// Command returns a command that runs in the configuration's directory with its
// environment. When ctx ends it is interrupted, so that Terraform stops its providers.
func (d *Dir) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = d.path, d.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	return cmd
}

// Output runs a command and returns what it printed; all that it said is in the error
// if it fails.
func (d *Dir) Output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := d.Command(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.Bytes(), nil
}

// Run runs a subcommand of Terraform without colours and without anybody to ask.
func (d *Dir) Run(ctx context.Context, command string, args ...string) error {
	_, err := d.Output(ctx, d.bin, arguments(command, args)...)
	return err
}

// Start starts a subcommand of Terraform.
func (d *Dir) Start(ctx context.Context, command string, args ...string) (*exec.Cmd, error) {
	cmd := d.Command(ctx, d.bin, arguments(command, args)...)
	return cmd, cmd.Start()
}

func arguments(command string, args []string) []string {
	all := []string{command, "-no-color", "-input=false"}
	if command == "apply" || command == "destroy" {
		all = append(all, "-auto-approve")
	}
	return append(all, args...)
}

// Resource is a resource of the state.
type Resource struct {
	Address string
	Mode    string // managed or data
	Values  map[string]any
}

// State returns the resources of the state.
func (d *Dir) State(ctx context.Context) ([]Resource, error) {
	text, err := d.Output(ctx, d.bin, "show", "-json")
	if err != nil {
		return nil, err
	}
	var state struct {
		Values struct {
			Root struct{ Resources []Resource } `json:"root_module"`
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("read terraform's state: %w", err)
	}
	return state.Values.Root.Resources, nil
}

// Plan makes a plan and returns what it would change, sorted, as in
// "update coffer_secret.a".
func (d *Dir) Plan(ctx context.Context, args ...string) ([]string, error) {
	if err := d.Run(ctx, "plan", append([]string{"-out=plan"}, args...)...); err != nil {
		return nil, err
	}
	text, err := d.Output(ctx, d.bin, "show", "-json", "plan")
	if err != nil {
		return nil, err
	}
	var plan struct {
		Changes []struct {
			Address string
			Change  struct{ Actions []string }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, fmt.Errorf("read terraform's plan: %w", err)
	}
	var lines []string
	for _, c := range plan.Changes {
		if actions := strings.Join(c.Change.Actions, " and "); actions != "no-op" && actions != "read" {
			lines = append(lines, actions+" "+c.Address)
		}
	}
	slices.Sort(lines)
	return lines, nil
}
