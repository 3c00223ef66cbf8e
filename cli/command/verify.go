package command

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/fluxa/fluxa/cli/checklist"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/local/stack"
)

type verifyCommand struct {
	target
	textFormat
	Timeout        time.Duration `default:"30s" help:"How long the event may take to the database (default ${default})."`
	DatabaseURL    string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"With --endpoint: its PostgreSQL. Default: the event's status over the API stands for it."`
	DLQURL         string        `name:"dlq-url" env:"FLUXA_DLQ_URL" placeholder:"URL" help:"With --endpoint: its dead-letter queue, reached with the AWS credentials of the environment."`
	Region         string        `env:"AWS_REGION" placeholder:"REGION" help:"AWS region. Default: the one in the queue's URL."`
	Stage          string        `env:"FLUXA_STAGE" placeholder:"NAME" help:"With --endpoint: the stage whose CloudWatch metrics to look for."`
	MetricsTimeout time.Duration `default:"3m" help:"With --endpoint: how long CloudWatch may take to show metrics (default ${default})."`
	SkipMetrics    bool          `help:"Do not look for metrics."`
	SkipDLQ        bool          `name:"skip-dlq" help:"Do not look at the dead-letter queue."`
}

func (verifyCommand) Help() string { return verifyHelp }

func (c verifyCommand) Run(ctx context.Context, a *app) error {
	if c.Timeout <= 0 || c.MetricsTimeout <= 0 {
		return usagef("--timeout and --metrics-timeout must be more than 0")
	}
	client, local, err := c.client(nil)
	if err != nil {
		return err
	}
	cfg := checklist.Config{API: client, Timeout: c.Timeout, Now: a.Now}
	if local != nil {
		err = c.local(&cfg, a, *local)
	} else {
		err = c.deployed(ctx, &cfg, a)
	}
	if err != nil {
		return err
	}
	if c.SkipMetrics {
		cfg.SkipMetrics = "--skip-metrics"
	}
	if c.SkipDLQ {
		cfg.SkipDLQ = "--skip-dlq"
	}
	if c.Output == "text" {
		cfg.Report = a.checkLine
	}
	checks, err := checklist.Run(ctx, cfg)
	if err != nil {
		return err
	}
	if err := a.verdict(checks, c.Output); err != nil {
		return err
	}
	if !checklist.Ok(checks) {
		return errQuiet
	}
	return nil
}

func (c verifyCommand) local(cfg *checklist.Config, a *app, info stack.Info) error {
	rows, err := checklist.NewPostgreSQL(info.DatabaseURL)
	if err != nil {
		return err
	}
	queue, err := localQueues(info, a.logger())
	if err != nil {
		return err
	}
	cfg.Local, cfg.Rows, cfg.DeadLetters, cfg.Meter = true, rows, queue, checklist.NewEMFLogs(info.LogDir)
	return nil
}

func (c verifyCommand) deployed(ctx context.Context, cfg *checklist.Config, a *app) error {
	cfg.MetricsTimeout, cfg.MetricsInterval = c.MetricsTimeout, 10*time.Second
	if c.DatabaseURL != "" {
		rows, err := checklist.NewPostgreSQL(c.DatabaseURL)
		if err != nil {
			return err
		}
		cfg.Rows = rows
	}
	if c.DLQURL != "" && !c.SkipDLQ {
		queue, err := queueTarget{DLQURL: c.DLQURL, Region: c.Region}.queues(ctx, a.logger())
		if err != nil {
			return err
		}
		cfg.DeadLetters = queue
	}
	if c.Stage != "" && !c.SkipMetrics {
		settings, err := awsConfig(ctx, c.Region, c.DLQURL)
		if err != nil {
			return err
		}
		meter, err := checklist.NewCloudWatch(cloudwatch.NewFromConfig(settings), c.Stage, a.Now)
		if err != nil {
			return err
		}
		cfg.Meter = meter
	}
	return nil
}

// checkLine writes a check as it ends.
func (a *app) checkLine(c checklist.Check) {
	word := map[checklist.Status]string{
		checklist.Passed: a.style.Good("ok  "), checklist.Failed: a.style.Bad("FAIL"), checklist.Skipped: a.style.Dim("skip"),
	}[c.Status]
	fmt.Fprintf(a.Out, "%s  %-8s  %s\n", word, c.Name, console.Clean(c.Detail))
	if c.Advice != "" {
		fmt.Fprintf(a.Out, "      %-8s  to do: %s\n", "", c.Advice)
	}
}

func (a *app) verdict(checks []checklist.Check, output string) error {
	counts := map[checklist.Status]int{}
	for _, c := range checks {
		counts[c.Status]++
	}
	if output == "json" {
		encoder := json.NewEncoder(a.Out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(struct {
			OK     bool              `json:"ok"`
			Checks []checklist.Check `json:"checks"`
		}{checklist.Ok(checks), checks})
	}
	line := fmt.Sprintf("%d checks: %d passed, %d failed, %d skipped", len(checks),
		counts[checklist.Passed], counts[checklist.Failed], counts[checklist.Skipped])
	if checklist.Ok(checks) {
		line = a.style.Good(line)
	} else {
		line = a.style.Bad(line)
	}
	fmt.Fprintln(a.Out, line)
	return nil
}
