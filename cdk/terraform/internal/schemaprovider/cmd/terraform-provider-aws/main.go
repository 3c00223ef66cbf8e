// Command terraform-provider-aws is the schema-only provider: Terraform starts it
// where a CLI configuration names its folder for hashicorp/aws.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	server, err := schemaprovider.NewServer(schemaprovider.Computed(os.Getenv(schemaprovider.Environment)))
	if err != nil {
		return err
	}
	return tf6server.Serve(schemaprovider.Address, func() tfprotov6.ProviderServer { return server })
}
