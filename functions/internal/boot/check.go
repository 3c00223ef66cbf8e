package boot

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Check tries one thing that a function needs for its work. It leaves no data behind
// and tells nobody, so that it can run in production.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
}

// Checked returns a handler that answers contract.CheckEvent with what came of the
// checks, which run at once, and hands every other event on. Nobody but who may invoke
// the function itself can send that event: a client's request reaches it inside one of
// API Gateway's. A check counts in no metric.
func Checked(base Base, handler lambda.Handler, checks ...Check) lambda.Handler {
	return checked{handler, base, checks}
}

type checked struct {
	lambda.Handler
	base   Base
	checks []Check
}

func (c checked) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if string(payload) != contract.CheckEvent {
		return c.Handler.Invoke(ctx, payload)
	}
	work, cancel := WorkContext(ctx)
	defer cancel()
	answer := contract.CheckAnswer{Checks: make([]contract.CheckResult, len(c.checks))}
	var running sync.WaitGroup
	for i, check := range c.checks {
		running.Go(func() {
			answer.Checks[i].Name = check.Name
			if err := check.try(work); err != nil {
				answer.Checks[i].Error = err.Error()
			}
		})
	}
	running.Wait()
	c.log(ctx, answer)
	return json.Marshal(answer)
}

// try makes an error of a panic, which would end the process before anybody is told.
func (c Check) try(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the check panicked")
		}
	}()
	return c.Run(ctx)
}

func (c checked) log(ctx context.Context, answer contract.CheckAnswer) {
	level, failed := slog.LevelInfo, []string{}
	for _, check := range answer.Checks {
		if check.Error != "" {
			level, failed = slog.LevelError, append(failed, check.Name+": "+check.Error)
		}
	}
	requestID := RequestID(ctx)
	c.base.Logger.LogAttrs(ctx, level, "check", slog.String(telemetry.KeyRequestID, requestID),
		slog.Int("checks", len(answer.Checks)), slog.Any("failed", failed))
	c.base.Flush(ctx, requestID)
}
