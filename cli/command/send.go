package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/load"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

type sendCommand struct {
	target
	textFormat
	Key string `name:"idempotency-key" placeholder:"KEY" help:"Sending again with the same key gives events without an event_id the same ids. Default: a new one."`

	EventID   string `name:"event-id" group:"one" placeholder:"ID" help:"Id of the event. Default: the service makes one."`
	UserID    string `name:"user-id" group:"one" placeholder:"ID" help:"Whose transaction it is."`
	Amount    string `group:"one" placeholder:"NUMBER" help:"Amount, sent digit for digit; up to ${amount_digits} digits before and ${amount_decimals} after the point."`
	Currency  string `group:"one" placeholder:"CODE" help:"ISO 4217 code."`
	Merchant  string `group:"one" placeholder:"NAME" help:"Who was paid."`
	Timestamp string `group:"one" placeholder:"TIME" help:"When it happened, RFC 3339. Default: now."`
	Metadata  string `group:"one" placeholder:"JSON" help:"A JSON object, sent byte for byte."`

	File     string `group:"many" short:"f" placeholder:"PATH" help:"Send the lines of a file of NDJSON, each byte for byte; - is standard input."`
	Generate int64  `group:"many" short:"n" placeholder:"N" help:"Send so many generated events."`
	Seed     uint64 `group:"many" default:"1" placeholder:"N" help:"Which events are generated (default ${default})."`
	Users    int    `name:"user-count" group:"many" default:"1000" placeholder:"N" help:"Over how many users they are spread (default ${default})."`
	Size     size   `group:"many" placeholder:"SIZE" help:"Size of the metadata of each, such as 300KiB (default: about 70 bytes)."`

	Batch       int    `group:"many" default:"100" placeholder:"N" help:"Events of one request, 1 to ${batch_limit}; 1 uses POST /events (default ${default})."`
	Concurrency int    `group:"many" short:"c" default:"4" placeholder:"N" help:"Requests at once (default ${default})."`
	Rate        rate   `group:"many" placeholder:"N/s" help:"Events in a second at most, such as 50, 50/s or 10/m (default: no limit)."`
	Rejects     string `group:"many" placeholder:"PATH" help:"Write the lines that were not accepted to a new file, byte for byte."`
}

func (sendCommand) Help() string { return sendHelp }

func (c sendCommand) Run(ctx context.Context, a *app) error {
	single := c.EventID + c.UserID + c.Amount + c.Currency + c.Merchant + c.Timestamp + c.Metadata
	ways := 0
	for _, way := range []bool{single != "", c.File != "", c.Generate != 0} {
		if way {
			ways++
		}
	}
	switch {
	case ways == 0:
		return usagef("what to send? Give --user-id, --amount, --currency and --merchant, or --file, or --generate")
	case ways > 1:
		return usagef("the flags of one event, --file and --generate exclude each other")
	case single != "":
		return c.one(ctx, a)
	}
	return c.many(ctx, a)
}

func (c sendCommand) one(ctx context.Context, a *app) error {
	payload, err := c.payload(a.Now())
	if err != nil {
		return err
	}
	client, _, err := c.client(nil)
	if err != nil {
		return err
	}
	result, err := client.Send(ctx, payload, c.Key)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return json.NewEncoder(a.Out).Encode(struct {
			EventID string `json:"event_id"`
			Status  string `json:"status"`
		}{result.EventID, result.Status})
	}
	_, err = fmt.Fprintf(a.Out, "%s %s\n", console.Clean(result.Status), console.Clean(result.EventID))
	return err
}

// payload writes the event. It checks no more than that it is JSON: what an event
// may be is for the API to say.
func (c sendCommand) payload(now time.Time) ([]byte, error) {
	if c.Timestamp == "" {
		c.Timestamp = now.UTC().Format(time.RFC3339Nano)
	}
	out := struct {
		EventID   string          `json:"event_id,omitempty"`
		UserID    string          `json:"user_id,omitempty"`
		Amount    json.RawMessage `json:"amount,omitempty"`
		Currency  string          `json:"currency,omitempty"`
		Merchant  string          `json:"merchant,omitempty"`
		Timestamp string          `json:"timestamp"`
		Metadata  json.RawMessage `json:"metadata,omitempty"`
	}{EventID: c.EventID, UserID: c.UserID, Currency: c.Currency, Merchant: c.Merchant, Timestamp: c.Timestamp}
	if c.Amount != "" {
		if _, err := event.ParseAmount(c.Amount); errors.Is(err, event.ErrAmountSyntax) {
			return nil, usagef("--amount is %q, which is not a JSON number such as 99.99", c.Amount)
		}
		out.Amount = json.RawMessage(c.Amount)
	}
	if c.Metadata != "" {
		if !json.Valid([]byte(c.Metadata)) {
			return nil, usagef("--metadata is not JSON, such as '{\"order\":\"A-1\"}'")
		}
		// A json.RawMessage would be compacted on its way through the encoder.
		out.Metadata = json.RawMessage("null")
	}
	payload, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	if c.Metadata != "" {
		payload = append(payload[:len(payload)-len("null}")], c.Metadata+"}"...)
	}
	return payload, nil
}

func (c sendCommand) many(ctx context.Context, a *app) (err error) {
	if c.Batch < 1 || c.Batch > contract.BatchLimit {
		return usagef("--batch is %d, it must be 1 to %d", c.Batch, contract.BatchLimit)
	}
	if c.Concurrency < 1 {
		return usagef("--concurrency is %d, it must be at least 1", c.Concurrency)
	}
	latencies := load.NewLatencies()
	client, _, err := c.client(func(took time.Duration, _ int) { latencies.Observe(took) })
	if err != nil {
		return err
	}
	source, total, closeSource, err := c.source(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	cfg := load.Config{
		API: client, Source: source, BatchSize: c.Batch, Concurrency: c.Concurrency,
		PerSecond: float64(c.Rate), Key: c.Key, Latencies: latencies,
	}
	if c.Rejects != "" {
		file, err := os.OpenFile(c.Rejects, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the file of rejects: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		cfg.Rejects = file
	}
	progress := console.NewProgress(a.Err, "sent", "events", total)
	cfg.Progress = func(events int, bytes int64) {
		if c.Generate != 0 {
			bytes = int64(events)
		}
		progress.Add(events, bytes)
	}
	report, runErr := load.Run(ctx, cfg)
	progress.Done()
	if runErr != nil && report.Elapsed == 0 {
		return runErr
	}
	if err := a.report(report, c.Output); err != nil {
		return err
	}
	if runErr != nil {
		return runErr
	}
	if !report.Complete() {
		return errQuiet
	}
	return nil
}

// source returns the events, and how much of them there is in what progress
// counts: bytes of a file, generated events, 0 for a stream.
func (c sendCommand) source(a *app) (source load.Source, total int64, closeSource func() error, err error) {
	nothing := func() error { return nil }
	switch c.File {
	case "":
		source, err = load.Generator{
			Count: c.Generate, Seed: c.Seed, Users: c.Users, MetadataBytes: int(c.Size), Until: a.Now(),
		}.Source()
		return source, c.Generate, nothing, err
	case "-":
		return load.NewLines(a.In), 0, nothing, nil
	}
	file, err := os.Open(c.File)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("open the events: %w", err)
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		total = info.Size()
	}
	return load.NewLines(io.Reader(file)), total, file.Close, nil
}

var _ load.API = (*api.Client)(nil)
