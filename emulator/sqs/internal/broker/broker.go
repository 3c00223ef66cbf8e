package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	defaultMaxInFlight = 120_000
	lockWait           = 2 * time.Second
	sweepInterval      = time.Minute
	opsQueued          = 1024
)

// Options say where the file is and how it is kept. Path is required; its
// folder is made when absent. Zero values mean time.Now, the default logger, a
// flush to disk with each commit and 120,000 messages in flight. Now decides what
// is due; waits always take real time.
type Options struct {
	Path        string
	Now         func() time.Time
	Logger      *slog.Logger
	NoSync      bool
	MaxInFlight int
}

// Broker holds the queues of one file. All its methods may be called by many
// goroutines at once.
type Broker struct {
	db          *bolt.DB
	clock       func() time.Time
	log         *slog.Logger
	maxInFlight int

	ops     chan *op
	closing chan struct{}
	stopped chan struct{}
	closed  sync.Once
	running sync.WaitGroup

	// mu guards the fields below. The committing goroutine holds it while it
	// applies a group, and gives it back before it goes to the disk.
	mu     sync.Mutex
	queues map[string]*queue
	broken error
}

// Open opens the file, or makes it, and rebuilds the index. It fails when
// another process has the file open, or when the file is damaged.
func Open(o Options) (*Broker, error) {
	if o.Path == "" {
		return nil, errors.New("open queue storage: path is empty")
	}
	if o.MaxInFlight < 0 {
		return nil, fmt.Errorf("open queue storage: max in flight %d is negative", o.MaxInFlight)
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = defaultMaxInFlight
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("open queue storage: make the folder: %w", err)
	}
	// The free list is not written with each commit: after a large backlog it
	// would be megabytes. It is found again by a scan when the file is opened.
	db, err := bolt.Open(o.Path, 0o600, &bolt.Options{
		Timeout:        lockWait,
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
		NoSync:         o.NoSync,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open queue storage %s: another process has it open", o.Path)
	}
	if err != nil {
		return nil, fmt.Errorf("open queue storage %s: %w", o.Path, err)
	}
	b := &Broker{
		db:          db,
		clock:       o.Now,
		log:         o.Logger,
		maxInFlight: o.MaxInFlight,
		ops:         make(chan *op, opsQueued),
		closing:     make(chan struct{}),
		stopped:     make(chan struct{}),
	}
	if err := b.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("open queue storage %s: %w", o.Path, err), db.Close())
	}
	if !o.NoSync {
		if err := syncFolder(filepath.Dir(o.Path)); err != nil {
			return nil, errors.Join(fmt.Errorf("open queue storage %s: %w", o.Path, err), db.Close())
		}
	}
	go b.commitLoop()
	b.running.Go(b.sweepLoop)
	return b, nil
}

// Close finishes what was handed in, wakes those who wait for messages, and
// closes the file. Calls that come later get ErrClosed. A second Close does
// nothing.
func (b *Broker) Close() error {
	var err error
	b.closed.Do(func() {
		close(b.closing)
		<-b.stopped
		b.running.Wait()
		if err = b.db.Close(); err != nil {
			err = fmt.Errorf("close queue storage: %w", err)
		}
	})
	return err
}

func (b *Broker) now() int64 { return b.clock().UnixMilli() }

// sweepLoop drops, once a minute, what is older than its queue's retention.
func (b *Broker) sweepLoop() {
	for {
		select {
		case <-b.closing:
			return
		case <-time.After(sweepInterval):
		}
		err := b.do(context.Background(), 0, func(t *txn) error {
			for _, q := range b.queues {
				for _, e := range q.entries {
					if q.expired(e, t.now) {
						t.drop(q, e)
					}
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrClosed) {
			b.log.Error("sweep of expired messages failed", "error", err)
		}
	}
}

// syncFolder makes the name of a new file as durable as what is in it.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("flush the folder: %w", err)
	}
	return nil
}
