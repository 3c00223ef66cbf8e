package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/timeline"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/client/poll"
	"github.com/fluxa/fluxa/pkg/contract"
)

// lookEvery is how often the logs are searched for the announcement.
const lookEvery = 500 * time.Millisecond

var errNotAnnounced = errors.New("it is not announced yet")

// follow waits until the event that was sent is stored and announced, or the time is up.
// The announcement is in the logs alone: of a stack whose logs are not known it is not
// waited for.
func (s sendCommand) follow(ctx context.Context, c console.Console, client *api.Client, on *target.Stack, sent api.Result) error {
	began := time.Now()
	status, err := client.WaitForStatus(ctx, sent.EventID, s.Wait)
	if err != nil {
		return mayBeOnItsWay(err, sent.EventID, s.Wait)
	}
	stored := status.State == contract.StatusProcessed
	var announced *bool
	if stored {
		if announced, err = s.announced(ctx, on, sent.EventID, s.Wait-time.Since(began)); err != nil {
			return err
		}
	}
	if s.Output == "json" {
		err = c.JSONLine(struct {
			sentJSON
			State     string `json:"state"`
			Announced *bool  `json:"announced,omitempty"` // not there where it cannot be known
		}{sentJSON{sent.EventID, sent.Status, on.Name}, status.State, announced})
	} else {
		s.tell(c, status, announced, time.Since(began))
	}
	if err == nil && (!stored || (announced != nil && !*announced)) {
		return exit.ErrSaid
	}
	return err
}

func (s sendCommand) announced(ctx context.Context, on *target.Stack, id string, limit time.Duration) (known *bool, err error) {
	if on.Local == nil && on.Stage == "" {
		return nil, nil
	}
	logs, err := on.Logs(time.Now().Add(-time.Hour))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	err = poll.Until(ctx, lookEvery, limit, func() error {
		entries, err := timeline.Entries(ctx, logs, id)
		if err == nil && !timeline.Announced(entries) {
			return errNotAnnounced
		}
		return err
	})
	there := err == nil
	if errors.Is(err, errNotAnnounced) {
		err = nil
	}
	return &there, err
}

func (s sendCommand) tell(c console.Console, status api.Status, announced *bool, took time.Duration) {
	style := console.StyleFor(c.Out)
	switch {
	case status.State == contract.StatusFailed && status.Error != nil:
		fmt.Fprintf(c.Out, "%s %s: %s\n", style.Bad("failed"), console.Clean(string(status.Error.Code)), console.Clean(status.Error.Reason))
	case status.State != contract.StatusProcessed:
		fmt.Fprintf(c.Out, "%s within %s: %s, %s\n", style.Bad("not stored"), console.Duration(s.Wait), console.Clean(status.State), console.Count(int64(status.Attempts), "attempt"))
	case announced == nil:
		fmt.Fprintf(c.Out, "%s after %s; whether it is announced is in the logs, which --stage finds\n", style.Good("stored"), console.Duration(took))
	case *announced:
		fmt.Fprintf(c.Out, "%s after %s\n", style.Good("stored and announced"), console.Duration(took))
	default:
		fmt.Fprintf(c.Out, "stored, %s within %s\n", style.Bad("not announced"), console.Duration(s.Wait))
	}
}
