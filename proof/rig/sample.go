package rig

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sampleEvery = 500 * time.Millisecond
	// countTimeout bounds a count of rows: a table that is locked or a server that is
	// halted gives none.
	countTimeout = 400 * time.Millisecond
)

// Unknown is a number that could not be had at the time.
const Unknown = -1

// Sample is how far everything was at a time.
type Sample struct {
	At       time.Time `json:"at"`
	Accepted int       `json:"accepted"` // events that must be stored, each id once
	Stored   int       `json:"stored"`   // rows

	Announced int `json:"announced"` // ids
	Visible   int `json:"visible"`
	InFlight  int `json:"in_flight"`
	Letters   int `json:"letters"`
	Answered  int `json:"answered"` // requests to the API up to then
	Failed    int `json:"failed"`   // those that were answered with 500 or more
}

// Waiting is how many messages wait or are in work.
func (s Sample) Waiting() int {
	if s.Visible == Unknown {
		return Unknown
	}
	return s.Visible + s.InFlight
}

// Sampler takes samples of a load.
type Sampler struct {
	rig   *Rig
	load  *Load
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu      sync.Mutex
	samples []Sample
}

// Watch begins to take samples, until Stop.
func (r *Rig) Watch(ctx context.Context, load *Load) *Sampler {
	ctx, cancel := context.WithCancel(ctx)
	s := &Sampler{rig: r, load: load, stop: cancel}
	s.ended.Go(func() {
		ticker := time.NewTicker(sampleEvery)
		defer ticker.Stop()
		var db *pgx.Conn
		for ctx.Err() == nil {
			db = s.take(ctx, db)
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
		if db != nil {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), countTimeout)
			defer cancel()
			_ = db.Close(closing) // nothing was written
		}
	})
	return s
}

// take takes a sample and returns the connection for the next, nil when it is broken.
func (s *Sampler) take(ctx context.Context, db *pgx.Conn) *pgx.Conn {
	out := Sample{At: time.Now(), Accepted: s.load.Accepted(), Stored: Unknown, Visible: Unknown, InFlight: Unknown, Letters: Unknown}
	out.Answered, out.Failed = s.load.Answered()
	out.Announced = s.rig.subscriber.Announced()
	asking, cancel := context.WithTimeout(ctx, countTimeout)
	defer cancel()
	if db == nil || db.IsClosed() {
		db = nil
		if fresh, err := s.rig.Database.Connect(asking); err == nil {
			db = fresh
		}
	}
	if db != nil && db.QueryRow(asking, `SELECT count(*) FROM events`).Scan(&out.Stored) != nil {
		out.Stored = Unknown
	}
	if depths, err := s.rig.Depths(ctx); err == nil {
		out.Visible, out.InFlight, out.Letters = depths.Visible, depths.InFlight, depths.Letters
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, out)
	return db
}

// Stop returns the samples.
func (s *Sampler) Stop() []Sample {
	s.stop()
	s.ended.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.samples
}

// Until waits until a sample fulfils a condition, and returns it, or the error of ctx.
func (s *Sampler) Until(ctx context.Context, condition func(Sample) bool) (Sample, error) {
	for seen := 0; ; {
		s.mu.Lock()
		fresh := s.samples[seen:]
		seen = len(s.samples)
		s.mu.Unlock()
		for _, sample := range fresh {
			if condition(sample) {
				return sample, nil
			}
		}
		select {
		case <-ctx.Done():
			return Sample{}, ctx.Err()
		case <-time.After(sampleEvery / 2):
		}
	}
}
