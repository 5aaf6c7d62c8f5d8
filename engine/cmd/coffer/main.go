// Command coffer serves a Coffer engine and operates on its database.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "coffer:", err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "coffer",
		Short: "A key vault that you own, with Azure Key Vault's model and wire",
		Long: "coffer serves a key vault engine to Azure SDK clients and the Terraform provider,\n" +
			"and operates on its database: a SQLite file and a root key.",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(initCommand(), serveCommand(), devCommand(), auditCommand())
	return cmd
}
