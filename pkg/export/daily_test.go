package export_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
)

var parquetDaily = export.DailyConfig{Format: contract.ExportParquet}

func TestDaily_makes_up_for_a_week_and_then_has_nothing_to_do(t *testing.T) {
	t.Parallel()
	w := week(t)
	w.add(t, 8, "too old", 1)
	s := w.service(t)
	report, err := s.Daily(t.Context(), parquetDaily)
	if err != nil || report != (export.DailyReport{Exported: 7, Events: 5}) {
		t.Fatalf("report %+v, error %v", report, err)
	}
	want := strings.ReplaceAll(`X/date=2026-11-28/part-00001.lines: a 1, b 2, c 3, end
X/date=2026-11-28/part-00002.lines: d 4, end
X/date=2026-11-29/part-00001.lines: a 7, end
X/table.sql: fluxa_daily_parquet s3://payloads/exports/X/ 2026-11-23 NOW
`, "X", "daily-parquet")
	if diff := cmp.Diff(want, w.contents()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	written := len(w.writes)
	if report, err := s.Daily(t.Context(), parquetDaily); err != nil || report != (export.DailyReport{}) || len(w.writes) != written {
		t.Errorf("again: report %+v, error %v, %d writes", report, err, len(w.writes)-written)
	}
	w.now = time.Date(2026, 12, 1, 0, 0, 59, 0, time.UTC)
	if report, err := s.Daily(t.Context(), parquetDaily); err != nil || report != (export.DailyReport{}) {
		t.Errorf("before the day is settled: report %+v, error %v", report, err)
	}
	w.now = w.now.Add(time.Second)
	if report, err := s.Daily(t.Context(), parquetDaily); err != nil || report != (export.DailyReport{Exported: 1, Events: 1}) {
		t.Errorf("once the day is over: report %+v, error %v", report, err)
	}
}

func TestDaily_leaves_out_what_has_expired(t *testing.T) {
	t.Parallel()
	w := week(t)
	report, err := w.service(t).Daily(t.Context(), export.DailyConfig{Format: contract.ExportNDJSON, Retention: 48 * time.Hour})
	if err != nil || report != (export.DailyReport{Exported: 2, Events: 5}) {
		t.Errorf("report %+v, error %v", report, err)
	}
}

// TestDaily_is_resumed_by_the_next_run ends each run by an error, a call later each time.
func TestDaily_is_resumed_by_the_next_run(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 20 {
		w.add(t, 1, fmt.Sprintf("e%02d", i), 1)
	}
	s := w.service(t)
	parts := func() (n int) {
		for _, path := range w.writes {
			if strings.Contains(path, "/part-") {
				n++
			}
		}
		return n
	}
	runs := 0
	for ; ; runs++ {
		before := parts()
		w.fail = func(call string) error {
			if parts() > before && strings.HasPrefix(call, "range") {
				return fault.New(fault.DatabaseUnavailable, "away")
			}
			return nil
		}
		report, err := s.Daily(t.Context(), parquetDaily)
		if err == nil {
			if report.Behind != 0 {
				t.Errorf("report %+v", report)
			}
			break
		}
		if report.Behind != 1 || runs > 20 {
			t.Fatalf("run %d: report %+v, error %v", runs, report, err)
		}
	}
	if want := 7; parts() != want || runs != 6 {
		t.Errorf("%d files were written in %d runs, want each of %d once: %v", parts(), runs+1, want, w.writes)
	}
	paths := slices.Clone(w.writes)
	slices.Sort(paths)
	if manifest := string(w.files["daily-parquet/manifest-2026-11-29.json"]); !strings.Contains(manifest, `"complete": true`) || !strings.Contains(manifest, `"events": 20`) || strings.Contains(manifest, `"after"`) {
		t.Errorf("manifest %s", manifest)
	}
}

func TestDaily_begins_no_file_without_the_time_for_it(t *testing.T) {
	t.Parallel()
	for left, late := range map[time.Duration]time.Duration{5 * time.Minute: 4*time.Minute + 31*time.Second, 20 * time.Second: 16 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			w.add(t, 1, "e", 1)
			w.add(t, 2, "e", 1)
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			w.fail = func(call string) error {
				if strings.HasSuffix(call, ".lines") {
					time.Sleep(late)
				}
				return nil
			}
			report, err := w.service(t).Daily(ctx, export.DailyConfig{Format: contract.ExportParquet, Retention: 48 * time.Hour})
			if err != nil || report != (export.DailyReport{Exported: 1, Events: 1, Behind: 1}) {
				t.Errorf("of %s, %s are over: report %+v, error %v", left, late, report, err)
			}
		})
	}
}
