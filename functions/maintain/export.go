package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/eventfile"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/s3blob"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// addExport adds the operation, and the daily export if there is one.
func (h *handler) addExport(c config.Maintain, store *pgstore.Store) error {
	if c.PayloadBucket == "" {
		h.operations[contract.OperationExport] = without("PAYLOAD_BUCKET")
		return nil
	}
	bucket, err := s3blob.New(s3blob.NewClient(h.base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return err
	}
	service, err := export.New(export.Config{Store: store, Payloads: bucket, Files: bucket.Exports(), Formats: eventfile.Formats()})
	if err != nil {
		return err
	}
	keepHeapSmall(os.Getenv)
	h.operations[contract.OperationExport] = service.Operation()
	h.daily = daily{service, export.DailyConfig{Format: c.ExportFormat, Retention: retention(c)}, h.base, h.metrics}
	return nil
}

// keepHeapSmall has the heap collected before half of what is alive is garbage, unless
// GOGC says otherwise: an export copies payloads of up to 5 MiB, and what they leave
// behind is in pieces that the next one may not fit into.
func keepHeapSmall(environ func(string) string) {
	if environ("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// daily is the export of each day, as the schedule runs it after the maintenance. Without
// a format there is none.
type daily struct {
	service *export.Service
	config  export.DailyConfig
	base    boot.Base
	metrics *telemetry.Emitter
}

func retention(c config.Maintain) time.Duration {
	return time.Duration(c.RetentionDays) * 24 * time.Hour
}

// run exports what is missing and says so in a log line of its own.
func (d daily) run(ctx context.Context) error {
	if d.config.Format == "" {
		return nil
	}
	report, err := d.runSafely(ctx)
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String(telemetry.KeyRequestID, boot.RequestID(ctx)), slog.Any("report", report)}
	if err != nil {
		level = slog.LevelError
		attrs = append(attrs, boot.Failure(err))
	}
	if err == nil || report.Behind > 0 { // else nobody knows
		d.metrics.Count(contract.MetricExportDaysBehind, int(report.Behind))
	}
	d.base.Logger.LogAttrs(ctx, level, "daily export", attrs...)
	return err
}

func (d daily) runSafely(ctx context.Context) (report export.DailyReport, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the daily export panicked")
		}
	}()
	return d.service.Daily(ctx, d.config)
}
