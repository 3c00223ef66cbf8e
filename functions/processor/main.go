// Command processor is the Lambda that takes events from the queue into the
// database.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionProcessor, wire) }
