// Command verify is the Lambda that CodeDeploy asks before a new version of another
// function gets traffic.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionVerify, wire) }
