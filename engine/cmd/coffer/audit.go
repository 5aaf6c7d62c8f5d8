package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Work with the audit log"}
	cmd.AddCommand(auditVerifyCommand(), auditExportCommand(), auditSearchCommand(), auditTailCommand())
	return cmd
}

func auditVerifyCommand() *cobra.Command {
	var flags engineFlags
	var from string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no audit record was changed, removed, inserted or cut off",
		Long: "verify reads the whole audit log, checks the hash chain that ties its records\n" +
			"together, and prints the chain's end as a checkpoint. Keep the checkpoint away from\n" +
			"the database: with --from it shows later that the log was not rolled back.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checkpoint, err := readCheckpoint(from)
			if err != nil {
				return err
			}
			head, err := engine.VerifyAudit(cmd.Context(), flags.database, checkpoint, nil)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d audit records verify\ncheckpoint %s\n", head.Seq, head)
			return nil
		},
	}
	flags.registerDatabase(cmd.Flags())
	cmd.Flags().StringVar(&from, "from", "", "a checkpoint, or a file that holds one, that the log must contain")
	return cmd
}

// readCheckpoint takes a checkpoint, or the name of a file with one; nil if text is empty.
func readCheckpoint(text string) (*engine.Checkpoint, error) {
	if text == "" {
		return nil, nil
	}
	if !strings.Contains(text, ":") {
		data, err := os.ReadFile(text)
		if err != nil {
			return nil, fmt.Errorf("read checkpoint: %w", err)
		}
		text = string(data)
		// The output of verify is a checkpoint file as it is.
		if _, after, found := strings.Cut(text, "checkpoint "); found {
			text = after
		}
	}
	checkpoint, err := engine.ParseCheckpoint(text)
	return &checkpoint, err
}

func auditExportCommand() *cobra.Command {
	var flags engineFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the audit records as JSON lines, checking the chain on the way",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := engine.VerifyAudit(cmd.Context(), flags.database, nil, func(_ uint64, record []byte) error {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n", record)
				return err
			})
			return err
		},
	}
	flags.registerDatabase(cmd.Flags())
	return cmd
}
