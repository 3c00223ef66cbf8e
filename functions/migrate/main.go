// Command migrate is the Lambda that applies the migrations during a deploy.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionMigrate, wire) }
