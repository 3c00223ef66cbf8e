package snsnotify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/snsnotify"
)

const topicARN = "arn:aws:sns:eu-west-1:1:events"

type message struct {
	text       string
	attributes map[string]string
}

// fakeSNS holds to the limits of SNS and fails the test where a caller does not.
type fakeSNS struct {
	t      *testing.T
	refuse func(id string, try int) *types.BatchResultErrorEntry
	silent map[string]bool
	err    error

	mu      sync.Mutex
	tries   map[string]int
	batches []int
	taken   []message
}

func (f *fakeSNS) PublishBatch(ctx context.Context, in *sns.PublishBatchInput, _ ...func(*sns.Options)) (*sns.PublishBatchOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, len(in.PublishBatchRequestEntries))
	if f.err != nil {
		return nil, f.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.tries == nil {
		f.tries = map[string]int{}
	}
	if n := len(in.PublishBatchRequestEntries); n < 1 || n > 10 || aws.ToString(in.TopicArn) != topicARN {
		f.t.Errorf("%d entries for %q", n, aws.ToString(in.TopicArn))
	}
	out := &sns.PublishBatchOutput{}
	sum, ids := 0, map[string]bool{}
	for _, entry := range in.PublishBatchRequestEntries {
		if ids[aws.ToString(entry.Id)] {
			f.t.Errorf("id %q twice in one call", aws.ToString(entry.Id))
		}
		ids[aws.ToString(entry.Id)] = true
		m := message{aws.ToString(entry.Message), map[string]string{}}
		sum += len(m.text)
		for name, value := range entry.MessageAttributes {
			m.attributes[name] = aws.ToString(value.StringValue)
			sum += len(name) + len(aws.ToString(value.DataType)) + len(m.attributes[name])
			kind := "String"
			if name == "amount" {
				kind = "Number"
			}
			if m.attributes[name] == "" || aws.ToString(value.DataType) != kind {
				f.t.Errorf("attribute %s is %q of type %q", name, m.attributes[name], aws.ToString(value.DataType))
			}
		}
		id := m.attributes["event_id"]
		f.tries[id]++
		if f.silent[id] {
			continue
		}
		if f.refuse != nil {
			if refused := f.refuse(id, f.tries[id]); refused != nil {
				refused.Id = entry.Id
				out.Failed = append(out.Failed, *refused)
				continue
			}
		}
		f.taken = append(f.taken, m)
		out.Successful = append(out.Successful, types.PublishBatchResultEntry{Id: entry.Id})
	}
	if sum > contract.PublishLimit {
		f.t.Errorf("a call of %d bytes", sum)
	}
	return out, nil
}

func newTopic(t *testing.T, client snsnotify.Client) *snsnotify.Topic {
	t.Helper()
	topic, err := snsnotify.New(client, snsnotify.Config{TopicARN: topicARN, Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

func notification(t *testing.T, id string) process.Notification {
	t.Helper()
	amount, err := event.ParseAmount("99.90")
	if err != nil {
		t.Fatal(err)
	}
	return process.Notification{
		EventID: id, CorrelationID: "c-" + id, Status: "processed", UserID: "u", Amount: amount, Currency: "EUR",
		Merchant: "Café <1>", Timestamp: time.Date(2026, 1, 31, 23, 59, 59, 5e8, time.UTC), Mode: event.Inline,
		SHA256: "00", ProcessedAt: time.Date(2026, 2, 1, 0, 0, 1, 0, time.UTC),
	}
}

func notifications(t *testing.T, n int) []process.Notification {
	t.Helper()
	out := make([]process.Notification, n)
	for i := range out {
		out[i] = notification(t, fmt.Sprintf("e%d", i))
	}
	return out
}

func TestTopic_Publish_sends_the_notification_and_what_to_filter_by(t *testing.T) {
	t.Parallel()
	fake := &fakeSNS{t: t}
	if errs := newTopic(t, fake).Publish(t.Context(), []process.Notification{notification(t, "e1")}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	const want = `{"event_id":"e1","correlation_id":"c-e1","status":"processed","user_id":"u","amount":99.90,"currency":"EUR",` +
		`"merchant":"Café <1>","timestamp":"2026-01-31T23:59:59.5Z","payload_mode":"INLINE","payload_sha256":"00","processed_at":"2026-02-01T00:00:01Z"}`
	attributes := map[string]string{
		"event_id": "e1", "correlation_id": "c-e1", "user_id": "u", "currency": "EUR", "merchant": "Café <1>", "status": "processed", "amount": "99.90",
	}
	if got := fake.taken[0]; got.text != want || !maps.Equal(got.attributes, attributes) {
		t.Errorf("message\n%s, want\n%s\nattributes %v", got.text, want, got.attributes)
	}
}

func TestTopic_PublishAgain_keeps_saying_so_when_SNS_refuses_the_other_attributes(t *testing.T) {
	t.Parallel()
	fake := &fakeSNS{t: t, refuse: func(id string, try int) *types.BatchResultErrorEntry {
		if try == 1 {
			return &types.BatchResultErrorEntry{Code: aws.String("InvalidParameter"), SenderFault: true}
		}
		return nil
	}}
	n := notification(t, "e1")
	errs := newTopic(t, fake).PublishAgain(t.Context(), []event.Stored{{Event: event.Event{ID: "e1", Amount: n.Amount, Currency: "EUR"}, Client: "orders", CorrelationID: "c"}})
	want := map[string]string{"client": "orders", "event_id": "e1", "correlation_id": "c", "replayed": "true"}
	if errs[0] != nil || !maps.Equal(fake.taken[0].attributes, want) {
		t.Errorf("attributes %v, error %v, want %v", fake.taken[0].attributes, errs[0], want)
	}
}

func TestTopic_Publish_escapes_what_SNS_refuses(t *testing.T) {
	t.Parallel()
	fake := &fakeSNS{t: t}
	n := notification(t, "e1")
	n.Merchant, n.CorrelationID = "a\uFFFEb\uFFFFc\x01", "x\x01\uFFFE"
	if errs := newTopic(t, fake).Publish(t.Context(), []process.Notification{n}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if got := fake.taken[0]; !strings.Contains(got.text, `"merchant":"a\ufffeb\uffffc\u0001"`) ||
		got.attributes["correlation_id"] != "x\uFFFD\uFFFD" || got.attributes["merchant"] != "a\uFFFDb\uFFFDc\uFFFD" {
		t.Errorf("message %s, attributes %q", got.text, got.attributes)
	}
}

func TestTopic_Publish_gives_up_attributes_before_the_notification(t *testing.T) {
	t.Parallel()
	tries := 0
	fake := &fakeSNS{t: t, refuse: func(string, int) *types.BatchResultErrorEntry {
		if tries++; tries == 1 {
			return &types.BatchResultErrorEntry{Code: aws.String("InvalidParameter"), SenderFault: true}
		}
		return nil
	}}
	large := notification(t, "e2")
	large.Merchant = strings.Repeat("m", contract.PublishLimit/2)
	topic := newTopic(t, fake)
	for _, n := range []process.Notification{notification(t, "e1"), large} {
		if errs := topic.Publish(t.Context(), []process.Notification{n}); errs[0] != nil {
			t.Fatal(errs[0])
		}
	}
	for i, id := range []string{"e1", "e2"} {
		want := map[string]string{"event_id": id, "correlation_id": "c-" + id}
		if got := fake.taken[i].attributes; !maps.Equal(got, want) {
			t.Errorf("attributes %v, want %v", got, want)
		}
	}
}

func TestTopic_Publish_outcomes(t *testing.T) {
	t.Parallel()
	refused := func(code string, senderFault bool) *types.BatchResultErrorEntry {
		return &types.BatchResultErrorEntry{Code: aws.String(code), Message: aws.String("refused"), SenderFault: senderFault}
	}
	for name, c := range map[string]struct {
		count   int
		change  func([]process.Notification)
		refuse  func(id string, try int) *types.BatchResultErrorEntry
		silent  map[string]bool
		err     error
		failed  []int
		batches []int
	}{
		"nothing to publish":            {},
		"one":                           {count: 1, batches: []int{1}},
		"twenty-one make three calls":   {count: 21, batches: []int{1, 10, 10}},
		"a call that fails whole":       {count: 2, err: errors.New("unreachable"), failed: []int{0, 1}, batches: []int{2}},
		"what the answer does not name": {count: 2, silent: map[string]bool{"e0": true}, failed: []int{0}, batches: []int{1, 1, 2}},
		"a passing refusal is tried again": {
			count: 3, batches: []int{1, 3},
			refuse: func(id string, try int) *types.BatchResultErrorEntry {
				if id == "e1" && try == 1 {
					return refused("InternalError", false)
				}
				return nil
			},
		},
		"throttling is passing whoever is blamed": {
			count: 2, batches: []int{1, 1, 2},
			refuse: func(id string, try int) *types.BatchResultErrorEntry {
				if id == "e1" && try < 3 {
					return refused("Throttled", true)
				}
				return nil
			},
		},
		"a final refusal is tried once more, without what to filter by": {
			count: 2, batches: []int{1, 2},
			refuse: func(id string, try int) *types.BatchResultErrorEntry {
				if id == "e1" && try == 1 {
					return refused("InvalidParameter", true)
				}
				return nil
			},
		},
		"a call refused for what it holds is made once more, without": {
			count: 2, err: &smithy.GenericAPIError{Code: "InvalidParameter", Message: "no"}, failed: []int{0, 1}, batches: []int{2, 2},
		},
		"a final refusal of the ids alone is final": {
			count: 2, failed: []int{1}, batches: []int{1, 2},
			refuse: func(id string, _ int) *types.BatchResultErrorEntry {
				if id == "e1" {
					return refused("InvalidParameter", true)
				}
				return nil
			},
		},
		"one that cannot be encoded": {
			count: 3, failed: []int{1}, batches: []int{2},
			change: func(n []process.Notification) { n[1].Amount = event.Amount{} },
		},
		"one too large alone": {
			count: 3, failed: []int{0}, batches: []int{2},
			change: func(n []process.Notification) { n[0].Merchant = strings.Repeat("m", contract.PublishLimit) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeSNS{t: t, refuse: c.refuse, silent: c.silent, err: c.err}
				list := notifications(t, c.count)
				if c.change != nil {
					c.change(list)
				}
				errs := newTopic(t, fake).Publish(t.Context(), list)
				if len(errs) != c.count {
					t.Fatalf("%d outcomes, want %d", len(errs), c.count)
				}
				var failed []int
				for i, err := range errs {
					if err == nil {
						continue
					}
					failed = append(failed, i)
					if fault.CodeOf(err) != fault.NotifierUnavailable || (c.err != nil && !errors.Is(err, c.err)) {
						t.Errorf("outcome %d: %v", i, err)
					}
				}
				slices.Sort(fake.batches)
				if !slices.Equal(failed, c.failed) || !slices.Equal(fake.batches, c.batches) {
					t.Errorf("failed %v, want %v; calls %v, want %v", failed, c.failed, fake.batches, c.batches)
				}
				if len(fake.taken) != c.count-len(c.failed) {
					t.Errorf("%d published, want %d", len(fake.taken), c.count-len(c.failed))
				}
			})
		})
	}
}

func TestTopic_Publish_packs_any_mix_within_the_limits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 4))
		list := notifications(t, random.IntN(40))
		for i := range list {
			if random.IntN(2) == 0 {
				list[i].Merchant = strings.Repeat("m", random.IntN(150_000))
			}
		}
		fake := &fakeSNS{t: t}
		if errs := newTopic(t, fake).Publish(t.Context(), list); !slices.Equal(errs, make([]error, len(list))) {
			t.Errorf("seed %d: %v", seed, errs)
		}
		if len(fake.taken) != len(list) {
			t.Errorf("seed %d: %d published, want %d", seed, len(fake.taken), len(list))
		}
	}
}

func TestTopic_Publish_over_the_wire_stops_with_its_context(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan url.Values, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			t.Error(err)
		}
		arrived <- form
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(server.Close)
	client := sns.New(sns.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	ctx, cancel := context.WithCancel(t.Context())
	forms := make(chan url.Values, 1)
	go func() {
		forms <- <-arrived
		cancel()
	}()
	errs := newTopic(t, client).Publish(ctx, notifications(t, 2))
	for i, err := range errs {
		if !errors.Is(err, context.Canceled) || fault.CodeOf(err) != fault.NotifierUnavailable {
			t.Errorf("outcome %d: %v", i, err)
		}
	}
	<-gone
	form := <-forms
	if form.Get("Action") != "PublishBatch" || form.Get("TopicArn") != topicARN || form.Get("PublishBatchRequestEntries.member.2.Id") != "1" {
		t.Errorf("form %v", form)
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]snsnotify.Config{
		`snsnotify: TopicARN must be the ARN of a topic, got ""`:       {},
		`snsnotify: TopicARN must be the ARN of a topic, got "events"`: {TopicARN: "events"},
		"batch: Attempts must be 1 to 10, got -1":                      {TopicARN: topicARN, Attempts: -1},
	} {
		if _, err := snsnotify.New(&fakeSNS{}, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func ExampleTopic_Publish() {
	client := &fakeSNS{} // in a function: sns.NewFromConfig(…)
	topic, err := snsnotify.New(client, snsnotify.Config{TopicARN: topicARN})
	if err != nil {
		panic(err)
	}
	amount, err := event.ParseAmount("12.50")
	if err != nil {
		panic(err)
	}
	errs := topic.Publish(context.Background(), []process.Notification{{EventID: "e1", Status: "processed", Amount: amount, Currency: "EUR"}})
	fmt.Println(errs, client.taken[0].attributes)
	// Output: [<nil>] map[amount:12.50 currency:EUR event_id:e1 status:processed]
}
