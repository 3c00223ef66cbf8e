package webconsole_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/webconsole"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

const script = `<script>alert(1)</script>`

// platform is all that a console reads and does.
type platform struct {
	owners  []string // of the events that were read
	listing func()   // what a list waits for
	mu      sync.Mutex
	lines   []string // of the processor, not handed over yet
	all     []string
	done    []string // actions
	sent    error
}

func (p *platform) write(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines, p.all = append(p.lines, line), append(p.all, line)
}

func (p *platform) did(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = append(p.done, fmt.Sprintf(format, args...))
}

func (p *platform) actions() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.done)
}

func (p *platform) Next(_ context.Context, take func(contract.Function, []byte)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		take(contract.FunctionProcessor, []byte(line))
	}
	p.lines = nil
	return nil
}

func (p *platform) Search(context.Context, []string, int) ([][]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out [][]byte
	for _, line := range p.all {
		out = append(out, []byte(line))
	}
	return out, nil
}

func (p *platform) Depths(context.Context) (webconsole.Depths, error) {
	return webconsole.Depths{Events: webconsole.Depth{Count: deadletters.Count{Visible: 7}, Age: 3 * time.Second}, DLQ: webconsole.Depth{Count: deadletters.Count{InFlight: 2}}}, nil
}

func (p *platform) Event(context.Context, string, string) (json.RawMessage, error) {
	return json.RawMessage(`{"merchant":"` + script + `"}`), nil
}

func (p *platform) Status(_ context.Context, owner, _ string) (api.Status, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owners = append(p.owners, owner)
	return api.Status{State: contract.StatusProcessed, Attempts: 1}, nil
}

func (p *platform) Send(_ context.Context, payload []byte, _ string) (api.Result, error) {
	p.did("send %s", payload)
	return api.Result{EventID: "e-1"}, p.sent
}

func (p *platform) Enqueue(_ context.Context, payload []byte) (string, error) {
	p.did("enqueue %s", payload)
	return "e-2", nil
}

func (p *platform) Recent(context.Context) ([]webconsole.Notification, error) {
	return []webconsole.Notification{{Body: `{"event_id":"e-1","merchant":"` + script + `","amount":1.50,"currency":"EUR"}`}, {Body: script}}, nil
}

func letter() deadletters.Letter {
	payload := `{"merchant":"` + script + `"}`
	body, err := event.Envelope{EventID: "e-1", CorrelationID: "c", Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)), ReceivedAt: time.Now()}.Encode()
	if err != nil {
		panic(err)
	}
	return deadletters.Letter{MessageID: "m-1", EventID: "e-1", ErrorCode: "invalid_event", ErrorReason: script, Body: body}
}

func (p *platform) List(context.Context, deadletters.Filter, int) ([]deadletters.Letter, error) {
	if p.listing != nil {
		p.listing()
	}
	return []deadletters.Letter{letter()}, nil
}

func (p *platform) Find(_ context.Context, id string) ([]deadletters.Letter, error) {
	if id != "m-1" {
		return nil, deadletters.ErrNotThere
	}
	return []deadletters.Letter{letter()}, nil
}

func (p *platform) Redrive(_ context.Context, r deadletters.Redrive) (deadletters.Redriven, error) {
	p.did("redrive %v all=%t", r.IDs, r.All)
	return deadletters.Redriven{Sent: 1}, nil
}

func (p *platform) SendEdited(_ context.Context, l deadletters.Letter, payload []byte) error {
	p.did("edit %s %s", l.MessageID, payload)
	return nil
}

func (p *platform) Delete(_ context.Context, ids []string, _ deadletters.Filter, _ func(deadletters.Letter, error)) (deadletters.Deleted, error) {
	p.did("delete %v", ids)
	return deadletters.Deleted{Deleted: 1}, nil
}

// stand is a console that runs.
type stand struct {
	*platform
	t    *testing.T
	url  string
	stop context.CancelFunc
}

func start(t *testing.T, change func(*webconsole.Config)) *stand {
	t.Helper()
	p := &platform{}
	cfg := webconsole.Config{Path: "/console", Name: "test", Logs: p, Queues: p, Events: p, DeadLetters: p, Bypass: p, Notifications: p}
	if change != nil {
		change(&cfg)
	}
	console, err := webconsole.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- console.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return &stand{p, t, server.URL + "/console", stop}
}

// do sends a request with headers, given as pairs, and returns status and body.
func (s *stand) do(method, path string, form url.Values, headers ...string) (*http.Response, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second) // a stream has no end
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(body)
}

// token is the one that forms have.
func (s *stand) token() string {
	s.t.Helper()
	_, body := s.do(http.MethodGet, "/send", nil)
	found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		s.t.Fatalf("the form has no token: %s", body)
	}
	return found[1]
}

// tick is what a page is told first.
func (s *stand) tick() (tick struct{ Points []struct{ At int64 } }) {
	s.t.Helper()
	response, err := http.Get(s.url + "/stream")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(text), &tick); err != nil {
				s.t.Fatal(err)
			}
			return tick
		}
	}
	s.t.Fatalf("the stream ended: %v", lines.Err())
	return tick
}
