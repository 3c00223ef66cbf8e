package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/fluxa/fluxa/pkg/client/poll"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Result is the answer for one event. Status is one of contract.StatusEnqueued,
// StatusRefused and StatusNotTaken; Error is nil for an enqueued one.
type Result struct {
	Index   int          `json:"index"`
	EventID string       `json:"event_id"` // empty for a refused event
	Status  string       `json:"status"`
	Error   *ResultError `json:"error,omitempty"`
}

// ResultError says why one event of a batch was not accepted.
type ResultError struct {
	Code   fault.Code    `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors"`
}

// Err returns nil for an enqueued event, and for another one a *RejectedError.
func (r Result) Err() error {
	if r.Status == contract.StatusEnqueued {
		return nil
	}
	rejected := &RejectedError{Status: r.Status}
	if r.Error != nil {
		rejected.ResultError = *r.Error
	}
	return rejected
}

// Send sends one event: payload is the request's body, byte for byte. With an
// empty key the client makes one. Returns a *Problem when the API refused it, an
// *UnreachableError when the last try had no answer.
func (c *Client) Send(ctx context.Context, payload []byte, key string) (Result, error) {
	var out Result
	err := c.call(ctx, c.post(routePath(contract.RouteIngest), payload, key), &out)
	return out, err
}

// SendBatch sends {"events":[…]} with the payloads byte for byte and returns one
// result an event, in their order. Events that fail for a transient reason are sent
// again with the whole batch under the same key, which leaves those that were
// accepted as they are. Returns the errors of Send when the batch as a whole was
// not accepted.
func (c *Client) SendBatch(ctx context.Context, payloads [][]byte, key string) ([]Result, error) {
	r := c.post(routePath(contract.RouteIngestBatch), batchBody(payloads), key)
	var merged []Result
	_, err := backoff.Retry(ctx, func() ([]Result, error) {
		var out struct{ Results []Result }
		if err := c.call(ctx, r, &out); err != nil {
			return nil, backoff.Permanent(err) // call has retried it
		}
		if len(out.Results) != len(payloads) {
			return nil, backoff.Permanent(fmt.Errorf("%s %s answered for %d of %d events", r.method, r.path, len(out.Results), len(payloads)))
		}
		merged = merge(merged, out.Results)
		if slices.ContainsFunc(merged, func(r Result) bool { return r.Status == contract.StatusNotTaken }) {
			return nil, errPending
		}
		return merged, nil
	}, c.retries(newWaits())...)
	if merged != nil {
		return merged, nil // each event has an answer, of this try or an earlier one
	}
	return nil, err
}

// merge keeps what was once enqueued: it stays so, whatever a later try says.
func merge(before, now []Result) []Result {
	for i := range before {
		if before[i].Status == contract.StatusEnqueued {
			now[i] = before[i]
		}
	}
	return now
}

const (
	batchOpen  = `{"events":[`
	batchClose = `]}`
)

// batchBody returns the body of a batch request.
func batchBody(payloads [][]byte) []byte {
	size := len(batchOpen) + len(batchClose)
	for _, p := range payloads {
		size += len(p) + 1
	}
	body := append(make([]byte, 0, size), batchOpen...)
	for i, p := range payloads {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, p...)
	}
	return append(body, batchClose...)
}

// Event returns one stored event as the API wrote it, digit for digit. Returns a
// *Problem of status 404 when there is none (yet).
func (c *Client) Event(ctx context.Context, id string) (json.RawMessage, error) {
	var out json.RawMessage
	err := c.call(ctx, c.get(eventPath(contract.RouteEvent, id), url.Values{}), &out)
	return out, err
}

// Payload returns the exact bytes that were sent as the event. Returns a *Problem of
// status 404 when there is none (yet), an error when they are not those of the digest
// that comes with them.
func (c *Client) Payload(ctx context.Context, id string) ([]byte, error) {
	a, err := c.ask(ctx, c.get(eventPath(contract.RoutePayload, id), url.Values{}))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(a.body)
	want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	if got := a.header.Get(contract.HeaderReprDigest); got != want {
		return nil, fmt.Errorf("the payload of %s has the digest %s, and came with %q", id, want, got)
	}
	return a.body, nil
}

// Status is the processing status of an event, and the JSON it was read from. State
// is one of contract.StatusProcessing, StatusProcessed and StatusFailed.
type Status struct {
	Client      string    `json:"client,omitempty"`
	EventID     string    `json:"event_id"`
	State       string    `json:"status"`
	Attempts    int       `json:"attempts"`
	FirstSeenAt time.Time `json:"first_seen_at"`
	LastSeenAt  time.Time `json:"last_seen_at"`
	Error       *struct {
		Code   fault.Code `json:"code"`
		Reason string     `json:"reason"`
	} `json:"error,omitempty"`
	JSON json.RawMessage `json:"-"`
}

// Status returns the processing status of an event. Returns a *Problem of status
// 404 while the processor has not seen it.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	var raw json.RawMessage
	if err := c.call(ctx, c.get(eventPath(contract.RouteStatus, id), url.Values{}), &raw); err != nil {
		return Status{}, err
	}
	status, err := statusOf(raw)
	if err != nil {
		return Status{}, fmt.Errorf("read the status of %s: %w", id, err)
	}
	return status, nil
}

// WaitForStatus asks until the event is processed or has failed, or until limit has
// passed; then it returns what the last answer was.
func (c *Client) WaitForStatus(ctx context.Context, id string, limit time.Duration) (status Status, err error) {
	const interval = 250 * time.Millisecond
	ended := poll.Until(ctx, interval, limit, func() error {
		status, err = c.Status(ctx, id)
		if IsNotFound(err) || (err == nil && status.State == contract.StatusProcessing) {
			return errPending
		}
		return nil
	})
	if err == nil && ended != nil && !errors.Is(ended, errPending) {
		err = ended
	}
	return status, err
}

// errPending means asking again.
var errPending = errors.New("not yet")

// PageRequest asks for a page of a user's events. From and To are RFC 3339 times
// or empty; Limit 0 leaves the size to the API.
type PageRequest struct {
	UserID, From, To, Cursor string
	Limit                    int
}

// Page is a page of events, each as the API wrote it. NextCursor is empty on the
// last one.
type Page struct {
	Events     []json.RawMessage `json:"events"`
	NextCursor string            `json:"next_cursor,omitempty"`
}

// Page returns one page, newest first.
func (c *Client) Page(ctx context.Context, r PageRequest) (out Page, err error) {
	query := r.query()
	query.Set(contract.QueryUserID, r.UserID)
	err = c.call(ctx, c.get(routePath(contract.RouteEvents), query), &out)
	return out, err
}

// query has the parameters that are not empty, but for UserID.
func (r PageRequest) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{contract.QueryFrom: r.From, contract.QueryTo: r.To, contract.QueryCursor: r.Cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if r.Limit != 0 {
		query.Set(contract.QueryLimit, strconv.Itoa(r.Limit))
	}
	return query
}

// Events returns a user's events one after the other, newest first, from r on. It asks
// for a page when the one before is used up; an error ends it.
func (c *Client) Events(ctx context.Context, r PageRequest) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for {
			page, err := c.Page(ctx, r)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, event := range page.Events {
				if !yield(event, nil) {
					return
				}
			}
			if r.Cursor = page.NextCursor; r.Cursor == "" {
				return
			}
		}
	}
}

// Health returns nil when the API says that it is healthy.
func (c *Client) Health(ctx context.Context) error {
	var out struct{ Status string }
	if err := c.call(ctx, request{method: http.MethodGet, path: routePath(contract.RouteHealth)}, &out); err != nil {
		return err
	}
	if out.Status != contract.StatusHealthy {
		return fmt.Errorf("the API's health is %q, not %s", out.Status, contract.StatusHealthy)
	}
	return nil
}

// routePath returns the path of a route of the contract.
func routePath(id string) string {
	for _, r := range contract.Routes() {
		if r.ID == id {
			return r.Path
		}
	}
	panic(fmt.Sprintf("contract has no route %s", id)) // the ids are constants of that package
}

func eventPath(route, id string) string {
	return strings.Replace(routePath(route), "{"+contract.PathEventID+"}", url.PathEscape(id), 1)
}
