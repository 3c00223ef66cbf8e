package lambda

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
)

func TestInvocationsAreReportedAtDebugLevel(t *testing.T) {
	t.Parallel()
	var log syncBuffer
	f := newFunction(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	out := invokeOK(t, f, Input{Payload: []byte(`{"text":"payloads are not logged"}`)})
	var report struct {
		Msg, Function, Level string
		RequestID            string  `json:"request_id"`
		TraceID              string  `json:"trace_id"`
		MemoryMiB            int     `json:"memory_mib"`
		DurationMs           float64 `json:"duration_ms"`
		Failed               bool
	}
	for line := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		if strings.Contains(line, "invocation finished") {
			if err := json.Unmarshal([]byte(line), &report); err != nil {
				t.Fatal(err)
			}
		}
	}
	if report.RequestID != out.RequestID || report.TraceID != out.TraceID || report.MemoryMiB != 512 ||
		report.DurationMs <= 0 || report.Failed || report.Function != "echo" || report.Level != "DEBUG" {
		t.Errorf("report %+v in %s", report, log.String())
	}
	if strings.Contains(log.String(), "payloads are not logged") {
		t.Errorf("the log has the payload: %s", log.String())
	}
}
