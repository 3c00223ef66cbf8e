package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	dataName     = "data"
	passwordName = "password"
	logName      = "postgres.log"

	// Folders that an interrupted start leaves behind.
	initPrefix     = "init-"
	identityPrefix = "identity-"
)

// dataMajor returns the major version that made the data, and zero when there
// is none yet. Data without its version or its control file is what an initdb
// that was interrupted leaves: no server can start from it, so it is moved aside
// and made anew.
func dataMajor(dataDir string, logger *slog.Logger) (int, error) {
	info, err := os.Stat(dataDir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look at the data of PostgreSQL: %w", err)
	}
	if !info.IsDir() {
		return 0, fmt.Errorf("%s is not a folder: move it away", dataDir)
	}
	version, versionErr := os.ReadFile(filepath.Join(dataDir, "PG_VERSION"))
	_, controlErr := os.Stat(filepath.Join(dataDir, "global", "pg_control"))
	if versionErr == nil && controlErr == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(version)))
		if err != nil {
			return 0, fmt.Errorf("%s/PG_VERSION holds %q, no version: move the folder away to start afresh", dataDir, firstLine(string(version)))
		}
		return major, nil
	}
	for _, err := range []error{versionErr, controlErr} {
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, fmt.Errorf("cannot read the data of PostgreSQL: %w: run as the user who made it, or move the folder away", err)
		}
	}
	if err := os.Remove(dataDir); err == nil {
		return 0, nil
	}
	aside := fmt.Sprintf("%s.incomplete-%s", dataDir, time.Now().UTC().Format("20060102T150405.000"))
	if err := os.Rename(dataDir, aside); err != nil {
		return 0, fmt.Errorf("move the incomplete %s aside: %w", dataDir, pathCause(err))
	}
	logger.Warn("the data of PostgreSQL is incomplete, making it anew", "moved_to", aside)
	return 0, nil
}

// initData makes a new data directory below dir. It is made under another name
// and renamed when it is whole, so that an interruption leaves nothing that
// looks like data.
func initData(ctx context.Context, bin binaries, id identity, dir, password string, durable bool) error {
	work, err := os.MkdirTemp(dir, initPrefix)
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w: make it writable or choose another folder", dir, pathCause(err))
	}
	defer func() { _ = os.RemoveAll(work) }() // what stays is swept at the next start
	secret := filepath.Join(work, passwordName)
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the password for initdb: %w", err)
	}
	for _, path := range []string{secret, work} {
		if err := id.own(path); err != nil {
			return err
		}
	}
	fresh := filepath.Join(work, dataName)
	args := []string{
		"--pgdata", fresh, "--username", user, "--pwfile", secret,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
	}
	if !durable {
		args = append(args, "--no-sync")
	}
	if err := runInitdb(ctx, bin, id, work, args); err != nil {
		return err
	}
	if err := os.Rename(fresh, filepath.Join(dir, dataName)); err != nil {
		return fmt.Errorf("move the new data of PostgreSQL into place: %w", err)
	}
	return nil
}

func runInitdb(ctx context.Context, bin binaries, id identity, work string, args []string) error {
	cmd := exec.CommandContext(ctx, bin.initdb(), args...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.Dir, cmd.Env, cmd.SysProcAttr = work, serverEnv(os.Environ()), id.sysProcAttr()
	endWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killGrace
	finished := make(chan error, 1)
	go onThread(func() { finished <- cmd.Run() })
	err := <-finished
	if ctx.Err() != nil {
		return fmt.Errorf("initialise PostgreSQL's data in %s: %w", filepath.Dir(work), context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("initialise PostgreSQL's data in %s: %w", filepath.Dir(work), explain(output.String(), filepath.Dir(work), err))
	}
	return nil
}

// loadPassword returns the server's password, made when there is no data yet.
// It is written before the data is, so that data never exists without it.
func loadPassword(dir string, dataExists bool) (string, error) {
	path := filepath.Join(dir, passwordName)
	content, err := os.ReadFile(path)
	password := strings.TrimSpace(string(content))
	switch {
	case err == nil && password != "":
		return password, nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("read the password of PostgreSQL: %w", err)
	case dataExists:
		return "", fmt.Errorf("the password of the data in %s is missing from %s: restore it, or remove the folder to start afresh", dir, path)
	}
	password = rand.Text()
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("cannot write to %s: %w: make it writable or choose another folder", dir, pathCause(err))
	}
	return password, nil
}
