package events

import (
	"context"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type statusCommand struct {
	target.API
	target.Owner
	console.Format
	ID   string        `arg:"" help:"The event's id."`
	Wait time.Duration `help:"How long to wait until the event is processed or has failed (default: do not wait)."`
}

func (statusCommand) Help() string {
	return `With --wait it waits until the event is processed or has failed; exit code 1 when it is not processed by then. An event that has failed is exit code 1 in any case.

    fluxa status first
    fluxa status first --wait 30s`
}

func (s statusCommand) Run(ctx context.Context, c console.Console) error {
	if s.Wait < 0 {
		return exit.Usagef("--wait is %s, it must not be negative", s.Wait)
	}
	client, _, err := s.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	status, err := s.Reads(client).WaitForStatus(ctx, s.ID, s.Wait)
	if err != nil {
		return mayBeOnItsWay(err, s.ID, s.Wait)
	}
	if err := show(c, status.JSON, s.Format); err != nil {
		return err
	}
	if status.State == contract.StatusFailed || (s.Wait > 0 && status.State != contract.StatusProcessed) {
		return exit.ErrSaid
	}
	return nil
}
