package webconsole_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/webconsole"
)

const (
	target   = "stage dev (account 123456789012, eu-west-1)"
	readOnly = "Start it with --allow-actions to act."
)

// actions are the forms, each with what it would do.
var actions = map[string]url.Values{
	"/send": {"payload": {"{}"}}, "/dlq/redrive": {"id": {"m-1"}}, "/dlq/edit": {"id": {"m-1"}, "payload": {"{}"}}, "/dlq/delete": {"id": {"m-1"}},
}

func TestReadOnly_console_has_no_forms_and_refuses_actions(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *webconsole.Config) { c.Target, c.ReadOnly = target, readOnly })
	for _, path := range pages {
		response, body := s.do(http.MethodGet, path, nil)
		if strings.HasPrefix(path, "/send") {
			if response.StatusCode != http.StatusForbidden || !strings.Contains(body, readOnly) {
				t.Errorf("%s: %s %s", path, response.Status, body)
			}
		} else if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, response.Status)
		}
		for _, not := range []string{`method="post"`, `name="token"`, "<textarea", `href="/console/send`} {
			if strings.Contains(body, not) {
				t.Errorf("%s has %s: %s", path, not, body)
			}
		}
	}
	if _, body := s.do(http.MethodGet, "/letter?id=m-1", nil); !strings.Contains(body, "alert(1)") {
		t.Errorf("the payload is not shown: %s", body)
	}
	for path, form := range actions {
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			response, body := s.do(method, path, form, "Sec-Fetch-Site", "same-origin")
			if response.StatusCode != http.StatusForbidden || strings.TrimSpace(body) != readOnly {
				t.Errorf("%s %s: %s %s", method, path, response.Status, body)
			}
		}
	}
	if len(s.actions()) > 0 {
		t.Errorf("it did %v", s.actions())
	}
}

func TestActions_name_the_stage(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := start(t, func(c *webconsole.Config) {
		c.Name, c.Target, c.Logger = "dev", target, slog.New(slog.NewTextHandler(&log, nil))
		c.Elsewhere = []webconsole.Link{{Text: "Traces", Address: "https://example.org/traces"}}
	})
	for path, buttons := range map[string][]string{
		"/send": {"Send on dev"}, "/part/letters": {"Redrive e-1 on dev", "Redrive all on dev"},
		"/letter?id=m-1":    {"Send edited on dev", "Redrive as it is on dev", "Delete for good on dev"},
		"/dlq?said=deleted": {"Deleted from the DLQ. On " + target + "."},
	} {
		_, body := s.do(http.MethodGet, path, nil)
		for _, text := range buttons {
			if !strings.Contains(body, text) {
				t.Errorf("%s does not say %q: %s", path, text, body)
			}
		}
		if !strings.HasPrefix(path, "/part") && (!strings.Contains(body, target+": what you do here is done there.") || !strings.Contains(body, `href="https://example.org/traces"`)) {
			t.Errorf("%s does not say whose it is: %s", path, body)
		}
	}
	token := s.token()
	for path, form := range actions {
		sent := url.Values{"token": {token}}
		for field, values := range form {
			sent[field] = values
		}
		if response, body := s.do(http.MethodPost, path, sent, "Sec-Fetch-Site", "same-origin"); response.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
	}
	s.stop()
	for path := range actions {
		if want := `msg=action on="` + target + `" do=` + path; !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, log.String())
		}
	}
}

func TestKey_of_the_address_is_kept_in_a_cookie(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *webconsole.Config) { c.Key = "secret" })
	for _, path := range append(slices.Clone(pages), "/stream", "/assets/console.css", "?key=wrong", "/events?key=") {
		if response, body := s.do(http.MethodGet, path, nil, "Cookie", "fluxa-console-0=secret"); response.StatusCode != http.StatusUnauthorized || strings.Contains(body, "secret") {
			t.Errorf("%s: %s %s", path, response.Status, body)
		}
	}
	response, _ := s.do(http.MethodGet, "?key=secret", nil)
	cookie := response.Header.Get("Set-Cookie")
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/console" || !strings.Contains(cookie, "; HttpOnly; SameSite=Strict") {
		t.Errorf("%s to %q, cookie %q", response.Status, response.Header.Get("Location"), cookie)
	}
	pair, _, _ := strings.Cut(cookie, ";")
	if response, _ := s.do(http.MethodGet, "/events", nil, "Cookie", pair); response.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %s", response.Status)
	}
	if response, _ := s.do(http.MethodGet, "/events", nil, "Cookie", pair+"x"); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("with another cookie: %s", response.Status)
	}
}

func TestCharts_end_where_lines_can_have_come(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	s := start(t, func(c *webconsole.Config) { c.Lag, c.Now = 20*time.Second, func() time.Time { return at } })
	if first := s.tick(); len(first.Points) != 300 || first.Points[299].At != at.Unix()-21 {
		t.Errorf("%d points until %d, want 300 until %d", len(first.Points), first.Points[len(first.Points)-1].At, at.Unix()-21)
	}
}
