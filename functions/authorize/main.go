// Command authorize is the Lambda by which API Gateway learns whose token a request
// has.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionAuthorize, wire) }
