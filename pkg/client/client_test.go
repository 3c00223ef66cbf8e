package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// script answers each request with the next of its answers, the last one for ever,
// and keeps what was asked.
type script struct {
	mu       sync.Mutex
	answers  []func(*http.Request) (*http.Response, error)
	requests []asked
	times    []time.Time
}

type asked struct {
	method, url, body string
	header            http.Header
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.requests = append(s.requests, asked{r.Method, r.URL.String(), string(body), r.Header})
	s.times = append(s.times, time.Now())
	answer := s.answers[min(len(s.requests), len(s.answers))-1]
	s.mu.Unlock()
	return answer(r)
}

func says(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func breaks(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func newClient(t *testing.T, s *script, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Endpoint: "http://api.test/dev/", APIKey: "secret", Transport: s}
	for _, c := range change {
		c(&cfg)
	}
	client, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

const enqueued = `{"event_id":"e1","status":"enqueued"}`

func TestNew_names_what_cannot_be_used(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"no endpoint":          {Config{}, `the endpoint "" is not a URL such as https://host/stage`},
		"no scheme":            {Config{Endpoint: "host/dev"}, `the endpoint "host/dev" is not a URL such as https://host/stage`},
		"another scheme":       {Config{Endpoint: "ftp://host"}, `the endpoint "ftp://host" is not a URL such as https://host/stage`},
		"a query":              {Config{Endpoint: "http://host?x=1"}, `the endpoint "http://host?x=1" is not a URL such as https://host/stage`},
		"a negative timeout":   {Config{Endpoint: "http://host", Timeout: -1}, "the API client's Timeout -1ns, Tries 5 and Connections 256 must not be negative"},
		"negative tries":       {Config{Endpoint: "http://host", Tries: -1}, "the API client's Timeout 30s, Tries -1 and Connections 256 must not be negative"},
		"negative connections": {Config{Endpoint: "http://host", Connections: -1}, "the API client's Timeout 30s, Tries 5 and Connections -1 must not be negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(test.cfg); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestSend_sends_the_bytes_as_they_are(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func(*http.Request) (*http.Response, error){says(202, enqueued)}}
	payload := "{ \"amount\":0.10 ,\t\"x\":\"\\u00e9\"}"
	result, err := newClient(t, s).Send(t.Context(), []byte(payload), "my-key")
	if err != nil || result.EventID != "e1" || result.Status != contract.StatusEnqueued {
		t.Fatalf("got %+v, %v", result, err)
	}
	got := s.requests[0]
	if got.method != "POST" || got.url != "http://api.test/dev/events" || got.body != payload {
		t.Errorf("asked %s %s %q", got.method, got.url, got.body)
	}
	for name, want := range map[string]string{
		"X-Api-Key": "secret", "Idempotency-Key": "my-key", "Content-Type": "application/json", "Accept": "application/json",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
}

func TestSend_tries_again(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first func(*http.Request) (*http.Response, error)
		tries int
	}{
		"after 429":                 {says(429, "{}"), 2},
		"after 502":                 {says(502, "bad gateway"), 2},
		"after 503":                 {says(503, "{}"), 2},
		"after 504":                 {says(504, "{}"), 2},
		"after a broken connection": {breaks(io.ErrUnexpectedEOF), 2},
		"after no answer in time":   {hangs, 2},
		"not after 400":             {says(400, "{}"), 1},
		"not after 403":             {says(403, "{}"), 1},
		"not after 500":             {says(500, "{}"), 1},
		"not after a redirect":      {says(302, "", "Location", "http://elsewhere.test/"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []func(*http.Request) (*http.Response, error){test.first, says(202, enqueued)}}
				_, err := newClient(t, s).Send(t.Context(), []byte("{}"), "")
				if len(s.requests) != test.tries || (err == nil) != (test.tries == 2) {
					t.Fatalf("%d tries, error %v; want %d", len(s.requests), err, test.tries)
				}
				if key := s.requests[0].header.Get("Idempotency-Key"); len(key) != 36 || key != s.requests[len(s.requests)-1].header.Get("Idempotency-Key") {
					t.Errorf("the tries have different keys, or none: %q", key)
				}
			})
		})
	}
}

func TestSend_gives_up_after_the_last_try_and_says_why(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func(*http.Request) (*http.Response, error){breaks(errors.New("connection refused"))}}
		_, err := newClient(t, s).Send(t.Context(), []byte("{}"), "")
		if len(s.requests) != defaultTries || err.Error() != "cannot reach http://api.test/dev: connection refused" {
			t.Fatalf("%d tries, error %v", len(s.requests), err)
		}
		for i := 1; i < len(s.times); i++ {
			full := firstWait << (i - 1)
			if wait := s.times[i].Sub(s.times[i-1]); wait < full/2 || wait > full {
				t.Errorf("wait %d is %s, want %s to %s", i, wait, full/2, full)
			}
		}
	})
}

func TestSend_waits_as_long_as_it_is_asked_to(t *testing.T) {
	t.Parallel()
	t.Run("in seconds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){says(503, "{}", "Retry-After", "7"), says(202, enqueued)}}
			if _, err := newClient(t, s).Send(t.Context(), []byte("{}"), ""); err != nil {
				t.Fatal(err)
			}
			if wait := s.times[1].Sub(s.times[0]); wait < 7*time.Second || wait > 7*time.Second+firstWait {
				t.Errorf("waited %s, want 7 s and a little", wait)
			}
		})
	})
	t.Run("until a date", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			until := time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat)
			s := &script{answers: []func(*http.Request) (*http.Response, error){says(429, "{}", "Retry-After", until), says(202, enqueued)}}
			if _, err := newClient(t, s).Send(t.Context(), []byte("{}"), ""); err != nil {
				t.Fatal(err)
			}
			if wait := s.times[1].Sub(s.times[0]); wait < 9*time.Second || wait > 9*time.Second+firstWait {
				t.Errorf("waited %s, want 9 s and a little", wait)
			}
		})
	})
	t.Run("but not longer than it is willing to", func(t *testing.T) {
		t.Parallel()
		s := &script{answers: []func(*http.Request) (*http.Response, error){says(503, "{}", "Retry-After", "31")}}
		_, err := newClient(t, s).Send(t.Context(), []byte("{}"), "")
		problem, ok := errors.AsType[*Problem](err)
		if !ok || len(s.requests) != 1 || problem.RetryAfter != 31*time.Second {
			t.Fatalf("%d tries, error %v", len(s.requests), err)
		}
	})
}

func TestSend_ends_with_its_context(t *testing.T) {
	t.Parallel()
	t.Run("while it waits for the next try", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := &script{answers: []func(*http.Request) (*http.Response, error){says(503, "{}", "Retry-After", "20")}}
			time.AfterFunc(5*time.Second, cancel)
			began := time.Now()
			_, err := newClient(t, s).Send(ctx, []byte("{}"), "")
			if !errors.Is(err, context.Canceled) || time.Since(began) != 5*time.Second {
				t.Errorf("error %v after %s", err, time.Since(began))
			}
		})
	})
	t.Run("while there is no answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := &script{answers: []func(*http.Request) (*http.Response, error){hangs}}
			time.AfterFunc(time.Second, cancel)
			_, err := newClient(t, s).Send(ctx, []byte("{}"), "")
			if !errors.Is(err, context.Canceled) || len(s.requests) != 1 {
				t.Errorf("error %v after %d tries", err, len(s.requests))
			}
		})
	})
	t.Run("and says how long it waited for an answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){hangs}}
			_, err := newClient(t, s, func(c *Config) { c.Timeout, c.Tries = 3*time.Second, 1 }).Send(t.Context(), []byte("{}"), "")
			if err == nil || err.Error() != "cannot reach http://api.test/dev: no answer within 3s" {
				t.Errorf("got %v", err)
			}
		})
	})
}

// A connection that breaks after the request was taken is the case that
// Idempotency-Key is for.
func TestSend_gets_the_same_id_when_the_first_answer_is_lost(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ids := map[string]int{}
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests++
		id := "id-of-" + r.Header.Get(contract.HeaderIdempotencyKey)
		ids[id]++
		if requests == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"event_id":%q,"status":"enqueued"}`, id)
	}))
	t.Cleanup(server.Close)
	client, err := New(Config{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	result, err := client.Send(t.Context(), []byte("{}"), "")
	if err != nil || len(ids) != 1 || ids[result.EventID] != 2 {
		t.Fatalf("got %+v, %v; the server has %v", result, err, ids)
	}
}

func TestObserve_is_told_of_answers_only(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(40 * time.Millisecond)
			return says(202, enqueued)(r)
		}
		s := &script{answers: []func(*http.Request) (*http.Response, error){breaks(io.EOF), says(503, "{}"), slow}}
		var told []string
		client := newClient(t, s, func(c *Config) {
			c.Observe = func(took time.Duration) { told = append(told, took.String()) }
		})
		if _, err := client.Send(t.Context(), []byte("{}"), ""); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told, ", "); got != "0s, 40ms" {
			t.Errorf("told of %s", got)
		}
	})
}

func TestBatchBody(t *testing.T) {
	t.Parallel()
	got := batchBody([][]byte{[]byte(`{"a":1.50}`), []byte(` {"b":2}`)})
	if !bytes.Equal(got, []byte(`{"events":[{"a":1.50}, {"b":2}]}`)) {
		t.Errorf("got %s", got)
	}
}

func TestConnections_are_kept_for_as_many_requests_at_once(t *testing.T) {
	t.Parallel()
	const atOnce = 150 // more than the 100 that net/http keeps by default
	var connections atomic.Int64
	gate := make(chan struct{})
	var waiting sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		waiting.Done()
		<-gate
		fmt.Fprint(w, `{"status":"healthy"}`)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client, err := New(Config{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var calls sync.WaitGroup
		waiting.Add(atOnce)
		for range atOnce {
			calls.Go(func() {
				if err := client.Health(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		waiting.Wait()
		for range atOnce {
			gate <- struct{}{}
		}
		calls.Wait()
	}
	if n := connections.Load(); n > atOnce+10 { // a transport dials ahead of a connection that comes free
		t.Errorf("%d connections were made for %d requests at once", n, atOnce)
	}
}
