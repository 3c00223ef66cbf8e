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
	if l.AsJSON(c) {
		return c.JSON(struct {
			Clients []*access.Client `json:"clients"`
		}{clients})
	}
	if len(clients) == 0 {
		fmt.Fprintf(c.Out, "no requests in the last %s\n", console.Duration(l.Since))
		return nil
	}
	table := c.Rows(-1, "CLIENT", "REQUESTS", "PER SECOND", "ANSWERED", "REFUSED", "THROTTLED", "FAILED", "P99")
	for _, one := range clients {
		table.Add(one.Name, console.Number(one.Requests), fmt.Sprintf("%.1f", one.PerSecond), console.Number(one.Answered),
			console.Number(one.Refused), console.Number(one.Throttled), console.Number(one.Failed), fmt.Sprintf("%.1f ms", one.P99))
	}
	return table.Flush()
}
