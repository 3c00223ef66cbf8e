// Command ingest is the Lambda that takes events in.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionIngest, wire) }
