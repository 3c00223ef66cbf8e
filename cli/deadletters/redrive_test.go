package deadletters

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestRedrive_sends_a_message_back_as_it_was(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	body := envelope("e1")
	s.dead("e1", "hash_mismatch", body)
	out, err := s.queue().Redrive(t.Context(), Redrive{All: true})
	if err != nil || describe(out) != "sent 1 failed 0 doubled 0 late 0 matched map[hash_mismatch:1]" || out.Left != (Count{}) {
		t.Fatalf("%+v, %v", out, err)
	}
	s.wantStats("dlq", sqs.Stats{})
	got := s.drain(s.queueURL)
	if len(got) != 1 || *got[0].Body != body || got[0].Attributes["AWSTraceHeader"] != "Root=1-e1" {
		t.Fatalf("the events queue has %+v", got)
	}
	var names []string
	for name := range got[0].MessageAttributes {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"correlation_id", "event_id", "schema_version", "weight"}; !slices.Equal(names, want) {
		t.Errorf("attributes %v, want %v", names, want)
	}
	if w := got[0].MessageAttributes["weight"]; *w.DataType != "Binary" || string(w.BinaryValue) != "\x00\x01" {
		t.Errorf("weight is %+v", w)
	}
}

func TestRedrive_takes_what_is_asked_for(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request func(ids map[string]string) Redrive // message ids by body
		want    string
		queue   string
		dlq     string
	}{
		"all": {func(map[string]string) Redrive { return Redrive{All: true} },
			"sent 4 failed 0 doubled 0 late 0 matched map[a:2 b:2]", "1 2 3 4", ""},
		"by event id, each of that event": {func(map[string]string) Redrive { return Redrive{IDs: []string{"e1"}} },
			"sent 2 failed 0 doubled 0 late 0 matched map[a:1 b:1]", "1 2", "3 4"},
		"by message id": {func(ids map[string]string) Redrive { return Redrive{IDs: []string{ids["2"], ids["4"]}} },
			"sent 2 failed 0 doubled 0 late 0 matched map[b:2]", "2 4", "1 3"},
		"an id that is not there": {func(ids map[string]string) Redrive { return Redrive{IDs: []string{"nobody", ids["3"]}} },
			"sent 1 failed 0 doubled 0 late 0 matched map[a:1] missing [nobody]", "3", "1 2 4"},
		"of a code": {func(map[string]string) Redrive { return Redrive{All: true, Filter: Filter{Codes: []string{"b"}}} },
			"sent 2 failed 0 doubled 0 late 0 matched map[b:2]", "2 4", "1 3"},
		"of an event id and a code": {func(map[string]string) Redrive {
			return Redrive{IDs: []string{"e1"}, Filter: Filter{Codes: []string{"a", NoCode}}}
		},
			"sent 1 failed 0 doubled 0 late 0 matched map[a:1]", "1", "2 3 4"},
		"a dry run": {func(map[string]string) Redrive { return Redrive{All: true, DryRun: true} },
			"sent 0 failed 0 doubled 0 late 0 matched map[a:2 b:2]", "", "1 2 3 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			ids := map[string]string{}
			for _, m := range [][3]string{{"e1", "a", "1"}, {"e1", "b", "2"}, {"e2", "a", "3"}, {"e3", "b", "4"}} {
				ids[m[2]] = s.dead(m[0], m[1], m[2])
			}
			out, err := s.queue().Redrive(t.Context(), test.request(ids))
			if err != nil || describe(out) != test.want {
				t.Fatalf("%s, %v; want %s", describe(out), err, test.want)
			}
			inDLQ := 0
			if test.dlq != "" {
				inDLQ = len(strings.Fields(test.dlq))
			}
			s.wantStats("dlq", sqs.Stats{Visible: inDLQ}) // nothing is left hidden
			if out.Left.Total() != int64(inDLQ) {
				t.Errorf("left %+v, want %d", out.Left, inDLQ)
			}
			if got := bodies(s.drain(s.queueURL)); got != test.queue {
				t.Errorf("the events queue has %q, want %q", got, test.queue)
			}
			if got := bodies(s.drain(s.dlqURL)); got != test.dlq {
				t.Errorf("the DLQ has %q, want %q", got, test.dlq)
			}
		})
	}
}

// Each call of a redrive fails once, before or after it is carried out: at no
// point may a message be in neither queue, and a further redrive brings all back.
func TestRedrive_loses_nothing_whichever_call_fails(t *testing.T) {
	t.Parallel()
	all := []string{"1", "2", "3"}
	reference := newStand(t)
	for _, body := range all {
		reference.dead("e"+body, "x", body)
	}
	reference.inject(nil)
	if _, err := reference.queue().Redrive(t.Context(), Redrive{All: true}); err != nil {
		t.Fatal(err)
	}
	calls := reference.called()
	if !slices.Contains(calls, "SendMessage") || !slices.Contains(calls, "DeleteMessage") {
		t.Fatalf("the calls are %v", calls)
	}
	for n, operation := range calls {
		for _, what := range []fault{refused, lost} {
			t.Run(fmt.Sprintf("%d %s %d", n, operation, what), func(t *testing.T) {
				t.Parallel()
				s := newStand(t)
				for _, body := range all {
					s.dead("e"+body, "x", body)
				}
				s.inject(func(_ string, call int) fault {
					if call == n {
						return what
					}
					return answered
				})
				out, err := s.queue().Redrive(t.Context(), Redrive{All: true})
				switch operation {
				case "ReceiveMessage", "GetQueueAttributes":
					if err == nil {
						t.Error("the fault is not told")
					}
				case "SendMessage":
					if err != nil || out.Failed != 1 || out.Sent != 2 {
						t.Errorf("%s, %v", describe(out), err)
					}
				case "DeleteMessage":
					if err != nil || out.Doubled != 1 || out.Sent != 2 {
						t.Errorf("%s, %v", describe(out), err)
					}
				}
				s.wantEverywhere(all)
				s.inject(nil)
				s.clock.ahead.Add(int64(time.Hour)) // what stayed hidden is visible again
				if _, err := s.queue().Redrive(t.Context(), Redrive{All: true}); err != nil {
					t.Fatal(err)
				}
				if left := bodies(s.drain(s.dlqURL)); left != "" {
					t.Errorf("after a second redrive the DLQ has %q", left)
				}
				arrived := strings.Fields(bodies(s.drain(s.queueURL)))
				if got := slices.Compact(slices.Clone(arrived)); !slices.Equal(got, all) {
					t.Errorf("the events queue has %v, want each of %v", arrived, all)
				}
				if len(arrived) > len(all)+1 {
					t.Errorf("one fault doubled more than one message: %v", arrived)
				}
			})
		}
	}
}

// wantEverywhere demands that each body be in one queue at least, hidden or not.
func (s *stand) wantEverywhere(want []string) {
	s.t.Helper()
	total := 0
	for _, queue := range []string{"dlq", "events"} {
		stats, err := s.server.Stats(queue)
		if err != nil {
			s.t.Fatal(err)
		}
		total += stats.Visible + stats.InFlight + stats.Delayed
	}
	if total < len(want) {
		s.t.Errorf("%d messages in both queues together, %d were there", total, len(want))
	}
}

func TestRedrive_stops_when_message_after_message_cannot_be_moved(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{
		"SendMessage":   "sent 0 failed 5 doubled 0 late 0 matched map[x:5]",
		"DeleteMessage": "sent 0 failed 0 doubled 5 late 0 matched map[x:5]",
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			for i := range 12 {
				s.dead(fmt.Sprint("e", i), "x", fmt.Sprint(i))
			}
			s.inject(func(called string, _ int) fault {
				if called == operation {
					return refused
				}
				return answered
			})
			var told []string
			out, err := s.queue().Redrive(t.Context(), Redrive{All: true, Progress: func(l Letter, err error) { told = append(told, fmt.Sprint(err != nil)) }})
			if err == nil || !strings.HasPrefix(err.Error(), "5 messages in a row could not be moved, the last one for this reason: ") || describe(out) != want {
				t.Fatalf("%s, %v", describe(out), err)
			}
			if strings.Join(told, " ") != "true true true true true" || out.Left.Total() != 12 {
				t.Errorf("told %v, left %+v", told, out.Left)
			}
		})
	}
}

func TestRedrive_interrupted_finishes_the_message_in_hand(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"SendMessage", "DeleteMessage"} {
		t.Run("during "+operation, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			for i := range 9 {
				s.dead(fmt.Sprint("e", i), "x", fmt.Sprint(i))
			}
			ctx, cancel := context.WithCancel(t.Context())
			s.inject(func(called string, n int) fault {
				if called == operation && n > 5 { // in the middle of the third message
					cancel()
				}
				return answered
			})
			out, err := s.queue().Redrive(ctx, Redrive{All: true})
			if err != nil || !out.Interrupted || out.Sent != 3 || out.Failed+out.Doubled != 0 || out.Left != (Count{Visible: 6}) {
				t.Fatalf("%s, left %+v, %v", describe(out), out.Left, err)
			}
			s.wantStats("dlq", sqs.Stats{Visible: 6})
			s.wantStats("events", sqs.Stats{Visible: 3})
		})
	}
	t.Run("while it waits for its turn", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		s.dead("e1", "x", "1")
		s.dead("e2", "x", "2")
		ctx, cancel := context.WithCancel(t.Context())
		out, err := s.queue().Redrive(ctx, Redrive{All: true, Rate: 1.0 / 3600, Progress: func(Letter, error) { cancel() }})
		if err != nil || !out.Interrupted || out.Sent != 1 || out.Left != (Count{Visible: 1}) {
			t.Fatalf("%s, left %+v, %v", describe(out), out.Left, err)
		}
	})
}

// A message that is given up again during the redrive must not go round for ever,
// whether that takes seconds or no time at all.
func TestRedrive_leaves_what_comes_meanwhile(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"at once": 0, "after a while": 5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			for i := range 3 {
				s.dead(fmt.Sprint("e", i), "x", fmt.Sprint(i))
			}
			rounds := 0
			out, err := s.queue().Redrive(t.Context(), Redrive{All: true, Progress: func(l Letter, _ error) {
				if rounds++; rounds > 30 {
					t.Fatal("it goes round and round")
				}
				s.clock.ahead.Add(int64(delay)) // a processor gives it up again
				s.dead(l.EventID, "x", l.Body)
			}})
			if err != nil || describe(out) != "sent 3 failed 0 doubled 0 late 3 matched map[x:3]" {
				t.Fatalf("%s, %v", describe(out), err)
			}
			s.wantStats("dlq", sqs.Stats{Visible: 3})
		})
	}
	t.Run("but not what only looks the same", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		s.clock.ahead.Store(-int64(time.Minute)) // both were there before the redrive began
		s.dead("e1", "x", "same")
		s.dead("e1", "x", "same")
		s.clock.ahead.Store(0)
		if out, err := s.queue().Redrive(t.Context(), Redrive{All: true}); err != nil || out.Sent != 2 {
			t.Fatalf("%s, %v", describe(out), err)
		}
	})
}

func TestRedrive_sends_at_the_rate(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for i := range 4 {
		s.dead(fmt.Sprint("e", i), "x", fmt.Sprint(i))
	}
	began := time.Now()
	out, err := s.queue().Redrive(t.Context(), Redrive{All: true, Rate: 20})
	// The first needs no turn; the others come 50 ms after the one before, or later.
	if took := time.Since(began); err != nil || out.Sent != 4 || took < 150*time.Millisecond {
		t.Errorf("%s, %v after %s", describe(out), err, took)
	}
}

func TestRedrive_names_what_cannot_be_used(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.dead("e1", "x", "1")
	if _, err := s.queue().Redrive(t.Context(), Redrive{}); err == nil || err.Error() != "a redrive needs either ids or all" {
		t.Errorf("got %v", err)
	}
	if _, err := s.queue().Redrive(t.Context(), Redrive{All: true, IDs: []string{"x"}}); err == nil {
		t.Error("ids and all together are taken")
	}
	nowhere := s.queue(func(c *Config) { c.QueueURL = "" })
	if _, err := nowhere.Redrive(t.Context(), Redrive{All: true}); err == nil || err.Error() != "a redrive needs the URL of the events queue" {
		t.Errorf("got %v", err)
	}
	if out, err := nowhere.Redrive(t.Context(), Redrive{All: true, DryRun: true}); err != nil || out.Matched["x"] != 1 {
		t.Errorf("a dry run needs it, too: %v", err)
	}
}

// An answer without a message id is no confirmation.
func TestRedrive_deletes_only_after_a_confirmation(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.dead("e1", "x", "1")
	q := s.queue(func(c *Config) { c.Client = unconfirmed{s.client} })
	out, err := q.Redrive(t.Context(), Redrive{All: true})
	if err != nil || out.Failed != 1 {
		t.Fatalf("%s, %v", describe(out), err)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
}

type unconfirmed struct{ *awssqs.Client }

func (unconfirmed) SendMessage(context.Context, *awssqs.SendMessageInput, ...func(*awssqs.Options)) (*awssqs.SendMessageOutput, error) {
	return &awssqs.SendMessageOutput{}, nil
}
