package checklist

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxa/fluxa/cli/console"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

func (r *run) health(ctx context.Context) contract.Check {
	if err := r.cfg.API.Health(ctx); err != nil {
		return failed(r.either(
			"start the stack with `make up`; if it runs, read the log of the query function",
			"check the endpoint's URL and its stage; then the log group of the query function"), "%v", err)
	}
	return passed("%s answers %s", r.cfg.API.Endpoint(), contract.StatusHealthy)
}

func (r *run) ingest(ctx context.Context) contract.Check {
	event, err := newSent()
	if err != nil {
		return failed("", "%v", err)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return failed("", "encode the event: %v", err)
	}
	r.event = event
	result, err := r.cfg.API.Send(ctx, payload, "")
	if err != nil {
		return failed(r.either(
			"read the log of the ingest function; with FLUXA_API_KEY set, it must be the stack's",
			"give the key with --api-key or FLUXA_API_KEY; then read the log group of the ingest function"), "%v", err)
	}
	if result.Status != contract.StatusEnqueued || result.EventID != event.ID {
		return failed("the ingest function is of another release: deploy it again",
			"answered status %q for event %q, not %q for %q", result.Status, result.EventID, contract.StatusEnqueued, event.ID)
	}
	return passed("event %s is %s", event.ID, result.Status)
}

// database waits for the event, in the table itself where that can be read.
func (r *run) database(ctx context.Context) contract.Check {
	return poll(ctx, r.cfg.Timeout, interval, func() (contract.Check, bool) {
		if r.cfg.Rows == nil {
			return r.processed(ctx)
		}
		amount, found, err := r.cfg.Rows.Amount(ctx, r.event.ID)
		switch {
		case err != nil:
			return failed(r.either("see whether PostgreSQL runs: its log is below the data folder",
				"check --database-url, and that this machine may connect"), "%v", err), false
		case !found:
			status, done := r.processed(ctx)
			if status.Status == contract.CheckPassed {
				status = failed("--database-url may name another database than the processor's",
					"the event is processed, but not in this database")
			}
			return status, done && status.Status == contract.CheckFailed && strings.Contains(status.Detail, contract.StatusFailed)
		case amount != r.event.Amount.String():
			return failed("the column events.amount must be NUMERIC: apply the migrations with `fluxa migrate`",
				"the row's amount is %s, %s was sent", amount, r.event.Amount), true
		default:
			return passed("SELECT finds the event, with amount %s", amount), true
		}
	})
}

// processed asks the API what became of the event.
func (r *run) processed(ctx context.Context) (contract.Check, bool) {
	look := "look at the processor's log, then at `fluxa dlq ls`"
	status, err := r.cfg.API.Status(ctx, r.event.ID)
	switch {
	case api.IsNotFound(err):
		return failed(look, "the processor has not seen the event within %s", r.cfg.Timeout), false
	case err != nil:
		return failed("read the log of the query function", "%v", err), false
	case status.State == contract.StatusProcessed:
		return passed("GET /events/{id}/status says %s (the database itself was not checked: no --database-url)", status.State), true
	}
	reason := ""
	if status.Error != nil {
		reason = fmt.Sprintf(", %s: %s", status.Error.Code, status.Error.Reason)
	}
	return failed(look, "the event is %s after %s%s", status.State, console.Count(int64(status.Attempts), "attempt"), reason), status.State == contract.StatusFailed
}

func (r *run) query(ctx context.Context) contract.Check {
	return poll(ctx, r.cfg.Timeout, interval, func() (contract.Check, bool) {
		raw, err := r.cfg.API.Event(ctx, r.event.ID)
		if err != nil {
			return failed("read the log of the query function; it must use the processor's database", "%v", err), !api.IsNotFound(err)
		}
		if wrong := r.event.differs(raw); wrong != "" {
			return failed("the event came back changed: note its id, and look at the query function and the events table", "%s", wrong), true
		}
		return passed("GET /events/{id} returns the same event, amount %s digit for digit", r.event.Amount), true
	})
}

// differs says which fields of an event came back changed, or "".
func (s sent) differs(raw json.RawMessage) string {
	var got sent
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&got); err != nil {
		return fmt.Sprintf("the answer is not an event: %v", err)
	}
	var metadata bytes.Buffer
	if err := json.Compact(&metadata, got.Metadata); err != nil {
		return fmt.Sprintf("the metadata is not JSON: %v", err)
	}
	var wrong []string
	for _, field := range []struct{ name, sent, got string }{
		{"event_id", s.ID, got.ID}, {"user_id", s.UserID, got.UserID}, {"amount", s.Amount.String(), got.Amount.String()},
		{"currency", s.Currency, got.Currency}, {"merchant", s.Merchant, got.Merchant},
		{"timestamp", s.Timestamp.String(), got.Timestamp.UTC().String()}, {"metadata", string(s.Metadata), metadata.String()},
	} {
		if field.sent != field.got {
			wrong = append(wrong, fmt.Sprintf("%s is %s, %s was sent", field.name, field.got, field.sent))
		}
	}
	return strings.Join(wrong, "; ")
}

func wantedMetrics() []contract.Metric {
	var out []contract.Metric
	for _, m := range contract.Metrics() {
		if m.Name == contract.MetricIngestSuccess || m.Name == contract.MetricProcessedSuccess {
			out = append(out, m)
		}
	}
	return out
}

func (r *run) metrics(ctx context.Context) contract.Check {
	switch {
	case r.cfg.SkipMetrics != "":
		return skipped(r.cfg.SkipMetrics)
	case r.cfg.Meter == nil:
		return failed("give AWS credentials and --stage, or --skip-metrics", "no place to look for metrics was given")
	case r.meterErr != nil:
		return failed("give AWS credentials and --stage, or --skip-metrics", "%v", r.meterErr)
	}
	wanted, every := wantedMetrics(), interval
	if !r.cfg.Local {
		every = cloudWatchInterval
	}
	return poll(ctx, r.cfg.MetricsTimeout, every, func() (contract.Check, bool) {
		missing, err := r.cfg.Meter.Missing(ctx, wanted)
		if err != nil {
			return failed("give AWS credentials that may read CloudWatch, or --skip-metrics", "%v", err), false
		}
		if len(missing) > 0 {
			return failed(r.either("read the function's log: it writes one EMF line an invocation",
				"CloudWatch may lag by minutes: try --metrics-timeout 10m; else see that the function's log group has EMF lines"),
				"%s: not seen within %s: %s", r.cfg.Meter.Source(), r.cfg.MetricsTimeout, names(missing)), false
		}
		return passed("%s: seen %s", r.cfg.Meter.Source(), names(wanted)), true
	})
}

func names(metrics []contract.Metric) string {
	out := make([]string, len(metrics))
	for i, m := range metrics {
		out[i] = m.Namespace + " " + m.Name
	}
	return strings.Join(out, ", ")
}

func (r *run) dlq(ctx context.Context) contract.Check {
	switch {
	case r.cfg.SkipDLQ != "":
		return skipped(r.cfg.SkipDLQ)
	case r.cfg.DeadLetters == nil:
		return failed("give its URL with --dlq-url or FLUXA_DLQ_URL, or --skip-dlq", "the URL of the DLQ was not given")
	}
	count, err := r.cfg.DeadLetters.Count(ctx)
	if err != nil {
		return failed("give AWS credentials that may read the queue's attributes, or --skip-dlq", "%v", err)
	}
	if count.Visible != 0 {
		return failed("see why with `fluxa dlq ls`; once that is fixed, `fluxa dlq redrive --all`",
			"the DLQ has %s", console.Count(count.Visible, "message"))
	}
	return passed("the DLQ is empty")
}
