package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

func results(statuses ...string) func(*http.Request) (*http.Response, error) {
	parts := make([]string, len(statuses))
	for i, status := range statuses {
		parts[i] = fmt.Sprintf(`{"index":%d,"event_id":"e%d","status":%q}`, i, i, status)
	}
	return says(207, `{"results":[`+strings.Join(parts, ",")+`]}`)
}

func TestSendBatch(t *testing.T) {
	t.Parallel()
	payloads := [][]byte{[]byte(`{"n":0}`), []byte(`{"n":1}`), []byte(`{"n":2}`)}
	type answer = func(*http.Request) (*http.Response, error)
	for name, test := range map[string]struct {
		answers []answer
		want    string
		tries   int
		err     string
	}{
		"all taken": {[]answer{results(contract.StatusEnqueued, contract.StatusEnqueued, contract.StatusEnqueued)}, "enqueued enqueued enqueued", 1, ""},
		"a refused one is not sent again": {
			[]answer{results(contract.StatusEnqueued, contract.StatusRefused, contract.StatusEnqueued)}, "enqueued refused enqueued", 1, ""},
		"a failed one is, and what was taken stays so": {
			[]answer{results(contract.StatusEnqueued, contract.StatusNotTaken, contract.StatusRefused), results(contract.StatusNotTaken, contract.StatusEnqueued, contract.StatusRefused)}, "enqueued enqueued refused", 2, ""},
		"one that fails each time stays failed": {
			[]answer{results(contract.StatusEnqueued, contract.StatusNotTaken, contract.StatusEnqueued)}, "enqueued failed enqueued", defaultTries, ""},
		"a later try without an answer does not hide the first": {
			[]answer{results(contract.StatusEnqueued, contract.StatusNotTaken, contract.StatusEnqueued), breaks(io.EOF)}, "enqueued failed enqueued", 1 + defaultTries, ""},
		"a batch refused as a whole": {
			[]answer{says(400, `{"title":"Bad Request","detail":"no JSON"}`)}, "", 1, "the API answered 400 Bad Request: no JSON"},
		"an answer for fewer": {
			[]answer{results(contract.StatusEnqueued)}, "", 1, "POST /events/batch answered for 1 of 3 events"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: test.answers}
				got, err := newClient(t, s).SendBatch(t.Context(), payloads, "k")
				if (err == nil) != (test.err == "") || (err != nil && err.Error() != test.err) {
					t.Fatalf("error %v, want %q", err, test.err)
				}
				var statuses []string
				for i, r := range got {
					statuses = append(statuses, r.Status)
					if r.Index != i || r.EventID != fmt.Sprintf("e%d", i) {
						t.Errorf("result %d is %+v", i, r)
					}
				}
				if strings.Join(statuses, " ") != test.want || len(s.requests) != test.tries {
					t.Errorf("got %v after %d tries, want %q after %d", statuses, len(s.requests), test.want, test.tries)
				}
				for _, r := range s.requests {
					if r.header.Get("Idempotency-Key") != "k" || r.body != `{"events":[{"n":0},{"n":1},{"n":2}]}` || r.url != "http://api.test/dev/events/batch" {
						t.Errorf("asked %+v", r)
					}
				}
			})
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		call   func(*Client) (any, error)
		url    string
		want   string
	}{
		"an event, digit for digit": {`{"amount":123456789012345.6789}`,
			func(c *Client) (any, error) { raw, err := c.Event(t.Context(), "a.b:c"); return string(raw), err },
			"/events/a.b:c", `{"amount":123456789012345.6789}`},
		"an id is escaped": {`{}`,
			func(c *Client) (any, error) { raw, err := c.Event(t.Context(), "a/../b?c"); return string(raw), err },
			"/events/a%2F..%2Fb%3Fc", `{}`},
		"a status": {`{"event_id":"e","status":"failed","attempts":3,"error":{"code":"hash_mismatch","reason":"differs"}}`,
			func(c *Client) (any, error) {
				s, err := c.Status(t.Context(), "e")
				return fmt.Sprint(s.EventID, s.State, s.Attempts, s.Error.Code, s.Error.Reason, len(s.JSON)), err
			}, "/events/e/status", "efailed3hash_mismatchdiffers99"},
		"a page": {`{"events":[{"amount":1.50}],"next_cursor":"n"}`,
			func(c *Client) (any, error) {
				p, err := c.Page(t.Context(), PageRequest{UserID: "a b", From: "2026-01-01T00:00:00+01:00", Limit: 7, Cursor: "x"})
				return string(p.Events[0]) + p.NextCursor, err
			}, "/events?cursor=x&from=2026-01-01T00%3A00%3A00%2B01%3A00&limit=7&user_id=a+b", `{"amount":1.50}n`},
		"health": {`{"status":"healthy"}`, func(c *Client) (any, error) { return "", c.Health(t.Context()) }, "/health", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []func(*http.Request) (*http.Response, error){says(200, test.answer)}}
			got, err := test.call(newClient(t, s))
			if err != nil || got != test.want {
				t.Errorf("got %v, %v; want %s", got, err, test.want)
			}
			if s.requests[0].url != "http://api.test/dev"+test.url || s.requests[0].method != "GET" || s.requests[0].header.Get("Idempotency-Key") != "" {
				t.Errorf("asked %+v", s.requests[0])
			}
		})
	}
	t.Run("a status that is not one", func(t *testing.T) {
		t.Parallel()
		s := &script{answers: []func(*http.Request) (*http.Response, error){says(200, `{"attempts":"many"}`)}}
		if _, err := newClient(t, s).Status(t.Context(), "e"); err == nil || !strings.HasPrefix(err.Error(), "read the status of e: ") {
			t.Errorf("got %v", err)
		}
	})
}

func TestWaitForStatus(t *testing.T) {
	t.Parallel()
	state := func(s string) func(*http.Request) (*http.Response, error) {
		return says(200, `{"event_id":"e","status":"`+s+`"}`)
	}
	missing := says(404, `{"title":"Not Found"}`)
	type answers = []func(*http.Request) (*http.Response, error)
	for name, test := range map[string]struct {
		answers answers
		limit   time.Duration
		want    string
		asked   int
		took    time.Duration
		fails   bool
	}{
		"without waiting it asks once":       {answers{state(contract.StatusProcessing)}, 0, contract.StatusProcessing, 1, 0, false},
		"it waits over not found":            {answers{missing, missing, state(contract.StatusProcessing), state(contract.StatusProcessed)}, time.Minute, contract.StatusProcessed, 4, 750 * time.Millisecond, false},
		"given up ends the waiting":          {answers{state(contract.StatusProcessing), state(contract.StatusFailed)}, time.Minute, contract.StatusFailed, 2, 250 * time.Millisecond, false},
		"the time ends it":                   {answers{state(contract.StatusProcessing)}, 600 * time.Millisecond, contract.StatusProcessing, 4, 600 * time.Millisecond, false},
		"never found is the API's not found": {answers{missing}, 500 * time.Millisecond, "", 3, 500 * time.Millisecond, true},
		"another error ends it at once":      {answers{says(403, "{}")}, time.Minute, "", 1, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: test.answers}
				began := time.Now()
				status, err := newClient(t, s).WaitForStatus(t.Context(), "e", test.limit)
				if status.State != test.want || (err != nil) != test.fails || len(s.requests) != test.asked || time.Since(began) != test.took {
					t.Errorf("got %q, %v after %d requests and %s", status.State, err, len(s.requests), time.Since(began))
				}
			})
		})
	}
	t.Run("an interruption ends it", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := newClient(t, &script{answers: answers{state(contract.StatusProcessing)}}).WaitForStatus(ctx, "e", time.Hour)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	})
}
