package endtoend

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/cli/events/load"
)

const (
	// postTimeout is after how long a post that is not answered fails the benchmark.
	postTimeout = time.Minute
	// answerLimit is how much of an answer that is not the wanted one an error repeats.
	answerLimit = 500
)

// clients post events in a closed loop: each sends the next post when the one before it was
// answered. All contenders meet the same ones.
type clients struct {
	count, batch int
	posts        Posts
	client       *http.Client

	mu     sync.Mutex // over source
	source load.Source
}

func newClients(count, batch int, posts Posts) (*clients, error) {
	source, err := load.Generator{Count: math.MaxInt64, MetadataBytes: bench.MetadataBytes, Until: time.Now()}.Source()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: count, DisableCompression: true}
	return &clients{
		count: count, batch: batch, posts: posts, source: source,
		client: &http.Client{Transport: transport, Timeout: postTimeout},
	}, nil
}

func (c *clients) close() { c.client.CloseIdleConnections() }

// posted is what became of a time of posting. Every event was accepted.
type posted struct {
	events    int
	took      time.Duration // until the last answer
	latencies *load.Latencies
}

// post posts for a time, with each client at least so often. A post that is not accepted
// whole ends it with an error.
func (c *clients) post(ctx context.Context, duration time.Duration, least int) (posted, error) {
	out := posted{latencies: load.NewLatencies()}
	var mu sync.Mutex // over out.events
	begun := time.Now()
	group, work := errgroup.WithContext(ctx)
	for range c.count {
		group.Go(func() error {
			n := 0
			for ; time.Since(begun) < duration || n < least; n++ {
				if err := c.once(work, out.latencies); err != nil {
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			out.events += n * c.batch
			return nil
		})
	}
	err := group.Wait()
	out.took = time.Since(begun)
	return out, err
}

func (c *clients) once(ctx context.Context, latencies *load.Latencies) error {
	events, err := c.next()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.posts.URL, bytes.NewReader(c.posts.Body(events)))
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	request.Header.Set("Content-Type", c.posts.ContentType)
	begun := time.Now()
	response, err := c.client.Do(request)
	if err != nil {
		return fmt.Errorf("post events: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end, or the benchmark fails
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer to a post: %w", err)
	}
	latencies.Observe(time.Since(begun))
	if response.StatusCode != c.posts.Status {
		return fmt.Errorf("%s answers %s, want %d: %s", c.posts.URL, response.Status, c.posts.Status, answer[:min(len(answer), answerLimit)])
	}
	return nil
}

// next returns the events of a post.
func (c *clients) next() ([][]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out [][]byte
	for range c.batch {
		item, err := c.source.Next()
		if err != nil {
			return nil, fmt.Errorf("make events: %w", err)
		}
		out = append(out, item.Payload)
	}
	return out, nil
}
