// Package api is a client of Fluxa's HTTP API, local or deployed. It tries again
// what a passing fault refused, in a way that never makes one event two.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Defaults of a Config.
const (
	DefaultTimeout   = 30 * time.Second
	DefaultTries     = 5
	DefaultFirstWait = 200 * time.Millisecond
	DefaultMaxWait   = 30 * time.Second
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
	// Tries is how often a request is sent at most. Default 5; 1 means never again.
	Tries int
	// FirstWait is about how long is waited before the second try; each further
	// wait is twice as long, with jitter. Default 200 ms.
	FirstWait time.Duration
	// MaxWait bounds every wait. A server that asks for a longer one with
	// Retry-After is not asked again. Default 30 s.
	MaxWait time.Duration
	// Observe is told how long each answered try took. It may be called
	// concurrently. Default: nobody is told.
	Observe func(took time.Duration, status int)
	// Transport carries the requests. Default: one of its own, with keep-alive.
	Transport http.RoundTripper
}

// Client calls the API. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base string
	http *http.Client
}

// New returns a Client, or an error that names the field that cannot be used.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.Endpoint)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("the endpoint %q is not a URL such as https://host/stage", cfg.Endpoint)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Tries == 0 {
		cfg.Tries = DefaultTries
	}
	if cfg.FirstWait == 0 {
		cfg.FirstWait = DefaultFirstWait
	}
	if cfg.MaxWait == 0 {
		cfg.MaxWait = DefaultMaxWait
	}
	if cfg.Timeout < 0 || cfg.FirstWait < 0 || cfg.MaxWait < 0 {
		return nil, fmt.Errorf("the API client's Timeout %s, FirstWait %s and MaxWait %s must not be negative", cfg.Timeout, cfg.FirstWait, cfg.MaxWait)
	}
	if cfg.Tries < 1 {
		return nil, fmt.Errorf("the API client's Tries is %d, it must be at least 1", cfg.Tries)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(time.Duration, int) {}
	}
	if cfg.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 256
		cfg.Transport = transport
	}
	return &Client{
		cfg: cfg, base: strings.TrimRight(cfg.Endpoint, "/"),
		http: &http.Client{Transport: cfg.Transport, CheckRedirect: refuseRedirect},
	}, nil
}

// Endpoint returns the URL that the client was made with.
func (c *Client) Endpoint() string { return c.base }

// A redirected POST would arrive without its body, and the API key at a stranger.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

type request struct {
	method, path string
	query        url.Values
	body         []byte
	key          string // Idempotency-Key
}

// post prepares a request that may be sent again: without a key of the caller's it
// gets one, so that every try gives the event the same id.
func post(path string, body []byte, key string) request {
	if key == "" {
		key = uuid.NewString()
	}
	return request{method: http.MethodPost, path: path, body: body, key: key}
}

// call sends a request until it is answered for good, and decodes the answer.
func (c *Client) call(ctx context.Context, r request, into any) error {
	var err error
	for try := 1; ; try++ {
		var body []byte
		body, err = c.once(ctx, r)
		if err == nil {
			if err := json.Unmarshal(body, into); err != nil {
				return fmt.Errorf("%s %s answered what is not the JSON it should be: %w", r.method, r.path, err)
			}
			return nil
		}
		wait, again := c.wait(try, err)
		if !again {
			return err
		}
		if sleep(ctx, wait) != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
}

// wait tells how long to wait before the next try, if there is to be one.
func (c *Client) wait(try int, err error) (time.Duration, bool) {
	if try >= c.cfg.Tries || !Passing(err) {
		return 0, false
	}
	wait := min(c.cfg.FirstWait<<min(try-1, 20), c.cfg.MaxWait)
	wait = wait/2 + time.Duration(rand.Int64N(int64(wait/2)+1))
	if problem, ok := errors.AsType[*Problem](err); ok && problem.RetryAfter > 0 {
		if problem.RetryAfter > c.cfg.MaxWait {
			return 0, false
		}
		// Whoever was told the same second should not come back in the same one.
		wait += problem.RetryAfter
	}
	return wait, true
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends a request and returns the body of a 2xx answer. The error is a
// *Problem for another answer, an *UnreachableError when there was none, and
// ctx's own when that ended.
func (c *Client) once(ctx context.Context, r request) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.newRequest(limited, r)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	response, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	body, readErr := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err := errors.Join(readErr, response.Body.Close()); err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if len(body) > answerLimit {
		return nil, fmt.Errorf("%s %s answered more than %d bytes, which the API never does", r.method, r.path, answerLimit)
	}
	c.cfg.Observe(time.Since(began), response.StatusCode)
	if response.StatusCode/100 != 2 {
		return nil, problemOf(response, body)
	}
	return body, nil
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
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "fluxa-cli")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
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
