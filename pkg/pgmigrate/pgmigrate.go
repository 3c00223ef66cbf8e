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
	"github.com/fluxa/fluxa/pkg/contract"
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

var errNoSchema = errors.New("the connection's search_path names no existing schema to migrate")

// release is what a run brings a database up to.
type release struct {
	users  string
	files  fs.FS
	grants string
}

func shipped() release {
	return release{users: migrations.Users(), files: migrations.Files(), grants: migrations.Grants()}
}

// Up makes the database's users, applies what is pending to the database and schema of
// a URL (the first existing schema of its search_path) as contract.UserOwner, and says
// what each user may do. It returns the migrations that it applied: none when all were
// applied before. The user of the URL must be allowed to create roles and to use the
// schema; the others get the passwords that UserURL knows.
//
// Several callers at once are safe. Each file is applied in a transaction of its own;
// the error of a failed one names the file and holds the server's error (a
// *pgconn.PgError with its SQLSTATE), and what came before it stays applied and is
// returned too.
func Up(ctx context.Context, url string) ([]Migration, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	return up(ctx, config, shipped(), passwords(config.Password))
}

// UpWith is Up for a connection that no URL describes, such as one whose password is
// fetched. The users get no password: on Amazon RDS they log in with IAM tokens. The
// config is not changed.
func UpWith(ctx context.Context, config *pgx.ConnConfig) ([]Migration, error) {
	return up(ctx, config, shipped(), nil)
}

func parse(url string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	return config, nil
}

// up has one connection at a time.
func up(ctx context.Context, config *pgx.ConnConfig, to release, passwords map[string]string) (applied []Migration, err error) {
	config = patient(config)
	if err := administer(ctx, config, to.users, passwords); err != nil {
		return nil, fmt.Errorf("make the database's users: %w", err)
	}
	if applied, err = apply(ctx, config, to.files); err != nil {
		return applied, err
	}
	if err := administer(ctx, config, to.grants, nil); err != nil {
		return applied, fmt.Errorf("grant the database's users what they need: %w", err)
	}
	return applied, nil
}

// apply applies the files as the owner of the tables.
func apply(ctx context.Context, config *pgx.ConnConfig, files fs.FS) (applied []Migration, err error) {
	err = withProvider(ctx, config, contract.UserOwner, files, func(provider *goose.Provider) error {
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

// patient returns a copy of the config for work that takes the time it takes.
func patient(config *pgx.ConnConfig) *pgx.ConnConfig {
	config = config.Copy()
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	// The server may give up on any statement after a while, for callers that are
	// gone. The caller's context bounds a migration.
	config.RuntimeParams["statement_timeout"] = "0"
	return config
}

// withProvider uses goose on a connection; as the role, unless it is "".
func withProvider(ctx context.Context, config *pgx.ConnConfig, role string, files fs.FS, use func(*goose.Provider) error) (err error) {
	become := func(ctx context.Context, conn *pgx.Conn) error {
		if role == "" {
			return nil
		}
		_, err := conn.Exec(ctx, "SET ROLE "+pgx.Identifier{role}.Sanitize())
		return err
	}
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(become))
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
		return 0, errNoSchema
	}
	return id.Int64, nil
}
