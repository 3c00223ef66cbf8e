package export

import (
	"context"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

const day = 24 * time.Hour

// DailyConfig says what is exported day by day.
type DailyConfig struct {
	Format string
	// Retention is how long events are kept, 0 for ever: an older day is not exported.
	Retention time.Duration
}

// DailyReport says what a run did. Behind are the days of the last
// contract.DailyExportDays that are over and not exported.
type DailyReport struct {
	Exported int64 `json:"days_exported"`
	Events   int64 `json:"events_exported"`
	Behind   int64 `json:"days_behind"`
}

// Daily exports each day, in UTC, that is over and was not exported, the oldest first,
// for as long as ctx leaves time for another file. The next run goes on where this one
// ended: the manifest of a day says how far it has come, and whether it is complete.
func (s *Service) Daily(ctx context.Context, c DailyConfig) (report DailyReport, err error) {
	now := s.cfg.Now().UTC()
	today := now.Add(-event.Settled).Truncate(day)
	var missing []job
	for n := contract.DailyExportDays; n > 0; n-- {
		from := today.AddDate(0, 0, -n)
		if c.Retention > 0 && now.Sub(from.Add(day)) >= c.Retention {
			continue // its partition is dropped, or about to be
		}
		j := s.dailyJob(c.Format, from)
		m, ok, err := s.readManifest(ctx, j)
		if err != nil {
			return report, err
		}
		if !ok || !m.Complete {
			missing = append(missing, j)
		}
	}
	report.Behind = int64(len(missing))
	until := lastBegin(ctx)
	for _, j := range missing {
		events, done, err := s.dailyExport(ctx, j, until)
		report.Events += events
		if err != nil || !done {
			return report, err
		}
		report.Exported++
		report.Behind--
	}
	return report, nil
}

// dailyJob is the export of one day. All days of a format are in one folder, and so in one
// table; each has a manifest of its own.
func (s *Service) dailyJob(format string, from time.Time) job {
	j := s.job(Arguments{Name: contract.DailyExport + "-" + format, Format: format, Range: event.Range{From: from, To: from.Add(day)}})
	j.manifest = "manifest-" + from.Format(time.DateOnly) + ".json"
	j.last = "NOW"
	return j
}

// dailyExport goes on with the export of one day. It is not done when the time is over.
func (s *Service) dailyExport(ctx context.Context, j job, until time.Time) (events int64, done bool, err error) {
	m, ok, err := s.readManifest(ctx, j)
	if err != nil {
		return 0, false, err
	}
	if !ok {
		if _, err := s.begin(ctx, j); err != nil {
			return 0, false, err
		}
	}
	for {
		if !until.IsZero() && !time.Now().Before(until) {
			return events, false, nil
		}
		part, next, err := s.part(ctx, j, m.After, m.Files)
		if err != nil {
			return events, false, err
		}
		if part.Events > 0 {
			m.Files = append(m.Files, part)
			events += part.Events
		}
		if m.After = next.Next; next.Done {
			return events, true, s.putManifest(ctx, j, Manifest{Complete: true, Files: m.Files})
		}
		if err := s.putManifest(ctx, j, m); err != nil {
			return events, false, err
		}
	}
}

// partTime is what a file may take, with the share of a processor that a function with
// little memory has. A run that has less left, or less than a quarter of its time, leaves
// the file to the next one.
const partTime = 30 * time.Second

// lastBegin returns until when a run begins another file, the zero time for ever.
func lastBegin(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	return deadline.Add(-min(partTime, time.Until(deadline)/4))
}
