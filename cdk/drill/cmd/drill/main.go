// Command drill prints which alarms fire when on simulated days: see `drill -help`.
package main

import (
	"os"

	"github.com/fluxa/fluxa/cdk/drill"
)

func main() { os.Exit(drill.Command(os.Args[1:], os.Stdout, os.Stderr)) }
