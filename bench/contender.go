// Package bench measures how fast events get into PostgreSQL: by Fluxa's processor, by
// the way of Fluxa v1, and by COPY, the fastest there is. All of them store the same
// events in the same server, taking turns, and each is checked for what it stored.
package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/process"
)

// Contender stores events in a database of its own.
type Contender interface {
	Name() string
	// Batch is the size of batch that it takes where others have one of n: less where
	// the size makes no difference to it, so that a turn need not be long.
	Batch(n int) int
	// Reset makes the database as it is before the first event.
	Reset(ctx context.Context) error
	// Open returns one lane for each connection.
	Open(ctx context.Context, url string, lanes int) ([]Lane, error)
	// Stored returns how many events the database has as stored for good.
	Stored(ctx context.Context) (int, error)
	// URL is that of its database.
	URL() string
	Close()
}

// Lane is one connection of a contender, for one goroutine.
type Lane interface {
	// Store stores a batch, or returns an error that says what was not stored.
	Store(ctx context.Context, batch Batch) error
	Close()
}

// Batch is what one delivery of the queue has, and for COPY the rows that are in it.
type Batch struct {
	Messages []process.Message
	Rows     []Row
}

// Row is a decoded event, with what the message says of it.
type Row struct {
	Envelope event.Envelope
	Event    event.Event
	Hash     []byte
}

// database is a contender's own, with a pool beside the lanes.
type database struct {
	url  string
	pool *pgxpool.Pool
}

// newDatabase makes a database of the name in the server of the URL, anew.
func newDatabase(ctx context.Context, serverURL, name string) (database, error) {
	url, pool, err := NewDatabase(ctx, serverURL, name)
	return database{url, pool}, err
}

// NewDatabase makes a database of the name in the server of the URL, in place of one that
// is there. It returns the database's URL, and a pool that the caller closes.
func NewDatabase(ctx context.Context, serverURL, name string) (url string, pool *pgxpool.Pool, err error) {
	server, err := pgxpool.New(ctx, serverURL)
	if err != nil {
		return "", nil, fmt.Errorf("make database %s: %w", name, err)
	}
	defer server.Close()
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := server.Exec(ctx, statement); err != nil {
			return "", nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	config := server.Config().Copy()
	config.ConnConfig.Database = name
	if pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return "", nil, fmt.Errorf("make database %s: %w", name, err)
	}
	c := config.ConnConfig
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", c.User, c.Password, c.Host, c.Port, name), pool, nil
}

func (d database) URL() string { return d.url }

func (d database) Close() { d.pool.Close() }

func (database) Batch(n int) int { return n }

// empty empties the tables and starts from a checkpoint, so that no contender pays for
// what the one before it wrote.
func (d database) empty(ctx context.Context, tables string) error {
	for _, statement := range []string{"TRUNCATE " + tables, "CHECKPOINT"} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (d database) count(ctx context.Context, query string) (n int, err error) {
	if err := d.pool.QueryRow(ctx, query).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the events: %w", err)
	}
	return n, nil
}

const storedSQL = "SELECT count(*) FROM events JOIN idempotency_keys k USING (event_id) WHERE k.status = 'success'"

// fluxaTables makes a database with Fluxa's tables and the partitions of the days ahead.
func fluxaTables(ctx context.Context, serverURL, name string) (database, error) {
	d, err := newDatabase(ctx, serverURL, name)
	if err != nil {
		return d, err
	}
	if _, err := pgmigrate.Up(ctx, d.url); err != nil {
		return d, err
	}
	store, err := pgstore.New(pgstore.Config{URL: d.url, MaxConns: 1})
	if err != nil {
		return d, err
	}
	defer store.Close()
	service, err := maintain.New(maintain.Config{Store: store})
	if err != nil {
		return d, err
	}
	_, err = service.Run(ctx)
	return d, err
}

func (d database) emptyFluxa(ctx context.Context) error {
	return d.empty(ctx, "events, idempotency_keys, announced_batches, watched_messages")
}

const storeTimeout = time.Minute
