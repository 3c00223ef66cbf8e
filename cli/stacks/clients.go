package stacks

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks/access"
	"github.com/fluxa/fluxa/cli/target"
)

type clientsCommand struct {
	target.Local
	console.Format
	Since time.Duration `default:"1h" placeholder:"DURATION" help:"Requests since so long ago (default ${default})."`
}

func (clientsCommand) Help() string {
	return `Reads the access log of the local stack, which keeps about 64 MiB. Of a deployed stage, the saved query "requests by client" of CloudWatch Logs Insights tells the same. Requests with the key of no client are those of -.

    fluxa clients
    fluxa clients --since 5m --output text`
}

func (l clientsCommand) Run(_ context.Context, c console.Console) error {
	if l.Since <= 0 {
		return exit.Usagef("--since is %s, it must be more than 0", l.Since)
	}
	info, err := l.Running("another --dir")
	if err != nil {
		return err
	}
	clients, err := access.Clients(info.LogDir, c.Now().Add(-l.Since))
	if err != nil {
		return err
	}
	if l.Output == "json" {
		return c.JSON(struct {
			Clients []*access.Client `json:"clients"`
		}{clients})
	}
	if len(clients) == 0 {
		fmt.Fprintf(c.Out, "no requests in the last %s\n", console.Duration(l.Since))
		return nil
	}
	table := c.Table()
	fmt.Fprintln(table, "CLIENT\tREQUESTS\tPER SECOND\tANSWERED\tREFUSED\tTHROTTLED\tFAILED\tP99")
	for _, one := range clients {
		fmt.Fprintf(table, "%s\t%s\t%.1f\t%s\t%s\t%s\t%s\t%.1f ms\n", one.Name, console.Number(one.Requests), one.PerSecond,
			console.Number(one.Answered), console.Number(one.Refused), console.Number(one.Throttled), console.Number(one.Failed), one.P99)
	}
	return table.Flush()
}
