// Package pgmigrate brings a PostgreSQL schema up to date with the migrations of
// this release.
package pgmigrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/fluxa/fluxa/migrations"
)

// Migration is one file of the schema's history. AppliedAt is zero while it is
// pending.
type Migration struct {
	Version   int64
	Name      string // the file's
	AppliedAt time.Time
}

const (
	connectTimeout = 5 * time.Second

	// Two deploys at once take turns: the second one asks for the lock once a
	// second, for at most five minutes or until its context ends.
	lockPeriodSeconds = 1
	lockTries         = 300
)

// Up applies what is pending to the database and schema of a URL (the first
// existing schema of its search_path) and returns what it applied: nothing when
// all was applied before. Several callers at once are safe. Each file is applied
// in a transaction of its own; the error of a failed one names the file and holds
// the server's error (a *pgconn.PgError with its SQLSTATE), and what came before
// it stays applied and is returned too.
func Up(ctx context.Context, url string) ([]Migration, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	return UpWith(ctx, config)
}

// UpWith is Up for a connection that no URL describes, such as one whose
// password is fetched. The config is not changed.
func UpWith(ctx context.Context, config *pgx.ConnConfig) ([]Migration, error) {
	return up(ctx, config, migrations.Files())
}

func parse(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	return config, nil
}

func up(ctx context.Context, config *pgx.ConnConfig, files fs.FS) ([]Migration, error) {
	var applied []Migration
	err := withProvider(ctx, config, files, func(provider *goose.Provider) error {
		results, err := provider.Up(ctx)
		partial, ok := errors.AsType[*goose.PartialError](err)
		if ok {
			results = partial.Applied
			err = fmt.Errorf("apply migration %s: %w", path.Base(partial.Failed.Source.Path), partial.Err)
		} else if err != nil {
			err = fmt.Errorf("apply the migrations: %w", err)
		}
		if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
			err = fmt.Errorf("%w (%w)", err, ended) // the driver may only say that its connection is closed
		}
		now := time.Now().UTC()
		for _, r := range results {
			m := migration(r.Source)
			m.AppliedAt = now
			applied = append(applied, m)
		}
		return err
	})
	return applied, err
}

func migration(source *goose.Source) Migration {
	return Migration{Version: source.Version, Name: path.Base(source.Path)}
}

func withProvider(ctx context.Context, config *pgx.ConnConfig, files fs.FS, use func(*goose.Provider) error) (err error) {
	config = config.Copy()
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// The server may give up on any statement after a while, for callers that are
	// gone. A migration takes the time it takes; the caller's context bounds it.
	config.RuntimeParams["statement_timeout"] = "0"
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()

	id, err := lockID(ctx, db)
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(id), lock.WithLockTimeout(lockPeriodSeconds, lockTries))
	if err != nil {
		return fmt.Errorf("prepare the migrations' lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	return use(provider)
}

// lockID returns an advisory lock of the connection's schema. Advisory locks
// belong to a database: with one id for all, the schemas of one database would
// wait for each other.
func lockID(ctx context.Context, db *sql.DB) (int64, error) {
	var schema sql.NullString
	var id sql.NullInt64
	err := db.QueryRowContext(ctx,
		`SELECT current_schema()::text, hashtextextended('fluxa.migrations.' || current_schema(), 0)`).Scan(&schema, &id)
	if err != nil {
		return 0, fmt.Errorf("connect for the migrations: %w", err)
	}
	if !schema.Valid {
		return 0, errors.New("the connection's search_path names no existing schema to migrate")
	}
	return id.Int64, nil
}
