package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// impatient is the shipped sender with short pauses.
func impatient() sender {
	s := newSender()
	s.pause = time.Millisecond
	return s
}

// bucket is S3 as a pre-signed URL shows it. It is safe for concurrent use.
type bucket struct {
	url string

	mu       sync.Mutex
	statuses []int // of the next answers; then 200
	taken    []request
}

type request struct {
	method, uri, body string
	length            int64
	contentType       []string
}

func startBucket(t *testing.T, statuses ...int) *bucket {
	t.Helper()
	b := &bucket{statuses: statuses}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read an answer: %v", err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.taken = append(b.taken, request{r.Method, r.RequestURI, string(body), r.ContentLength, r.Header["Content-Type"]})
		status := http.StatusOK
		if len(b.statuses) > 0 {
			status, b.statuses = b.statuses[0], b.statuses[1:]
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		if _, err := io.WriteString(w, "<Error><SignatureProvided>MARK</SignatureProvided></Error>"); err != nil {
			t.Errorf("answer: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *bucket) all() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// only returns the one request there was.
func (b *bucket) only(t *testing.T) request {
	t.Helper()
	all := b.all()
	if len(all) != 1 {
		t.Fatalf("%d requests, want 1: %v", len(all), all)
	}
	return all[0]
}

const signed = "/arn%3Aaws%3Acloudformation%7CMigrations?X-Amz-Signature=MARK&X-Amz-Credential=a%2Fb"

func TestPut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses []int
		want     string
		tries    int
	}{
		"good":                    {nil, "", 1},
		"overloaded twice":        {[]int{503, 503}, "", 3},
		"an error, then too many": {[]int{500, 429, 200}, "", 3},
		"down":                    {[]int{503, 503, 503, 503, 502, 200}, "S3 answered 502 Bad Gateway", 5},
		"a void signature":        {[]int{403}, "S3 answered 403 Forbidden", 1},
		"another region":          {[]int{307}, "S3 answered 307 Temporary Redirect", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBucket(t, c.statuses...)
			err := impatient().put(t.Context(), b.url+signed, []byte(`{"Status":"SUCCESS"}`))
			if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
				t.Errorf("error %v", err)
			}
			all := b.all()
			if len(all) != c.tries {
				t.Errorf("%d tries, want %d", len(all), c.tries)
			}
			for _, got := range all {
				if got.method != "PUT" || got.uri != signed || got.body != `{"Status":"SUCCESS"}` || got.length != 20 || got.contentType != nil {
					t.Errorf("it sent %+v", got)
				}
			}
		})
	}
}

func TestPut_no_error_holds_the_URL(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	for address, want := range map[string]string{
		closed.URL + signed:              "connection refused",
		"http://127.0.0.1:port" + signed: "must be a URL of https or http",
		"http://127.0.0.1/%zz" + signed:  "must be a URL of https or http",
		"https:" + signed:                "must be a URL of https or http",
		"ftp://127.0.0.1" + signed:       "must be a URL of https or http",
		signed:                           "must be a URL of https or http",
		"":                               "must be a URL of https or http",
	} {
		err := impatient().put(t.Context(), address, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "MARK") {
			t.Errorf("%s: error %v", address, err)
		}
	}
}

// TestPut_ends_with_the_context cancels while S3 keeps the request.
func TestPut_ends_with_the_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	err := impatient().put(ctx, server.URL+signed, nil)
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "MARK") {
		t.Errorf("error %v", err)
	}
	if err := impatient().put(ctx, server.URL+signed, nil); err == nil || err.Error() != "context canceled (the last try: it was not tried)" {
		t.Errorf("error %v", err)
	}
}

func TestPut_gives_up_a_try_that_hangs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tries++
		hang := tries < 3
		mu.Unlock()
		if hang {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	s := impatient()
	if s.client.Timeout != 5*time.Second {
		t.Errorf("a try may take %s", s.client.Timeout)
	}
	s.client.Timeout = 100 * time.Millisecond
	if err := s.put(t.Context(), server.URL+signed, nil); err != nil {
		t.Errorf("error %v", err)
	}
}
