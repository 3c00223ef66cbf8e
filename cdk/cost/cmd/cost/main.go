// Command cost prints what each stage costs on AWS: see `cost -help`.
package main

import (
	"os"

	"github.com/fluxa/fluxa/cdk/cost"
)

func main() { os.Exit(cost.Run(os.Args[1:], os.Stdout, os.Stderr)) }
