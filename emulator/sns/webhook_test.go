package sns_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/fluxa/fluxa/emulator/sns"
)

// pauses is a clock whose waits end at once and are written down.
type pauses struct {
	mu    sync.Mutex
	taken []time.Duration
}

func (p *pauses) Now() time.Time { return time.Unix(0, 0) }

func (p *pauses) After(d time.Duration) <-chan time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = append(p.taken, d)
	fired := make(chan time.Time, 1)
	fired <- time.Unix(0, 0)
	return fired
}

type hook struct {
	*httptest.Server
	requests chan *http.Request
	bodies   chan string
}

// newHook answers with the statuses in turn, and with the last of them from then
// on.
func newHook(t *testing.T, statuses ...int) *hook {
	t.Helper()
	h := &hook{requests: make(chan *http.Request, 16), bodies: make(chan string, 16)}
	var mu sync.Mutex
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(statuses[0])
		if len(statuses) > 1 {
			statuses = statuses[1:]
		}
		h.requests <- r
		h.bodies <- string(body)
	}))
	t.Cleanup(h.Close)
	return h
}

func (s *stand) publish(message string) {
	s.t.Helper()
	if _, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String(message)}); err != nil {
		s.t.Fatal(err)
	}
}

func TestHTTPDelivery(t *testing.T) {
	t.Parallel()
	for name, isRaw := range map[string]bool{"raw": true, "envelope": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			h := newHook(t, 204)
			var attributes map[string]string
			if isRaw {
				attributes = raw()
			}
			sub := s.subscribe("http", h.URL+"/hook", attributes)
			s.publish("hello")
			r, body := <-h.requests, <-h.bodies
			if r.Method != http.MethodPost || r.URL.Path != "/hook" ||
				r.Header.Get("X-Amz-Sns-Message-Type") != "Notification" || r.Header.Get("X-Amz-Sns-Message-Id") == "" ||
				r.Header.Get("X-Amz-Sns-Topic-Arn") != s.topic || r.Header.Get("X-Amz-Sns-Subscription-Arn") != sub ||
				r.Header.Get("Content-Type") != "text/plain; charset=UTF-8" {
				t.Errorf("the request was %s %s %v", r.Method, r.URL, r.Header)
			}
			if got := r.Header.Get("X-Amz-Sns-Rawdelivery") == "true"; got != isRaw {
				t.Errorf("raw delivery header is %v, want %v", got, isRaw)
			}
			if isRaw && body != "hello" || !isRaw && !strings.Contains(body, `"Message":"hello"`) {
				t.Errorf("the body is %q", body)
			}
		})
	}
}

func TestHTTPDeliveryTriesAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		statuses []int
		pauses   []time.Duration
	}{
		{"until it succeeds", []int{500, 429, 200}, []time.Duration{time.Second, 2 * time.Second}},
		{"until the attempts are used up", []int{503}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		{"not when the request is at fault", []int{404}, nil},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			clock := &pauses{}
			s := newStand(t, func(config *sns.Config) { config.Clock = clock })
			h := newHook(t, c.statuses...)
			s.subscribe("http", h.URL, raw())
			s.publish("x")
			for range len(c.pauses) + 1 {
				<-h.requests
			}
			if err := s.server.Drain(s.ctx()); err != nil {
				t.Fatal(err)
			}
			if n := len(h.requests); n != 0 {
				t.Errorf("%d attempts too many", n)
			}
			clock.mu.Lock()
			defer clock.mu.Unlock()
			if !slices.Equal(clock.taken, c.pauses) {
				t.Errorf("the pauses were %v, want %v", clock.taken, c.pauses)
			}
		})
	}
}

func TestCloseEndsPendingDeliveries(t *testing.T) {
	t.Parallel()
	s := newStand(t, func(c *sns.Config) { c.HTTPBackoff = time.Hour })
	h := newHook(t, 500)
	s.subscribe("http", h.URL, raw())
	s.publish("x")
	<-h.requests
	s.server.Close()
	_, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String("x")})
	if err == nil || !strings.Contains(err.Error(), "ServiceUnavailable") {
		t.Errorf("publish after Close: %v, want ServiceUnavailable", err)
	}
}
