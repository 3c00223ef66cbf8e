package stacks

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks/checklist"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type verifyCommand struct {
	target.API
	console.TextFormat
	Timeout        time.Duration `default:"30s" placeholder:"DURATION" help:"How long the event may take to reach the database (default ${default})."`
	DatabaseURL    string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"With --endpoint: its PostgreSQL. Default: the event's status from the API is used instead."`
	MetricsStage   string        `placeholder:"NAME" help:"With --endpoint: the stage whose CloudWatch metrics to look for, after its name_prefix, such as acme-dev."`
	MetricsTimeout time.Duration `default:"3m" placeholder:"DURATION" help:"With --endpoint: how long CloudWatch may take to show metrics (default ${default})."`
	SkipMetrics    bool          `help:"Do not look for metrics."`
	SkipDLQ        bool          `name:"skip-dlq" help:"Do not look at the dead-letter queue."`
}

func (verifyCommand) Help() string {
	return `Sends one event and follows it: health, ingest, the row in the database, the query with the same digits, the metrics, and that the dead-letter queue is empty. Exit code 0 when no check failed, else 1.

    fluxa verify
    fluxa verify --stage dev
    fluxa verify --endpoint https://host/dev --api-key KEY --dlq-url URL --metrics-stage dev
    fluxa verify --endpoint https://host/dev --skip-metrics --skip-dlq -o json`
}

func (v verifyCommand) Run(ctx context.Context, c console.Console) error {
	if v.Timeout <= 0 || v.MetricsTimeout <= 0 {
		return exit.Usagef("--timeout and --metrics-timeout must be more than 0")
	}
	client, on, err := v.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	on.Tell(c)
	cfg := checklist.Config{API: client, Timeout: v.Timeout, Report: func(contract.Check) {}}
	if on.Local != nil {
		err = v.local(&cfg, c, on)
	} else {
		err = v.deployed(ctx, &cfg, c, on)
	}
	if err != nil {
		return err
	}
	if v.SkipMetrics {
		cfg.SkipMetrics = "--skip-metrics"
	}
	if v.SkipDLQ {
		cfg.SkipDLQ = "--skip-dlq"
	}
	style := console.StyleFor(c.Out)
	if v.Output == "text" {
		cfg.Report = func(check contract.Check) { line(c, style, check) }
	}
	return conclude(c, style, checklist.Run(ctx, cfg), v.Output)
}

// conclude prints what the checks came to, and fails when one of them did.
func conclude(c console.Console, style console.Style, checks []contract.Check, output string) (err error) {
	ok := checklist.Ok(checks)
	if output == "json" {
		err = c.JSON(struct {
			OK     bool             `json:"ok"`
			Checks []contract.Check `json:"checks"`
		}{ok, checks})
	} else {
		summary(c, style, checks, ok)
	}
	if err == nil && !ok {
		return exit.ErrSaid
	}
	return err
}

func (v verifyCommand) local(cfg *checklist.Config, c console.Console, on *target.Stack) (err error) {
	cfg.Local, cfg.MetricsTimeout, cfg.Meter = true, v.Timeout, checklist.NewEMFLogs(on.Local.LogDir)
	if cfg.Rows, err = checklist.NewPostgreSQL(on.Local.DatabaseURL); err != nil {
		return err
	}
	cfg.DeadLetters, err = on.DeadLetters(c.Logger())
	return err
}

func (v verifyCommand) deployed(ctx context.Context, cfg *checklist.Config, c console.Console, on *target.Stack) (err error) {
	cfg.MetricsTimeout = v.MetricsTimeout
	if v.DatabaseURL != "" {
		if cfg.Rows, err = checklist.NewPostgreSQL(v.DatabaseURL); err != nil {
			return err
		}
	}
	if on.DLQURL != "" && !v.SkipDLQ {
		if cfg.DeadLetters, err = on.DeadLetters(c.Logger()); err != nil {
			return err
		}
	}
	stage, settings := cmp.Or(on.Environment(), v.MetricsStage), on.AWS
	if stage == "" || v.SkipMetrics {
		return nil
	}
	if settings.Region == "" {
		if settings, err = target.AWSConfig(ctx, v.Region, ""); err != nil {
			return err
		}
	}
	cfg.Meter = checklist.NewCloudWatch(cloudwatch.NewFromConfig(settings), stage)
	return nil
}

// line writes a check as it ends.
func line(c console.Console, style console.Style, check contract.Check) {
	word := map[contract.CheckStatus]string{
		contract.CheckPassed: style.Good("ok  "), contract.CheckFailed: style.Bad("FAIL"), contract.CheckSkipped: style.Dim("skip"),
	}[check.Status]
	fmt.Fprintf(c.Out, "%s  %-8s  %s\n", word, check.Name, console.Clean(check.Detail))
	if check.Advice != "" {
		fmt.Fprintf(c.Out, "      %-8s  to do: %s\n", "", check.Advice)
	}
}

func summary(c console.Console, style console.Style, checks []contract.Check, ok bool) {
	counts := map[contract.CheckStatus]int{}
	for _, check := range checks {
		counts[check.Status]++
	}
	paint := style.Bad
	if ok {
		paint = style.Good
	}
	fmt.Fprintln(c.Out, paint(fmt.Sprintf("%s: %d passed, %d failed, %d skipped", console.Count(int64(len(checks)), "check"),
		counts[contract.CheckPassed], counts[contract.CheckFailed], counts[contract.CheckSkipped])))
}
