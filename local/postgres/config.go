// Package postgres finds, initialises, starts and stops a real PostgreSQL
// server of its own: the database of the local stack, and of the tests. It
// takes installed binaries (14 or newer) and downloads pinned ones where there
// are none. The server listens on 127.0.0.1 only, asks for a password, and ends
// with the process that started it, even when that process is killed.
package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Source says where the server's binaries come from.
type Source string

const (
	// SourceAuto takes installed binaries and downloads only where none fit.
	SourceAuto Source = "auto"
	// SourceInstalled never downloads.
	SourceInstalled Source = "installed"
	// SourceDownload ignores what is installed.
	SourceDownload Source = "download"
)

const (
	defaultStartTimeout = 60 * time.Second
	defaultStopGrace    = 10 * time.Second
	defaultStallTimeout = 30 * time.Second

	// MinMajor is the oldest PostgreSQL major version that the schema and the
	// statements of this workspace are written for.
	MinMajor = 14

	user         = "fluxa"
	databaseName = "fluxa"
)

// Config says which server to run and where. Only Dir is required, and not even
// that for an Ephemeral one. A Config is a value: Start keeps its own copy.
type Config struct {
	// Dir holds everything of a durable server: data, password, log, lock. It is
	// made when missing. One server at a time may use it. An ephemeral server
	// takes a temporary directory instead and refuses a Dir.
	Dir string
	// Ephemeral makes a throw-away server for tests: it does not wait for the
	// disk, and Stop removes its data.
	Ephemeral bool
	// Port on 127.0.0.1; zero takes a free one, which the server keeps over Restart.
	Port int
	// LogFile receives what the server writes. Default: postgres.log in Dir.
	LogFile string
	// Source of the binaries. Default: SourceAuto.
	Source Source
	// BinDir, when set, is the only place where installed binaries are sought.
	BinDir string
	// CacheDir holds downloaded binaries and may be shared by any number of
	// processes. Default: fluxa/postgres in the user's cache directory; for root
	// on Linux /var/cache/fluxa/postgres, as PostgreSQL itself never runs as root
	// and so could not read below root's home.
	CacheDir string
	// Repository is the base URL of the Maven repository that serves the pinned
	// archives. Default: the one embedded-postgres publishes to.
	Repository string
	// Progress, when set, is told how many bytes of a download have arrived; total
	// is -1 when the server does not say. It is called from one goroutine at a time
	// and never when nothing is downloaded.
	Progress func(done, total int64)
	// StartTimeout bounds the start up to the first answered query, without the
	// download. Default: 60 s.
	StartTimeout time.Duration
	// StopGrace is how long Stop waits for an orderly shutdown before it insists.
	// Default: 10 s.
	StopGrace time.Duration
	// StallTimeout ends a download during which no byte arrives for this long.
	// Default: 30 s.
	StallTimeout time.Duration
	// Settings are further server settings (name to value), over the defaults.
	Settings map[string]string
	// Logger is told of what is unusual: a leftover server stopped, a download
	// tried again. Default: slog.Default().
	Logger *slog.Logger
}

// WithEnv returns the Config with each field that is still empty taken from the
// environment: FLUXA_POSTGRES (auto, installed, download), FLUXA_POSTGRES_BIN,
// FLUXA_POSTGRES_REPOSITORY and FLUXA_CACHE. What the caller has set wins. Values
// are validated by Start, not here. getenv is os.Getenv outside of tests.
func (c Config) WithEnv(getenv func(string) string) Config {
	if c.Source == "" {
		c.Source = Source(getenv("FLUXA_POSTGRES"))
	}
	if c.BinDir == "" {
		c.BinDir = getenv("FLUXA_POSTGRES_BIN")
	}
	if c.Repository == "" {
		c.Repository = getenv("FLUXA_POSTGRES_REPOSITORY")
	}
	if c.CacheDir == "" {
		if dir := getenv("FLUXA_CACHE"); dir != "" {
			c.CacheDir = filepath.Join(dir, "postgres")
		}
	}
	return c
}

func (c Config) withDefaults() (Config, error) {
	if c.Source == "" {
		c.Source = SourceAuto
	}
	if c.Repository == "" {
		c.Repository = libraryRepository()
	}
	if c.StartTimeout == 0 {
		c.StartTimeout = defaultStartTimeout
	}
	if c.StopGrace == 0 {
		c.StopGrace = defaultStopGrace
	}
	if c.StallTimeout == 0 {
		c.StallTimeout = defaultStallTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Settings = maps.Clone(c.Settings)
	if err := c.validate(); err != nil {
		return Config{}, err
	}
	if c.CacheDir == "" {
		dir, err := defaultCacheDir()
		if err != nil {
			return Config{}, err
		}
		c.CacheDir = dir
	}
	for _, path := range []*string{&c.Dir, &c.BinDir, &c.CacheDir, &c.LogFile} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return Config{}, fmt.Errorf("make %s an absolute path: %w", *path, err)
		}
		*path = absolute
	}
	return c, nil
}

func (c Config) validate() error {
	switch {
	case c.Dir == "" && !c.Ephemeral:
		return errors.New("postgres config: Dir must be set for a server that is not ephemeral")
	case c.Dir != "" && c.Ephemeral:
		return fmt.Errorf("postgres config: Dir must be empty for an ephemeral server, got %q", c.Dir)
	case c.Port < 0 || c.Port > 65535:
		return fmt.Errorf("postgres config: Port must be from 0 to 65535, got %d", c.Port)
	case c.StartTimeout < 0:
		return fmt.Errorf("postgres config: StartTimeout must be positive, got %s", c.StartTimeout)
	case c.StopGrace < 0:
		return fmt.Errorf("postgres config: StopGrace must be positive, got %s", c.StopGrace)
	case c.StallTimeout < 0:
		return fmt.Errorf("postgres config: StallTimeout must be positive, got %s", c.StallTimeout)
	}
	if base, err := url.Parse(c.Repository); err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return fmt.Errorf("postgres config: Repository (FLUXA_POSTGRES_REPOSITORY) must be an http or https URL, got %q", redacted(c.Repository))
	}
	switch c.Source {
	case SourceAuto, SourceInstalled, SourceDownload:
		return nil
	}
	return fmt.Errorf("postgres config: Source (FLUXA_POSTGRES) must be %s, %s or %s, got %q",
		SourceAuto, SourceInstalled, SourceDownload, c.Source)
}

func defaultCacheDir() (string, error) {
	if os.Geteuid() == 0 && runtime.GOOS == "linux" {
		return "/var/cache/fluxa/postgres", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory for the PostgreSQL binaries (set FLUXA_CACHE): %w", err)
	}
	return filepath.Join(dir, "fluxa", "postgres"), nil
}
