// Command preview draws the dashboard of a stage: see `preview -help`.
package main

import (
	"os"

	"github.com/fluxa/fluxa/cdk/drill/preview"
)

func main() { os.Exit(preview.Command(os.Args[1:], os.Stderr)) }
