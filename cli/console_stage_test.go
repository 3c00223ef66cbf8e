package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/event"
)

// cloudWatch is what CloudWatch has of a stage. It notes the permissions that all calls of the
// account need.
type cloudWatch struct {
	t       *testing.T
	denied  bool
	mu      sync.Mutex
	needed  map[string]bool
	metrics []string // that were asked for
}

// answers answers a call of CloudWatch, and reports whether it was one.
func (f *cloudWatch) answers(w http.ResponseWriter, r *http.Request) bool {
	service := strings.Split(r.Header.Get("Authorization"), "/")
	if len(service) < 4 {
		f.t.Errorf("%s is not signed", r.URL)
		return false
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch service[3] {
	case "logs":
		f.note("logs:" + operation)
		f.lines(w, r)
		return true
	case "monitoring":
		f.note("cloudwatch:" + r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		f.value(w, r)
		return true
	case "sqs": // a batch needs what one needs
		f.note("sqs:" + strings.TrimSuffix(operation, "Batch"))
	case "apigateway":
		f.note("apigateway:" + r.Method)
	default:
		f.note(service[3] + ":" + r.FormValue("Action"))
	}
	return false
}

func (f *cloudWatch) note(permission string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.needed[permission] = true
}

// lines answers FilterLogEvents with the lines of look_test.go.
func (f *cloudWatch) lines(w http.ResponseWriter, r *http.Request) {
	if f.denied {
		w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"message":"ada may not logs:FilterLogEvents"}`)
		return
	}
	var in struct{ LogGroupName, FilterPattern string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Error(err)
	}
	function := strings.TrimSuffix(strings.TrimPrefix(in.LogGroupName, "/aws/lambda/fluxa-"), "-dev")
	events := []map[string]any{}
	for i, line := range strings.Split(strings.TrimSpace(lines[function]), "\n") {
		if in.FilterPattern == "" || strings.Contains(line, `"event_id":"e1"`) {
			events = append(events, map[string]any{"eventId": fmt.Sprint(i), "timestamp": now.Add(-time.Minute).UnixMilli(), "message": line})
		}
	}
	if err := json.NewEncoder(w).Encode(map[string]any{"events": events}); err != nil {
		f.t.Error(err)
	}
}

// value answers GetMetricData with 95.
func (f *cloudWatch) value(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	f.metrics = append(f.metrics, string(body))
	f.mu.Unlock()
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	answer := cbor.Map{"MetricDataResults": cbor.List{cbor.Map{"Id": cbor.String("oldest"), "Values": cbor.List{cbor.Float64(95), cbor.Float64(40)}}}}
	if _, err := w.Write(cbor.Encode(answer)); err != nil {
		f.t.Error(err)
	}
}

// permissions are those that docs/OPERATE.md lists, of those who look or of those who act, too.
func permissions(t *testing.T, acting bool) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/OPERATE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## The console of a stage\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var out []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+:[A-Za-z]+)` \\|.*\\| (looking|acting) \\|$").FindAllStringSubmatch(section, -1) {
		if row[2] == "looking" || acting {
			out = append(out, row[1])
		}
	}
	slices.Sort(out)
	return out
}

// served is a console that a command serves.
type served struct {
	*http.Client
	t    *testing.T
	url  string
	errs *bytes.Buffer // to be read after stop
	stop func()
}

func serve(t *testing.T, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	began, errs := time.Now(), &bytes.Buffer{}
	c := console.Console{In: strings.NewReader(""), Out: write, Err: errs, Now: func() time.Time { return now.Add(time.Since(began)) }}
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, append([]string{"console"}, args...), c, stacks.Launcher{})
		write.Close()
	}()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{Client: &http.Client{Jar: jar, Timeout: 30 * time.Second}, t: t, errs: errs, stop: sync.OnceFunc(func() {
		cancel()
		if got := <-code; got != exit.Interrupted {
			t.Errorf("exit code %d, want %d", got, exit.Interrupted)
		}
	})}
	t.Cleanup(s.stop)
	address, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		s.stop()
		t.Fatalf("no address: %v; %s", err, errs)
	}
	parsed, err := url.Parse(strings.TrimSpace(address))
	if err != nil || parsed.Hostname() != "127.0.0.1" {
		t.Fatalf("the address is %s: %v", address, err)
	}
	if status, body := s.do(http.MethodGet, parsed.String(), nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	parsed.RawQuery = ""
	s.url = parsed.String()
	return s
}

func (s *served) do(method, address string, form url.Values) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// eventually waits until a page has all the texts.
func (s *served) eventually(path string, texts ...string) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, body := s.do(http.MethodGet, s.url+path, nil)
		missing := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.Contains(body, text) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s never had %q: %s", path, missing, body)
		}
	}
}

// first is what a page is told first.
func (s *served) first() string {
	s.t.Helper()
	response, err := s.Get(s.url + "/stream")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := bufio.NewReader(response.Body).ReadString('\n')
	if err != nil {
		s.t.Error(err)
	}
	return text
}

func newStage(t *testing.T) *account {
	t.Helper()
	a := newAccount(t)
	a.watched = &cloudWatch{t: t, needed: map[string]bool{}}
	a.api.says("GET /dev/events/e1", 200, `{"event_id":"e1","merchant":"Corner Shop"}`)
	a.api.says("GET /dev/events/e1/status", 200, `{"event_id":"e1","status":"processed","attempts":2}`)
	a.api.says("POST /dev/events", 202, `{"event_id":"e1","status":"enqueued"}`)
	return a
}

// poison puts a message with a payload that can be mended into the DLQ.
func (q *queues) poison() string {
	q.t.Helper()
	payload := `{"user_id":"u","amount":-1,"currency":"EUR","merchant":"m","timestamp":"2024-07-01T11:00:00Z"}`
	body, err := event.Envelope{EventID: "e9", CorrelationID: "c9", Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)), ReceivedAt: now}.Encode()
	if err != nil {
		q.t.Fatal(err)
	}
	return q.dead("e9", "invalid_event", "amount must be more than 0", body)
}

const onStage = "stage dev (account 123456789012, eu-west-1)"

// TestConsole_of_a_stage_shows_it_and_changes_nothing uses the AWS settings of the
// environment, so it is not parallel.
func TestConsole_of_a_stage_shows_it_and_changes_nothing(t *testing.T) {
	a := newStage(t)
	id := a.queues.poison()
	s := serve(t, "--stage", "dev")
	s.eventually("/events", ">e1</a>", "stored", "2 tries", onStage+": read-only.", "--stage dev --allow-actions")
	s.eventually("/event?id=e1", "Try 2: committed", "Announced", "Corner Shop")
	s.eventually("/part/letters", "invalid_event", "e9")
	s.eventually("/letter?id="+id, "amount must be more than 0", "&#34;amount&#34;: -1")
	if tick := s.first(); !strings.Contains(tick, `"ages":{"events":95,`) || !strings.Contains(tick, `"dlq":{"visible":1,`) {
		t.Errorf("the queues are %s", tick[strings.Index(tick, `"depths"`):])
	}
	for _, path := range []string{"/send", "/dlq/redrive", "/dlq/edit", "/dlq/delete"} {
		if status, body := s.do(http.MethodPost, s.url+path, url.Values{"id": {id}, "payload": {"{}"}}); status != http.StatusForbidden || !strings.Contains(body, "--allow-actions") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	stranger := &served{Client: http.DefaultClient, t: t}
	if status, _ := stranger.do(http.MethodGet, s.url, nil); status != http.StatusUnauthorized {
		t.Errorf("without the key: %d", status)
	}
	s.stop()
	if got := s.errs.String(); got != "on "+onStage+"\nCtrl-C ends it\n" {
		t.Errorf("it says %s", got)
	}
	if diff := cmp.Diff(permissions(t, false), slices.Sorted(maps.Keys(a.watched.needed))); diff != "" {
		t.Errorf("permissions (-docs/OPERATE.md +used)\n%s", diff)
	}
	if len(a.watched.metrics) != 1 || !strings.Contains(a.watched.metrics[0], "ApproximateAgeOfOldestMessage") || a.api.key() != "value-of-k1" {
		t.Errorf("metrics %q, key %s", a.watched.metrics, a.api.key())
	}
	a.queues.wantStats("dlq", sqs.Stats{Visible: 1})
	a.queues.wantStats("events", sqs.Stats{})
}

// TestConsole_of_a_stage_acts_when_it_may uses the AWS settings of the environment, so it is
// not parallel.
func TestConsole_of_a_stage_acts_when_it_may(t *testing.T) {
	a := newStage(t)
	edited, redriven, deleted := a.queues.poison(), a.queues.poison(), a.queues.poison()
	s := serve(t, "--stage", "dev", "--allow-actions")
	s.eventually("/events", ">e1</a>")
	_, form := s.do(http.MethodGet, s.url+"/send", nil)
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(form)
	if token == nil {
		t.Fatalf("the form has no token: %s", form)
	}
	mended := `{"user_id":"u","amount":1,"currency":"EUR","merchant":"m","timestamp":"2024-07-01T11:00:00Z"}`
	for _, do := range []struct{ path, id, payload, says string }{
		{"/send", "", mended, "Sent."},
		{"/dlq/edit", edited, mended, "The edited event is back in the events queue."},
		{"/dlq/redrive", redriven, "", "Sent back to the events queue."},
		{"/dlq/delete", deleted, "", "Deleted from the DLQ."},
	} {
		status, body := s.do(http.MethodPost, s.url+do.path, url.Values{"token": token[1:], "id": {do.id}, "payload": {do.payload}})
		if status != http.StatusOK || !strings.Contains(body, do.says) || !strings.Contains(body, "On "+onStage+".") {
			t.Errorf("%s: %d %s", do.path, status, body)
		}
	}
	if !slices.ContainsFunc(a.api.asked(), func(request string) bool { return request == "POST /dev/events "+mended }) {
		t.Errorf("the API was asked %q", a.api.asked())
	}
	s.stop()
	if got := s.errs.String(); strings.Count(got, `msg=action on="`+onStage+`"`) != 4 || !strings.Contains(got, "do=/dlq/delete id="+deleted) {
		t.Errorf("it says %s", got)
	}
	if diff := cmp.Diff(permissions(t, true), slices.Sorted(maps.Keys(a.watched.needed))); diff != "" {
		t.Errorf("permissions (-docs/OPERATE.md +used)\n%s", diff)
	}
	a.queues.wantStats("dlq", sqs.Stats{})
	a.queues.wantStats("events", sqs.Stats{Visible: 2})
}

// TestConsole_says_what_it_may_not_read uses the AWS settings of the environment, so it is not
// parallel.
func TestConsole_says_what_it_may_not_read(t *testing.T) {
	a := newStage(t)
	a.watched.denied = true
	s := serve(t, "--stage", "dev")
	const want = "read the log group /aws/lambda/fluxa-ingest-dev: CloudWatch Logs refused FilterLogEvents: AccessDeniedException: ada may not logs:FilterLogEvents; check that these are the right AWS credentials"
	s.eventually("/events", want)
	s.eventually("/event?id=e1", want)
}

// TestConsole_is_of_a_stage_alone uses the AWS settings of the environment, so it is not
// parallel.
func TestConsole_is_of_a_stage_alone(t *testing.T) {
	a := newStage(t)
	info := a.queues.info
	info.APIURL = a.api.URL
	dir := local(t, info)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	for args, want := range map[string]outcome{
		"--dir " + dir:                    {exit.Usage, "", "fluxa: the local stack under " + dir + " serves its own console, which `fluxa open` opens; --stage NAME shows a deployed stage\n"},
		"--endpoint http://h/dev":         {exit.Usage, "", "fluxa: the logs of http://h/dev are not known: give --stage NAME\n"},
		"--stage dev --endpoint http://h": {exit.Usage, "", "fluxa: --stage and --endpoint name two stacks: give one of them, and unset the others\n"},
		"--stage dev --dir " + dir:        {exit.Usage, "", "fluxa: --dir names the local stack, and --stage a deployed one: give one of them\n"},
		"--stage dev --port " + port:      {exit.Failure, "", "fluxa: port " + port + " is in use: give another with --port, or none for a free one\n"},
		"--stage dev --port -1":           {exit.Usage, "", "fluxa: --port is -1, it must be 1 to 65535, or 0 for a free one\n"},
		"--stage dev --since 2h":          {exit.Usage, "", "fluxa: --since is 2h0m0s, it must be more than 0 and at most 1h\n"},
		"--stage dev --search 0s":         {exit.Usage, "", "fluxa: --search is 0s, it must be more than 0 and at most 2160h\n"},
		"--stage shared --key-of ada":     {exit.Usage, "", "fluxa: stage shared (account 123456789012, eu-west-1) has no client ada with an API key: it has eu-orders, reports\n"},
	} {
		if got := run(t, append([]string{"console"}, strings.Fields(args)...)...); got != want {
			t.Errorf("%s: %s\nwant %s", args, got, want)
		}
	}
	if got := run(t, "open", "--stage", "dev"); got.code != exit.Failure || got.err != "fluxa: "+onStage+" has no console of its own: `fluxa console --stage dev` serves one here\n" {
		t.Errorf("%s", got)
	}
}
