package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	fetchAttempts   = 4
	maxArchiveBytes = 256 << 20
)

// fetcher brings one pinned release into the cache. Any number of processes may
// share a cache: one downloads, the others wait for it and use what it brought.
type fetcher struct {
	release    release
	repository string
	cacheDir   string
	stall      time.Duration // ends a transfer in which no byte arrives
	delay      time.Duration // before the second attempt; it doubles
	progress   io.Writer     // nil: not shown
	logger     *slog.Logger
}

// fetch returns the directory that holds the release's bin and share folders,
// downloading it when the cache lacks it. A directory under its final name is
// always whole: it is renamed into place after the checksum was right and every
// file of it was written.
func (f *fetcher) fetch(ctx context.Context) (string, error) {
	target := filepath.Join(f.cacheDir, f.release.name())
	if isDir(target) {
		return target, nil
	}
	if err := makeDir(f.cacheDir); err != nil {
		return "", fmt.Errorf("cannot write PostgreSQL binaries to %s: %w: make it writable or set FLUXA_CACHE to another folder", f.cacheDir, pathCause(err))
	}
	lock, err := waitLock(ctx, target+".lock")
	if err != nil {
		return "", fmt.Errorf("wait for another process that downloads PostgreSQL to %s: %w", f.cacheDir, err)
	}
	defer lock.release()
	if isDir(target) {
		return target, nil
	}
	// What a killed process left half-made; only the holder of the lock may do so.
	if err := removeAll(filepath.Join(f.cacheDir, f.release.name()+".part-*")); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(f.cacheDir, f.release.name()+".part-")
	if err != nil {
		return "", fmt.Errorf("cannot write PostgreSQL binaries to %s: %w: make it writable or set FLUXA_CACHE to another folder", f.cacheDir, pathCause(err))
	}
	defer func() { _ = os.RemoveAll(work) }() // what stays is removed at the next download
	archive := filepath.Join(work, "archive.jar")
	if err := f.download(ctx, archive); err != nil {
		return "", err
	}
	return target, f.unpack(archive, filepath.Join(work, "content"), target)
}

func (f *fetcher) unpack(archive, dir, target string) error {
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(dir, 0o755)); err != nil {
		return fmt.Errorf("make a folder for PostgreSQL in %s: %w", f.cacheDir, err)
	}
	if err := extractArchive(archive, dir); err != nil {
		return fmt.Errorf("extract PostgreSQL %s to %s: %w", f.release.version, f.cacheDir, err)
	}
	if err := os.Rename(dir, target); err != nil {
		return fmt.Errorf("move PostgreSQL %s into place: %w", f.release.version, err)
	}
	return nil
}

// download writes the archive to path, in a few attempts with back-off. Only what
// another attempt may change is tried again: not a refusal, not a full disk, and
// not a wrong checksum, since asking once more would hide that the repository does
// not serve what was pinned.
func (f *fetcher) download(ctx context.Context, path string) error {
	url := f.release.url(f.repository)
	attempts := 0
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval, delays.Multiplier = f.delay, 2
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		attempts++
		return struct{}{}, f.attempt(ctx, url, path)
	}, backoff.WithBackOff(delays), backoff.WithMaxTries(fetchAttempts), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, next time.Duration) {
			f.logger.Warn("download of PostgreSQL failed, trying again", "attempt", attempts, "of", fetchAttempts, "after", next, "error", err)
		}))
	switch permanent := (*backoff.PermanentError)(nil); {
	case err == nil:
		return nil
	case attempts < fetchAttempts || ctx.Err() != nil || errors.As(err, &permanent):
		return fmt.Errorf("download PostgreSQL %s from %s: %w", f.release.version, redacted(url), err)
	}
	return fmt.Errorf("download PostgreSQL %s from %s, %d times: %w: check the network, install PostgreSQL %d or newer, or set DATABASE_URL",
		f.release.version, redacted(url), attempts, err, minMajor)
}

// redacted hides the password that the address of a private mirror may hold.
func redacted(address string) string {
	parsed, err := neturl.Parse(address)
	if err != nil {
		return "the repository"
	}
	return parsed.Redacted()
}

// attempt is one transfer. A limit on silence, not on the whole, lets a slow link
// finish.
func (f *fetcher) attempt(ctx context.Context, url, path string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(f.stall, func() { cancel(fmt.Errorf("no data for %s", f.stall)) })
	defer silence.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return backoff.Permanent(err)
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: f.stall}).DialContext,
		TLSHandshakeTimeout:   f.stall,
		ResponseHeaderTimeout: f.stall,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true,
	}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return causeOf(ctx, err)
	}
	defer response.Body.Close()
	if code := response.StatusCode; code >= 500 || code == http.StatusTooManyRequests {
		return fmt.Errorf("the repository answered %s", response.Status)
	} else if code != http.StatusOK {
		return backoff.Permanent(fmt.Errorf("the repository answered %s: set FLUXA_POSTGRES_REPOSITORY to one that has it, or install PostgreSQL %d or newer", response.Status, minMajor))
	}
	alive := writer(func(p []byte) (int, error) { silence.Reset(f.stall); return len(p), nil })
	return f.save(ctx, response, path, alive)
}

// save writes the body to path and checks what arrived; each piece is written to
// seen too.
func (f *fetcher) save(ctx context.Context, response *http.Response, path string, seen io.Writer) error {
	if f.progress != nil {
		seen = io.MultiWriter(seen, newProgress(f.progress, response.ContentLength))
	}
	file, err := os.Create(path)
	if err != nil {
		return backoff.Permanent(fmt.Errorf("cannot write to %s: %w", f.cacheDir, pathCause(err)))
	}
	disk := writer(func(p []byte) (int, error) {
		n, err := file.Write(p)
		if err != nil {
			err = backoff.Permanent(fmt.Errorf("write the archive: %w", err)) // a full disk stays full
		}
		return n, err
	})
	hash := sha256.New()
	size, err := io.Copy(io.MultiWriter(disk, hash, seen), io.LimitReader(response.Body, maxArchiveBytes+1))
	closeErr := file.Close()
	got := hex.EncodeToString(hash.Sum(nil))
	switch {
	case err != nil:
		return causeOf(ctx, err)
	case closeErr != nil:
		return backoff.Permanent(fmt.Errorf("write the archive: %w", closeErr))
	case size > maxArchiveBytes:
		return backoff.Permanent(fmt.Errorf("the archive is larger than %d MiB", maxArchiveBytes>>20))
	case got != f.release.sha256:
		return backoff.Permanent(fmt.Errorf("the checksum of the archive is wrong: it is %s, pinned is %s; nothing of it was used", got, f.release.sha256))
	}
	return nil
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// causeOf prefers the reason of a cancelled transfer, and takes the address out
// of an error that is reported with it anyway.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var addressed *neturl.Error
	if errors.As(err, &addressed) {
		return addressed.Err
	}
	return err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// removeAll removes everything that the pattern matches.
func removeAll(pattern string) error {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove a leftover: %w", err)
		}
	}
	return nil
}

// pathCause takes the path out of an error whose message names it already.
func pathCause(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
