// Command bench measures the project against floors that it builds in the same run on
// the same machine, and writes a table of ratios.
//
// Floors:
//
//   - terraform: as many terraform_data resources, in a configuration of the same form,
//     through the same Terraform with the same parallelism.
//   - secret GET: a bare net/http handler behind TLS that answers with the same bytes.
//   - sign: the same around rsa.PrivateKey.Sign and ecdsa.PrivateKey.Sign.
//   - secret SET: the same around an append of 1 KiB to a file, with one fsync for all
//     requests that wait.
//   - A single client shares its fsync with nobody: for it the floors append and sync, too.
//
// HTTP figures come from this process as the load generator and another process as the
// server, on the loopback interface, over TLS 1.3 with kept-alive connections and an
// ECDSA P-256 certificate. Each client has one connection and one request under way.
// Floor and product take turns; of the rounds the median counts.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

type options struct {
	terraform, provider, coffer, work string
	only                              string
	resources                         int
	round                             time.Duration
	rounds                            int
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == floorCommand {
		if err := serveFloor(os.Args[2:]); err != nil {
			fail(err)
		}
		return
	}
	bin, _ := terraform.Find()
	var o options
	flag.StringVar(&o.terraform, "terraform", bin, "the Terraform or OpenTofu to run")
	flag.StringVar(&o.provider, "provider", "bin/terraform-provider-coffer", "the provider that was built")
	flag.StringVar(&o.coffer, "coffer", "bin/coffer", "the coffer command that was built")
	flag.StringVar(&o.work, "work", ".build/bench", "a directory to work in; bench.md and bench.json are written there")
	flag.StringVar(&o.only, "only", "", "terraform or http: only these")
	flag.IntVar(&o.resources, "resources", 500, "how many secrets Terraform makes")
	flag.DurationVar(&o.round, "round", 3*time.Second, "how long each round of requests lasts")
	flag.IntVar(&o.rounds, "rounds", 3, "how many rounds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		stop()
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

func run(ctx context.Context, o options) error {
	r := &report{Machine: describe(ctx, o)}
	if o.only == "" || o.only == "terraform" {
		if err := benchTerraform(ctx, o, r); err != nil {
			return fmt.Errorf("terraform: %w", err)
		}
	}
	if o.only == "" || o.only == "http" {
		if err := benchHTTP(ctx, o, r); err != nil {
			return fmt.Errorf("http: %w", err)
		}
	}
	if err := r.write(o.work); err != nil {
		return err
	}
	fmt.Print("\n" + r.markdown())
	return nil
}

// machine is what the figures were measured on.
type machine struct {
	Date      string `json:"date"`
	Commit    string `json:"commit"`
	CPU       string `json:"cpu"`
	Cores     int    `json:"cores"`
	System    string `json:"system"`
	Go        string `json:"go"`
	Terraform string `json:"terraform"`
}

func describe(ctx context.Context, o options) machine {
	m := machine{
		Date: time.Now().UTC().Format("2006-01-02 15:04 UTC"), Cores: runtime.NumCPU(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), CPU: "unknown", Commit: "unknown",
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--exclude=*").Output(); err == nil {
		m.Commit = strings.TrimSpace(string(text))
	}
	if text, err := exec.CommandContext(ctx, o.terraform, "version").Output(); err == nil {
		m.Terraform, _, _ = strings.Cut(string(text), "\n")
	}
	return m
}

// report is everything that was measured.
type report struct {
	Machine machine `json:"machine"`
	Rows    []row   `json:"rows"`
}

// row compares one piece of work with its floor.
type row struct {
	Work  string  `json:"work"`
	Unit  string  `json:"unit"` // "s" or "/s"
	Floor float64 `json:"floor"`
	Ours  float64 `json:"ours"`
	Ratio float64 `json:"ratio"`
	Goal  string  `json:"goal"`
	Met   bool    `json:"met"`
	Note  string  `json:"note,omitempty"`
}

// slower is for durations: ours may be at most goal times the floor.
func (r *report) slower(work string, floor, ours time.Duration, goal float64) {
	r.add(row{
		Work: work, Unit: "s", Floor: floor.Seconds(), Ours: ours.Seconds(),
		Ratio: ours.Seconds() / floor.Seconds(), Goal: fmt.Sprintf("<= %.2f", goal),
	}, func(ratio float64) bool { return ratio <= goal })
}

// faster is for rates: ours must be at least goal times the floor.
func (r *report) faster(work string, floor, ours, goal float64, note string) {
	r.add(row{
		Work: work, Unit: "/s", Floor: floor, Ours: ours, Ratio: ours / floor, Goal: fmt.Sprintf(">= %.2f", goal), Note: note,
	}, func(ratio float64) bool { return ratio >= goal })
}

func (r *report) add(one row, met func(float64) bool) {
	one.Met = met(one.Ratio)
	r.Rows = append(r.Rows, one)
	fmt.Fprintf(os.Stderr, "%-44s floor %9.2f %s, ours %9.2f %s, ratio %.2f (%s)\n", one.Work, one.Floor, one.Unit, one.Ours, one.Unit, one.Ratio, one.Goal)
}

func (r *report) markdown() string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "%s, commit %s, %s, %d cores, %s, %s, %s\n\n", m.Date, m.Commit, m.CPU, m.Cores, m.System, m.Go, m.Terraform)
	b.WriteString("| work | floor | ours | ratio | goal | met | |\n|---|---|---|---|---|---|---|\n")
	for _, one := range r.Rows {
		met := "no"
		if one.Met {
			met = "yes"
		}
		fmt.Fprintf(&b, "| %s | %.2f %s | %.2f %s | %.2f | %s | %s | %s |\n", one.Work, one.Floor, one.Unit, one.Ours, one.Unit, one.Ratio, one.Goal, met, one.Note)
	}
	return b.String()
}

func (r *report) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bench.md"), []byte(r.markdown()), 0o644)
}
