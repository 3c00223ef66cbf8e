package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// takes answers a batch with one enqueued result an event; an event that holds an error
// code is refused for it.
func takes(r *http.Request) (*http.Response, error) {
	var results []string
	for i, payload := range eventsOf(r) {
		var e struct{ ID, Refuse string }
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		if e.Refuse == "" {
			results = append(results, fmt.Sprintf(`{"index":%d,"event_id":%q,"status":"enqueued"}`, i, e.ID))
			continue
		}
		results = append(results, fmt.Sprintf(`{"index":%d,"event_id":%q,"status":"refused","error":{"code":%q,"detail":"it is","errors":[{"pointer":"/amount","code":%[3]q,"detail":"it is"}]}}`, i, e.ID, e.Refuse))
	}
	return says(207, `{"results":[`+strings.Join(results, ",")+`]}`)(r)
}

func eventsOf(r *http.Request) []json.RawMessage {
	body, err := r.GetBody()
	if err != nil {
		panic(err) // a body of bytes
	}
	var batch struct{ Events []json.RawMessage }
	if err := json.NewDecoder(body).Decode(&batch); err != nil {
		panic(err)
	}
	return batch.Events
}

// deliveries keeps what Done is told.
type deliveries struct {
	mu  sync.Mutex
	all []Delivery
}

func (d *deliveries) done(one Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, one)
}

// String lists ids and reasons in the order of the ids.
func (d *deliveries) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, one := range d.all {
		text := one.EventID
		if one.Err != nil {
			text += "!" + string(Reason(one.Err))
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func newSender(t *testing.T, s *script, d *deliveries, change func(*SenderConfig)) *Sender {
	t.Helper()
	cfg := SenderConfig{Client: newClient(t, s), Done: d.done}
	if change != nil {
		change(&cfg)
	}
	sender, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func id(name string) []byte { return fmt.Appendf(nil, `{"id":%q}`, name) }

func mustSend(t *testing.T, s *Sender, payloads ...[]byte) {
	t.Helper()
	for _, p := range payloads {
		if err := s.Send(t.Context(), p); err != nil {
			t.Fatalf("send %s: %v", p, err)
		}
	}
}

func sizes(s *script) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range s.requests {
		out = append(out, fmt.Sprint(strings.Count(r.body, `"id"`)))
	}
	return strings.Join(out, " ")
}

func TestSender_sends_what_is_full_at_once_and_the_rest_after_a_while(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, d := &script{answers: []func(*http.Request) (*http.Response, error){takes}}, &deliveries{}
		s := newSender(t, api, d, func(c *SenderConfig) {
			c.BatchEvents, c.FlushInterval, c.Concurrency = 3, time.Second, 1
		})
		mustSend(t, s, id("a"), id("b"), id("c"), id("d"))
		synctest.Wait()
		if got := d.String(); got != "a b c" {
			t.Errorf("a full batch: %s", got)
		}
		time.Sleep(700 * time.Millisecond)
		mustSend(t, s, id("e"))
		time.Sleep(299 * time.Millisecond)
		synctest.Wait()
		if got := sizes(api); got != "3" {
			t.Errorf("before the interval has passed: %s", got)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := d.String() + " in " + sizes(api); got != "a b c d e in 3 2" {
			t.Errorf("after it: %s", got)
		}
		mustSend(t, s, id("f"))
		if err := s.Flush(t.Context()); err != nil || d.String() != "a b c d e f" {
			t.Errorf("a flush: %v, %s", err, d)
		}
		mustSend(t, s, id("g"))
		if err := s.Close(t.Context()); err != nil || d.String() != "a b c d e f g" {
			t.Errorf("closed: %v, %s", err, d)
		}
		if err := s.Send(t.Context(), id("h")); !errors.Is(err, ErrClosed) {
			t.Errorf("after that: %v", err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("closed again: %v", err)
		}
	})
}

func TestSender_bounds_the_bytes_of_a_request(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api, d := &script{answers: []func(*http.Request) (*http.Response, error){takes}}, &deliveries{}
		s := newSender(t, api, d, func(c *SenderConfig) { c.BatchBytes, c.Concurrency = 100, 1 })
		large := fmt.Appendf(nil, `{"id":"large","x":%q}`, strings.Repeat("x", 200))
		mustSend(t, s, id(strings.Repeat("a", 50)), id(strings.Repeat("b", 20)), id(strings.Repeat("c", 20)), large, id("d"))
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := sizes(api); got != "2 1 1 1" {
			t.Errorf("requests of %s events", got)
		}
		for name, payload := range map[string]string{"not JSON": `{"a":`, "two values": "{}{}", "too large": `"` + strings.Repeat("x", BatchBytes) + `"`} {
			if err := s.Send(t.Context(), []byte(payload)); !errors.Is(err, ErrNotBatchable) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestSender_waits_for_a_place_in_its_buffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Second)
			return takes(r)
		}
		d := &deliveries{}
		s := newSender(t, &script{answers: []func(*http.Request) (*http.Response, error){slow}}, d, func(c *SenderConfig) {
			c.BatchEvents, c.Buffer, c.Concurrency = 1, 2, 1
		})
		began := time.Now()
		mustSend(t, s, id("a"), id("b"))
		if time.Since(began) != 0 {
			t.Errorf("it waited %s with room in the buffer", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Send(ctx, id("c")); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("a full buffer: %v after %s", err, time.Since(began))
		}
		mustSend(t, s, id("c"))
		if time.Since(began) != 10*time.Second {
			t.Errorf("the place was free after %s", time.Since(began))
		}
		if err := s.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a flush whose context has ended: %v", err)
		}
		if err := s.Close(t.Context()); err != nil || d.String() != "a b c" {
			t.Errorf("%v, %s", err, d)
		}
	})
}

func TestSender_tells_of_each_event(t *testing.T) {
	t.Parallel()
	malformed := func(r *http.Request) (*http.Response, error) {
		for _, e := range eventsOf(r) {
			if strings.Contains(string(e), "spoils") {
				return says(400, `{"title":"Bad Request","code":"malformed_json","detail":"the same name twice"}`)(r)
			}
		}
		return takes(r)
	}
	for name, test := range map[string]struct {
		answers []func(*http.Request) (*http.Response, error)
		send    []string
		want    string
		asked   string
	}{
		"one is refused": {[]func(*http.Request) (*http.Response, error){takes},
			[]string{`{"id":"a"}`, `{"id":"b","refuse":"missing_field"}`, `{"id":"c"}`}, "a b!missing_field c", "3"},
		"one spoils the batch": {[]func(*http.Request) (*http.Response, error){malformed},
			[]string{`{"id":"a"}`, `{"id":"b"}`, `{"id":"spoils"}`, `{"id":"d"}`}, "!malformed_json a b d", "4 2 2 1 1"},
		"the first answer is lost": {[]func(*http.Request) (*http.Response, error){breaks(io.EOF), takes},
			[]string{`{"id":"a"}`, `{"id":"b"}`}, "a b", "2 2"},
		"no answer at all": {[]func(*http.Request) (*http.Response, error){breaks(io.EOF)},
			[]string{`{"id":"a"}`, `{"id":"b"}`}, "!unreachable !unreachable", "2 2 2 2 2"},
		"no key": {[]func(*http.Request) (*http.Response, error){says(403, `{"title":"Forbidden","code":"forbidden"}`)},
			[]string{`{"id":"a"}`, `{"id":"b"}`}, "!forbidden !forbidden", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api, d := &script{answers: test.answers}, &deliveries{}
				s := newSender(t, api, d, func(c *SenderConfig) { c.Concurrency = 1 })
				for _, payload := range test.send {
					mustSend(t, s, []byte(payload))
				}
				if err := s.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := d.String() + " in " + sizes(api); got != test.want+" in "+test.asked {
					t.Errorf("got  %s\nwant %s in %s", got, test.want, test.asked)
				}
				keys := map[string]string{}
				for _, r := range api.requests {
					key := r.header.Get(contract.HeaderIdempotencyKey)
					if before, used := keys[key]; key == "" || (used && before != r.body) {
						t.Errorf("the key %q was sent with %s and %s", key, before, r.body)
					}
					keys[key] = r.body
				}
			})
		})
	}
}

func TestRejectedError_has_the_fields(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &deliveries{}
		s := newSender(t, &script{answers: []func(*http.Request) (*http.Response, error){takes}}, d, nil)
		mustSend(t, s, []byte(`{"id":"b","refuse":"missing_field"}`))
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		rejected, ok := errors.AsType[*RejectedError](d.all[0].Err)
		if !ok || rejected.Error() != "the event was refused: missing_field: it is" || Transient(rejected) ||
			len(rejected.Errors) != 1 || rejected.Errors[0] != (fault.Field{Pointer: "/amount", Code: "missing_field", Detail: "it is"}) {
			t.Errorf("got %+v", d.all[0].Err)
		}
		if later := (Result{Status: contract.StatusNotTaken}).Err(); !Transient(later) {
			t.Errorf("%v may not be sent again", later)
		}
	})
}

func TestSender_gives_up_when_closing_takes_too_long(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &deliveries{}
		s := newSender(t, &script{answers: []func(*http.Request) (*http.Response, error){hangs}}, d, func(c *SenderConfig) {
			c.BatchEvents, c.Concurrency = 1, 2
		})
		mustSend(t, s, id("a"), id("b"), id("c"), id("d"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		for _, one := range d.all {
			if !errors.Is(one.Err, context.Canceled) {
				t.Errorf("%s: %v", one.Payload, one.Err)
			}
		}
		if len(d.all) != 4 {
			t.Errorf("told of %d events, 4 were sent", len(d.all))
		}
	})
}

func TestSender_tells_of_each_event_once_when_many_send(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(body))), nil }
		answer, err := takes(r)
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteHeader(answer.StatusCode)
		if _, err := io.Copy(w, answer.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	client, err := New(Config{Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	d := &deliveries{}
	s, err := NewSender(SenderConfig{Client: client, Done: d.done, Buffer: 150})
	if err != nil {
		t.Fatal(err)
	}
	const senders, each = 8, 200
	var wait sync.WaitGroup
	for i := range senders {
		wait.Go(func() {
			for j := range each {
				if err := s.Send(t.Context(), id(fmt.Sprintf("%d-%d", i, j))); err != nil {
					t.Error(err)
				}
				if j == each/2 {
					if err := s.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, one := range d.all {
		seen[one.EventID]++
		if one.Err != nil || string(one.Payload) != string(id(one.EventID)) {
			t.Errorf("%+v of %s", one.Err, one.Payload)
		}
	}
	if len(seen) != senders*each || len(d.all) != senders*each {
		t.Errorf("told %d times of %d events, %d were sent", len(d.all), len(seen), senders*each)
	}
}

func TestNewSender_names_what_cannot_be_used(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*SenderConfig){
		"the sender's Client is required":                                     func(c *SenderConfig) { c.Client = nil },
		"the sender's Done is required":                                       func(c *SenderConfig) { c.Done = nil },
		"the sender's BatchEvents must be 1 to 500, got 501":                  func(c *SenderConfig) { c.BatchEvents = 501 },
		"the sender's BatchBytes must be 1 to 5242848, got -1":                func(c *SenderConfig) { c.BatchBytes = -1 },
		"the sender's FlushInterval must not be negative, got -1ns":           func(c *SenderConfig) { c.FlushInterval = -1 },
		"the sender's Buffer must be at least the 100 of BatchEvents, got 99": func(c *SenderConfig) { c.Buffer = 99 },
		"the sender's Concurrency must be at least 1, got -1":                 func(c *SenderConfig) { c.Concurrency = -1 },
	} {
		cfg := SenderConfig{Client: newClient(t, &script{}), Done: func(Delivery) {}}
		change(&cfg)
		if _, err := NewSender(cfg); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
