package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/sethvargo/go-retry"
)

// sender puts answers at pre-signed URLs of S3. Package cfn has one too; it waits
// for ever, tries once, and its errors hold the URL. Whoever has the URL may answer
// in the function's name: no error of this sender holds it, nor what S3 answers,
// which repeats the signature.
type sender struct {
	client *http.Client
	tries  uint64
	// pause is before the second try and twice that before each further one, give
	// or take a half, drawn at random.
	pause time.Duration
}

// newSender returns a sender that gives up after some thirty seconds at most; the
// context may end it before.
func newSender() sender {
	return sender{
		client: &http.Client{
			Timeout: 5 * time.Second, // of one try
			// The URL is of the bucket's own region; elsewhere its signature is void.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		tries: 5,
		pause: 250 * time.Millisecond,
	}
}

// put stores the body. It tries again when S3 cannot be reached, is overloaded or
// fails. To put the same body twice does no harm.
func (s sender) put(ctx context.Context, address string, body []byte) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the ResponseURL of the event must be a URL of https or http")
	}
	last := errors.New("it was not tried")
	backoff := retry.WithMaxRetries(s.tries-1, retry.WithJitterPercent(50, retry.NewExponential(s.pause)))
	err = retry.Do(ctx, backoff, func(ctx context.Context) error {
		var passing bool
		if passing, last = s.try(ctx, address, body); passing {
			return retry.RetryableError(last)
		}
		return last
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w (the last try: %w)", err, last)
	}
	return err
}

// try puts the body once, and says of an error whether it may pass.
func (s sender) try(ctx context.Context, address string, body []byte) (passing bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		return false, bare(err)
	}
	// The signature is that of a request without a Content-Type, which net/http
	// does not add by itself.
	response, err := s.client.Do(request)
	if err != nil {
		return true, bare(err)
	}
	defer response.Body.Close() // nothing of it is read
	if code := response.StatusCode; code < 200 || code > 299 {
		return code >= 500 || code == http.StatusTooManyRequests, fmt.Errorf("S3 answered %s", response.Status)
	}
	return false, nil
}

// bare takes the URL off an error of net/http.
func bare(err error) error {
	if with, ok := errors.AsType[*url.Error](err); ok {
		return with.Err
	}
	return err
}
