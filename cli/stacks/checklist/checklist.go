// Package checklist finds out whether a Fluxa stack works, by sending one event
// and following it through every part.
package checklist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/deadletters"
	api "github.com/fluxa/fluxa/pkg/client"
	polling "github.com/fluxa/fluxa/pkg/client/poll"
	"github.com/fluxa/fluxa/pkg/contract"
)

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

// Config names the parts to look at. API, the time-outs and Report are required.
// Without Rows the event's status from the API is used instead, and the check says
// so. Without Meter or DeadLetters that check is skipped for the reason given, or
// fails when none is.
type Config struct {
	API         API
	Rows        Rows
	Meter       Meter
	DeadLetters DeadLetters
	SkipMetrics string
	SkipDLQ     string
	// Timeout is how long the event may take to reach the database, and
	// MetricsTimeout how long metrics may take to show.
	Timeout, MetricsTimeout time.Duration
	// Local says that the stack runs here: for the advice, and because CloudWatch,
	// unlike a log file, is not asked several times a second.
	Local bool
	// Report is called with each check as it ends.
	Report func(contract.Check)
}

const (
	interval           = 250 * time.Millisecond
	cloudWatchInterval = 10 * time.Second
)

// Run goes through the checklist and returns the checks in order. When ctx ends,
// those not done are skipped.
func Run(ctx context.Context, cfg Config) []contract.Check {
	r := &run{cfg: cfg, failed: map[string]bool{}}
	if cfg.Meter != nil {
		r.meterErr = cfg.Meter.Begin(ctx)
	}
	r.check(ctx, Health, "", r.health)
	r.check(ctx, Ingest, Health, r.ingest)
	r.check(ctx, Database, Ingest, r.database)
	r.check(ctx, Query, Database, r.query)
	r.check(ctx, Metrics, Ingest, r.metrics)
	r.check(ctx, DLQ, "", r.dlq)
	return r.checks
}

// Ok reports whether no check failed, and at least one passed.
func Ok(checks []contract.Check) bool {
	passed := false
	for _, c := range checks {
		if c.Status == contract.CheckFailed {
			return false
		}
		passed = passed || c.Status == contract.CheckPassed
	}
	return passed
}

type run struct {
	cfg      Config
	checks   []contract.Check
	failed   map[string]bool // failed, or skipped for what failed before
	event    sent
	meterErr error
}

// check runs one check, unless the one that it needs failed.
func (r *run) check(ctx context.Context, name, needs string, do func(context.Context) contract.Check) {
	var c contract.Check
	switch {
	case ctx.Err() != nil:
		c = skipped("interrupted")
	case needs != "" && r.failed[needs]:
		r.failed[name] = true
		c = skipped(needs + " did not pass")
	default:
		c = do(ctx)
		if ctx.Err() != nil && c.Status == contract.CheckFailed {
			c = skipped("interrupted")
		}
	}
	c.Name = name
	r.failed[name] = r.failed[name] || c.Status == contract.CheckFailed
	r.checks = append(r.checks, c)
	r.cfg.Report(c)
}

func passed(format string, args ...any) contract.Check {
	return contract.Check{Status: contract.CheckPassed, Detail: fmt.Sprintf(format, args...)}
}

func failed(advice, format string, args ...any) contract.Check {
	return contract.Check{Status: contract.CheckFailed, Detail: fmt.Sprintf(format, args...), Advice: advice}
}

func skipped(reason string) contract.Check {
	return contract.Check{Status: contract.CheckSkipped, Detail: reason}
}

// either chooses between the advice for a local stack and for a deployed one.
func (r *run) either(local, deployed string) string {
	if r.cfg.Local {
		return local
	}
	return deployed
}

// poll calls try until it says that it is done or limit has passed. It returns
// what the last call returned.
func poll(ctx context.Context, limit, interval time.Duration, try func() (contract.Check, bool)) (c contract.Check) {
	err := polling.Until(ctx, interval, limit, func() error {
		done := false
		if c, done = try(); done {
			return nil
		}
		return errPending
	})
	if err != nil && !errors.Is(err, errPending) {
		return skipped("interrupted")
	}
	return c
}

var errPending = errors.New("not yet")

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

func newSent() (sent, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return sent{}, fmt.Errorf("make an event id: %w", err)
	}
	return sent{
		ID: "verify-" + id.String(), UserID: "fluxa-verify",
		Amount:   json.Number(strings.Repeat("123456789", 2)[:contract.AmountIntegerDigits] + "." + "6789"[:contract.AmountDecimals]),
		Currency: "XTS", Merchant: "fluxa verify", Timestamp: time.Now().UTC().Truncate(time.Millisecond),
		Metadata: json.RawMessage(`{"purpose":"verify"}`),
	}, nil
}
