package stack_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/local/stack"
)

// page is a console whose requests under /wait last until it ends.
type page struct{ ended chan struct{} }

func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "page "+r.URL.Path)
	if strings.HasSuffix(r.URL.Path, "/wait") {
		_ = http.NewResponseController(w).Flush()
		<-p.ended
	}
}

func (p page) Run(ctx context.Context) error {
	<-ctx.Done()
	close(p.ended)
	return nil
}

func TestPages_are_served_beside_the_API_and_end_before_it(t *testing.T) {
	t.Parallel()
	var shown *stack.Stack
	p := start(t, func(c *stack.Config) {
		c.Console = func(s *stack.Stack) (stack.Console, error) {
			shown = s
			return page{make(chan struct{})}, nil
		}
		c.Reference = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "reference "+r.URL.Path)
		})
	})
	if want := p.Info().APIURL + "/console"; shown != p.Stack || p.Info().ConsoleURL != want || !strings.Contains(p.Banner(), "  Console       "+want+"\n") {
		t.Errorf("the console is at %q, and the banner says\n%s", p.Info().ConsoleURL, p.Banner())
	}
	if want := p.Info().APIURL + "/docs"; p.Info().ReferenceURL != want || !strings.Contains(p.Banner(), "  Reference     "+want+"\n") {
		t.Errorf("the reference is at %q, and the banner says\n%s", p.Info().ReferenceURL, p.Banner())
	}
	for path, want := range map[string]string{
		"/console": "page /console", "/console/x": "page /console/x", "/docs": "reference /docs", "/docs/x": "reference /docs/x",
	} {
		if got := p.get(path); string(got.body) != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	for path, status := range map[string]int{"/health": http.StatusOK, "/consoles": http.StatusNotFound, "/docsx": http.StatusNotFound} {
		if got := p.get(path); got.status != status {
			t.Errorf("%s: %s, want %d", path, got, status)
		}
	}
	p.post(event("announced"))
	p.processed("announced")
	eventually(t, func() string {
		if list := p.Announcements(); len(list) != 1 || !strings.Contains(list[0].Body, `"announced"`) {
			return "the notifications that were seen are not those that were published"
		}
		return ""
	})
	if n := p.notified()["announced"]; n != 1 {
		t.Errorf("the queue of notifications has %d, want 1: looking takes none away", n)
	}
	if age, err := p.Age(stack.EventsQueue); err != nil || age != 0 {
		t.Errorf("the oldest message of an empty queue is %s old, %v", age, err)
	}
	response, err := http.Get(p.Info().ConsoleURL + "/wait")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := p.Stop(context.Background()); err != nil { // it waits for requests, and would give up on this one
		t.Errorf("stop: %v", err)
	}
	if text, err := io.ReadAll(response.Body); err != nil || string(text) != "page /console/wait" {
		t.Errorf("the request that waited: %q, %v", text, err)
	}
}
