// Command maintain is the Lambda that keeps the tables in shape: EventBridge Scheduler
// runs it every hour.
package main

import (
	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
)

func main() { boot.Main(contract.FunctionMaintain, wire) }
