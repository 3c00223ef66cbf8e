package look

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

type logsCommand struct {
	target.Functions
	console.Format
	Follow  bool          `short:"f" help:"Go on with what is written, until Ctrl-C."`
	Handler []string      `enum:"ingest,processor,query,maintain" placeholder:"NAME" help:"Only of this function: ingest, processor, query or maintain. May be given several times."`
	Level   string        `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"Only this level and higher ones: debug, info, warn or error (default ${default})."`
	ID      string        `name:"id" placeholder:"ID" help:"Only lines with this event id or correlation id."`
	Since   time.Duration `default:"10m" placeholder:"DURATION" help:"Lines since so long ago (default ${default})."`
}

func (logsCommand) Help() string {
	return `Lines of all functions in the order of time, in a colour for each on a terminal, elsewhere as they were written. Metrics are left out. With --stage they are read from CloudWatch Logs, which has them some seconds later.

    fluxa logs -f
    fluxa logs --handler processor --level warn --since 1h
    fluxa logs -f --stage dev --id checkout-7f3a`
}

func (l logsCommand) Run(ctx context.Context, c console.Console) (err error) {
	if l.Since <= 0 {
		return exit.Usagef("--since is %s, it must be more than 0", l.Since)
	}
	on, err := l.Find(ctx)
	if err != nil {
		return err
	}
	since := c.Now().Add(-l.Since)
	logs, err := on.Logs(since)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	style := console.StyleFor(c.Out)
	for {
		err := l.show(ctx, c, style, logs, since)
		switch {
		case ctx.Err() != nil && l.Follow:
			return exit.ErrSaid // the person has seen enough
		case err != nil || !l.Follow:
			return err
		}
		select {
		case <-ctx.Done():
			return exit.ErrSaid
		case <-time.After(interval(on)):
		}
	}
}

type logLine struct {
	function contract.Function
	at       time.Time
	text     []byte
}

// show prints what is new.
func (l logsCommand) show(ctx context.Context, c console.Console, style console.Style, logs target.Logs, since time.Time) error {
	var lines []logLine
	last := since
	err := logs.Next(ctx, func(function contract.Function, line []byte) {
		e, parsed := activity.ParseEntry(line)
		if parsed {
			last = e.At
		}
		if l.wants(function, e, parsed, line) && !last.Before(since) {
			lines = append(lines, logLine{function, last, bytes.Clone(line)})
		}
	})
	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	for _, line := range lines {
		if l.AsJSON(c) {
			if err := asWritten(c, line); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(c.Out, lineOf(c, style, line.function, line.text)); err != nil {
			return err
		}
	}
	return err
}

// asWritten prints a line as it is, or as the message of one where it is not JSON.
func asWritten(c console.Console, line logLine) error {
	if json.Valid(line.text) {
		_, err := console.Escaping(c.Out).Write(append(line.text, '\n'))
		return err
	}
	return c.JSONLine(map[string]string{telemetry.KeyService: string(line.function), telemetry.KeyMessage: string(line.text)})
}

var levels = []string{"DEBUG", "INFO", "WARN", "ERROR"}

// wants reports whether a line is to be shown. One that is not of a function's logger, such
// as a stack trace, is an error's.
func (l logsCommand) wants(function contract.Function, e activity.Entry, parsed bool, line []byte) bool {
	if len(l.Handler) > 0 && !slices.Contains(l.Handler, string(function)) {
		return false
	}
	if !parsed {
		return l.ID == "" && !bytes.Contains(line, []byte(`"_aws"`)) && len(bytes.TrimSpace(line)) > 0
	}
	if l.ID != "" && e.EventID != l.ID && e.CorrelationID != l.ID {
		return false
	}
	return slices.Index(levels, e.Level) >= slices.Index(levels, strings.ToUpper(l.Level))
}
