package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/maintain"
)

// tables have two partitions too few, one too many, and keys to prune.
type tables struct {
	misplaced int64
	dropped   error
	panics    bool
}

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func day(n int) time.Time { return now.Truncate(24*time.Hour).AddDate(0, 0, n) }

func (s *tables) Partitions(context.Context) ([]time.Time, error) {
	if s.panics {
		panic("no table")
	}
	return []time.Time{day(-31), day(0), day(1), day(2), day(3), day(4), day(5)}, nil
}

func (s *tables) MakePartition(context.Context, time.Time) (int64, error) { return 3, nil }

func (s *tables) DropPartition(context.Context, time.Time) error { return s.dropped }

func (s *tables) Misplaced(context.Context) ([]time.Time, int64, error) {
	return nil, s.misplaced, nil
}

func (s *tables) PruneKeys(context.Context, time.Time, int) (int64, error) { return 5, nil }

func (s *tables) PruneAnnouncements(context.Context, time.Time) (int64, error) { return 1, nil }

func TestInvoke(t *testing.T) {
	t.Parallel()
	unavailable := fault.New(fault.DatabaseUnavailable, "drop the partition of 2026-10-28")
	for name, c := range map[string]struct {
		tables tables
		want   string
		code   fault.Code
	}{
		"done": {tables{}, `{"partitions_made":2,"partitions_dropped":1,"partitions_ahead":7,"events_moved":6,"keys_pruned":5,"events_misplaced":0}`, ""},
		"misplaced": {
			tables{misplaced: 7}, `{"partitions_made":2,"partitions_dropped":1,"partitions_ahead":7,"events_moved":6,"keys_pruned":5,"events_misplaced":7}`, "",
		},
		"failed":   {tables{dropped: unavailable}, "", fault.DatabaseUnavailable},
		"panicked": {tables{panics: true}, "", fault.Panicked},
	} {
		base, log := lambdatest.Base(contract.FunctionMaintain)
		h, err := newHandler(base, maintain.Config{Store: &c.tables, Retention: 30 * 24 * time.Hour, Now: func() time.Time { return now }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := lambdatest.Invoke(t, h, []byte(`{}`))
		if string(answer) != c.want || (err != nil) != (c.code != "") || err != nil && fault.CodeOf(err) != c.code {
			t.Errorf("%s: answer %s, error %v", name, answer, err)
		}
		if c.code == fault.Panicked && strings.Contains(log.String(), contract.MetricPartitionsAhead+`":0`) {
			t.Errorf("%s: nobody knows how far the partitions reach, and the metric is 0: %s", name, log)
		}
		if c.code != fault.Panicked { // whose line has a stack
			lambdatest.Golden(t, name+".output.golden", lambdatest.Timeless(log.String()))
		}
	}
}

func TestNewHandler_refuses_settings(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionMaintain)
	if _, err := newHandler(base, maintain.Config{}, nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("without a store: error %v", err)
	}
}
