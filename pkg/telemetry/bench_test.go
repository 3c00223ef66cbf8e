package telemetry_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// BenchmarkLogger writes the line of one message, as the processor does.
func BenchmarkLogger(b *testing.B) {
	logger := telemetry.NewLogger(io.Discard, telemetry.Service{Name: "processor", Environment: "dev"}, slog.LevelInfo)
	b.ReportAllocs()
	for b.Loop() {
		logger.LogAttrs(b.Context(), slog.LevelInfo, "message",
			slog.String(telemetry.KeyCorrelationID, "checkout-7f3a"), slog.String(telemetry.KeyEventID, "order-1001"),
			slog.String(telemetry.KeyRequestID, "8f5f9d0e-1c2b-4a3d-9e8f-7a6b5c4d3e2f"), slog.String("message_id", "4c8d1a52-7d70-4b0f-8a2e-1a2b3c4d5e6f"),
			slog.String("result", "stored"), slog.Int("deliveries", 1), slog.Int("attempts", 1), slog.Bool("notified", true),
			slog.Float64("end_to_end_ms", 41.25))
	}
}

// BenchmarkEmitter writes the metrics of a batch of ten, as the processor does.
func BenchmarkEmitter(b *testing.B) {
	emitter, err := telemetry.NewEmitter(io.Discard, telemetry.EmitterConfig{
		Namespace: contract.NamespaceProcessor, Service: telemetry.Service{Name: "processor", Environment: "dev"},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		emitter.Observe(contract.MetricProcessLatency, 12.5)
		emitter.Observe(contract.MetricDBLatency, 3.5)
		for i := range 10 {
			emitter.Count(contract.MetricProcessedSuccess, 1)
			emitter.Observe(contract.MetricEndToEndLatency, 41.25+float64(i))
			emitter.Count(contract.MetricNotified, 1)
		}
		if err := emitter.Flush(map[string]string{telemetry.KeyRequestID: "8f5f9d0e-1c2b-4a3d-9e8f-7a6b5c4d3e2f"}); err != nil {
			b.Fatal(err)
		}
	}
}
