package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Server is one running PostgreSQL with a superuser and a database, both named
// fluxa. Its methods may be called from any goroutine; Stop and Restart wait for
// one another.
type Server struct {
	cfg      Config
	dir      string
	port     int
	password string
	bin      binaries
	id       identity
	lock     *fileLock

	operation sync.Mutex
	closed    bool

	mu      sync.Mutex
	run     *postmaster
	logSize int64
	stopped bool
}

// lockPatience lets an owner that was just killed or stopped finish its end.
const lockPatience = time.Second

var errStopped = errors.New("PostgreSQL was stopped for good: start a new one")

// Start brings a server up and returns when it answers a query: the binaries are
// found or downloaded, the data is made when there is none, what an earlier run
// left is cleared away. The context bounds the start and not the server's life;
// Stop ends that. Errors are one line that says what to do: a port in use, a
// folder that cannot be written or is in use, a full disk, no binaries.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.resolve(os.Getenv)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, port: cfg.Port}
	if err := s.claim(ctx); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.abandon())
	}
	return s, nil
}

// claim makes the server's directory this process's own.
func (s *Server) claim(ctx context.Context) error {
	var err error
	if s.cfg.Ephemeral {
		sweepEphemeral(ctx, os.TempDir(), s.cfg.Logger)
		s.dir, s.lock, err = newEphemeralDir(os.TempDir())
		return err
	}
	s.dir = s.cfg.Dir
	if err := makeDir(s.dir); err != nil {
		return fmt.Errorf("cannot make the folder %s: %w: make its parent writable or choose another folder", s.dir, pathCause(err))
	}
	path := filepath.Join(s.dir, lockName)
	waiting, cancel := context.WithTimeoutCause(ctx, lockPatience, errLocked)
	defer cancel()
	s.lock, err = waitLock(waiting, path)
	switch {
	case errors.Is(err, errLocked):
		return fmt.Errorf("%s is in use by another fluxa (pid %s): stop that one first, or choose another folder", s.dir, lockHolder(path))
	case err != nil:
		return fmt.Errorf("cannot write to %s: %w: make it writable or choose another folder", s.dir, pathCause(err))
	}
	return nil
}

// prepare does everything up to data that a server can start from.
func (s *Server) prepare(ctx context.Context) error {
	major, err := dataMajor(s.dataDir(), s.cfg.Logger)
	if err != nil {
		return err
	}
	if s.bin, err = findBinaries(ctx, s.cfg, major); err != nil {
		return err
	}
	if err := clearLeftover(ctx, s.dataDir(), s.cfg.Logger); err != nil {
		return err
	}
	for _, interrupted := range []string{initPrefix, identityPrefix} {
		if err := removeAll(filepath.Join(s.dir, interrupted+"*")); err != nil {
			return err
		}
	}
	if s.port, err = claimPort(s.cfg.Port); err != nil {
		return err
	}
	if s.id, err = chooseIdentity(ctx, s.bin, s.dir, s.dataDir()); err != nil {
		return err
	}
	if s.password, err = loadPassword(s.dir, major != 0); err != nil {
		return err
	}
	if major != 0 {
		return nil
	}
	return initData(ctx, s.bin, s.id, s.dir, s.password, !s.cfg.Ephemeral)
}

// claimPort says early and clearly that a port is in use; zero finds a free one.
func claimPort(port int) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return 0, fmt.Errorf("port %d on 127.0.0.1 is in use, PostgreSQL cannot have it: stop what listens there, or choose another port", port)
	case err != nil:
		return 0, fmt.Errorf("port %d on 127.0.0.1 cannot be had for PostgreSQL: %w: choose another port", port, err)
	}
	address := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("let go of port %d: %w", address.Port, err)
	}
	return address.Port, nil
}

// abandon lets go of the directory, and removes it when it was temporary.
func (s *Server) abandon() error {
	s.closed = true
	var err error
	if s.cfg.Ephemeral {
		if err = os.RemoveAll(s.dir); err != nil {
			err = fmt.Errorf("remove the data of an ephemeral PostgreSQL: %w", err)
		}
	}
	s.lock.release()
	return err
}

// URL is what clients connect with, password included.
func (s *Server) URL() string { return s.urlOf(databaseName) }

func (s *Server) urlOf(database string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(user, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// LogFile is where the server writes what happens to it.
func (s *Server) LogFile() string { return filepath.Join(s.dir, logName) }

func (s *Server) dataDir() string { return filepath.Join(s.dir, dataName) }

// Done is closed when the server has ended, wanted or not; Err then says
// which. After a Restart there is a new channel: ask again.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run.done
}

// Err is nil while the server runs and after Stop. After an unexpected end it
// says how the server ended and what it wrote last.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || !s.run.ended() {
		return nil
	}
	how := "it ended by itself"
	if s.run.err != nil {
		how = s.run.err.Error()
	}
	return fmt.Errorf("PostgreSQL died (%s); its last words in %s: %s", how, s.LogFile(), lastLines(logSince(s.LogFile(), s.logSize)))
}

func (s *Server) current() *postmaster {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

// Stop shuts the server down: open transactions are rolled back and connections
// closed, then after 10 s it is forced, and at last killed. When the
// context ends it is forced at once. No process is left, and an ephemeral
// server's data is removed. Stopping a stopped server does nothing.
func (s *Server) Stop(ctx context.Context) error {
	s.operation.Lock()
	defer s.operation.Unlock()
	if s.closed {
		return nil
	}
	if err := s.halt(ctx); err != nil {
		return err
	}
	return s.abandon()
}

// halt marks the end as wanted before it brings it about.
func (s *Server) halt(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = s.stopped || !s.run.ended()
	s.mu.Unlock()
	first := syscall.SIGINT
	if s.cfg.Ephemeral {
		first = syscall.SIGQUIT
	}
	return s.current().stop(ctx, first, stopGrace)
}

// Restart starts the server again on the same data and port, whether it was
// killed, died, or still runs; one that runs is shut down first. The URL stays
// valid, every connection is lost. It fails after Stop.
func (s *Server) Restart(ctx context.Context) error {
	s.operation.Lock()
	defer s.operation.Unlock()
	if s.closed {
		return errStopped
	}
	if err := s.halt(ctx); err != nil {
		return err
	}
	if err := clearLeftover(ctx, s.dataDir(), s.cfg.Logger); err != nil {
		return err
	}
	if _, err := claimPort(s.port); err != nil {
		return err
	}
	return s.launch(ctx)
}
