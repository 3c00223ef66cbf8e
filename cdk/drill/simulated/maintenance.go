package simulated

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// maintenanceTakes is how long a run takes.
const maintenanceTakes = 2 * time.Second

// maintenance is the schedule of maintain, and the tables that it keeps in shape.
type maintenance struct {
	w          *World
	service    *maintain.Service
	emitter    *telemetry.Emitter
	lines      bytes.Buffer
	partitions []time.Time
	exported   time.Time // the begin of the first day that is not
	began      time.Time
}

func newMaintenance(w *World) (*maintenance, error) {
	m := &maintenance{w: w, began: w.now, exported: w.now.Truncate(24 * time.Hour)}
	var err error
	if m.service, err = maintain.New(maintain.Config{
		Store: m, Retention: time.Duration(w.stage.Events.RetentionDays) * 24 * time.Hour, Now: w.Now,
	}); err != nil {
		return nil, err
	}
	if m.emitter, err = telemetry.NewEmitter(&m.lines, telemetry.EmitterConfig{
		Namespace: contract.NamespaceMaintain, Now: w.Now,
		Service: telemetry.Service{Name: string(contract.FunctionMaintain), Environment: w.stage.Environment()},
	}); err != nil {
		return nil, err
	}
	_, err = m.service.Run(context.Background())
	return m, err
}

// tick runs the maintenance when the world begins, as a schedule does that is made, and
// then at whole hours or, of a stage that does so once a day, at midnight: on the day
// that it breaks, that is when the next partition is wanted. Lambda runs an asynchronous invocation that
// failed again after one minute, and once more after two ("How Lambda handles errors and
// retries with asynchronous invocation":
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html).
func (m *maintenance) tick() {
	if m.w.now.Equal(m.began) || m.w.now.Unix()%int64(m.w.stage.Events.MaintainEvery().Seconds()) == 0 {
		m.run(time.Minute, 2*time.Minute)
	}
}

func (m *maintenance) run(again ...time.Duration) {
	report, err := m.service.Run(context.Background())
	exportErr := m.export()
	report.Measure(m.emitter, err)
	if err := m.emitter.Flush(nil); err != nil {
		m.w.fail(err)
	}
	m.w.put(&m.lines)
	err = errors.Join(err, exportErr)
	m.w.invoked(contract.FunctionMaintain, m.w.now, maintenanceTakes, 1, err)
	if err != nil && len(again) > 0 {
		m.w.At(m.w.now.Add(again[0]), func() { m.run(again[1:]...) })
	}
}

// export exports the days that are over as the function does after the maintenance, if the
// stage asks for it, and counts those that are left. Where it cannot read which are
// exported, it counts none.
func (m *maintenance) export() error {
	switch {
	case m.w.stage.Events.ExportFormat() == "":
		return nil
	case m.w.Faults.Bucket:
		return fault.New(fault.StorageUnavailable, "the bucket cannot be reached")
	}
	var err error
	today := m.w.now.Truncate(24 * time.Hour)
	if m.exported.Before(today) && m.w.Faults.Exports {
		err = fault.New(fault.StorageUnavailable, "the bucket takes no file")
	} else {
		m.exported = today
	}
	m.emitter.Count(contract.MetricExportDaysBehind, min(contract.DailyExportDays, int(today.Sub(m.exported).Hours()/24)))
	return err
}

func (m *maintenance) unreachable() error {
	if m.w.Faults.Database {
		return fault.New(fault.DatabaseUnavailable, "the database cannot be reached")
	}
	return nil
}

// Partitions returns the days that have one.
func (m *maintenance) Partitions(context.Context) ([]time.Time, error) {
	return slices.Clone(m.partitions), m.unreachable()
}

// MakePartition makes the partition of a day.
func (m *maintenance) MakePartition(_ context.Context, day time.Time) (int64, error) {
	if m.w.Faults.Partitions {
		return 0, fault.New(fault.DatabaseUnavailable, "the lock of the table could not be had")
	}
	m.partitions = append(m.partitions, day)
	return 0, m.unreachable()
}

// DropPartition drops the partition of a day.
func (m *maintenance) DropPartition(_ context.Context, day time.Time) error {
	m.partitions = slices.DeleteFunc(m.partitions, day.Equal)
	return m.unreachable()
}

// Misplaced returns none: events of a day without a partition are not simulated.
func (m *maintenance) Misplaced(context.Context) ([]time.Time, int64, error) {
	return nil, 0, m.unreachable()
}

// PruneKeys finds none.
func (m *maintenance) PruneKeys(context.Context, time.Time, int) (int64, error) {
	return 0, m.unreachable()
}

// PruneAnnouncements finds none.
func (m *maintenance) PruneAnnouncements(context.Context, time.Time) (int64, error) {
	return 0, m.unreachable()
}
