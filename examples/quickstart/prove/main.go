// Command prove runs the quickstart and proves what it says: it applies the
// configuration with the embedded engine, signs in as each of its people and as its
// application, tries what each may and may not do, changes things behind Terraform's
// back, and has Terraform see and repair that.
//
// It is a client like any other: it reaches the engine through the Azure SDK. It exits
// with 1 at the first thing that is not as it should be.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	var o options
	flag.StringVar(&o.terraform, "terraform", "terraform", "the Terraform or OpenTofu to run")
	flag.StringVar(&o.provider, "provider", "bin/terraform-provider-coffer", "the provider that was built")
	flag.StringVar(&o.coffer, "coffer", "bin/coffer", "the coffer command that was built")
	flag.StringVar(&o.config, "config", "examples/quickstart", "the directory with the configuration")
	flag.StringVar(&o.work, "work", ".build/quickstart", "a directory to work in; what it holds is deleted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "\nThe quickstart failed:", err)
		os.Exit(1)
	}
}

type options struct {
	terraform, provider, coffer, config, work string
}

// values are the secrets of one run.
type values struct {
	passwords              map[string]string
	storageKey, signingPIN string
}

func newValues() values {
	v := values{passwords: map[string]string{}, storageKey: "storage-" + rand.Text(), signingPIN: "pin-" + rand.Text()}
	for _, name := range []string{"sofia", "daniel", "audrey"} {
		v.passwords[name] = "Aa1-" + rand.Text()
	}
	return v
}

func run(ctx context.Context, o options, out io.Writer) error {
	v := newValues()
	tf, err := newStage(o, v, out)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(out, "\n== "+format+"\n", args...) }

	say("A vault from nothing: terraform init, terraform apply")
	if err := tf.run(ctx, "init"); err != nil {
		return err
	}
	if err := tf.run(ctx, "apply"); err != nil {
		return err
	}
	made, err := tf.resources(ctx)
	if err != nil {
		return err
	}
	for _, line := range made {
		fmt.Fprintln(out, "  "+line)
	}

	say("Who may do what: everyone signs in and tries")
	w, err := openWorld(ctx, filepath.Join(tf.Path(), "coffer.db"), tf, v)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.prove(ctx, w.attempts(), out); err != nil {
		return err
	}

	say("What is written down of the secrets")
	if err := tf.search(v); err != nil {
		return err
	}

	if err := repair(ctx, w, tf, v, out, say); err != nil {
		return err
	}

	say("The end: terraform destroy")
	if err := tf.run(ctx, "destroy"); err != nil {
		return err
	}
	left, err := tf.resources(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("after destroy there is still %v", left)
	}
	if err := w.prove(ctx, w.attemptsAfterTheEnd(), out); err != nil {
		return err
	}

	say("The audit log: coffer audit verify")
	if err := tf.audit(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nThe quickstart is done; all was as it should be.")
	return nil
}

// repair changes things behind Terraform's back and has them seen and put right.
func repair(ctx context.Context, w *world, tf *stage, v values, out io.Writer, say func(string, ...any)) error {
	say("Behind Terraform's back: Sofia changes two secrets and lets the auditors read them")
	if err := w.meddle(ctx); err != nil {
		return err
	}
	if err := w.prove(ctx, w.attemptsAfterMeddling(), out); err != nil {
		return err
	}

	say("terraform plan sees all three")
	changes, err := tf.Plan(ctx)
	if err != nil {
		return err
	}
	for _, c := range changes {
		fmt.Fprintln(out, "  "+c)
	}
	want := []string{
		"update coffer_access_policy.auditors",
		"update coffer_secret.signing_pin",
		"update coffer_secret.storage_key",
	}
	if fmt.Sprint(changes) != fmt.Sprint(want) {
		return fmt.Errorf("the plan should be %v", want)
	}

	say("terraform apply puts them right, and the next plan is empty")
	if err := tf.run(ctx, "apply"); err != nil {
		return err
	}
	if changes, err = tf.Plan(ctx); err != nil {
		return err
	}
	if len(changes) != 0 {
		return fmt.Errorf("the plan should be empty and is %v", changes)
	}
	for name, value := range map[string]string{"storage-key": v.storageKey, "signing-pin": v.signingPIN} {
		got, err := w.secret(ctx, name)
		if err != nil {
			return err
		}
		if got != value {
			return errors.New("the secret " + name + " was not put right")
		}
	}
	return w.prove(ctx, w.attempts(), out)
}
