// Package stagelogs reads the logs of a deployed stage's functions from CloudWatch Logs, as
// locallogs reads the files of a local stack: what is new, and what concerns one event.
package stagelogs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"golang.org/x/time/rate"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

const (
	// timeout bounds each call.
	timeout = 20 * time.Second
	// overlap is read again each time: a line may arrive after a newer one.
	overlap = 15 * time.Second
	// told is how long it is said that lines were left out.
	told = time.Minute
)

// Config says what is read, and how fast. Client, Functions and Since are required.
type Config struct {
	Client    *cloudwatchlogs.Client
	Functions map[contract.Function]string // their names in Lambda
	// Since bounds what is read: nothing that is older.
	Since time.Time
	// Earlier has Next begin earlier with some functions. Default: none.
	Earlier map[contract.Function]time.Time
	// SearchFor is how far back from now Search looks. Default: until Since.
	SearchFor time.Duration
	// Calls bounds the calls of one Next, at least one a function; the rest is read by the
	// next one. 0: no limit.
	Calls int
	// PerSecond bounds the calls a second of all that use the Groups. 0: no limit.
	PerSecond float64
	// Behind is how old the newest line that was read may be while more are waiting. What is
	// older is left out, and Next says so for a minute. 0: nothing is left out.
	Behind time.Duration
	Now    func() time.Time // default time.Now
}

// Groups are the log groups of the functions. Next is called by one goroutine; Search may
// be called by others at the same time.
type Groups struct {
	cfg    Config
	limit  *rate.Limiter
	groups []*group
}

type group struct {
	function contract.Function
	name     string
	since    time.Time
	from     time.Time            // of the newest line that was handed over
	seen     map[string]time.Time // ids of lines that were handed over, by their time
	pass     *cloudwatchlogs.FilterLogEventsInput
	leftOut  time.Time // when lines were left out last
}

// New returns the Groups of the functions.
func New(cfg Config) *Groups {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	g := &Groups{cfg: cfg, limit: rate.NewLimiter(rate.Inf, 0)}
	if cfg.PerSecond > 0 {
		g.limit = rate.NewLimiter(rate.Limit(cfg.PerSecond), max(1, int(cfg.PerSecond)))
	}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		name := cfg.Functions[function]
		if name == "" {
			continue
		}
		since, earlier := cfg.Earlier[function]
		if !earlier {
			since = cfg.Since
		}
		g.groups = append(g.groups, &group{function: function, name: contract.LogGroup(name), since: since, from: since, seen: map[string]time.Time{}})
	}
	return g
}

// Next hands over the lines that were written since it was called last. Where calls are
// bounded, each function has its turn with a page. take must not keep a line.
func (g *Groups) Next(ctx context.Context, take func(contract.Function, []byte)) error {
	var errs []error
	calls := 0
	for unfinished := g.groups; len(unfinished) > 0; {
		var more []*group
		for i, one := range unfinished {
			if g.cfg.Calls > 0 && calls >= max(g.cfg.Calls, len(g.groups)) {
				more = append(more, unfinished[i:]...)
				g.leaveOut(more)
				return errors.Join(append(errs, g.gaps()...)...)
			}
			calls++
			done, err := g.page(ctx, one, take)
			for err == nil && !done && g.cfg.Calls == 0 {
				done, err = g.page(ctx, one, take)
			}
			if err != nil {
				errs = append(errs, err)
			} else if !done {
				more = append(more, one)
			}
		}
		unfinished = more
	}
	return errors.Join(append(errs, g.gaps()...)...)
}

// page hands over the next page of a group, and reports whether it was the last.
func (g *Groups) page(ctx context.Context, one *group, take func(contract.Function, []byte)) (bool, error) {
	if one.pass == nil {
		one.pass = &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &one.name, StartTime: aws.Int64(one.from.Add(-overlap).UnixMilli())}
	}
	got, err := g.call(ctx, one.pass)
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, errBusy) { // the token may be the reason
			one.pass = nil
		}
		return false, err
	}
	for _, e := range got.Events {
		at, id := time.UnixMilli(aws.ToInt64(e.Timestamp)), aws.ToString(e.EventId)
		if _, known := one.seen[id]; known || at.Before(one.since) {
			continue
		}
		one.seen[id] = at
		if at.After(one.from) {
			one.from = at
		}
		take(one.function, text(e))
	}
	maps.DeleteFunc(one.seen, func(_ string, at time.Time) bool { return at.Before(one.from.Add(-2 * overlap)) })
	if one.pass.NextToken = got.NextToken; aws.ToString(got.NextToken) == "" {
		one.pass = nil
	}
	return one.pass == nil, nil
}

// leaveOut goes on a minute before now with groups that are too far behind.
func (g *Groups) leaveOut(unfinished []*group) {
	now := g.cfg.Now()
	for _, one := range unfinished {
		if _, earlier := g.cfg.Earlier[one.function]; earlier || g.cfg.Behind == 0 || now.Sub(one.from) <= g.cfg.Behind {
			continue
		}
		one.from, one.pass, one.leftOut = now.Add(-time.Minute), nil, now
	}
}

// gaps says which lines were left out of late.
func (g *Groups) gaps() (errs []error) {
	for _, one := range g.groups {
		if !one.leftOut.IsZero() && g.cfg.Now().Sub(one.leftOut) < told {
			errs = append(errs, fmt.Errorf("%s logs more than can be read within the quota of FilterLogEvents: lines were left out, and its numbers are too low", one.function))
		}
	}
	return errs
}

// Search returns the lines of ingest and the processor whose event id or correlation id is
// one of the ids, up to limit: the other functions write none about one event that are of
// interest.
func (g *Groups) Search(ctx context.Context, ids []string, limit int) ([][]byte, error) {
	pattern, err := pattern(ids)
	if err != nil {
		return nil, err
	}
	from := g.cfg.Since
	if g.cfg.SearchFor > 0 {
		from = g.cfg.Now().Add(-g.cfg.SearchFor)
	}
	var out [][]byte
	for _, one := range g.groups {
		if one.function != contract.FunctionIngest && one.function != contract.FunctionProcessor {
			continue
		}
		in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &one.name, StartTime: aws.Int64(from.UnixMilli()), FilterPattern: &pattern}
		for more := true; more; more = aws.ToString(in.NextToken) != "" {
			got, err := g.call(ctx, in)
			if err != nil {
				return out, err
			}
			for _, e := range got.Events {
				if out = append(out, text(e)); len(out) == limit {
					return out, nil
				}
			}
			in.NextToken = got.NextToken
		}
	}
	return out, nil
}

func text(e types.FilteredLogEvent) []byte {
	return []byte(strings.TrimRight(aws.ToString(e.Message), "\n"))
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

var errBusy = errors.New("the calls that the quota of FilterLogEvents leaves are all taken for the moment: try again, or search less")

// call asks for a page, when its turn has come. A page may be empty though more are behind
// its token, and a token expires after 24 hours:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
func (g *Groups) call(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	fail := func(err error) (*cloudwatchlogs.FilterLogEventsOutput, error) {
		return nil, fmt.Errorf("read the log group %s: %w", aws.ToString(in.LogGroupName), err)
	}
	if err := g.limit.Wait(ctx); err != nil && ctx.Err() == nil {
		return fail(errBusy)
	} else if err != nil {
		return fail(err)
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	got, err := g.cfg.Client.FilterLogEvents(bounded, in)
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
		return &cloudwatchlogs.FilterLogEventsOutput{}, nil // a function that never ran has no group
	}
	if err != nil {
		return fail(err)
	}
	return got, nil
}

// Close does nothing: there is no connection to keep.
func (g *Groups) Close() error { return nil }
