package load

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	api "github.com/fluxa/fluxa/pkg/client"
)

func TestRun_stops(t *testing.T) {
	t.Parallel()
	lines := func() Source { return NewLines(strings.NewReader(numbers(1000))) }

	t.Run("when every request would be refused alike", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			forbidden := &api.Problem{Status: 403, Title: "Forbidden", Detail: "no key"}
			f := &fake{err: forbidden, delay: time.Millisecond}
			report, err := runFilled(t.Context(), Config{API: f, Source: lines(), BatchSize: 10, Concurrency: 1})
			if err != nil || !errors.Is(report.Stopped, forbidden) || report.FailedByCode["http_403"] != report.Failed {
				t.Fatalf("%+v, %v", report, err)
			}
			if sent := report.Failed; sent > 20 || report.NextLine != sent+1 {
				t.Errorf("%d sent, next line %d", sent, report.NextLine)
			}
		})
	})
	t.Run("when request after request fails", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &fake{err: &api.UnreachableError{Endpoint: "http://x", Err: errors.New("refused")}, delay: time.Millisecond}
			report, err := runFilled(t.Context(), Config{API: f, Source: lines(), BatchSize: 10, Concurrency: 1})
			if err != nil || report.Stopped == nil || report.Stopped.Error() != "8 requests failed in a row: cannot reach http://x: refused" {
				t.Fatalf("%+v, %v", report, err)
			}
			if report.Failed < 80 || report.Failed > 90 || report.FailedByCode[api.Unreachable] != report.Failed || report.NextLine != report.Failed+1 {
				t.Errorf("%+v", report)
			}
		})
	})
	t.Run("with its context, and finishes what is under way", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			f := &fake{delay: time.Second}
			time.AfterFunc(2500*time.Millisecond, cancel)
			report, err := runFilled(ctx, Config{API: f, Source: lines(), BatchSize: 10, Concurrency: 2})
			if err != nil || report.Accepted != 60 || report.Failed != 0 || report.NextLine != 61 || report.Stopped != nil || report.Complete() {
				t.Fatalf("%+v, %v", report, err)
			}
			if report.Elapsed != 3*time.Second {
				t.Errorf("took %s", report.Elapsed)
			}
		})
	})
	t.Run("with its context, when what is under way does not end", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			report, err := runFilled(ctx, Config{API: stuck{}, Source: lines(), BatchSize: 10, Concurrency: 2})
			if err != nil || report.Failed != 20 || report.FailedByCode[api.Unreachable] != 20 || report.NextLine != 21 || report.Elapsed != time.Second+grace {
				t.Fatalf("%+v, %v", report, err)
			}
		})
	})
	t.Run("when the input cannot be read, after sending what was", func(t *testing.T) {
		t.Parallel()
		f := &fake{}
		source := NewLines(io.MultiReader(strings.NewReader(numbers(15)), failing{}))
		report, err := runFilled(t.Context(), Config{API: f, Source: source, BatchSize: 10})
		if err == nil || err.Error() != "read line 16: disk gone" || report.Accepted != 15 || report.NextLine != 16 {
			t.Fatalf("%+v, %v", report, err)
		}
	})
	t.Run("when the rejects cannot be written", func(t *testing.T) {
		t.Parallel()
		source := NewLines(strings.NewReader("\"bad\"\n" + numbers(100)))
		report, err := runFilled(t.Context(), Config{API: &fake{}, Source: source, BatchSize: 1, Concurrency: 1, Rejects: full{}})
		if err == nil || err.Error() != "write the lines that were not accepted: disk full" || report.Refused != 1 || report.NextLine == 0 {
			t.Fatalf("%+v, %v", report, err)
		}
	})
}

type stuck struct{}

func (stuck) Send(ctx context.Context, _ []byte, _ string) (api.Result, error) {
	<-ctx.Done()
	return api.Result{}, ctx.Err()
}

func (stuck) SendBatch(ctx context.Context, _ [][]byte, _ string) ([]api.Result, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("disk gone") }

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
