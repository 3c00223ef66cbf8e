// Package pgstore keeps events and their idempotency records in PostgreSQL. It
// is the store of the processor and of the queries; the tables are those of the
// module migrations.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/query"
)

// Store is a pool of connections and the statements of Fluxa. It is safe for
// concurrent use. Every statement may be repeated, so a Store tries again by
// itself, for a few seconds at most, when a connection was lost or could not be
// made, or when the server asks to (deadlock, serialization, failover). Times
// are kept in microseconds (the driver cuts off what is finer; a server would
// round it, perhaps past a bound it was checked against) and returned in UTC.
type Store struct {
	pool        *pgxpool.Pool
	credentials Credentials // nil with a URL
	bound       time.Duration
	tracer      pgx.QueryTracer // nil without tracing
	within      *pgx.Conn       // of a rehearsal: the one with the transaction
	now         func() time.Time
	sleep       func(ctx context.Context, d time.Duration) error
}

var (
	_ process.Store = (*Store)(nil)
	_ query.Store   = (*Store)(nil)
)

// New returns a Store. It opens no connection: the first statement or Ping does.
// Returns an error that names the field of the Config that is wrong; passwords
// are in no error.
func New(cfg Config) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := cfg.pool()
	if err != nil {
		return nil, err
	}
	return open(cfg, config)
}

func open(cfg Config, config *pgxpool.Config) (*Store, error) {
	s := &Store{credentials: cfg.Credentials, bound: cfg.StatementTimeout, tracer: cfg.Tracer, now: time.Now, sleep: budget.Sleep}
	if cfg.Credentials != nil {
		config.BeforeConnect = cfg.authenticate
	}
	// The context would bound connections made ahead of use; there are none.
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("pgstore: make the connection pool: %w", err)
	}
	s.pool = pool
	return s, nil
}

// Close closes the connections; those in use when their statement ends, for
// which it waits.
func (s *Store) Close() { s.pool.Close() }

// Ping asks the server for an answer. Returns a DatabaseUnavailable fault.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable(s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error { return conn.Ping(ctx) }), "ping the database")
}

const (
	// A call is tried retries+1 times, and no try begins later than retryWindow
	// after the first: an unreachable host must not eat the whole invocation.
	retries     = 3
	retryDelay  = 50 * time.Millisecond // quadrupled for each further one
	retryWindow = 3 * time.Second
)

// run runs a statement on a connection of the pool, again where that can help.
func (s *Store) run(ctx context.Context, statement func(context.Context, *pgx.Conn) error) error {
	began := s.now()
	delay := retryDelay
	refetched := false
	for try := 0; ; try++ {
		err := s.try(ctx, statement)
		if err == nil || ctx.Err() != nil || try == retries || s.now().Sub(began) > retryWindow {
			return err
		}
		switch refusedPassword, refused := passwordRefused(err); {
		case refused && s.credentials != nil && !refetched:
			s.credentials.Refused(refusedPassword)
			refetched = true
			continue
		case connectionLost(err):
			// Whatever cut one connection has probably cut the idle ones too.
			s.pool.Reset()
		case !transient(err):
			return err
		}
		jittered := time.Duration(float64(delay) * (0.5 + rand.Float64()))
		if ended := s.sleep(ctx, jittered); ended != nil {
			return fmt.Errorf("%w (no time for another try: %w)", err, ended)
		}
		delay *= 4
	}
}

func (s *Store) try(ctx context.Context, statement func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.bound)
	defer cancel()
	if s.within != nil {
		return statement(ctx, s.within)
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	err = statement(ctx, conn.Conn())
	noteUse(conn.Conn())
	if err != nil && ctx.Err() == nil && conn.Conn().IsClosed() {
		return &lostError{err}
	}
	return err
}

// passwordRefused returns the password that was refused in a connect: by PostgreSQL
// with 28P01, by RDS Proxy after a rotation also with 28000
// (https://github.com/aws/aws-secretsmanager-jdbc/pull/223, AWS's own driver). A
// server says 28000 of what no password mends, too, such as a role that may not log
// in: that costs one reading of the secret.
func passwordRefused(err error) (string, bool) {
	connect, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return "", false
	}
	switch sqlState(err) {
	case invalidPassword, invalidAuthorization:
		return connect.Config.Password, true
	}
	return "", false
}
