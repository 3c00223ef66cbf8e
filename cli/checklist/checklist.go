// Package checklist tells whether a Fluxa stack does its work, by sending one
// event and following it through every part.
package checklist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Status says how a check ended.
type Status string

// The ends of a check. A skipped one says nothing about the stack.
const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Check is one line of the checklist. Advice says what to do about a failed one.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
}

// The names of the checks, in their order.
const (
	Health   = "health"
	Ingest   = "ingest"
	Database = "database"
	Query    = "query"
	Metrics  = "metrics"
	DLQ      = "dlq"
)

// API is the stack's API.
type API interface {
	Endpoint() string
	Health(ctx context.Context) error
	Send(ctx context.Context, payload []byte, key string) (api.Result, error)
	Status(ctx context.Context, id string) (api.Status, error)
	Event(ctx context.Context, id string) (json.RawMessage, error)
}

// Rows is the stack's database. Amount returns the stored amount of an event, and
// false while there is no such event.
type Rows interface {
	Amount(ctx context.Context, id string) (amount string, found bool, err error)
}

// Meter knows which metrics were emitted. Begin is called before anything is sent;
// Missing returns those of the wanted ones that were not seen since then.
type Meter interface {
	Source() string // where it looks, for people
	Begin(ctx context.Context) error
	Missing(ctx context.Context, wanted []contract.Metric) ([]contract.Metric, error)
}

// DeadLetters counts the messages of the dead-letter queue.
type DeadLetters interface {
	Count(ctx context.Context) (deadletters.Count, error)
}

// Config names the parts to look at. API is required. Without Rows the event's
// status over the API stands for the database, and the check says so. Without
// Meter or DeadLetters that check is skipped for the reason given, or fails when
// none is.
type Config struct {
	API         API
	Rows        Rows
	Meter       Meter
	DeadLetters DeadLetters
	SkipMetrics string
	SkipDLQ     string
	// Timeout is how long the event may take to the database. Default 30 s.
	Timeout time.Duration
	// MetricsTimeout is how long metrics may take to show. Default: Timeout.
	MetricsTimeout time.Duration
	// Interval is how often is asked for what takes time. Default 250 ms, and
	// MetricsInterval, for the metrics, the same.
	Interval, MetricsInterval time.Duration
	// Local says that the stack runs here, for the advice.
	Local bool
	// Now defaults to time.Now.
	Now func() time.Time
	// Report is told of each check as it ends. Default: nobody is.
	Report func(Check)
}

// Run goes through the checklist and returns the checks in order. When ctx ends,
// those not done are skipped.
func Run(ctx context.Context, cfg Config) ([]Check, error) {
	if cfg.API == nil {
		return nil, errors.New("checklist: API is required")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.MetricsTimeout == 0 {
		cfg.MetricsTimeout = cfg.Timeout
	}
	if cfg.Timeout < 0 || cfg.MetricsTimeout < 0 {
		return nil, fmt.Errorf("checklist: the time-outs %s and %s must not be negative", cfg.Timeout, cfg.MetricsTimeout)
	}
	if cfg.Interval == 0 {
		cfg.Interval = 250 * time.Millisecond
	}
	if cfg.MetricsInterval == 0 {
		cfg.MetricsInterval = cfg.Interval
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Report == nil {
		cfg.Report = func(Check) {}
	}
	r := &run{cfg: cfg, failed: map[string]bool{}}
	r.all(ctx)
	return r.checks, nil
}

// Ok tells whether no check failed, and at least one passed.
func Ok(checks []Check) bool {
	passed := false
	for _, c := range checks {
		if c.Status == Failed {
			return false
		}
		passed = passed || c.Status == Passed
	}
	return passed
}

type run struct {
	cfg      Config
	checks   []Check
	failed   map[string]bool // failed, or skipped for what failed before
	event    sent
	meterErr error
}

func (r *run) all(ctx context.Context) {
	if r.cfg.Meter != nil {
		r.meterErr = r.cfg.Meter.Begin(ctx)
	}
	r.check(ctx, Health, "", r.health)
	r.check(ctx, Ingest, Health, r.ingest)
	r.check(ctx, Database, Ingest, r.database)
	r.check(ctx, Query, Database, r.query)
	r.check(ctx, Metrics, Ingest, r.metrics)
	r.check(ctx, DLQ, "", r.dlq)
}

// check runs one check, unless the one that it needs failed.
func (r *run) check(ctx context.Context, name, needs string, do func(context.Context) Check) {
	var c Check
	switch {
	case ctx.Err() != nil:
		c = skipped("interrupted")
	case needs != "" && r.failed[needs]:
		r.failed[name] = true
		c = skipped(needs + " did not pass")
	default:
		c = do(ctx)
		if ctx.Err() != nil && c.Status == Failed {
			c = skipped("interrupted")
		}
	}
	c.Name = name
	r.failed[name] = r.failed[name] || c.Status == Failed
	r.checks = append(r.checks, c)
	r.cfg.Report(c)
}

func passed(format string, args ...any) Check {
	return Check{Status: Passed, Detail: fmt.Sprintf(format, args...)}
}

func failed(advice, format string, args ...any) Check {
	return Check{Status: Failed, Detail: fmt.Sprintf(format, args...), Advice: advice}
}

func skipped(reason string) Check { return Check{Status: Skipped, Detail: reason} }

// either chooses between the advice for a local stack and for a deployed one.
func (r *run) either(local, deployed string) string {
	if r.cfg.Local {
		return local
	}
	return deployed
}

// poll calls try until it says that it is done or limit has passed. It returns
// what the last call returned.
func (r *run) poll(ctx context.Context, limit, interval time.Duration, try func(context.Context) (Check, bool)) Check {
	deadline := time.Now().Add(limit)
	for {
		c, done := try(ctx)
		if done || time.Until(deadline) <= 0 {
			return c
		}
		timer := time.NewTimer(min(interval, time.Until(deadline)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return c
		case <-timer.C:
		}
	}
}

// sent is the event that is followed. Its amount has all the digits an amount can
// have, more than a float holds; its currency is the one that ISO 4217 keeps for
// tests.
type sent struct {
	ID        string          `json:"event_id"`
	UserID    string          `json:"user_id"`
	Amount    json.Number     `json:"amount"`
	Currency  string          `json:"currency"`
	Merchant  string          `json:"merchant"`
	Timestamp time.Time       `json:"timestamp"`
	Metadata  json.RawMessage `json:"metadata"`
}

func newSent(now time.Time) (sent, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return sent{}, fmt.Errorf("make an event id: %w", err)
	}
	return sent{
		ID: "verify-" + id.String(), UserID: "fluxa-verify",
		Amount:   json.Number(strings.Repeat("123456789", 2)[:contract.AmountIntegerDigits] + "." + "6789"[:contract.AmountDecimals]),
		Currency: "XTS", Merchant: "fluxa verify", Timestamp: now.UTC().Truncate(time.Millisecond),
		Metadata: json.RawMessage(`{"purpose":"verify"}`),
	}, nil
}
