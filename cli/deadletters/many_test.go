package deadletters

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestMany: 10,000 dead letters, half of them of another code. The scan outlasts the
// visibility time-out that a short look has: a clock that leaps on makes it.
func TestMany_are_moved_and_deleted_each_once_although_it_is_interrupted(t *testing.T) {
	t.Parallel()
	const total = 10_000
	s := newStand(t)
	for first := 0; first < total; first += 10 {
		entries := make([]types.SendMessageBatchRequestEntry, 10)
		for i := range entries {
			code := "even"
			if i%2 == 1 {
				code = "odd"
			}
			entries[i] = types.SendMessageBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(fmt.Sprintf("%05d", first+i)),
				MessageAttributes: map[string]types.MessageAttributeValue{contract.AttrErrorCode: text(code)},
			}
		}
		if _, err := s.client.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &s.dlqURL, Entries: entries}); err != nil {
			t.Fatal(err)
		}
	}
	odd := Filter{Codes: []string{"odd"}}
	ctx, cancel := context.WithCancel(t.Context())
	moved := 0
	out, err := s.queue().Redrive(ctx, Redrive{All: true, Filter: odd, Progress: func(Letter, error) {
		if moved++; moved == 1000 {
			cancel()
		}
	}})
	if err != nil || !out.Interrupted || out.Sent != 1000 || out.Left != (Count{Visible: total - 1000}) {
		t.Fatalf("%s, left %+v, %v", describe(out), out.Left, err)
	}
	out, err = s.queue().Redrive(t.Context(), Redrive{All: true, Filter: odd, Progress: func(Letter, error) {
		s.clock.ahead.Add(int64(20 * time.Millisecond)) // a minute and a half in all
	}})
	if err != nil || describe(out) != "sent 4000 failed 0 doubled 0 late 0 matched map[odd:4000]" || out.Left != (Count{Visible: total / 2}) {
		t.Fatalf("%s, left %+v, %v", describe(out), out.Left, err)
	}
	exported := map[string]bool{}
	if err := s.queue().Export(t.Context(), Filter{}, func(l Letter) error {
		s.clock.ahead.Add(int64(20 * time.Millisecond))
		exported[l.Body] = true
		return nil
	}); err != nil || len(exported) != total/2 {
		t.Fatalf("%d are exported, %v", len(exported), err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	seen := 0
	deleted, err := s.queue().Delete(ctx, nil, Filter{Codes: []string{"even"}}, func(Letter, error) {
		if seen++; seen == 500 {
			cancel()
		}
	})
	if err != nil || !deleted.Interrupted || deleted.Deleted != 500 {
		t.Fatalf("%+v, %v", deleted, err)
	}
	if deleted, err = s.queue().Delete(t.Context(), nil, Filter{}, func(Letter, error) {}); err != nil || deleted.Deleted != total/2-500 || deleted.Left != (Count{}) {
		t.Fatalf("%+v, %v", deleted, err)
	}
	arrived := map[string]bool{}
	messages := s.drain(s.queueURL)
	for _, m := range messages {
		arrived[*m.Body] = true
	}
	if len(messages) != total/2 || len(arrived) != total/2 || arrived["00000"] || !arrived["09999"] {
		t.Errorf("%d messages of %d bodies arrived", len(messages), len(arrived))
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	letters := []Letter{
		{MessageID: "1", ErrorCode: "a", SentAt: noon.Add(-time.Hour)},
		{MessageID: "2", ErrorCode: "b", SentAt: noon},
		{MessageID: "3", SentAt: noon.Add(time.Hour)},
	}
	for name, test := range map[string]struct {
		filter Filter
		want   []string
	}{
		"everything":           {Filter{}, []string{"1", "2", "3"}},
		"a code":               {Filter{Codes: []string{"b"}}, []string{"2"}},
		"no code":              {Filter{Codes: []string{NoCode}}, []string{"3"}},
		"codes":                {Filter{Codes: []string{"a", "-"}}, []string{"1", "3"}},
		"before":               {Filter{Before: noon}, []string{"1"}},
		"after":                {Filter{After: noon}, []string{"3"}},
		"between":              {Filter{After: noon.Add(-time.Minute), Before: noon.Add(time.Minute)}, []string{"2"}},
		"a code and too late":  {Filter{Codes: []string{"a"}, After: noon}, nil},
		"a code that none has": {Filter{Codes: []string{"c"}}, nil},
	} {
		var got []string
		for _, l := range letters {
			if test.filter.takes(l) {
				got = append(got, l.MessageID)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestDelete_takes_what_is_asked_for_and_tells_what_it_could_not(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	id := s.dead("e1", "x", "1")
	s.dead("e1", "y", "2")
	s.dead("e2", "x", "3")
	ignore := func(Letter, error) {}
	out, err := s.queue().Delete(t.Context(), []string{"e1", "nobody"}, Filter{Codes: []string{"y"}}, ignore)
	if err != nil || out.Deleted != 1 || !slices.Equal(out.Missing, []string{"nobody"}) || out.Left != (Count{Visible: 2}) {
		t.Fatalf("%+v, %v", out, err)
	}
	s.inject(func(called string, _ int) fault {
		if called == "DeleteMessage" {
			return refused
		}
		return answered
	})
	if out, err = s.queue().Delete(t.Context(), []string{id}, Filter{}, ignore); err == nil || out.Failed != 1 || out.Deleted != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	s.inject(nil)
	s.wantStats("dlq", sqs.Stats{Visible: 2})
}

// A message that came back while others wait to be seen could end the scan before them.
func TestScan_hides_what_it_has_seen_until_it_can_have_seen_all(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for i := range 30 {
		s.dead(fmt.Sprint("e", i), "x", fmt.Sprint(i))
	}
	for rate, want := range map[pace.Rate]time.Duration{
		0:          visibility + 3*time.Second,
		1.0 / 60:   visibility + 30*time.Minute + 3*time.Second,
		1.0 / 3600: longest,
	} {
		scan, err := s.queue().scanAll(t.Context(), Filter{}, rate)
		if err != nil || scan.hide < want-time.Second || scan.hide > want {
			t.Errorf("at %g a second: hidden for %s, %v, want %s", float64(rate), scan.hide, err, want)
		}
	}
	if _, _, err := s.queue().receive(t.Context(), 10, time.Hour); err != nil {
		t.Fatal(err)
	}
	s.clock.ahead.Add(int64(59 * time.Minute))
	s.wantStats("dlq", sqs.Stats{Visible: 20, InFlight: 10})
	s.clock.ahead.Add(int64(2 * time.Minute))
	s.wantStats("dlq", sqs.Stats{Visible: 30})
}
