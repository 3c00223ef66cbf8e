package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/local/logfile"
)

const (
	launchAttempts = 20
	launchBackoff  = 250 * time.Millisecond
	pingTimeout    = 5 * time.Second
	maxLogBytes    = 16 << 20
)

// launch starts the server and waits until it answers. It tries again while
// processes of a killed server still let go of its memory, and with another
// port when the free one that was found is gone by now.
func (s *Server) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("no answer within %s", startTimeout))
	defer cancel()
	_, err := every(ctx, launchBackoff, func() (struct{}, error) {
		err := s.launchOnce(ctx)
		var refused *refusedStart
		switch {
		case err == nil:
		case !errors.As(err, &refused):
			err = backoff.Permanent(err)
		case strings.Contains(refused.log, "pre-existing shared memory block"):
		case s.cfg.Port == 0 && s.current() == nil && strings.Contains(refused.log, "could not bind"):
			port, claimErr := claimPort(0)
			if claimErr != nil {
				return struct{}{}, backoff.Permanent(claimErr)
			}
			s.port = port
		default:
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithMaxTries(launchAttempts))
	return err
}

// refusedStart is a server that ended before it answered.
type refusedStart struct {
	log string
	error
}

func (e *refusedStart) Unwrap() error { return e.error }

func (s *Server) launchOnce(ctx context.Context) error {
	log, err := logfile.Open(s.LogFile(), maxLogBytes, 0o600)
	if err != nil {
		return fmt.Errorf("the log of PostgreSQL cannot be written: %w", err)
	}
	defer log.Close()
	size, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("look at the log of PostgreSQL: %w", err)
	}
	cmd := exec.Command(s.bin.postgres(), s.arguments()...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir, cmd.Env, cmd.SysProcAttr = s.dataDir(), serverEnv(os.Environ()), s.id.sysProcAttr()
	run, err := startPostmaster(cmd)
	if err != nil {
		return err
	}
	if err := s.awaitAnswer(ctx, run, size); err != nil {
		return errors.Join(err, run.stop(context.WithoutCancel(ctx), syscall.SIGQUIT, 0))
	}
	s.mu.Lock()
	s.run, s.logSize, s.stopped = run, size, false
	s.mu.Unlock()
	return nil
}

// arguments give every setting on the command line, so that the data directory
// holds none that a later version of this program would have to change. There is
// no Unix socket: its default folder belongs to another user, and its path may
// not be longer than some hundred bytes.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"port":                    strconv.Itoa(s.port),
		"max_connections":         "100",
		"shared_buffers":          "64MB",
		"logging_collector":       "off",
		"log_destination":         "stderr",
		"log_timezone":            "UTC",
		"timezone":                "UTC",
		"password_encryption":     "scram-sha-256",
	}
	if s.cfg.Ephemeral {
		maps.Copy(settings, map[string]string{
			"max_connections":    "200",
			"fsync":              "off",
			"synchronous_commit": "off",
			"full_page_writes":   "off",
		})
	}
	maps.Copy(settings, s.cfg.Settings)
	args := []string{"-D", s.dataDir()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// awaitAnswer returns when the server has answered a query in its own database.
func (s *Server) awaitAnswer(ctx context.Context, run *postmaster, logSize int64) error {
	var last error
	_, err := every(ctx, poll, func() (struct{}, error) {
		last = s.ensureDatabase(ctx)
		switch {
		case last == nil:
		case final(last) && !run.await(ctx, time.Second):
			last = backoff.Permanent(fmt.Errorf("PostgreSQL refuses its own user: %w: remove %s to start afresh", last, s.dir))
		case run.ended():
			log, ended := logSince(s.LogFile(), logSize), run.err
			if ended == nil {
				ended = errors.New("it ended by itself")
			}
			last = backoff.Permanent(&refusedStart{log: log, error: fmt.Errorf("PostgreSQL did not start: %w", explain(log, s.dir, ended))})
		}
		return struct{}{}, last
	})
	if cause := context.Cause(ctx); err != nil && errors.Is(err, cause) {
		return fmt.Errorf("PostgreSQL did not start: %w (%w): see %s", cause, last, s.LogFile())
	}
	return err
}

// final says whether waiting will not change the answer, as it does "the database
// system is starting up" and no answer at all.
func final(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && strings.HasPrefix(refusal.Code, "28")
}

func (s *Server) ensureDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is lost with it
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", databaseName).Scan(&exists); err != nil {
		return fmt.Errorf("look for the database %s: %w", databaseName, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{databaseName}.Sanitize()); err != nil {
		return fmt.Errorf("create the database %s: %w", databaseName, err)
	}
	return nil
}
