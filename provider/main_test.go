package provider_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

// The testing framework would download a Terraform if it found none.
func TestMain(m *testing.M) {
	bin, err := terraform.Find()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, value := range map[string]string{"TF_ACC_TERRAFORM_PATH": bin, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.DevNull} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	for _, name := range []string{"COFFER_DATABASE", "COFFER_ENDPOINT", "COFFER_TENANT_ID", "COFFER_CLIENT_ID", "COFFER_CLIENT_SECRET", "COFFER_SUBSCRIPTION_ID"} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
