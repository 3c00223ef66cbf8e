package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

var service = telemetry.Service{Name: "processor", Environment: "dev"}

// at writes a line of a fixed time, in a zone that is not UTC.
func at(logger *slog.Logger, level slog.Level, message string, fields ...any) error {
	zone := time.FixedZone("CEST", 2*60*60)
	record := slog.NewRecord(time.Date(2026, 11, 23, 20, 0, 0, 123_456_789, zone), level, message, 0)
	record.Add(fields...)
	return logger.Handler().Handle(context.Background(), record)
}

type query struct{ statement string }

func (q query) LogValue() slog.Value { return slog.GroupValue(slog.String("statement", q.statement)) }

func TestLogger_lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, service, slog.LevelDebug)
	for _, err := range []error{
		at(logger, slog.LevelInfo, "batch processed",
			telemetry.KeyCorrelationID, "c-1", telemetry.KeyEventID, "e-1", telemetry.KeyRequestID, "r-1", "messages", 10, "latency_ms", 12.5),
		at(logger, slog.LevelError, "batch failed",
			telemetry.KeyErrorCode, fault.DatabaseUnavailable,
			telemetry.Error(fault.Wrap(fault.DatabaseUnavailable, errors.New("dial: refused"), "the database cannot be reached"))),
		at(logger, slog.LevelWarn, "quotes \" and <lines>\n"),
		at(logger, slog.LevelDebug, "what must not be told",
			"payload", `{"amount":1}`, "Password", "hunter2", "db_password", "hunter2", "api_key", "k", "X-Api-Key", "k",
			"Authorization", "Bearer k", "secret", "s", "database_url", "postgres://u:hunter2@h/d", "metadata", map[string]int{"a": 1}, "body", "{}"),
		at(logger, slog.LevelDebug, "what is not it", "payload_mode", "S3", "payload_sha256", "00ff", "payload_bytes", 7, "secret_arn", "arn:aws:secretsmanager:x"),
		at(logger, slog.LevelDebug, "groups",
			slog.Group("request", "method", "POST", "authorization", "Bearer k"),
			slog.Group("credentials", "user", "u", "plain", "hunter2"),
			slog.Any("secret", query{"select 1"}), slog.Any("query", query{"select 2"})),
		at(logger.With("batch", 7).WithGroup("inner"), slog.LevelInfo, "in a group", "message", "m", "payload", "p", "time", "now"),
		at(logger, slog.LevelInfo, "a field named as the handler's own", "time", "noon"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "log.golden", out.String())
	if strings.Contains(out.String(), "hunter2") {
		t.Error("a password is told")
	}
}

func TestLogger_each_line_is_one_JSON_object_and_one_Write(t *testing.T) {
	t.Parallel()
	var writes []string
	logger := telemetry.NewLogger(writer(func(p []byte) (int, error) {
		writes = append(writes, string(p))
		return len(p), nil
	}), service, slog.LevelInfo)
	logger.Info("one", "text", "a\nb\x00\xff")
	logger.Debug("not written")
	logger.Info("two")
	if len(writes) != 2 {
		t.Fatalf("%d writes, want 2", len(writes))
	}
	for _, line := range writes {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || strings.Count(line, "\n") != 1 {
			t.Errorf("%q: %v", line, err)
		}
		written, err := time.Parse(time.RFC3339, fmt.Sprint(fields["timestamp"]))
		if err != nil || written.Location() != time.UTC {
			t.Errorf("timestamp %v: %v", fields["timestamp"], err)
		}
	}
}

func TestLogger_level(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]int{slog.LevelDebug: 4, slog.LevelInfo: 3, slog.LevelWarn: 2, slog.LevelError: 1} {
		var out bytes.Buffer
		logger := telemetry.NewLogger(&out, service, level)
		logger.Debug("m")
		logger.Info("m")
		logger.Warn("m")
		logger.Error("m")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("at %s %d lines, want %d", level, got, want)
		}
	}
}

// The keys that the design names are those written, in this order.
func TestLogger_keys(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	telemetry.NewLogger(&out, service, slog.LevelInfo).Info("m",
		telemetry.KeyCorrelationID, "c", telemetry.KeyEventID, "e", telemetry.KeyRequestID, "r", telemetry.KeyErrorCode, "x")
	decoder := json.NewDecoder(&out)
	var keys []string
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch text := token.(type) {
		case json.Delim:
			depth++
		case string:
			keys = append(keys, text)
			if _, err := decoder.Token(); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"timestamp", "level", "message", "service", "environment", "correlation_id", "event_id", "request_id", "error_code"}
	if !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func ExampleNewLogger() {
	logger := telemetry.NewLogger(os.Stdout, telemetry.Service{Name: "ingest", Environment: "dev"}, slog.LevelWarn)
	logger.Info("not at this level", telemetry.KeyEventID, "e-1")
	// Output:
}
