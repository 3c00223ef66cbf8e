package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const versionTimeout = 10 * time.Second

// binaries is one installation of the server that was seen to run.
type binaries struct {
	dir     string
	version string
	major   int
}

func (b binaries) postgres() string { return filepath.Join(b.dir, "postgres") }

func (b binaries) initdb() string { return filepath.Join(b.dir, "initdb") }

// findBinaries returns the server to run. When the data was already made by a
// major version, only that one can read it, and only that one is used; zero
// accepts any from minMajor on.
func findBinaries(ctx context.Context, cfg Config, major int) (binaries, error) {
	if cfg.source != sourceDownload {
		found, rejected := installed(ctx, installedDirs(ctx, cfg.binDir), major)
		if found.dir != "" {
			return found, nil
		}
		if cfg.source == sourceInstalled || cfg.binDir != "" {
			return binaries{}, notInstalled(cfg, major, rejected)
		}
	}
	pinned, err := releaseFor(runtime.GOOS, runtime.GOARCH, muslSystem())
	if err != nil {
		return binaries{}, err
	}
	if major != 0 && pinned.major() != strconv.Itoa(major) {
		return binaries{}, fmt.Errorf("the data in %s was made by PostgreSQL %d, which is not installed (to download there is %s): install PostgreSQL %d, or move the folder away to start afresh",
			cfg.Dir, major, pinned.major(), major)
	}
	download := fetcher{
		release:    pinned,
		repository: cfg.repository,
		cacheDir:   cfg.cacheDir,
		stall:      stallTimeout,
		delay:      time.Second,
		progress:   cfg.Progress,
		logger:     cfg.Logger,
	}
	dir, err := download.fetch(ctx)
	if err != nil {
		return binaries{}, err
	}
	found, err := inspect(ctx, filepath.Join(dir, "bin"))
	if err != nil {
		return binaries{}, fmt.Errorf("the downloaded PostgreSQL does not run here: %w: remove %s to download it again, or install PostgreSQL %d or newer", err, dir, minMajor)
	}
	return found, nil
}

func notInstalled(cfg Config, major int, rejected []string) error {
	wanted := fmt.Sprintf("PostgreSQL %d or newer", minMajor)
	if major != 0 {
		wanted = fmt.Sprintf("PostgreSQL %d, which made the data in %s", major, cfg.Dir)
	}
	where := "installed"
	if cfg.binDir != "" {
		where = "in FLUXA_POSTGRES_BIN=" + cfg.binDir
	}
	return fmt.Errorf("%s is not %s%s: install it with initdb, or set FLUXA_POSTGRES=%s to have it downloaded",
		wanted, where, inBrackets(strings.Join(rejected, "; ")), sourceDownload)
}

// installed returns the first directory that holds a fitting server, or why none
// of them does.
func installed(ctx context.Context, dirs []string, major int) (found binaries, rejected []string) {
	for _, dir := range dirs {
		candidate, err := inspect(ctx, dir)
		switch {
		case err != nil:
			rejected = append(rejected, err.Error())
		case candidate.major < minMajor, major != 0 && candidate.major != major:
			rejected = append(rejected, fmt.Sprintf("%s has version %s", dir, candidate.version))
		default:
			return candidate, nil
		}
	}
	return binaries{}, rejected
}

// installedDirs lists the directories that hold a postgres program, the
// preferred one first and each once.
func installedDirs(ctx context.Context, only string) []string {
	if only != "" {
		return []string{only}
	}
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/local/pgsql/bin",
		"/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well formed
		slices.SortFunc(matches, func(a, b string) int { return numberIn(b) - numberIn(a) })
		dirs = append(dirs, matches...)
	}
	return existing(dirs)
}

func existing(dirs []string) []string {
	var unique []string
	for _, dir := range dirs {
		program, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil {
			continue
		}
		if dir = filepath.Dir(program); !slices.Contains(unique, dir) {
			unique = append(unique, dir)
		}
	}
	return unique
}

func numberIn(path string) int {
	number, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(path)) // no digits: zero
	return number
}

// inspect runs the server's program for its version, which shows as well that
// it can run here at all.
func inspect(ctx context.Context, dir string) (binaries, error) {
	found := binaries{dir: dir}
	if _, err := os.Stat(found.initdb()); err != nil {
		return binaries{}, fmt.Errorf("%s has no initdb", dir)
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	answer, err := askVersion(ctx, found.postgres())
	if err != nil {
		return binaries{}, err
	}
	found.version, found.major, err = parseVersion(answer)
	return found, err
}

// askVersion waits while the program counts as open for writing: a program that
// was just extracted does until the children forked meanwhile have started.
func askVersion(ctx context.Context, program string) (string, error) {
	return every(ctx, poll, func() (string, error) {
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, program, "--version")
		cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, serverEnv(os.Environ())
		err := cmd.Run()
		if err != nil && !errors.Is(err, syscall.ETXTBSY) {
			err = backoff.Permanent(fmt.Errorf("%s --version: %w%s", program, err, inBrackets(firstLine(stderr.String()))))
		}
		return stdout.String(), err
	})
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// parseVersion reads `postgres (PostgreSQL) 15.13 (Debian 15.13-0)`, and the
// forms of unreleased versions such as 18beta1.
func parseVersion(answer string) (version string, major int, err error) {
	match := regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`).FindStringSubmatch(answer)
	if match == nil {
		return "", 0, fmt.Errorf("no version in the program's answer: %q", firstLine(answer))
	}
	major, err = strconv.Atoi(match[2])
	return match[1], major, err
}

// serverEnv keeps the caller's environment, less what would change how a server
// program behaves: its PG variables and its language.
func serverEnv(environ []string) []string {
	kept := make([]string, 0, len(environ)+1)
	for _, entry := range environ {
		if strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") || strings.HasPrefix(entry, "LANG") {
			continue
		}
		kept = append(kept, entry)
	}
	return append(kept, "LC_ALL=C")
}
