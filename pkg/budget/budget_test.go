package budget_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/budget"
)

func TestShares_of_the_time_that_is_left(t *testing.T) {
	t.Parallel()
	near := errors.New("the deadline is near")
	keep := func(reserve time.Duration) func(context.Context) (context.Context, context.CancelFunc) {
		return func(ctx context.Context) (context.Context, context.CancelFunc) {
			return budget.Keep(ctx, reserve, near)
		}
	}
	for name, c := range map[string]struct {
		share func(context.Context) (context.Context, context.CancelFunc)
		left  time.Duration
		want  time.Duration
		cause error
	}{
		"the reserve of the answer":      {keep(budget.Answer), 30 * time.Second, 28500 * time.Millisecond, near},
		"the reserve of the postponing":  {keep(budget.Postpone), 28500 * time.Millisecond, 26500 * time.Millisecond, near},
		"a quarter when little is left":  {keep(budget.Postpone), 4 * time.Second, 3 * time.Second, near},
		"nothing when nothing is left":   {keep(budget.Answer), 0, 0, context.DeadlineExceeded},
		"half of what is left to a step": {budget.Half, 20 * time.Second, 10 * time.Second, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), c.left)
				defer cancel()
				share, cancelShare := c.share(ctx)
				defer cancelShare()
				<-share.Done()
				if took := time.Since(began); took != c.want || !errors.Is(context.Cause(share), c.cause) {
					t.Errorf("it ends after %s with %v, want %s and %v", took, context.Cause(share), c.want, c.cause)
				}
			})
		})
	}
}

func TestShares_without_a_deadline_have_none(t *testing.T) {
	t.Parallel()
	kept, cancelKept := budget.Keep(t.Context(), budget.Answer, nil)
	half, cancelHalf := budget.Half(t.Context())
	for _, ctx := range []context.Context{kept, half} {
		if _, bounded := ctx.Deadline(); bounded || ctx.Err() != nil {
			t.Errorf("bounded %t, error %v", bounded, ctx.Err())
		}
	}
	cancelKept()
	cancelHalf()
	if kept.Err() == nil || half.Err() == nil {
		t.Error("they do not end when cancelled")
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cancelAfter, timeout time.Duration // zero: never, none
		took                 time.Duration
		err                  error
	}{
		"its whole length":                             {0, 0, time.Minute, nil},
		"within the deadline":                          {0, 2 * time.Minute, time.Minute, nil},
		"until it is cancelled":                        {time.Second, 0, time.Second, context.Canceled},
		"not at all when the deadline would cut it":    {0, 59 * time.Second, 0, context.DeadlineExceeded},
		"not at all when it would end at the deadline": {0, time.Minute, 0, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.timeout > 0 {
					var stop context.CancelFunc
					ctx, stop = context.WithTimeout(ctx, c.timeout)
					defer stop()
				}
				if c.cancelAfter > 0 {
					time.AfterFunc(c.cancelAfter, cancel)
				}
				began := time.Now()
				err := budget.Sleep(ctx, time.Minute)
				if took := time.Since(began); took != c.took || !errors.Is(err, c.err) {
					t.Errorf("%s, %v; want %s, %v", took, err, c.took, c.err)
				}
			})
		})
	}
}
