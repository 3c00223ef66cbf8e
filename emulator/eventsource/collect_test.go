package eventsource

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func sizes(batches [][]string) []int {
	var n []int
	for _, b := range batches {
		n = append(n, len(b))
	}
	return n
}

func TestBatching(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		messages int
		change   func(*Config)
		wait     time.Duration
		want     []int
	}{
		"ten_by_default":                         {25, nil, time.Second, []int{10, 10, 5}},
		"up_to_the_size":                         {7, func(c *Config) { c.BatchSize = 3 }, time.Second, []int{3, 3, 1}},
		"several_receives_make_a_large_batch":    {57, func(c *Config) { c.BatchSize = 25; c.MaximumBatchingWindow = 2 * time.Second }, time.Minute, []int{25, 25, 7}},
		"a_batch_below_its_size_awaits_a_window": {4, func(c *Config) { c.MaximumBatchingWindow = 5 * time.Second }, 4900 * time.Millisecond, nil},
		"and_then_goes":                          {4, func(c *Config) { c.MaximumBatchingWindow = 5 * time.Second }, 5 * time.Second, []int{4}},
		"a_full_batch_does_not_wait":             {10, func(c *Config) { c.MaximumBatchingWindow = 5 * time.Second }, time.Millisecond, []int{10}},
		"a_window_below_a_second":                {4, func(c *Config) { c.MaximumBatchingWindow = 250 * time.Millisecond }, 250 * time.Millisecond, []int{4}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(b *bed) { b.queue.sendMany(test.messages) }, func(c *Config) {
					c.MaximumConcurrency = 1 // for the order of the batches
					if test.change != nil {
						test.change(c)
					}
				})
				after(test.wait)
				if got := sizes(b.function.seen().batches); !slices.Equal(got, test.want) {
					t.Errorf("batches of %v, want %v", got, test.want)
				}
				if err := b.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	t.Run("what_comes_within_the_window_joins_the_batch", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) { b.queue.sendMany(1) }, func(c *Config) { c.MaximumBatchingWindow = 5500 * time.Millisecond })
			after(3 * time.Second)
			b.queue.send("second", "2")
			after(2400 * time.Millisecond)
			b.queue.send("third", "3")
			after(100 * time.Millisecond)
			if want := []string{"m000", "second", "third"}; len(b.function.seen().batches) != 1 || !slices.Equal(b.function.seen().batches[0], want) {
				t.Errorf("batches %v, want %v", b.function.seen().batches, want)
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestPayloadLimit(t *testing.T) {
	t.Parallel()
	t.Run("a_batch_ends_where_the_payload_is_full", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			body := strings.Repeat("<", 1_000_000) // escaped, it would be six times as long
			b := start(t, func(b *bed) {
				for i := range 10 {
					b.queue.send(fmt.Sprintf("m%d", i), body)
				}
			}, func(c *Config) { c.MaximumConcurrency = 1 })
			after(time.Second)
			if got := sizes(b.function.seen().batches); !slices.Equal(got, []int{6, 4}) {
				t.Errorf("batches of %v, want 6 and 4", got)
			}
			if left := b.queue.ids(); len(left) != 0 {
				t.Errorf("left %v", left)
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("the_limit_is_exact", func(t *testing.T) {
		t.Parallel()
		m := &Mapping{}
		record := func(n int) message { return message{record: []byte(`"` + strings.Repeat("x", n-2) + `"`)} }
		overhead := len(`{"Records":[,]}`)
		full := []message{record(1_000), record(maxPayloadBytes - overhead - 1_000)}
		for _, begun := range [][]message{nil, full[:1]} {
			batch := m.fill(begun, full[len(begun):])
			event, err := payload(batch)
			if err != nil || len(batch) != 2 || len(event) != maxPayloadBytes || payloadSize(batch) != maxPayloadBytes {
				t.Errorf("%d messages in %d bytes, expected %d (%v)", len(batch), len(event), payloadSize(batch), err)
			}
			tooMuch := []message{full[0], record(len(full[1].record) + 1)}
			if batch := m.fill(begun, tooMuch[len(begun):]); len(batch) != 1 || len(m.carried) != 1 {
				t.Errorf("one byte more: %d in the batch, %d carried over", len(batch), len(m.carried))
			}
			m.carried = nil
		}
	})
	t.Run("a_message_too_large_by_itself_is_still_tried", func(t *testing.T) {
		t.Parallel()
		m := &Mapping{}
		huge := message{record: make([]byte, maxPayloadBytes+1)}
		if batch := m.fill(nil, []message{huge, {}}); len(batch) != 1 || len(m.carried) != 1 {
			t.Errorf("%d in the batch, %d carried over", len(batch), len(m.carried))
		}
	})
	t.Run("what_was_carried_over_too_long_is_left_to_the_queue", func(t *testing.T) {
		t.Parallel()
		now := time.Now()
		m := &Mapping{carried: []message{{id: "old", visibleAgain: now.Add(-time.Second)}, {id: "new", visibleAgain: now.Add(time.Minute)}}}
		if batch := m.takeCarried(); len(batch) != 1 || batch[0].id != "new" || len(m.carried) != 0 {
			t.Errorf("batch %v, carried %v", batch, m.carried)
		}
	})
}

func TestReceiveErrorsAreWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(b *bed) {
			b.queue.sendMany(1)
			b.queue.receiveIn = func(call int) error {
				if call <= 9 {
					return errors.New("unreachable")
				}
				return nil
			}
		}, nil)
		after(time.Minute)
		if len(b.function.seen().batches) != 1 || len(b.queue.ids()) != 0 {
			t.Errorf("batches %v, left %v", b.function.seen().batches, b.queue.ids())
		}
		for i := 1; i <= 9; i++ {
			gap, want := b.queue.seen().receives[i].Sub(b.queue.seen().receives[i-1]), min(firstErrorDelay<<(i-1), maxErrorDelay)
			if gap < want*3/4 || gap > want {
				t.Errorf("pause %d: %s, want up to %s", i, gap, want)
			}
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestReceiveAsksForEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, nil, func(c *Config) { c.BatchSize = 4 })
		after(time.Second)
		in := b.queue.seen().inputs[0]
		if *in.QueueUrl != testQueueURL || in.MaxNumberOfMessages != 4 || in.WaitTimeSeconds != 20 || in.VisibilityTimeout != 0 ||
			!slices.Equal(in.MessageAttributeNames, []string{"All"}) ||
			!slices.Equal(in.MessageSystemAttributeNames, []types.MessageSystemAttributeName{"All"}) {
			t.Errorf("input %+v", in)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestTraceOfTheInvocation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		headers []string
		want    string
	}{
		"one_header":             {[]string{"Root=1-a-b"}, "Root=1-a-b"},
		"the_same_header":        {[]string{"Root=1-a-b", "Root=1-a-b"}, "Root=1-a-b"},
		"one_and_none":           {[]string{"", "Root=1-a-b", ""}, "Root=1-a-b"},
		"two_headers":            {[]string{"Root=1-a-b", "Root=1-c-d"}, ""},
		"two_headers_and_one_of": {[]string{"Root=1-a-b", "Root=1-c-d", "Root=1-a-b"}, ""},
		"no_header":              {[]string{"", ""}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(b *bed) {
					for i, header := range test.headers {
						var change []func(*types.Message)
						if header != "" {
							change = append(change, withTrace(header))
						}
						b.queue.send(fmt.Sprint(i), "x", change...)
					}
				}, nil)
				after(time.Second)
				if !slices.Equal(b.function.seen().traces, []string{test.want}) {
					t.Errorf("traces %q, want %q", b.function.seen().traces, test.want)
				}
				if err := b.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestEventJSON(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(b *bed) {
			b.queue.send("059f36b4-87a3-44ab-83d2-661975830a7d", "Test message: <a> & \"b\" \u00e4\n", withTrace("Root=1-5759e988-bd862e3fe1be46a994272793"),
				func(m *types.Message) {
					m.Attributes["ApproximateReceiveCount"] = "1"
					m.Attributes["ApproximateFirstReceiveTimestamp"] = "1545082649185"
					m.MD5OfMessageAttributes = aws.String("fd9611cd8619b84e072c6770857bf92c")
					m.MessageAttributes = map[string]types.MessageAttributeValue{
						"event_id": {DataType: aws.String("String"), StringValue: aws.String("e-1")},
						"digest":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
						"count":    {DataType: aws.String("Number.int"), StringValue: aws.String("3")},
					}
				})
			b.queue.send("2e1424d4-f796-459a-8184-9c92662be6da", "bare", func(m *types.Message) { m.Attributes = nil })
		}, nil)
		after(time.Second)
		if err := b.end(); err != nil {
			t.Error(err)
		}
		compareGolden(t, "sqs-event.json", b.function.seen().payloads[0])

		event, err := decodeEvent(b.function.seen().payloads[0])
		if err != nil {
			t.Fatal(err)
		}
		first := event.Records[0]
		if first.Body != "Test message: <a> & \"b\" \u00e4\n" || first.EventSourceARN != testQueueARN || first.AWSRegion != "eu-west-1" ||
			*first.MessageAttributes["event_id"].StringValue != "e-1" || !reflect.DeepEqual(first.MessageAttributes["digest"].BinaryValue, []byte{0, 255}) {
			t.Errorf("decoded %+v", first)
		}
	})
}

var update = flag.Bool("update", false, "write the golden files")

// compareGolden compares the JSON, indented but otherwise byte by byte, with the file.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	var indented bytes.Buffer
	if err := json.Indent(&indented, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	indented.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(indented.Bytes(), want) {
		t.Errorf("got\n%s\nwant, from %s,\n%s", indented.Bytes(), path, want)
	}
}
