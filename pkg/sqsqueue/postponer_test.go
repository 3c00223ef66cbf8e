package sqsqueue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

type fakeVisibility struct {
	t      *testing.T
	refuse func(receipt string, try int) *types.BatchResultErrorEntry
	err    error

	mu      sync.Mutex
	tries   map[string]int
	batches []int
	seconds map[string]int32
}

func (f *fakeVisibility) ChangeMessageVisibilityBatch(_ context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, len(in.Entries))
	if len(in.Entries) < 1 || len(in.Entries) > 10 || aws.ToString(in.QueueUrl) != queueURL {
		f.t.Errorf("%d entries for %q", len(in.Entries), aws.ToString(in.QueueUrl))
	}
	if f.err != nil {
		return nil, f.err
	}
	if f.tries == nil {
		f.tries, f.seconds = map[string]int{}, map[string]int32{}
	}
	out := &sqs.ChangeMessageVisibilityBatchOutput{}
	for _, entry := range in.Entries {
		receipt := aws.ToString(entry.ReceiptHandle)
		f.tries[receipt]++
		if f.refuse != nil {
			if refused := f.refuse(receipt, f.tries[receipt]); refused != nil {
				refused.Id = entry.Id
				out.Failed = append(out.Failed, *refused)
				continue
			}
		}
		f.seconds[receipt] = entry.VisibilityTimeout
		out.Successful = append(out.Successful, types.ChangeMessageVisibilityBatchResultEntry{Id: entry.Id})
	}
	return out, nil
}

func postpone(t *testing.T, fake *fakeVisibility, delays ...time.Duration) []error {
	t.Helper()
	fake.t = t
	postponer, err := sqsqueue.NewPostponer(fake, sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		t.Fatal(err)
	}
	list := make([]process.Postponement, len(delays))
	for i, d := range delays {
		list[i] = process.Postponement{MessageID: fmt.Sprintf("id%d", i), ReceiptHandle: fmt.Sprintf("r%d", i), Delay: d}
	}
	return postponer.Postpone(t.Context(), list)
}

func TestPostponer_Postpone_delays_in_whole_seconds(t *testing.T) {
	t.Parallel()
	fake := &fakeVisibility{}
	delays := []time.Duration{0, time.Second, 1999 * time.Millisecond, -time.Second, 12 * time.Hour, 13 * time.Hour}
	if errs := postpone(t, fake, delays...); !slices.Equal(errs, make([]error, len(delays))) {
		t.Fatal(errs)
	}
	for i, want := range []int32{0, 1, 1, 0, 43_200, 43_200} {
		if got := fake.seconds[fmt.Sprintf("r%d", i)]; got != want {
			t.Errorf("%s became %d seconds, want %d", delays[i], got, want)
		}
	}
}

func TestPostponer_Postpone_outcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		count   int
		refuse  func(receipt string, try int) *types.BatchResultErrorEntry
		err     error
		failed  map[int]string
		batches []int
	}{
		"nothing to do":               {},
		"twenty-five are three calls": {count: 25, batches: []int{5, 10, 10}},
		"a passing refusal is tried again": {
			count: 3, batches: []int{1, 3},
			refuse: func(receipt string, try int) *types.BatchResultErrorEntry {
				if receipt == "r2" && try == 1 {
					return refusal("InternalError", false)
				}
				return nil
			},
		},
		"an expired receipt is final": {
			count: 2, batches: []int{2}, failed: map[int]string{0: "internal"},
			refuse: func(receipt string, _ int) *types.BatchResultErrorEntry {
				if receipt == "r0" {
					return refusal("ReceiptHandleIsInvalid", true)
				}
				return nil
			},
		},
		"a call that fails whole": {
			count: 2, batches: []int{2}, err: errors.New("connection reset"),
			failed: map[int]string{0: "queue_unavailable", 1: "queue_unavailable"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeVisibility{refuse: c.refuse, err: c.err}
				codes := codesOf(postpone(t, fake, make([]time.Duration, c.count)...))
				if len(codes) != c.count {
					t.Fatalf("%d outcomes, want %d", len(codes), c.count)
				}
				for i, code := range codes {
					if code != c.failed[i] {
						t.Errorf("outcome %d is %q, want %q", i, code, c.failed[i])
					}
				}
				if slices.Sort(fake.batches); !slices.Equal(fake.batches, c.batches) {
					t.Errorf("calls %v, want %v", fake.batches, c.batches)
				}
			})
		})
	}
}
