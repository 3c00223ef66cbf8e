package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// tickLimit bounds what the console says at once: its first message has a quarter of an
// hour of seconds.
const tickLimit = 4 << 20

// Pages are overviews of the console that somebody has open.
type Pages struct {
	close  context.CancelFunc
	opened sync.WaitGroup

	mu  sync.Mutex
	err error
}

// Open opens n overviews, until Close. Each does what the one in a browser does: it keeps
// the stream of events, and asks for its two lists again at each of them.
func (r *Rig) Open(ctx context.Context, n int) *Pages {
	return openAt(ctx, r.Stack.Info().ConsoleURL, n)
}

func openAt(ctx context.Context, url string, n int) *Pages {
	ctx, cancel := context.WithCancel(ctx)
	p := &Pages{close: cancel}
	for range n {
		p.opened.Go(func() {
			if err := follow(ctx, url); err != nil && ctx.Err() == nil {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.err = errors.Join(p.err, err)
			}
		})
	}
	return p
}

// Close closes the pages. The error is of those that could not be kept open until then.
func (p *Pages) Close() error {
	p.close()
	p.opened.Wait()
	return p.err
}

func follow(ctx context.Context, console string) (err error) {
	if err := fetch(ctx, console); err != nil {
		return err
	}
	response, err := get(ctx, console+"/stream")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, tickLimit)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte("data: ")) {
			continue
		}
		for _, part := range [...]string{"/part/recent", "/part/notifications"} {
			if err := fetch(ctx, console+part); err != nil {
				return err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the stream of the console: %w", err)
	}
	return errors.New("read the stream of the console: it ended")
}

func fetch(ctx context.Context, url string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	response, err := get(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("read %s: %w", url, err)
	}
	return nil
}

// get returns an answer of 200, whose body the caller closes.
func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("ask for %s: %s", url, response.Status), response.Body.Close())
	}
	return response, nil
}
