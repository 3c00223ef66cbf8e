package stack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// Where the address of the API has pages for people: these paths and all below them.
const (
	ConsolePath   = "/console"
	ReferencePath = "/docs"
)

// Console is a page that shows the stack to people. Config.Console makes it.
type Console interface {
	http.Handler
	// Run gathers what is shown, until ctx ends. Then it ends the requests that wait for
	// more.
	Run(ctx context.Context) error
}

// makeConsole returns nil when Config asks for none.
func (s *Stack) makeConsole() (Console, error) {
	if s.cfg.Console == nil {
		return nil, nil
	}
	console, err := s.cfg.Console(s)
	if err != nil {
		return nil, fmt.Errorf("make the console: %w", err)
	}
	return console, nil
}

// beside serves pages under their paths, and everything else by the API.
func beside(api http.Handler, pages map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for path, page := range pages {
			if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
				page.ServeHTTP(w, r)
				return
			}
		}
		api.ServeHTTP(w, r)
	})
}

// Age returns how long ago the oldest message of a queue was sent, 0 when it has none.
func (s *Stack) Age(queue string) (time.Duration, error) { return s.resources.queues.Age(queue) }

// Announcement is a notification that was published.
type Announcement struct {
	At   time.Time
	Body string
}

// Announcements returns the last notifications, the newest first. The caller gets a copy.
func (s *Stack) Announcements() []Announcement { return s.resources.announced.list() }

// announced keeps the last notifications that it passes on to their queue, so that
// somebody can look at them without taking them from who reads the queue. It is safe for
// concurrent use.
type announced struct {
	queues *sqs.Server

	mu   sync.Mutex
	kept [50]Announcement
	n    int // how many there have been
}

// Deliver implements sns.Queues.
func (a *announced) Deliver(ctx context.Context, queueARN string, m sqs.Outgoing) error {
	if err := a.queues.Deliver(ctx, queueARN, m); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept[a.n%len(a.kept)] = Announcement{At: time.Now(), Body: m.Body}
	a.n++
	return nil
}

func (a *announced) list() []Announcement {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Announcement, 0, len(a.kept))
	for i := a.n - 1; i >= 0 && i >= a.n-len(a.kept); i-- {
		out = append(out, a.kept[i%len(a.kept)])
	}
	return out
}
