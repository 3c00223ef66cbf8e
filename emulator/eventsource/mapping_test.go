package eventsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

func decodeEvent(payload []byte) (events.SQSEvent, error) {
	var event events.SQSEvent
	err := json.Unmarshal(payload, &event)
	return event, err
}

func answering(answer string) func(context.Context, int, events.SQSEvent) (string, string, error) {
	return func(context.Context, int, events.SQSEvent) (string, string, error) { return answer, "", nil }
}

type throttled struct{}

func (throttled) Error() string       { return "throttled" }
func (throttled) HTTPStatusCode() int { return 429 }

func TestAnswerDecidesWhatIsDeleted(t *testing.T) {
	t.Parallel()
	all := []string{"m000", "m001", "m002"}
	tests := map[string]struct {
		answer string
		left   []string
		detail string // of the log, for a failed batch
	}{
		"null":                     {`null`, nil, ""},
		"an_empty_object":          {`{}`, nil, ""},
		"an_empty_list":            {`{"batchItemFailures":[]}`, nil, ""},
		"a_null_list":              {`{"batchItemFailures":null}`, nil, ""},
		"other_members_only":       {`{"ok":true,"BatchItemFailures":[{"itemIdentifier":"m000"}]}`, nil, ""},
		"one_failure":              {`{"batchItemFailures":[{"itemIdentifier":"m001"}]}`, []string{"m001"}, ""},
		"a_failure_named_twice":    {`{"batchItemFailures":[{"itemIdentifier":"m001"},{"itemIdentifier":"m001"}]}`, []string{"m001"}, ""},
		"all_failures":             {`{"batchItemFailures":[{"itemIdentifier":"m002"},{"itemIdentifier":"m000"},{"itemIdentifier":"m001"}]}`, all, ""},
		"further_members":          {` {"batchItemFailures":[{"itemIdentifier":"m001","reason":"x"}],"n":1}`, []string{"m001"}, ""},
		"no_JSON":                  {`{"batchItemFailures":`, all, "not a JSON object"},
		"nothing":                  {``, all, "not a JSON object"},
		"a_string":                 {`"done"`, all, "not a JSON object"},
		"a_list":                   {`[]`, all, "not a JSON object"},
		"a_number":                 {`3`, all, "not a JSON object"},
		"failures_as_a_string":     {`{"batchItemFailures":"m001"}`, all, "not a list of objects"},
		"failures_as_an_object":    {`{"batchItemFailures":{"itemIdentifier":"m001"}}`, all, "not a list of objects"},
		"failures_as_strings":      {`{"batchItemFailures":["m001"]}`, all, "not a list of objects"},
		"a_null_failure":           {`{"batchItemFailures":[null]}`, all, "itemIdentifier is missing"},
		"a_missing_identifier":     {`{"batchItemFailures":[{"itemIdentifier":"m001"},{}]}`, all, "batchItemFailures[1]: itemIdentifier is missing"},
		"an_identifier_of_any_key": {`{"batchItemFailures":[{"ItemIdentifier":"m001"}]}`, all, "itemIdentifier is missing"},
		"an_empty_identifier":      {`{"batchItemFailures":[{"itemIdentifier":""}]}`, all, "itemIdentifier is empty"},
		"a_null_identifier":        {`{"batchItemFailures":[{"itemIdentifier":null}]}`, all, "itemIdentifier is null"},
		"a_numeric_identifier":     {`{"batchItemFailures":[{"itemIdentifier":1}]}`, all, "itemIdentifier is not a string"},
		"an_unknown_identifier":    {`{"batchItemFailures":[{"itemIdentifier":"m009"}]}`, all, `\"m009\" is not the id of a message of the batch`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(b *bed) {
					b.queue.sendMany(3)
					b.function.reply = answering(test.answer)
				}, nil)
				after(30 * time.Second)
				if left := b.queue.ids(); !slices.Equal(left, test.left) && len(left)+len(test.left) > 0 {
					t.Errorf("left in the queue: %v, want %v", left, test.left)
				}
				if n := len(b.function.seen().batches); n != 1 {
					t.Errorf("%d invocations before the visibility timeout, want 1", n)
				}
				failed := strings.Contains(b.log.String(), "batch failed")
				if failed != (test.detail != "") || !strings.Contains(b.log.String(), test.detail) {
					t.Errorf("log %s", b.log.String())
				}
				if err := b.end(); err != nil {
					t.Error(err)
				}
				if len(b.queue.seen().revealed) != 0 {
					t.Errorf("made visible: %v", b.queue.seen().revealed)
				}
			})
		})
	}
}

func TestFailedInvocationsLeaveTheBatch(t *testing.T) {
	t.Parallel()
	tests := map[string]func(context.Context, int, events.SQSEvent) (string, string, error){
		"a_function_error": func(context.Context, int, events.SQSEvent) (string, string, error) {
			return `{"errorType":"Sandbox.Timedout","errorMessage":"secret"}`, "Unhandled", nil
		},
		"a_function_error_with_a_good_answer": func(context.Context, int, events.SQSEvent) (string, string, error) {
			return `{}`, "Unhandled", nil
		},
		"no_invocation": func(context.Context, int, events.SQSEvent) (string, string, error) {
			return "", "", errors.New("refused")
		},
	}
	for name, reply := range tests {
		for _, report := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/report_item_failures_%v", name, report), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := start(t, func(b *bed) {
						b.queue.sendMany(2)
						b.function.reply = func(ctx context.Context, call int, event events.SQSEvent) (string, string, error) {
							if call > 1 {
								return "null", "", nil
							}
							return reply(ctx, call, event)
						}
					}, func(c *Config) { c.ReportBatchItemFailures = report })
					after(59 * time.Second)
					if left := b.queue.ids(); len(left) != 2 || len(b.function.seen().batches) != 1 {
						t.Errorf("left %v after %d invocations", left, len(b.function.seen().batches))
					}
					after(10 * time.Second)
					if left := b.queue.ids(); len(left) != 0 || len(b.function.seen().batches) != 2 {
						t.Errorf("after the visibility timeout: left %v after %d invocations", left, len(b.function.seen().batches))
					}
					if strings.Contains(b.log.String(), "secret") {
						t.Errorf("the log quotes the error message: %s", b.log.String())
					}
					if err := b.end(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}

func TestWithoutReportingAnyAnswerIsSuccess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(b *bed) {
			b.queue.sendMany(3)
			b.function.reply = answering(`{"batchItemFailures":[{"itemIdentifier":"m001"}]}`)
		}, func(c *Config) { c.ReportBatchItemFailures = false })
		after(time.Second)
		if left := b.queue.ids(); len(left) != 0 {
			t.Errorf("left %v", left)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestPollingBacksOff(t *testing.T) {
	t.Parallel()
	// gaps returns the pauses between receives, of which each brings one message.
	gaps := func(t *testing.T, reply func(context.Context, int, events.SQSEvent) (string, string, error)) []time.Duration {
		var found []time.Duration
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) {
				b.queue.sendMany(12)
				b.function.reply = reply
			}, func(c *Config) { c.BatchSize = 1; c.MaximumConcurrency = 1 })
			after(50 * time.Second)
			for i := 1; i < 10; i++ {
				found = append(found, b.queue.seen().receives[i].Sub(b.queue.seen().receives[i-1]))
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
		return found
	}
	t.Run("after_function_errors_up_to_5_seconds", func(t *testing.T) {
		t.Parallel()
		got := gaps(t, func(context.Context, int, events.SQSEvent) (string, string, error) { return "{}", "Unhandled", nil })
		for i, gap := range got {
			want := min(firstPollingDelay<<i, maxPollingDelay)
			if gap < want*3/4 || gap > want {
				t.Errorf("pause %d: %s, want %s to %s", i, gap, want*3/4, want)
			}
		}
	})
	t.Run("until_an_invocation_succeeds", func(t *testing.T) {
		t.Parallel()
		got := gaps(t, func(_ context.Context, call int, _ events.SQSEvent) (string, string, error) {
			if call == 4 {
				return "{}", "", nil
			}
			return "{}", "Unhandled", nil
		})
		if got[3] != 0 || got[4] > firstPollingDelay {
			t.Errorf("pauses %v: want none after the fourth, and then the first again", got)
		}
	})
	t.Run("not_after_item_failures", func(t *testing.T) {
		t.Parallel()
		got := gaps(t, func(_ context.Context, _ int, event events.SQSEvent) (string, string, error) {
			return `{"batchItemFailures":[{"itemIdentifier":"` + event.Records[0].MessageId + `"}]}`, "", nil
		})
		if slices.Max(got) != 0 {
			t.Errorf("pauses %v, want none", got)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, func(b *bed) {
			b.queue.sendMany(50)
			b.function.reply = func(context.Context, int, events.SQSEvent) (string, string, error) {
				time.Sleep(time.Second)
				return "null", "", nil
			}
		}, func(c *Config) { c.MaximumConcurrency = 3 })
		after(500 * time.Millisecond)
		if b.function.seen().running != 3 || len(b.queue.seen().receives) != 3 {
			t.Errorf("%d running after %d receives, want 3 and 3: nothing is received without a free place", b.function.seen().running, len(b.queue.seen().receives))
		}
		after(10 * time.Second)
		if b.function.seen().peak != 3 || len(b.function.seen().batches) != 5 || len(b.queue.ids()) != 0 {
			t.Errorf("peak %d, %d batches, left %v", b.function.seen().peak, len(b.function.seen().batches), b.queue.ids())
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestRunChecksTheQueue(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attributes map[string]string
		want       string
	}{
		"unreachable":         {nil, "reading the attributes of queue " + testQueueURL + ": no such queue"},
		"without_an_ARN":      {map[string]string{"VisibilityTimeout": "60"}, `has no usable ARN: ""`},
		"without_a_timeout":   {map[string]string{"QueueArn": testQueueARN}, `has no usable VisibilityTimeout: ""`},
		"too_short_a_timeout": {map[string]string{"QueueArn": testQueueARN, "VisibilityTimeout": "9"}, "must be at least the function's time-out of 10s, got 9s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, func(b *bed) { b.queue.attributes = test.attributes }, nil)
			if err := <-b.result; err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			b.stop()
		})
	}
	for seconds, warned := range map[time.Duration]bool{59: true, 60: false} {
		t.Run(fmt.Sprintf("%d_seconds_warn_%v", seconds, warned), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(b *bed) { b.queue = newFakeQueue(seconds * time.Second) }, nil)
				after(time.Second)
				if err := b.end(); err != nil {
					t.Error(err)
				}
				if got := strings.Contains(b.log.String(), "advised=1m0s"); got != warned {
					t.Errorf("log %s", b.log.String())
				}
			})
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no_function":           {func(c *Config) { c.Function = nil }, "Function is required"},
		"no_function_timeout":   {func(c *Config) { c.FunctionTimeout = 0 }, "FunctionTimeout must be positive, got 0s"},
		"no_queue":              {func(c *Config) { c.Queue = nil }, "Queue is required"},
		"no_URL":                {func(c *Config) { c.QueueURL = "" }, "QueueURL is required"},
		"a_negative_batch":      {func(c *Config) { c.BatchSize = -1 }, "BatchSize must be 1 to 10000, got -1"},
		"a_huge_batch":          {func(c *Config) { c.BatchSize = 10_001 }, "BatchSize must be 1 to 10000, got 10001"},
		"a_long_window":         {func(c *Config) { c.MaximumBatchingWindow = 301 * time.Second }, "MaximumBatchingWindow must be 0 to 5m0s, got 5m1s"},
		"a_large_batch_at_once": {func(c *Config) { c.BatchSize = 11 }, "MaximumBatchingWindow must be at least 1s for a BatchSize over 10, got 0s"},
		"negative_concurrency":  {func(c *Config) { c.MaximumConcurrency = -1 }, "MaximumConcurrency must be 1 to 1000, got -1"},
		"huge_concurrency":      {func(c *Config) { c.MaximumConcurrency = 1_001 }, "got 1001"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Function: &fakeFunction{}, FunctionTimeout: time.Second, Queue: newFakeQueue(time.Minute), QueueURL: testQueueURL,
				Logger: slog.New(slog.DiscardHandler)}
			test.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
