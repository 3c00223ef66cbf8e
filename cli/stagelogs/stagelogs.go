// Package stagelogs reads the logs of a deployed stage's functions from CloudWatch Logs, as
// locallogs reads the files of a local stack: what is new, and what concerns one event.
package stagelogs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

const (
	// timeout bounds each call.
	timeout = 20 * time.Second
	// overlap is read again each time: a line may arrive after a newer one.
	overlap = 15 * time.Second
)

// Groups are the log groups of the functions. Next is called by one goroutine; Search may
// be called by others at the same time.
type Groups struct {
	client *cloudwatchlogs.Client
	since  time.Time
	groups []*group
}

type group struct {
	function contract.Function
	name     string
	from     time.Time
	seen     map[string]time.Time // ids of lines that were handed over, by their time
}

// New returns the Groups of the functions by their names in Lambda. What is older than
// since is not read.
func New(client *cloudwatchlogs.Client, functions map[contract.Function]string, since time.Time) *Groups {
	g := &Groups{client: client, since: since}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		if name := functions[function]; name != "" {
			g.groups = append(g.groups, &group{function, contract.LogGroup(name), since, map[string]time.Time{}})
		}
	}
	return g
}

// Next hands over the lines that were written since it was called last. take must not keep
// a line.
func (g *Groups) Next(ctx context.Context, take func(contract.Function, []byte)) error {
	var errs []error
	for _, one := range g.groups {
		newest := one.from
		err := g.read(ctx, one.name, one.from.Add(-overlap), "", func(e types.FilteredLogEvent) bool {
			at, id := time.UnixMilli(aws.ToInt64(e.Timestamp)), aws.ToString(e.EventId)
			if _, known := one.seen[id]; known || at.Before(g.since) {
				return true
			}
			one.seen[id] = at
			if at.After(newest) {
				newest = at
			}
			take(one.function, []byte(strings.TrimRight(aws.ToString(e.Message), "\n")))
			return true
		})
		one.from = newest
		for id, at := range one.seen {
			if at.Before(newest.Add(-2 * overlap)) {
				delete(one.seen, id)
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Search returns the lines of all functions whose event id or correlation id is one of the
// ids, up to limit.
func (g *Groups) Search(ctx context.Context, ids []string, limit int) ([][]byte, error) {
	pattern, err := pattern(ids)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, one := range g.groups {
		if err := g.read(ctx, one.name, g.since, pattern, func(e types.FilteredLogEvent) bool {
			out = append(out, []byte(strings.TrimRight(aws.ToString(e.Message), "\n")))
			return len(out) < limit
		}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// pattern is a filter pattern for structured logs:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func pattern(ids []string) (string, error) {
	var terms []string
	for _, id := range ids {
		if strings.ContainsAny(id, `"\`) {
			return "", fmt.Errorf("CloudWatch Logs cannot be searched for %q: an id with quotes or backslashes is not found there", id)
		}
		for _, key := range []string{telemetry.KeyEventID, telemetry.KeyCorrelationID} {
			terms = append(terms, fmt.Sprintf(`($.%s = "%s")`, key, id))
		}
	}
	return "{ " + strings.Join(terms, " || ") + " }", nil
}

// read hands over lines until take says that it has enough. An answer may be empty though
// more are behind its token:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (g *Groups) read(ctx context.Context, name string, from time.Time, pattern string, take func(types.FilteredLogEvent) bool) error {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &name, StartTime: aws.Int64(from.UnixMilli())}
	if pattern != "" {
		in.FilterPattern = &pattern
	}
	for {
		bounded, cancel := context.WithTimeout(ctx, timeout)
		got, err := g.client.FilterLogEvents(bounded, in)
		cancel()
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
			return nil // a function that never ran has no group
		}
		if err != nil {
			return fmt.Errorf("read the log group %s: %w", name, err)
		}
		if slices.ContainsFunc(got.Events, func(e types.FilteredLogEvent) bool { return !take(e) }) || aws.ToString(got.NextToken) == "" {
			return nil
		}
		in.NextToken = got.NextToken
	}
}

// Close does nothing: there is no connection to keep.
func (g *Groups) Close() error { return nil }
