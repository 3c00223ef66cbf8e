package webconsole

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
)

const (
	// patience bounds what a page waits for: an answer of the API, a look into a queue, a
	// search of the logs.
	patience = 10 * time.Second
	// formLimit bounds the body of a form: a payload of the largest size with every byte
	// escaped would be three times as long; the console is for smaller ones.
	formLimit = 1 << 20
	// streamsAtOnce bounds the pages that are told at the same time.
	streamsAtOnce = 64
)

// Config says what the console shows. Everything is required but what says otherwise.
type Config struct {
	// Path is where the console is served, such as /console.
	Path string
	// Name is that of the stack.
	Name          string
	Logs          Logs
	Queues        Queues
	Events        Events
	DeadLetters   DeadLetters
	Bypass        Bypass        // nil: nothing is sent past the API
	Notifications Notifications // nil: they are not shown
	Traces        Traces        // nil: none are shown
	// APIKey is asked of people, as the password, when it is set.
	APIKey string
	// Key lets in only who has opened Path?key=Key once, when it is set.
	Key string
	// Target is in full what people look at and act on, which pages then say beside each
	// action. Default: Name alone is shown.
	Target string
	// ReadOnly, when it is set, is what people are told who want to act: nobody may.
	ReadOnly string
	// Elsewhere are links to what other pages show of the stack. Default: none.
	Elsewhere []Link
	// Every is how often lines and queues are read, and pages told. Default: a second.
	Every time.Duration
	// Lag is how long lines take until they can be read: charts and rates end so long ago.
	Lag time.Duration
	// Logger receives what goes wrong. Default: none.
	Logger *slog.Logger
	Now    func() time.Time // default time.Now
}

// Link is an address with what is there.
type Link struct{ Text, Address string }

// Server serves the console. It is safe for concurrent use.
type Server struct {
	cfg     Config
	handler http.Handler
	views   views
	log     *activity.Log
	token   string
	streams chan struct{} // a place for each stream
	done    chan struct{} // closed when Run ends

	mu     sync.Mutex
	depths Depths
	told   chan struct{} // closed, and replaced, when there is something new
	failed string        // what could not be read last
}

// New returns a Server, or an error that names the field that cannot be used.
func New(cfg Config) (*Server, error) {
	for _, required := range []struct {
		name  string
		there bool
	}{
		{"Logs", cfg.Logs != nil}, {"Queues", cfg.Queues != nil}, {"Events", cfg.Events != nil}, {"DeadLetters", cfg.DeadLetters != nil}, {"Name", cfg.Name != ""},
	} {
		if !required.there {
			return nil, fmt.Errorf("webconsole: %s is required", required.name)
		}
	}
	if !strings.HasPrefix(cfg.Path, "/") || strings.HasSuffix(cfg.Path, "/") {
		return nil, fmt.Errorf("webconsole: Path is %q, it must begin with a slash and not end with one", cfg.Path)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	cfg.DeadLetters = inTurns(cfg.DeadLetters)
	s := &Server{
		cfg: cfg, log: activity.New(), token: rand.Text(),
		streams: make(chan struct{}, streamsAtOnce), done: make(chan struct{}), told: make(chan struct{}),
	}
	var err error
	if s.views, err = newViews(cfg.Path); err != nil {
		return nil, err
	}
	s.handler = s.guard(s.routes())
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run reads the logs and the queues again and again until ctx ends, and then ends the
// streams.
func (s *Server) Run(ctx context.Context) error {
	defer close(s.done)
	ticker := time.NewTicker(s.cfg.Every)
	defer ticker.Stop()
	for {
		s.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// look reads what is new and tells the streams.
func (s *Server) look(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	logErr := s.cfg.Logs.Next(bounded, s.log.Take)
	s.log.Settle()
	depths, queueErr := s.cfg.Queues.Depths(bounded)
	var failures []string
	for _, err := range []error{logErr, queueErr} {
		if err != nil && ctx.Err() == nil {
			failures = append(failures, exit.Line(err))
		}
	}
	failed := strings.Join(failures, "; ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if failed != "" && failed != s.failed {
		s.cfg.Logger.Warn("the console cannot read everything", "error", failed)
	}
	if s.failed = failed; queueErr == nil {
		s.depths = depths
	}
	close(s.told)
	s.told = make(chan struct{})
}

// current is what was read last, and what is closed when there is more.
func (s *Server) current() (depths Depths, failed string, told <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.depths, s.failed, s.told
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /{$}":                s.overview,
		"GET /stream":             s.stream,
		"GET /events":             s.events,
		"GET /event":              s.event,
		"GET /dlq":                s.letters,
		"GET /letter":             s.letter,
		"GET /send":               s.sendForm,
		"GET /maintenance":        s.maintenance,
		"GET /part/recent":        s.recentPart,
		"GET /part/notifications": s.notificationsPart,
		"GET /part/letters":       s.lettersPart,
		"GET /part/runs":          s.runsPart,
		"GET /assets/{name}":      s.asset,
		"POST /send":              s.send,
		"POST /dlq/redrive":       s.redrive,
		"POST /dlq/edit":          s.edit,
		"POST /dlq/delete":        s.delete,
	} {
		mux.HandleFunc(pattern, handle)
	}
	return http.StripPrefix(s.cfg.Path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" { // the page itself is at the path without a slash
			r.URL.Path = "/"
		}
		mux.ServeHTTP(w, r)
	}))
}
