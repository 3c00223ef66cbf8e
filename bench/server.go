package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/local/postgres"
)

// serverTimeout bounds each question to the server, and its end.
const serverTimeout = time.Minute

// WithServer runs measure with the URL and the version of a PostgreSQL of its own, which
// waits for the disk like one in production, and which all contenders share. Progress gets
// a line for each tenth of a download.
func WithServer(ctx context.Context, progress io.Writer, measure func(url, version string) error) (err error) {
	dir, err := os.MkdirTemp("", "fluxa-bench-")
	if err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := postgres.Start(ctx, postgres.Config{Dir: dir, Progress: progress, Settings: map[string]string{
		"max_wal_size": "4GB", "checkpoint_timeout": "30min",
		// What RDS gives to the instance of prod, which has 8 GiB:
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Tuning.concepts.memory.html
		"shared_buffers": "2GB",
	}})
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), serverTimeout)
		defer cancel()
		err = errors.Join(err, server.Stop(stopping))
	}()
	version, err := versionOf(ctx, server.URL())
	if err != nil {
		return err
	}
	return measure(server.URL(), version)
}

func versionOf(ctx context.Context, url string) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, serverTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", fmt.Errorf("ask for the server's version: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "", fmt.Errorf("ask for the server's version: %w", err)
	}
	version, _, _ = strings.Cut(version, " ")
	return version, nil
}
