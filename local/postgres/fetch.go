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
	stall      time.Duration
	backoff    time.Duration
	progress   func(done, total int64)
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
	if err := f.clean(); err != nil {
		return "", err
	}
	archive, err := f.download(ctx)
	if err != nil {
		return "", err
	}
	defer f.remove(archive)
	if err := f.unpack(archive, target); err != nil {
		return "", err
	}
	return target, nil
}

// clean removes what a killed process left half-made; only the holder of the
// release's lock may call it.
func (f *fetcher) clean() error {
	leftovers, err := filepath.Glob(filepath.Join(f.cacheDir, f.release.name()+".part-*"))
	if err != nil {
		return fmt.Errorf("look for unfinished downloads in %s: %w", f.cacheDir, err)
	}
	for _, path := range leftovers {
		f.remove(path)
	}
	return nil
}

func (f *fetcher) remove(path string) {
	if err := os.RemoveAll(path); err != nil {
		f.logger.Warn("unfinished download was not removed", "path", path, "error", err)
	}
}

func (f *fetcher) unpack(archive, target string) error {
	dir, err := os.MkdirTemp(f.cacheDir, f.release.name()+".part-")
	if err != nil {
		return fmt.Errorf("make a folder for PostgreSQL in %s: %w", f.cacheDir, err)
	}
	defer f.remove(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("open %s for reading: %w", dir, err)
	}
	if err := extractArchive(archive, dir); err != nil {
		return fmt.Errorf("extract PostgreSQL %s to %s: %w", f.release.version, f.cacheDir, err)
	}
	if err := os.Rename(dir, target); err != nil {
		return fmt.Errorf("move PostgreSQL %s into place: %w", f.release.version, err)
	}
	return nil
}

// download tries a few times and returns the path of an archive whose checksum
// is right. A wrong checksum is not tried again: what the repository serves is
// not what was pinned, and asking once more would hide that.
func (f *fetcher) download(ctx context.Context) (string, error) {
	url := f.release.url(f.repository)
	delay := f.backoff
	for attempt := 1; ; attempt++ {
		path, err := f.attempt(ctx, url)
		if err == nil {
			return path, nil
		}
		var final *finalError
		switch {
		case errors.As(err, &final) || ctx.Err() != nil:
			return "", fmt.Errorf("download PostgreSQL %s from %s: %w", f.release.version, redacted(url), err)
		case attempt == fetchAttempts:
			return "", fmt.Errorf("download PostgreSQL %s from %s, %d times: %w: see to the network, install PostgreSQL %d or newer, or set DATABASE_URL",
				f.release.version, redacted(url), attempt, err, MinMajor)
		}
		f.logger.Warn("download of PostgreSQL failed, trying again", "attempt", attempt, "of", fetchAttempts, "error", err)
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("download PostgreSQL %s from %s: %w", f.release.version, redacted(url), ctx.Err())
		case <-time.After(delay):
			delay *= 2
		}
	}
}

// redacted hides the password that the address of a private mirror may hold.
func redacted(address string) string {
	parsed, err := neturl.Parse(address)
	if err != nil {
		return "the repository"
	}
	return parsed.Redacted()
}

// finalError marks a failure that another attempt would only repeat.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

func (f *fetcher) attempt(ctx context.Context, url string) (path string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := newStallWatch(f.stall, cancel)
	defer watch.stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", &finalError{err}
	}
	client := &http.Client{Transport: f.transport()}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return "", causeOf(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		err := fmt.Errorf("the repository answered %s", response.Status)
		if response.StatusCode < 500 && response.StatusCode != http.StatusTooManyRequests {
			return "", &finalError{fmt.Errorf("%w: set FLUXA_POSTGRES_REPOSITORY to one that has it, or install PostgreSQL %d or newer", err, MinMajor)}
		}
		return "", err
	}
	return f.save(ctx, response, watch)
}

func (f *fetcher) transport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: f.stall}).DialContext,
		TLSHandshakeTimeout:   f.stall,
		ResponseHeaderTimeout: f.stall,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true,
	}
}

func (f *fetcher) save(ctx context.Context, response *http.Response, watch *stallWatch) (path string, err error) {
	file, err := os.CreateTemp(f.cacheDir, f.release.name()+".part-")
	if err != nil {
		return "", &finalError{fmt.Errorf("cannot write to %s: %w", f.cacheDir, pathCause(err))}
	}
	defer func() {
		if closeErr := file.Close(); closeErr != nil && err == nil {
			err = &finalError{fmt.Errorf("write %s: %w", file.Name(), pathCause(closeErr))}
		}
		if err != nil {
			f.remove(file.Name())
		}
	}()

	hash := sha256.New()
	body := &countingReader{in: response.Body, total: response.ContentLength, seen: func(done, total int64) {
		watch.alive()
		if f.progress != nil {
			f.progress(done, total)
		}
	}}
	_, err = io.Copy(&diskWriter{out: io.MultiWriter(file, hash)}, io.LimitReader(body, maxArchiveBytes+1))
	switch {
	case err != nil:
		return "", causeOf(ctx, err)
	case body.done > maxArchiveBytes:
		return "", &finalError{fmt.Errorf("the archive is larger than %d MiB", maxArchiveBytes>>20)}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != f.release.sha256 {
		return "", &finalError{fmt.Errorf("the checksum of the archive is wrong: it is %s, pinned is %s; nothing of it was used", got, f.release.sha256)}
	}
	return file.Name(), nil
}

// diskWriter marks a failed write as final: a full disk stays full.
type diskWriter struct{ out io.Writer }

func (w *diskWriter) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	if err != nil {
		return n, &finalError{fmt.Errorf("write the archive: %w", err)}
	}
	return n, nil
}

type countingReader struct {
	in    io.Reader
	done  int64
	total int64
	seen  func(done, total int64)
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if n > 0 {
		r.done += int64(n)
		r.seen(r.done, r.total)
	}
	return n, err
}

// stallWatch cancels a transfer that has been silent for too long. A limit on
// silence, not on the whole, lets a slow link finish.
type stallWatch struct {
	limit time.Duration
	timer *time.Timer
}

func newStallWatch(limit time.Duration, cancel context.CancelCauseFunc) *stallWatch {
	return &stallWatch{limit: limit, timer: time.AfterFunc(limit, func() {
		cancel(fmt.Errorf("no data for %s", limit))
	})}
}

func (w *stallWatch) alive() { w.timer.Reset(w.limit) }

func (w *stallWatch) stop() { w.timer.Stop() }

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

// pathCause takes the path out of an error whose message names it already.
func pathCause(err error) error {
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
