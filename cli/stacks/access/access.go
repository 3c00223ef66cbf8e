// Package access reads the access log of a local stack: how many requests each client sent,
// and what became of them.
package access

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fluxa/fluxa/local/stack"
)

// Nobody stands for callers with the key of no client.
const Nobody = "-"

// Client is what one client did.
type Client struct {
	Name      string  `json:"client"`
	Requests  int64   `json:"requests"`
	PerSecond float64 `json:"per_second"` // between its first request and its last
	Answered  int64   `json:"answered"`   // 2xx
	Refused   int64   `json:"refused"`    // 4xx but 429: the client must change something
	Throttled int64   `json:"throttled"`  // 429
	Failed    int64   `json:"failed"`     // 5xx
	P99       float64 `json:"p99_ms"`

	first, last time.Time
	latency     *hdrhistogram.Histogram // in µs, up to a minute
}

// line is one request, as the local API writes it.
type line struct {
	Time     time.Time `json:"timestamp"`
	Resource string    `json:"resource"`
	Status   int       `json:"status"`
	Duration float64   `json:"duration_ms"`
	KeyID    string    `json:"key_id"`
}

// Clients reads the log and the one set aside before it, in the folder of the logs, from a
// time on, and returns the clients by name. Health checks are left out.
func Clients(dir string, since time.Time) ([]*Client, error) {
	seen := map[string]*Client{}
	for _, name := range []string{stack.AccessLog + ".1", stack.AccessLog} {
		if err := read(filepath.Join(dir, name), since, seen); err != nil {
			return nil, err
		}
	}
	clients := make([]*Client, 0, len(seen))
	for _, client := range seen {
		client.finish()
		clients = append(clients, client)
	}
	slices.SortFunc(clients, func(a, b *Client) int { return strings.Compare(a.Name, b.Name) })
	return clients, nil
}

func read(path string, since time.Time, seen map[string]*Client) (err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the access log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := bufio.NewReaderSize(file, 64<<10)
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what follows the last line end is being written
		}
		if err != nil {
			return fmt.Errorf("read the access log: %w", err)
		}
		var l line
		if json.Unmarshal(text, &l) != nil || l.Time.Before(since) || l.Resource == "/health" {
			continue
		}
		name := stack.ClientOfKey(l.KeyID)
		if name == "" {
			name = Nobody
		}
		client := seen[name]
		if client == nil {
			client = &Client{Name: name, first: l.Time, latency: hdrhistogram.New(1, time.Minute.Microseconds(), 3)}
			seen[name] = client
		}
		client.add(l)
	}
}

func (c *Client) add(l line) {
	c.Requests++
	c.last = l.Time
	switch {
	case l.Status == http.StatusTooManyRequests:
		c.Throttled++
	case l.Status >= http.StatusInternalServerError:
		c.Failed++
	case l.Status >= http.StatusBadRequest:
		c.Refused++
	default:
		c.Answered++
	}
	// What is beyond the histogram's range counts as its end.
	_ = c.latency.RecordValue(min(max(int64(l.Duration*1000), 1), time.Minute.Microseconds()))
}

func (c *Client) finish() {
	c.P99 = float64(c.latency.ValueAtQuantile(99)) / 1000
	if seconds := c.last.Sub(c.first).Seconds(); seconds > 0 {
		c.PerSecond = float64(c.Requests) / seconds
	}
}
