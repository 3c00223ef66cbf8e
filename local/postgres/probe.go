package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const probeTimeout = 5 * time.Second

// Probe connects to a server that somebody else runs, within 5 s, and returns
// nil when it can be used: it answers, lets the user in, has the database, and
// is of version 14 or newer. Otherwise the error is one line that says which of
// these failed and what to do. The password is in no error.
func Probe(ctx context.Context, url string) error {
	return probe(ctx, url, probeTimeout)
}

func probe(ctx context.Context, url string, limit time.Duration) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("DATABASE_URL is no PostgreSQL URL: %w: write it as postgres://user:password@host:5432/database", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return unusable(ctx, cfg, err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is lost with it
	var text string
	if err := conn.QueryRow(ctx, "SHOW server_version_num").Scan(&text); err != nil {
		return unusable(ctx, cfg, err)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("PostgreSQL at %s gives %q as its version: it may be another product", addressOf(cfg), text)
	}
	if number < minMajor*10000 {
		return fmt.Errorf("PostgreSQL at %s is version %d, too old: use version %d or newer, or unset DATABASE_URL to have one started", addressOf(cfg), number/10000, minMajor)
	}
	return nil
}

func addressOf(cfg *pgx.ConnConfig) string {
	return net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
}

func unusable(ctx context.Context, cfg *pgx.ConnConfig, err error) error {
	address := addressOf(cfg)
	var refusal *pgconn.PgError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &refusal):
		return fmt.Errorf("PostgreSQL at %s refuses the connection: %w: correct DATABASE_URL, or see the server's log", address, refusal)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no PostgreSQL listens at %s (connection refused): start it, correct DATABASE_URL, or unset it to have one started", address)
	case errors.As(err, &lookup):
		return fmt.Errorf("the host %s of DATABASE_URL is not known: correct it, or unset DATABASE_URL to have a server started", cfg.Host)
	case ctx.Err() != nil:
		return fmt.Errorf("PostgreSQL at %s: %w: see that it runs and can be reached from here", address, context.Cause(ctx))
	}
	return fmt.Errorf("PostgreSQL at %s cannot be used: %w", address, err)
}
