// Command testrun runs go test and prints only what a reader needs: the closing line of
// each package, the output of failed tests, and the totals.
//
// Its arguments are those of go test. With CI=true a skipped test is a failed one: a
// check that is switched off must not pass unseen.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	strict := os.Getenv("CI") == "true"
	failed, err := run(os.Args[1:], os.Stdout, strict)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

func run(args []string, out io.Writer, strict bool) (failed bool, err error) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return true, err
	}
	// go test gets the interrupt too, and says what was running.
	signal.Ignore(os.Interrupt)
	if err := cmd.Start(); err != nil {
		return true, err
	}
	r := report{out: out, strict: strict, output: map[string][]string{}}
	if err := r.read(pipe); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return true, err
	}
	err = cmd.Wait()
	return r.close() || err != nil, nil
}

// event is one line of go test -json (see go doc test2json).
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	ImportPath  string
	FailedBuild string
}

// report turns events into text.
type report struct {
	out                     io.Writer
	strict                  bool
	output                  map[string][]string // of each running test, by package and name
	passed, failed, skipped int
	skips                   []string
	broken                  bool
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(r.out, "%s", line)
			} else {
				r.add(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the output of go test: %w", err)
		}
	}
}

func (r *report) add(e event) {
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.broken = true
	case "output":
		r.print(key, e)
	case "pass":
		r.end(key, e, &r.passed)
	case "skip":
		if e.Test != "" {
			r.skips = append(r.skips, e.Package+" "+e.Test)
			fmt.Fprint(r.out, strings.Join(r.output[key], ""))
		}
		r.end(key, e, &r.skipped)
	case "fail":
		r.broken = true
		fmt.Fprint(r.out, strings.Join(r.output[key], ""))
		r.end(key, e, &r.failed)
	}
}

// print keeps the output of a test until its end is known, and prints what go test
// itself says of a package.
func (r *report) print(key string, e event) {
	if e.Test != "" {
		r.output[key] = append(r.output[key], e.Output)
		return
	}
	switch {
	case e.Output == "PASS\n", strings.Contains(e.Output, "[no test files]"), strings.HasPrefix(e.Output, "testing: warning: no tests to run"):
	default:
		fmt.Fprint(r.out, e.Output)
	}
}

func (r *report) end(key string, e event, count *int) {
	delete(r.output, key)
	if e.Test != "" {
		*count++
	}
}

func (r *report) close() (failed bool) {
	for _, name := range r.skips {
		fmt.Fprintln(r.out, "skipped:", name)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
	if r.strict && r.skipped > 0 {
		fmt.Fprintln(r.out, "FAIL: with CI=true every test must run")
		return true
	}
	if r.passed+r.failed == 0 {
		fmt.Fprintln(r.out, "FAIL: no test ran")
		return true
	}
	return r.broken || r.failed > 0
}
