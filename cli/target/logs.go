package target

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stagelogs"
	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole/locallogs"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Logs are the lines that the functions of a stack write.
type Logs interface {
	timeline.Logs
	// Next hands over what was written since it was called last. take must not keep a line.
	Next(ctx context.Context, take func(contract.Function, []byte)) error
	Close() error
}

// Logs returns the logs of the stack. Of a stage, what is older than since is left out; of
// a local stack all that is kept is read.
func (s *Stack) Logs(since time.Time) (Logs, error) {
	switch {
	case s.Local != nil:
		return locallogs.New(s.Local.LogDir), nil
	case s.Stage != "":
		return s.StageLogs(stagelogs.Config{Since: since}), nil
	}
	return nil, exit.Usagef("the logs of %s are not known: give --stage NAME", s.Name)
}

// StageLogs returns the logs of a stage, read as cfg says, whose Client and Functions are the
// stage's.
func (s *Stack) StageLogs(cfg stagelogs.Config) *stagelogs.Groups {
	cfg.Client, cfg.Functions = cloudwatchlogs.NewFromConfig(s.AWS), s.functions
	return stagelogs.New(cfg)
}
