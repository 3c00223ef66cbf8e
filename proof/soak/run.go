package soak

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/rig"
)

const (
	sampleEvery  = 2 * time.Second
	queryTimeout = time.Minute
	named        = 5
	mebibyte     = 1 << 20
)

// Options are how long is soaked, and how.
type Options struct {
	BinDir string
	Rate   float64 // events a second
	For    time.Duration
	Pages  int // of the console that are open all the while
}

// Record is what a soak found.
type Record struct {
	Rate     float64          `json:"rate"`
	For      time.Duration    `json:"for"`
	Pages    int              `json:"pages"`
	Result   checker.Result   `json:"result"`
	Statuses map[int]int      `json:"statuses"`
	Trends   []Trend          `json:"trends"`
	Files    map[string]Grown `json:"files"`
	// EndToEnd is from the acceptance of an event to its row, by the table: half of the
	// events take no longer than the first, one in a hundred longer than the second; the
	// third is the age of the oldest message that ever waited.
	EndToEnd [3]time.Duration `json:"end_to_end_p50_p99_max"`
	Waiting  int              `json:"most_waiting"`
	Failure  string           `json:"failure,omitempty"`
}

// Grown is the size of a file, or of all in a folder, at the begin and at the end.
type Grown struct{ From, To int64 }

// Growing returns the trends that grow.
func (r Record) Growing() []Trend {
	return slices.DeleteFunc(slices.Clone(r.Trends), func(t Trend) bool { return !t.Grows })
}

// Run soaks. The error is of the harness; what is wrong with the product is the record's
// Failure. What grows is for the caller to judge: a short soak has too few samples.
func Run(ctx context.Context, o Options) (record Record, err error) {
	record = Record{Rate: o.Rate, For: o.For, Pages: o.Pages}
	dir, err := os.MkdirTemp("", "fluxa-soak-")
	if err != nil {
		return record, fmt.Errorf("make the folder of the soak: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // for the user that PostgreSQL gets when this one is root
		return record, fmt.Errorf("make the folder of the soak: %w", err)
	}
	r, err := rig.Start(ctx, rig.Config{Dir: dir, BinDir: o.BinDir, Console: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return record, err
	}
	defer func() { err = errors.Join(err, r.Stop(context.WithoutCancel(ctx))) }()
	db, err := r.Database.Connect(ctx)
	if err != nil {
		return record, err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	return record, record.run(ctx, r, db, dir)
}

func (record *Record) run(ctx context.Context, r *rig.Rig, db *pgx.Conn, dir string) error {
	before, err := files(dir)
	if err != nil {
		return err
	}
	load := rig.StartLoad(ctx, r.Stack.Info(), r.Queue, rig.LoadConfig{Rate: record.Rate, Mix: rig.UsualMix(), Seed: rand.Uint64()})
	watch, pages := r.Watch(ctx, load), r.Open(ctx, record.Pages)
	all, err := observe(ctx, r, db, record.For)
	sent, wrong := load.Stop()
	wrong = errors.Join(wrong, pages.Close())
	record.Statuses = load.Statuses()
	if err == nil {
		wrong = errors.Join(wrong, r.Drain(ctx))
	}
	for _, s := range watch.Stop() {
		record.Waiting = max(record.Waiting, s.Waiting())
	}
	if err != nil {
		return err
	}
	evidence, err := r.Evidence(ctx, sent)
	if err != nil {
		return err
	}
	record.Result = checker.Check(evidence)
	if wrong = errors.Join(wrong, record.Result.Err(named)); wrong != nil {
		record.Failure = wrong.Error()
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		record.Trends = append(record.Trends, all[name].trend(name, unit(name)))
	}
	if err := record.grow(before, dir); err != nil {
		return err
	}
	return record.endToEnd(ctx, db)
}

// grow compares the files with those of the begin.
func (record *Record) grow(before map[string]int64, dir string) error {
	after, err := files(dir)
	if err != nil {
		return err
	}
	record.Files = map[string]Grown{}
	for name, size := range after {
		record.Files[name] = Grown{before[name], size}
	}
	return nil
}

func (record *Record) endToEnd(ctx context.Context, db *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var seconds [3]float64
	err := db.QueryRow(ctx, `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.99) WITHIN GROUP (ORDER BY took), max(took)
		FROM (SELECT extract(epoch FROM created_at - received_at)::float8 AS took FROM events) AS all_events`).Scan(&seconds[0], &seconds[1], &seconds[2])
	if err != nil {
		return fmt.Errorf("ask how long events took: %w", err)
	}
	for i, s := range seconds {
		record.EndToEnd[i] = time.Duration(s * float64(time.Second))
	}
	return nil
}

// observe takes samples until the time is over.
func observe(ctx context.Context, r *rig.Rig, db *pgx.Conn, length time.Duration) (map[string]*series, error) {
	out := map[string]*series{}
	begun := time.Now()
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for time.Since(begun) < length {
		values, err := look(ctx, r, db)
		if err != nil {
			return nil, err
		}
		for name, value := range values {
			if out[name] == nil {
				out[name] = &series{}
			}
			out[name].add(time.Since(begun), value)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
	}
	return out, nil
}

// look returns every figure of the moment. Of a function that has several processes, and
// of PostgreSQL, it is the mean: their number follows the load.
func look(ctx context.Context, r *rig.Rig, db *pgx.Conn) (map[string]float64, error) {
	goroutines, pid, err := r.Stack.Goroutines(ctx)
	if err != nil {
		return nil, err
	}
	postmaster, err := r.Database.Process()
	if err != nil {
		return nil, err
	}
	all, err := table("/proc")
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	var connections int
	if err := db.QueryRow(asking, `SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'fluxa\_%'`).Scan(&connections); err != nil {
		return nil, fmt.Errorf("count the connections: %w", err)
	}
	out := map[string]float64{"goroutines of the stack": float64(goroutines), "connections to PostgreSQL": float64(connections)}
	groups := map[string][]process{}
	for _, p := range family(all, pid) {
		name := p.name
		if p.pid == pid {
			name = "the stack"
		}
		groups[name] = append(groups[name], p)
	}
	groups["PostgreSQL"] = family(all, postmaster)
	for name, processes := range groups {
		memory, descriptors := 0.0, 0.0
		for _, p := range processes {
			memory += float64(p.own)
			descriptors += float64(p.descriptors)
		}
		n := float64(len(processes))
		out["memory of "+name] = memory / n / mebibyte
		out["descriptors of "+name] = descriptors / n
	}
	return out, nil
}

func unit(name string) string {
	if strings.HasPrefix(name, "memory") {
		return "MiB"
	}
	return ""
}
