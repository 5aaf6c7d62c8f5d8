package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// auditRecord is what people look for in a record; the rest is in its JSON form.
type auditRecord struct {
	Time          time.Time `json:"time"`
	OperationName string    `json:"operationName"`
	Signature     string    `json:"resultSignature"`
	Description   string    `json:"resultDescription"`
	IP            string    `json:"callerIpAddress"`
	ResourceID    string    `json:"resourceId"`
	Identity      struct {
		Claim struct {
			ObjectID string `json:"oid"`
			AppID    string `json:"appid"`
			Name     string `json:"upn"`
		} `json:"claim"`
	} `json:"identity"`
	Properties struct {
		ID     string `json:"id"`
		Status int    `json:"httpStatusCode"`
	} `json:"properties"`
}

func (r *auditRecord) principal() string {
	c := r.Identity.Claim
	for _, name := range []string{c.Name, c.ObjectID, c.AppID} {
		if name != "" {
			return name
		}
	}
	return "nobody"
}

func (r *auditRecord) target() string {
	if r.Properties.ID != "" {
		return r.Properties.ID
	}
	return r.ResourceID
}

// auditFilter selects records; an empty field selects all.
type auditFilter struct {
	principal, vault, operation, result string
	since, until                        string
	after, before                       time.Time
	raw                                 bool
}

func (f *auditFilter) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.principal, "principal", "", "object id, application id or name of who called")
	flags.StringVar(&f.vault, "vault", "", "name of the vault")
	flags.StringVar(&f.operation, "operation", "", "operation, such as SecretGet or Key*")
	flags.StringVar(&f.result, "result", "", "HTTP status, or success, refused or failed")
	flags.StringVar(&f.since, "since", "", "RFC 3339 time, or a duration back from now such as 24h")
	flags.StringVar(&f.until, "until", "", "RFC 3339 time, or a duration back from now")
	flags.BoolVar(&f.raw, "json", false, "print the records as they are stored")
}

// resolve reads the times of the flags.
func (f *auditFilter) resolve(now time.Time) error {
	for text, into := range map[string]*time.Time{f.since: &f.after, f.until: &f.before} {
		if text == "" {
			continue
		}
		if back, err := time.ParseDuration(text); err == nil {
			*into = now.Add(-back)
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("%q is neither an RFC 3339 time nor a duration", text)
		}
		*into = at
	}
	switch f.result {
	case "", "success", "refused", "failed":
		return nil
	}
	if _, err := strconv.Atoi(f.result); err != nil {
		return fmt.Errorf("%q is neither an HTTP status nor success, refused or failed", f.result)
	}
	return nil
}

func (f *auditFilter) selects(r *auditRecord) bool {
	c := r.Identity.Claim
	switch {
	case f.principal != "" && !strings.EqualFold(f.principal, c.ObjectID) && !strings.EqualFold(f.principal, c.AppID) && !strings.EqualFold(f.principal, c.Name):
		return false
	case f.vault != "" && !strings.Contains(strings.ToUpper(r.ResourceID)+"/", "/VAULTS/"+strings.ToUpper(f.vault)+"/"):
		return false
	case f.operation != "" && !matchName(f.operation, r.OperationName):
		return false
	case !f.after.IsZero() && r.Time.Before(f.after), !f.before.IsZero() && r.Time.After(f.before):
		return false
	}
	return f.selectsResult(r.Properties.Status)
}

func (f *auditFilter) selectsResult(status int) bool {
	switch f.result {
	case "":
		return true
	case "success":
		return status < 400
	case "refused":
		return status == 401 || status == 403
	case "failed":
		return status >= 400
	}
	return f.result == strconv.Itoa(status)
}

// matchName compares without regard to letter case; a pattern may end with *.
func matchName(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return len(name) >= len(prefix) && strings.EqualFold(prefix, name[:len(prefix)])
	}
	return strings.EqualFold(pattern, name)
}

// print writes a record on one line, or as it is stored.
func (f *auditFilter) print(w io.Writer, seq uint64, line []byte) error {
	var r auditRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("audit record %d: %w", seq, err)
	}
	if !f.selects(&r) {
		return nil
	}
	if f.raw {
		_, err := fmt.Fprintf(w, "%s\n", line)
		return err
	}
	description, _, _ := strings.Cut(r.Description, "\r\n")
	_, err := fmt.Fprintf(w, "%d  %s  %3d %-12s  %-28s  %s  %s  %s\n", seq, r.Time.Format(time.RFC3339), r.Properties.Status, r.Signature,
		r.OperationName, r.principal(), r.target(), description)
	return err
}

func auditSearchCommand() *cobra.Command {
	var flags engineFlags
	var filter auditFilter
	cmd := &cobra.Command{
		Use:   "search",
		Short: "Print the audit records that match",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := filter.resolve(time.Now()); err != nil {
				return err
			}
			log, err := engine.OpenAuditLog(cmd.Context(), flags.database)
			if err != nil {
				return err
			}
			err = log.Read(cmd.Context(), 0, func(seq uint64, line []byte) error { return filter.print(cmd.OutOrStdout(), seq, line) })
			return errors.Join(err, log.Close())
		},
	}
	flags.registerDatabase(cmd.Flags())
	filter.register(cmd.Flags())
	return cmd
}

// followInterval is how often tail looks for new records.
const followInterval = 500 * time.Millisecond

func auditTailCommand() *cobra.Command {
	var flags engineFlags
	var filter auditFilter
	var last uint64
	var follow bool
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Print the newest audit records, and with --follow those to come",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := filter.resolve(time.Now()); err != nil {
				return err
			}
			log, err := engine.OpenAuditLog(cmd.Context(), flags.database)
			if err != nil {
				return err
			}
			err = tail(cmd.Context(), cmd.OutOrStdout(), log, filter, last, follow)
			return errors.Join(err, log.Close())
		},
	}
	flags.registerDatabase(cmd.Flags())
	filter.register(cmd.Flags())
	cmd.Flags().Uint64VarP(&last, "lines", "n", 20, "how many records to look back")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with new records until interrupted")
	return cmd
}

func tail(ctx context.Context, w io.Writer, log *engine.AuditLog, filter auditFilter, last uint64, follow bool) error {
	seen, err := log.End(ctx)
	if err != nil {
		return err
	}
	seen -= min(seen, last)
	for {
		err := log.Read(ctx, seen, func(seq uint64, line []byte) error {
			seen = seq
			return filter.print(w, seq, line)
		})
		if err != nil || !follow {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followInterval):
		}
	}
}
