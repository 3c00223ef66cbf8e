// Package postgres finds, initialises, starts and stops a real PostgreSQL
// server of its own: the database of the local stack, and of the tests. It
// uses installed binaries (14 or newer) and downloads pinned ones where there
// are none. The server listens on 127.0.0.1 only, asks for a password, and ends
// with the process that started it, even when that process is killed.
package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// The values of FLUXA_POSTGRES.
const (
	sourceAuto      = "auto"      // installed binaries, downloaded ones where none fit
	sourceInstalled = "installed" // never downloads
	sourceDownload  = "download"  // ignores what is installed
)

const (
	startTimeout = 60 * time.Second // up to the first answered query, without the download
	stopGrace    = 10 * time.Second // for an orderly shutdown, before it is forced
	stallTimeout = 30 * time.Second // ends a download in which no byte arrives

	// minMajor is the oldest PostgreSQL major version that the schema and the
	// statements of this workspace are written for.
	minMajor = 14

	user         = "fluxa"
	databaseName = "fluxa"
)

// Config says which server to run and where. Only Dir is required, and not even
// that for an Ephemeral one. Where the binaries come from is for the environment
// to say: FLUXA_POSTGRES (auto, installed, download), FLUXA_POSTGRES_BIN,
// FLUXA_POSTGRES_REPOSITORY and FLUXA_CACHE.
type Config struct {
	// Dir holds everything of a durable server: data, password, log, lock. It is
	// made when missing. One server at a time may use it. An ephemeral server
	// uses a temporary directory instead and refuses a Dir.
	Dir string
	// Ephemeral makes a throw-away server for tests: it does not wait for the
	// disk, and Stop removes its data.
	Ephemeral bool
	// Port on 127.0.0.1; zero takes a free one, which the server keeps over Restart.
	Port int
	// Settings are further server settings (name to value), over the defaults.
	Settings map[string]string
	// Progress gets a line for each tenth of a download. Default: none is written.
	Progress io.Writer
	// Logger receives what is unusual: a leftover server stopped, a download tried
	// again. Default: slog.Default().
	Logger *slog.Logger

	source     string // auto, installed or download
	binDir     string // the only place to look for installed binaries; empty: everywhere
	repository string // the Maven repository of the pinned archives
	cacheDir   string // of downloaded binaries; shared by any number of processes
}

// resolve adds the environment and the defaults, and validates. getenv is
// os.Getenv outside of tests.
func (c Config) resolve(getenv func(string) string) (Config, error) {
	c.source = cmp.Or(c.source, getenv("FLUXA_POSTGRES"), sourceAuto)
	c.binDir = cmp.Or(c.binDir, getenv("FLUXA_POSTGRES_BIN"))
	c.repository = cmp.Or(c.repository, getenv("FLUXA_POSTGRES_REPOSITORY"), defaultRepository)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if err := c.validate(); err != nil {
		return c, err
	}
	if c.cacheDir == "" {
		dir, err := cacheDir(getenv)
		if err != nil {
			return c, err
		}
		c.cacheDir = dir
	}
	for _, path := range []*string{&c.Dir, &c.binDir, &c.cacheDir} {
		if *path == "" {
			continue
		}
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return c, fmt.Errorf("make %s an absolute path: %w", *path, err)
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
	}
	if base, err := url.Parse(c.repository); err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return fmt.Errorf("postgres config: FLUXA_POSTGRES_REPOSITORY must be an http or https URL, got %q", redacted(c.repository))
	}
	switch c.source {
	case sourceAuto, sourceInstalled, sourceDownload:
		return nil
	}
	return fmt.Errorf("postgres config: FLUXA_POSTGRES must be %s, %s or %s, got %q", sourceAuto, sourceInstalled, sourceDownload, c.source)
}

// cacheDir is below the user's cache directory. Root on Linux has one that other
// users can enter: PostgreSQL never runs as root, and could not read below its home.
func cacheDir(getenv func(string) string) (string, error) {
	if dir := getenv("FLUXA_CACHE"); dir != "" {
		return filepath.Join(dir, "postgres"), nil
	}
	if os.Geteuid() == 0 && runtime.GOOS == "linux" {
		return "/var/cache/fluxa/postgres", nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the user's cache directory for the PostgreSQL binaries (set FLUXA_CACHE): %w", err)
	}
	return filepath.Join(dir, "fluxa", "postgres"), nil
}
