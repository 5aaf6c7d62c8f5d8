// Command terraform-provider-coffer is the Terraform provider for Coffer.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/coffer-dev/terraform-provider-coffer/provider"
)

// version is set when a release is linked.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve one provider process for a debugger to attach to")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/coffer-dev/coffer",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
