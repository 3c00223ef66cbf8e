// Package client calls Fluxa's HTTP API, local or deployed. It retries transient
// failures with back-off, in a way that never stores an event twice. Client makes one
// call at a time; Sender collects events into batches.
package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	defaultTimeout     = 30 * time.Second
	defaultTries       = 5
	defaultConnections = 256

	// firstWait is the longest wait before the second try; each further one is
	// twice as long. With jitter it is half of that at least.
	firstWait = 200 * time.Millisecond
	// maxWait is the longest that a server may ask to wait with Retry-After; one
	// that asks for more is not asked again.
	maxWait = 30 * time.Second
)

// answerLimit bounds an answer: Lambda sends no more, and the gateway adds
// nothing to the body.
const answerLimit = contract.InvocationLimit

// Config says where the API is and how patient the client is. Endpoint is
// required: a URL such as https://host/stage.
type Config struct {
	Endpoint string
	APIKey   string // sent as x-api-key when it is set
	// Timeout bounds one try, from connecting to the last byte. Default 30 s.
	Timeout time.Duration
	// Tries is how often a request is sent at most. Default 5; 1 means no retry.
	Tries int
	// Connections is how many connections are kept open for the next request.
	// Default 256; fewer than there are requests at once means connecting anew for
	// the others.
	Connections int
	// GzipFrom is the size from which on bodies are sent gzipped. Default: none is.
	GzipFrom int
	// UserAgent is sent with each request. Default "fluxa-go".
	UserAgent string
	// Observe is called with the time that each answered try took, perhaps
	// concurrently. Default: none.
	Observe func(took time.Duration)
	// Transport carries the requests. Default: one of its own, with keep-alive.
	Transport http.RoundTripper
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base string
	http *http.Client
	// owner is whose events are read: nil for the caller's own.
	owner *string
}

// New returns a Client, or an error that names the field that cannot be used.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Endpoint)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("the endpoint %q is not a URL such as https://host/stage", cfg.Endpoint)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Tries == 0 {
		cfg.Tries = defaultTries
	}
	if cfg.Connections == 0 {
		cfg.Connections = defaultConnections
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "fluxa-go"
	}
	if cfg.GzipFrom < 0 {
		return nil, fmt.Errorf("the API client's GzipFrom %d must not be negative", cfg.GzipFrom)
	}
	if cfg.Timeout < 0 || cfg.Tries < 0 || cfg.Connections < 0 {
		return nil, fmt.Errorf("the API client's Timeout %s, Tries %d and Connections %d must not be negative", cfg.Timeout, cfg.Tries, cfg.Connections)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(time.Duration) {}
	}
	if cfg.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = cfg.Connections, cfg.Connections
		cfg.Transport = transport
	}
	return &Client{
		cfg: cfg, base: strings.TrimRight(cfg.Endpoint, "/"),
		http: &http.Client{Transport: cfg.Transport, CheckRedirect: refuseRedirect},
	}, nil
}

// Endpoint returns the URL that the client was made with.
func (c *Client) Endpoint() string { return c.base }

// Of returns a client that reads the events of another client of the stage, which the API
// allows to those that read all; "" means the events that were sent while the stage had no
// clients. What it sends is the caller's own, as before.
func (c *Client) Of(owner string) *Client {
	other := *c
	other.owner = &owner
	return &other
}

// get prepares a request that reads events.
func (c *Client) get(path string, query url.Values) request {
	if c.owner != nil {
		query.Set(contract.QueryClient, *c.owner)
	}
	return request{method: http.MethodGet, path: path, query: query}
}

// A redirected POST would arrive without its body, and the API key at another host.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

type request struct {
	method, path string
	query        url.Values
	body         []byte
	gzipped      bool
	key          string // Idempotency-Key
}

// answer is one of 2xx.
type answer struct {
	header http.Header
	body   []byte
}

// post prepares a request that may be sent again: without a key of the caller's it
// gets one, so that every try gives the event the same id.
func (c *Client) post(path string, body []byte, key string) request {
	if key == "" {
		key = uuid.NewString()
	}
	r := request{method: http.MethodPost, path: path, body: body, key: key}
	if c.cfg.GzipFrom > 0 && len(body) >= c.cfg.GzipFrom {
		r.body, r.gzipped = zipped(body), true
	}
	return r
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(fmt.Sprintf("compress a body: %v", err)) // a buffer takes all
	}
	return out.Bytes()
}

// call sends a request until it is answered for good, and decodes the answer.
func (c *Client) call(ctx context.Context, r request, into any) error {
	a, err := c.ask(ctx, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("%s %s did not answer with the expected JSON: %w", r.method, r.path, err)
	}
	return nil
}

// ask sends a request until it is answered for good.
func (c *Client) ask(ctx context.Context, r request) (answer, error) {
	w := newWaits()
	return backoff.Retry(ctx, func() (answer, error) {
		a, err := c.once(ctx, r)
		problem, _ := errors.AsType[*Problem](err)
		if err != nil && (!Transient(err) || (problem != nil && problem.RetryAfter > maxWait)) {
			return answer{}, backoff.Permanent(err)
		}
		if problem != nil {
			w.asked = problem.RetryAfter
		}
		return a, err
	}, c.retries(w)...)
}

func (c *Client) retries(w *waits) []backoff.RetryOption {
	return []backoff.RetryOption{backoff.WithBackOff(w), backoff.WithMaxTries(uint(c.cfg.Tries)), backoff.WithMaxElapsedTime(0)}
}

// waits are the growing waits between tries. What the server asks for with
// Retry-After is added to the jitter: clients that were given the same second
// should not all return in it.
type waits struct {
	*backoff.ExponentialBackOff
	asked time.Duration
}

func newWaits() *waits {
	growing := backoff.NewExponentialBackOff()
	growing.InitialInterval, growing.RandomizationFactor, growing.Multiplier = firstWait*3/4, 1.0/3, 2
	return &waits{ExponentialBackOff: growing}
}

// NextBackOff returns the wait before the next try, and forgets what was asked for.
func (w *waits) NextBackOff() time.Duration {
	wait := w.ExponentialBackOff.NextBackOff() + w.asked
	w.asked = 0
	return wait
}

// once sends a request and returns its answer of 2xx. The error is a
// *Problem for another answer, an *UnreachableError when there was none, and
// ctx's own when that ended.
func (c *Client) once(ctx context.Context, r request) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.newRequest(limited, r)
	if err != nil {
		return answer{}, err
	}
	began := time.Now()
	response, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.unreachable(ctx, err)
	}
	body, readErr := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err := errors.Join(readErr, response.Body.Close()); err != nil {
		return answer{}, c.unreachable(ctx, err)
	}
	if len(body) > answerLimit {
		return answer{}, fmt.Errorf("%s %s answered more than %d bytes, which the API never does", r.method, r.path, answerLimit)
	}
	c.cfg.Observe(time.Since(began))
	if response.StatusCode/100 != 2 {
		return answer{}, problemOf(response, body)
	}
	return answer{response.Header, body}, nil
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("prepare %s %s: %w", r.method, r.path, err)
	}
	req.Header.Set("Accept", contract.MediaJSON)
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.body != nil {
		req.Header.Set("Content-Type", contract.MediaJSON)
	}
	if r.gzipped {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if r.key != "" {
		req.Header.Set(contract.HeaderIdempotencyKey, r.key)
	}
	if c.cfg.APIKey != "" {
		req.Header.Set(contract.HeaderAPIKey, c.cfg.APIKey)
	}
	return req, nil
}

func (c *Client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", c.cfg.Timeout)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // its text repeats method and URL
	}
	return &UnreachableError{Endpoint: c.base, Err: err}
}
