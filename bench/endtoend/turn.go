package endtoend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/usage"
)

const (
	// A contender is warmed before it is measured: functions start cold. It gets a share
	// of the measured time, this at least, and so many posts of each client.
	warmShare, warmLeast, warmPosts = 4, 2 * time.Second, 20

	// settling is how long after the last row the work on its event goes on: messages are
	// deleted, announcements sent. What is used up within it counts.
	settling = 2 * time.Second

	// patience is how long no event may be stored while some are missing. It is above the
	// time after which SQS delivers a message again whose receiver was lost.
	patience = 5 * time.Minute

	// While events are missing their rows are counted again after this pause, or after
	// so many times what the count took, if that is more.
	countPause, countShare = 20 * time.Millisecond, 10

	queryTimeout = time.Minute
)

// values are what a turn measured, in the order of measures.
type values [measureCount]float64

// session is what all turns have in common.
type session struct {
	serverURL string
	database  string // its name; made anew for each turn
	reader    usage.Reader
	patience  time.Duration
	settling  time.Duration
	warm      time.Duration
}

// turn starts a contender in a new folder with a new database, warms it, measures it, and
// stops it.
func (s session) turn(ctx context.Context, c Contender, setting Setting, each time.Duration) (out values, err error) {
	url, pool, err := bench.NewDatabase(ctx, s.serverURL, s.database)
	if err != nil {
		return out, err
	}
	defer pool.Close()
	dir, err := os.MkdirTemp("", "fluxa-bench-turn-")
	if err != nil {
		return out, fmt.Errorf("make the folder of a turn: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	running, err := c.Start(ctx, Place{dir, url, pool})
	if err != nil {
		return out, fmt.Errorf("start %s: %w", c.Name(), err)
	}
	defer func() {
		if err = errors.Join(err, running.Stop()); err != nil && ctx.Err() == nil {
			err = withLogs(err, running.Logs...)
		}
	}()
	return s.measure(ctx, running, pool, setting, each)
}

func (s session) measure(ctx context.Context, r *Running, pool *pgxpool.Pool, setting Setting, each time.Duration) (out values, err error) {
	memory := usage.Watch(ctx, s.reader, r.Roots...)
	defer func() {
		bytes, watchErr := memory.Stop()
		out[memoryMiB], err = mebibytes(bytes), errors.Join(err, watchErr)
	}()
	clients, err := newClients(setting.Clients, setting.Batch, r.posts(setting.Batch))
	if err != nil {
		return out, err
	}
	defer clients.close()
	warmed, err := clients.post(ctx, max(s.warm, each/warmShare), warmPosts)
	if err != nil {
		return out, err
	}
	if err := s.stored(ctx, pool, r, warmed.events); err != nil {
		return out, err
	}
	if err := s.settle(ctx); err != nil {
		return out, err
	}
	if err := checkpoint(ctx, pool); err != nil {
		return out, err
	}
	before, queueBefore, err := s.used(r)
	if err != nil {
		return out, err
	}
	begun := time.Now()
	sent, err := clients.post(ctx, each, 1)
	if err != nil {
		return out, err
	}
	if err := s.stored(ctx, pool, r, warmed.events+sent.events); err != nil {
		return out, err
	}
	took := time.Since(begun)
	if err := s.settle(ctx); err != nil {
		return out, err
	}
	after, queue, err := s.used(r)
	if err != nil {
		return out, err
	}
	if err := s.check(ctx, pool, r, warmed.events+sent.events); err != nil {
		return out, err
	}
	events := float64(sent.events)
	out[acceptedRate] = events / sent.took.Seconds()
	out[storedRate] = events / took.Seconds()
	out[postP50] = milliseconds(sent.latencies.At(50))
	out[postP99] = milliseconds(sent.latencies.At(99))
	out[cpuPerEvent] = milliseconds(after.CPU-before.CPU) / events
	out[queueMiB], out[queuePerEvent] = math.NaN(), math.NaN() // it has none apart
	if len(r.Queue) > 0 {
		out[queueMiB], out[queuePerEvent] = mebibytes(queue.Memory), milliseconds(queue.CPU-queueBefore.CPU)/events
	}
	return out, nil
}

// used returns what all processes of the contender, and those of its queue, have used.
func (s session) used(r *Running) (all, queue usage.Usage, err error) {
	if all, err = s.reader.Of(r.Roots...); err != nil {
		return all, queue, err
	}
	queue, err = s.reader.Of(r.Queue...)
	return all, queue, err
}

// settle waits until nothing is left to do for the events that are stored.
func (s session) settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.settling):
		return nil
	}
}

// checkpoint has the database begin anew: no contender pays for what was written before.
func checkpoint(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if _, err := pool.Exec(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("make a checkpoint: %w", err)
	}
	return nil
}

// stored waits until so many events are stored. It gives up when none was for a long time.
func (s session) stored(ctx context.Context, pool *pgxpool.Pool, r *Running, want int) error {
	last, since := -1, time.Now()
	for {
		asked := time.Now()
		n, err := count(ctx, pool, r.Count)
		if err != nil {
			return err
		}
		switch {
		case n == want:
			return nil
		case n > want:
			return fmt.Errorf("%d rows are stored, of %d events that were accepted", n, want)
		case n > last:
			last, since = n, time.Now()
		case time.Since(since) > s.patience:
			return fmt.Errorf("%d of %d accepted events are stored, and none more since %s", n, want, s.patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(countPause, countShare*time.Since(asked))):
		}
	}
}

// check compares what is stored for good, a while after the last event was, with what was
// accepted.
func (s session) check(ctx context.Context, pool *pgxpool.Pool, r *Running, want int) error {
	for _, query := range []string{r.Count, r.Stored} {
		n, err := count(ctx, pool, query)
		if err != nil {
			return err
		}
		if n != want {
			return fmt.Errorf("%d events are stored, want the %d that were accepted (%s)", n, want, query)
		}
	}
	return nil
}

func count(ctx context.Context, pool *pgxpool.Pool, query string) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	if err := pool.QueryRow(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the events: %w", err)
	}
	return n, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
