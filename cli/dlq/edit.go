package dlq

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
)

type editCommand struct {
	target.Queues
	ID      string `arg:"" help:"A message id, or an event id that only one dead letter has."`
	Payload string `placeholder:"FILE" help:"File with the new payload, or - for standard input. Default: an editor opens the present one."`
	Editor  string `env:"VISUAL,EDITOR" placeholder:"COMMAND" help:"Editor (default vi)."`
}

func (editCommand) Help() string {
	return `Sends the message back to the events queue with another payload, and only then deletes it from the dead-letter queue. The payload must be a valid event and keeps its id. Nothing happens when it is saved unchanged.

    fluxa dlq edit 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77
    fluxa dlq edit first --payload mended.json`
}

func (e editCommand) Run(ctx context.Context, c console.Console) error {
	if e.DLQURL != "" && e.QueueURL == "" {
		return exit.Usagef("--dlq-url needs --queue-url, too: where to send the message back to")
	}
	queue, on, err := e.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	on.Tell(c)
	letters, err := queue.Find(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(letters) > 1 {
		return fmt.Errorf("%d dead letters are of the event %s: give the message id of one, which `fluxa dlq show` prints", len(letters), console.Clean(e.ID))
	}
	letter := letters[0]
	payload, err := letter.Payload()
	if err != nil {
		return err
	}
	edited, err := e.edited(ctx, c, payload)
	if err != nil {
		return err
	}
	if bytes.Equal(edited, payload) {
		fmt.Fprintln(c.Out, "the payload is unchanged: nothing was sent; `fluxa dlq redrive` sends it back as it is")
		return nil
	}
	if err := queue.SendEdited(ctx, letter, edited); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "sent back %s with the new payload\n", console.OrDash(letter.EventID))
	return nil
}

// edited returns the new payload: from a file, or out of an editor.
func (e editCommand) edited(ctx context.Context, c console.Console, payload []byte) (edited []byte, err error) {
	switch e.Payload {
	case "-":
		return io.ReadAll(c.In)
	case "":
	default:
		return os.ReadFile(e.Payload)
	}
	folder, err := os.MkdirTemp("", "fluxa-edit-") // its owner's alone
	if err != nil {
		return nil, fmt.Errorf("make a folder for the payload: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "payload.json")
	if err := os.WriteFile(path, payload, 0o600); err != nil {
		return nil, fmt.Errorf("write the payload for the editor: %w", err)
	}
	// An editor's name may come with arguments, as for git.
	editor := exec.CommandContext(ctx, "sh", "-c", cmp.Or(e.Editor, "vi")+` "$1"`, "sh", path)
	editor.Stdin, editor.Stdout, editor.Stderr = c.In, c.Out, c.Err
	if err := editor.Run(); err != nil {
		return nil, fmt.Errorf("the editor failed, nothing was sent: %w", err)
	}
	return os.ReadFile(path)
}
