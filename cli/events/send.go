package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/event"
)

type sendCommand struct {
	target.API
	console.TextFormat
	Wait time.Duration `group:"one" placeholder:"DURATION" help:"Wait until the event is stored and announced, so long at most."`
	Gzip bool          `help:"Send the requests gzipped."`
	Key  string        `name:"idempotency-key" placeholder:"KEY" help:"Sending again with the same key gives events without an event_id the same ids, in batches of any size. Default: a new one."`

	EventID   string `name:"event-id" group:"one" placeholder:"ID" help:"Id of the event. Default: the service makes one."`
	UserID    string `name:"user-id" group:"one" placeholder:"ID" help:"The user whose transaction it is."`
	Amount    string `group:"one" placeholder:"NUMBER" help:"Amount, sent digit for digit; up to ${amount_digits} digits before and ${amount_decimals} after the point."`
	Currency  string `group:"one" placeholder:"CODE" help:"ISO 4217 code."`
	Merchant  string `group:"one" placeholder:"NAME" help:"Who was paid."`
	Timestamp string `group:"one" placeholder:"TIME" help:"When it happened, RFC 3339. Default: now."`
	Metadata  string `group:"one" placeholder:"JSON" help:"A JSON object, sent byte for byte."`

	File     string `group:"many" short:"f" placeholder:"PATH" help:"Send the lines of a file of NDJSON, each byte for byte; - is standard input."`
	Generate int64  `group:"many" short:"n" placeholder:"N" help:"Send this many generated events."`
	Size     size   `group:"many" placeholder:"SIZE" help:"Size of the metadata of each generated event, such as 300KiB (default: about 70 bytes)."`

	Batch       int       `group:"many" default:"100" placeholder:"N" help:"Events in one request, 1 to ${batch_limit}; 1 uses POST /events (default ${default})."`
	Concurrency int       `group:"many" short:"c" default:"4" placeholder:"N" help:"Requests at once (default ${default})."`
	Rate        pace.Rate `group:"many" placeholder:"N/s" help:"Events per second at most, such as 50, 50/s or 10/m (default: no limit)."`
	Rejects     string    `group:"many" placeholder:"PATH" help:"Write the lines that were not accepted to a new file, byte for byte."`
}

func (sendCommand) Help() string {
	return `Transient failures (429, 502, 503, 504, no connection) are retried with back-off, up to 5 tries; each request has an Idempotency-Key, so that no event is stored twice. With --idempotency-key an event's id is made of the key, the line and how many equal lines came before it: sending the file again, or only its rejects, is safe as long as equal lines are sent together; give such lines an event_id. Latency is that of each answered try. Exit code 1 when any event was not accepted.

    fluxa send --user-id ada --amount 99.99 --currency EUR --merchant "Corner Shop"
    fluxa send --user-id ada --amount 99.99 --currency EUR --merchant "Corner Shop" --wait 30s
    fluxa send --file events.ndjson --rejects rejected.ndjson
    fluxa send --generate 10000 --rate 500/s --concurrency 8
    zcat events.gz | fluxa send --file -`
}

func (s sendCommand) Run(ctx context.Context, c console.Console) error {
	single := s.EventID + s.UserID + s.Amount + s.Currency + s.Merchant + s.Timestamp + s.Metadata
	ways := 0
	for _, way := range []bool{single != "", s.File != "", s.Generate != 0} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return exit.Usagef("what to send? Give --user-id, --amount, --currency and --merchant, or --file, or --generate")
	case ways > 1:
		return exit.Usagef("the flags of one event, --file and --generate exclude each other")
	case s.Wait < 0 || (s.Wait > 0 && single == ""):
		return exit.Usagef("--wait is of one event, and must not be negative; `fluxa load` follows many")
	case single != "":
		return s.one(ctx, c)
	}
	return s.many(ctx, c)
}

func (s sendCommand) one(ctx context.Context, c console.Console) error {
	payload, err := s.payload(c.Now())
	if err != nil {
		return err
	}
	client, on, err := s.Client(ctx, api.Config{GzipFrom: s.gzipFrom()})
	if err != nil {
		return err
	}
	on.Tell(c)
	result, err := client.Send(ctx, payload, s.Key)
	if err != nil {
		return err
	}
	if s.Output == "json" && s.Wait == 0 {
		return c.JSONLine(sentJSON{result.EventID, result.Status, on.Name})
	}
	if s.Output != "json" {
		fmt.Fprintf(c.Out, "%s %s\n", console.Clean(result.Status), console.Clean(result.EventID))
	}
	if s.Wait == 0 {
		return nil
	}
	return s.follow(ctx, c, client, on, result)
}

type sentJSON struct {
	EventID string `json:"event_id"`
	Status  string `json:"status"`
	Stack   string `json:"stack"`
}

func (s sendCommand) gzipFrom() int {
	if s.Gzip {
		return 1
	}
	return 0
}

// payload writes the event. It checks no more than that it is JSON: what an event
// may be is for the API to say.
func (s sendCommand) payload(now time.Time) ([]byte, error) {
	if s.Timestamp == "" {
		s.Timestamp = now.UTC().Format(time.RFC3339Nano)
	}
	out := struct {
		EventID   string          `json:"event_id,omitempty"`
		UserID    string          `json:"user_id,omitempty"`
		Amount    json.RawMessage `json:"amount,omitempty"`
		Currency  string          `json:"currency,omitempty"`
		Merchant  string          `json:"merchant,omitempty"`
		Timestamp string          `json:"timestamp"`
		Metadata  json.RawMessage `json:"metadata,omitempty"`
	}{EventID: s.EventID, UserID: s.UserID, Currency: s.Currency, Merchant: s.Merchant, Timestamp: s.Timestamp}
	if s.Amount != "" {
		if _, err := event.ParseAmount(s.Amount); errors.Is(err, event.ErrAmountSyntax) {
			return nil, exit.Usagef("--amount is %q, which is not a JSON number such as 99.99", s.Amount)
		}
		out.Amount = json.RawMessage(s.Amount)
	}
	if s.Metadata != "" {
		if !json.Valid([]byte(s.Metadata)) {
			return nil, exit.Usagef("--metadata is not JSON, such as '{\"order\":\"A-1\"}'")
		}
		// A json.RawMessage would be compacted on its way through the encoder.
		out.Metadata = json.RawMessage("null")
	}
	payload, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	if s.Metadata != "" {
		payload = append(payload[:len(payload)-len("null}")], s.Metadata+"}"...)
	}
	return payload, nil
}

func (s sendCommand) many(ctx context.Context, c console.Console) (err error) {
	if err := checkPace(s.Batch, s.Concurrency); err != nil {
		return err
	}
	latencies := load.NewLatencies()
	client, on, err := s.Client(ctx, api.Config{Observe: latencies.Observe, GzipFrom: s.gzipFrom()})
	if err != nil {
		return err
	}
	on.Tell(c)
	source, total, closeSource, err := s.source(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	cfg := load.Config{
		API: client, Source: source, BatchSize: s.Batch, Concurrency: s.Concurrency,
		Rate: s.Rate, Key: s.Key, Latencies: latencies,
	}
	if s.Rejects != "" {
		file, err := os.OpenFile(s.Rejects, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the file of rejects: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		cfg.Rejects = file
	}
	progress := console.NewProgress(c.Err, "sent", "events", total)
	cfg.Progress = func(events int, bytes int64) {
		if s.Generate != 0 {
			bytes = int64(events)
		}
		progress.Add(events, bytes)
	}
	result, runErr := load.Run(ctx, cfg)
	progress.Done()
	if runErr != nil && result.Elapsed == 0 {
		return runErr
	}
	if err := report(c, result, on.Name, s.Output); err != nil {
		return err
	}
	if runErr != nil {
		return runErr
	}
	if !result.Complete() {
		return exit.ErrSaid
	}
	return nil
}

// source returns the events, and how much of them there is in what progress
// counts: bytes of a file, generated events, 0 for a stream.
func (s sendCommand) source(c console.Console) (source load.Source, total int64, closeSource func() error, err error) {
	nothing := func() error { return nil }
	switch s.File {
	case "":
		source, err = load.Generator{Count: s.Generate, MetadataBytes: int(s.Size), Until: c.Now()}.Source()
		return source, s.Generate, nothing, err
	case "-":
		return load.NewLines(c.In), 0, nothing, nil
	}
	file, err := os.Open(s.File)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("open the events: %w", err)
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		total = info.Size()
	}
	return load.NewLines(io.Reader(file)), total, file.Close, nil
}
