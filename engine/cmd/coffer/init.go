package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// firstSecretLife is how long the secret that init prints is good for: long enough to
// set up better credentials.
const firstSecretLife = 24 * time.Hour

func initCommand() *cobra.Command {
	var flags engineFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Create a database and its root key, and print credentials of the operator",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := engine.Open(cmd.Context(), engine.Options{
				Database: flags.database, RootKey: flags.rootKey, Logger: newLogger(flags.logLevel),
			})
			if err != nil {
				return err
			}
			defer e.Close()
			secret, err := e.NewOperatorSecret(cmd.Context(), "coffer init", firstSecretLife)
			if err != nil {
				return err
			}
			info := e.Info()
			fmt.Fprintf(cmd.OutOrStdout(), "export ARM_TENANT_ID=%s\nexport ARM_SUBSCRIPTION_ID=%s\nexport ARM_CLIENT_ID=%s\nexport ARM_CLIENT_SECRET=%s # for %s\n",
				info.TenantID, info.SubscriptionID, info.OperatorClientID, secret, firstSecretLife)
			return nil
		},
	}
	flags.register(cmd.Flags())
	return cmd
}
