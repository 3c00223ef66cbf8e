package eventsource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func TestThrottling(t *testing.T) {
	t.Parallel()
	t.Run("is_repeated_until_the_function_takes_the_batch", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) {
				b.queue.sendMany(1)
				b.function.reply = func(_ context.Context, call int, _ events.SQSEvent) (string, string, error) {
					if call <= 8 {
						return "", "", fmt.Errorf("invoking: %w", throttled{})
					}
					return "null", "", nil
				}
			}, nil)
			after(15 * time.Second)
			if left := b.queue.ids(); len(left) != 0 || len(b.function.seen().batches) != 9 {
				t.Errorf("left %v after %d calls", left, len(b.function.seen().batches))
			}
			for i := 1; i < 9; i++ {
				gap, want := b.function.seen().times[i].Sub(b.function.seen().times[i-1]), min(firstThrottleDelay<<(i-1), maxThrottleDelay)
				if gap < want*3/4 || gap > want {
					t.Errorf("pause %d: %s, want up to %s", i, gap, want)
				}
			}
			if !strings.Contains(b.log.String(), "throttled=8") {
				t.Errorf("log %s", b.log.String())
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("ends_with_the_visibility_of_the_messages", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			b := start(t, func(b *bed) {
				b.queue.sendMany(1)
				b.function.reply = func(context.Context, int, events.SQSEvent) (string, string, error) {
					return "", "", throttled{}
				}
			}, func(c *Config) { c.MaximumConcurrency = 1 })
			after(63 * time.Second)
			if !strings.Contains(b.log.String(), "failure=throttled") || len(b.queue.ids()) != 1 {
				t.Errorf("left %v, log %s", b.queue.ids(), b.log.String())
			}
			for _, at := range b.function.seen().times[:len(b.function.seen().times)-1] {
				if waited := at.Sub(begun); waited >= 60*time.Second && waited < 60*time.Second+firstPollingDelay*3/4 {
					t.Errorf("called %s after the receive", waited)
				}
			}
			if err := b.end(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("gives_the_messages_back_when_the_mapping_stops", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) {
				b.queue.sendMany(12)
				b.function.reply = func(context.Context, int, events.SQSEvent) (string, string, error) {
					return "", "", throttled{}
				}
			}, func(c *Config) { c.MaximumConcurrency = 1; c.BatchSize = 12; c.MaximumBatchingWindow = time.Second })
			after(10 * time.Second)
			if err := b.end(); err != nil {
				t.Error(err)
			}
			if len(b.queue.seen().revealed) != 12 {
				t.Errorf("made visible: %v", b.queue.seen().revealed)
			}
		})
	})
}

func TestStopping(t *testing.T) {
	t.Parallel()
	working := func(d time.Duration) func(context.Context, int, events.SQSEvent) (string, string, error) {
		return func(ctx context.Context, _ int, _ events.SQSEvent) (string, string, error) {
			sleep(ctx, d)
			return "null", "", ctx.Err()
		}
	}
	t.Run("waits_for_running_invocations_and_deletes_their_messages", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) { b.queue.sendMany(1); b.function.reply = working(8 * time.Second) }, nil)
			after(time.Second)
			begun := time.Now()
			if err := b.end(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took != 7*time.Second || len(b.queue.ids()) != 0 {
				t.Errorf("took %s, left %v", took, b.queue.ids())
			}
		})
	})
	t.Run("cuts_them_off_after_the_stop_timeout", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) { b.queue.sendMany(1); b.function.reply = working(time.Hour) }, nil)
			after(time.Second)
			begun := time.Now()
			err := b.end()
			if err == nil || err.Error() != "eventsource: invocations of processor did not end within 15s and were cut off" {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took != 15*time.Second || len(b.queue.ids()) != 1 {
				t.Errorf("took %s, left %v", took, b.queue.ids())
			}
		})
	})
	t.Run("gives_back_what_was_collected", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := start(t, func(b *bed) { b.queue.sendMany(3) },
				func(c *Config) { c.MaximumBatchingWindow = 10 * time.Second })
			after(5 * time.Second)
			if err := b.end(); err != nil {
				t.Error(err)
			}
			if len(b.function.seen().batches) != 0 || len(b.queue.seen().revealed) != 3 {
				t.Errorf("batches %v, made visible %v", b.function.seen().batches, b.queue.seen().revealed)
			}
			if strings.Contains(b.log.String(), "cannot be received") {
				t.Errorf("log %s", b.log.String())
			}
		})
	})
}

func TestDeletingIsRepeated(t *testing.T) {
	t.Parallel()
	failed := func(senderFault bool, positions ...int) *sqs.DeleteMessageBatchOutput {
		out := &sqs.DeleteMessageBatchOutput{}
		for _, i := range positions {
			out.Failed = append(out.Failed, types.BatchResultErrorEntry{
				Id: aws.String(fmt.Sprint(i)), SenderFault: senderFault, Code: aws.String("Odd"), Message: aws.String("no"),
			})
		}
		return out
	}
	tests := map[string]struct {
		answer func(call int) (*sqs.DeleteMessageBatchOutput, error)
		want   [][]string
		log    string
	}{
		"after_an_error": {func(call int) (*sqs.DeleteMessageBatchOutput, error) {
			if call < 3 {
				return nil, errors.New("unreachable")
			}
			return nil, nil
		}, [][]string{{"m000", "m001"}, {"m000", "m001"}, {"m000", "m001"}}, "batch processed"},
		"for_the_failed_ones_only": {func(call int) (*sqs.DeleteMessageBatchOutput, error) {
			if call == 1 {
				return failed(false, 1), nil
			}
			return nil, nil
		}, [][]string{{"m000", "m001"}, {"m001"}}, "batch processed"},
		"not_for_the_senders_fault": {func(int) (*sqs.DeleteMessageBatchOutput, error) {
			return failed(true, 0, 1), nil
		}, [][]string{{"m000", "m001"}}, "a message cannot be deleted"},
		"three_times_at_most": {func(int) (*sqs.DeleteMessageBatchOutput, error) {
			return nil, errors.New("unreachable")
		}, [][]string{{"m000", "m001"}, {"m000", "m001"}, {"m000", "m001"}}, "undeleted=2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := start(t, func(b *bed) {
					b.queue.sendMany(2)
					b.queue.deleteIn = func(call int) (*sqs.DeleteMessageBatchOutput, error) { return test.answer(call) }
				}, nil)
				after(30 * time.Second)
				if err := b.end(); err != nil {
					t.Error(err)
				}
				if !slices.EqualFunc(b.queue.seen().deletes, test.want, slices.Equal) {
					t.Errorf("deletes %v, want %v", b.queue.seen().deletes, test.want)
				}
				if !strings.Contains(b.log.String(), test.log) {
					t.Errorf("log %s, want %q", b.log.String(), test.log)
				}
			})
		})
	}
}
