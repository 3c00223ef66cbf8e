package stacks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/stacks/background"
	"github.com/fluxa/fluxa/cli/target"
)

type downCommand struct {
	target.Local
	Wait time.Duration `default:"1m" placeholder:"DURATION" help:"How long to wait until the stack has stopped (default ${default})."`
}

func (downCommand) Help() string {
	return `Asks the stack to stop and waits until its process has ended. It is no error when none runs.

    fluxa down`
}

func (d downCommand) Run(ctx context.Context, c console.Console) error {
	folder := d.Folder()
	info, err := background.Stop(ctx, folder, d.Wait)
	if errors.Is(err, background.ErrNotRunning) {
		fmt.Fprintf(c.Out, "no local stack runs under %s\n", folder)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "the local stack under %s is stopped (process %d); its data stays\n", folder, info.PID)
	return nil
}

type resetCommand struct {
	downCommand
	Yes bool `short:"y" help:"Do not ask. Without a terminal nothing is asked either."`
}

func (resetCommand) Help() string {
	return `Stops the stack and removes its data folder. On a terminal it asks first. It removes only a folder that fluxa up made.

    fluxa reset
    fluxa reset --yes --dir /tmp/trial`
}

func (r resetCommand) Run(ctx context.Context, c console.Console) error {
	folder := r.Folder()
	if !background.HasData(folder) {
		fmt.Fprintf(c.Out, "there is no %s: nothing to remove\n", folder)
		return nil
	}
	if !r.Yes && console.IsTerminal(c.In) && !c.Confirm(fmt.Sprintf("remove %s with all its events?", folder)) {
		return errors.New("nothing was removed; --yes removes without asking")
	}
	if err := r.downCommand.Run(ctx, c); err != nil {
		return err
	}
	if err := background.RemoveData(folder); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%s is removed\n", folder)
	return nil
}
