package chaos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/rig"
)

// longestLine is the longest line of a log: the emulated Lambda cuts them there.
const longestLine = 1 << 20

// metrics are what a run wrote and what was counted meanwhile, by the names that a stage
// of a deployment has. Letters that the load set off by itself are left out: they would set
// off the DLQ's alarms whatever is broken, and hide letters that a fault sets off.
type metrics struct {
	points    []point
	samples   []rig.Sample
	lettersAt []time.Time // when the fault set off letters, in order
	queue     string      // the dimensions of the events queue
	letters   string
	api       string
}

// exists reports whether a metric is written here. Those of RDS and of SNS, the age of the
// oldest message on a queue, Lambda's concurrency and its throttles have no counterpart, and
// maintain runs too seldom to be seen.
func exists(id cloudwatch.ID) bool {
	switch id.Namespace {
	case contract.NamespaceIngest, contract.NamespaceProcessor, contract.NamespaceQuery:
		return true
	case namespaceLambda:
		return slices.Contains([]string{"Invocations", "Errors", "Duration"}, id.Name)
	case namespaceSQS:
		return id.Name == visible || id.Name == notVisible
	case namespaceAPI:
		return id.Name == requests || id.Name == failures
	}
	return false
}

// Namespaces of AWS, and the names of their metrics.
const (
	namespaceLambda = "AWS/Lambda"
	namespaceSQS    = "AWS/SQS"
	namespaceAPI    = "AWS/ApiGateway"

	visible    = "ApproximateNumberOfMessagesVisible"
	notVisible = "ApproximateNumberOfMessagesNotVisible"
	requests   = "Count"
	failures   = "5XXError"
)

// point is a line in the embedded metric format, or a value.
type point struct {
	at    time.Time
	line  []byte // with the time cut out at cut
	cut   int
	id    cloudwatch.ID
	value float64
}

// What lines of a log are known by.
var (
	timestamp = []byte(`"_aws":{"Timestamp":`)
	finished  = []byte(`"invocation finished"`)
)

// invoked is what the emulated Lambda logs of an invocation.
type invoked struct {
	Time     time.Time `json:"time"`
	Function string    `json:"function"`
	Failed   bool      `json:"failed"`
	Duration float64   `json:"duration_ms"`
}

func finishedInvocation(line []byte) (entry invoked, err error) {
	if err := json.Unmarshal(line, &entry); err != nil {
		return entry, fmt.Errorf("read an invocation: %w", err)
	}
	return entry, nil
}

// function is the name that the contract has for it.
func (i invoked) function() string {
	return strings.TrimSuffix(strings.TrimPrefix(i.Function, "fluxa-"), "-"+stack.Stage)
}

// read takes the metrics out of the logs.
func (a *Alarms) read(r *Record, logs []string) (*metrics, error) {
	out := &metrics{
		samples: r.Samples,
		queue:   "QueueName=" + a.stage.Named("events"), letters: "QueueName=" + a.stage.Named("dlq"),
		api: cloudwatch.Dimensions(map[string]string{"ApiName": a.stage.Platform(), "Stage": a.stage.Environment()}),
	}
	for _, path := range logs {
		if err := a.readLog(out, path, r.foreseen); err != nil {
			return nil, fmt.Errorf("read the metrics of %s: %w", filepath.Base(path), err)
		}
	}
	slices.SortFunc(out.lettersAt, time.Time.Compare)
	return out, nil
}

func (a *Alarms) readLog(out *metrics, path string, foreseen letterCodes) error {
	here := fmt.Appendf(nil, `%q:%q`, contract.DimensionEnvironment, stack.Stage)
	there := fmt.Appendf(nil, `%q:%q`, contract.DimensionEnvironment, a.stage.Environment())
	return eachLine(path, func(line []byte) error {
		switch {
		case bytes.Contains(line, timestamp):
			p, err := embedded(dlqSent.ReplaceAll(bytes.Replace(line, here, there, 1), []byte("${1}0")))
			if err != nil {
				return err
			}
			out.points = append(out.points, p)
		case bytes.Contains(line, deadLettered):
			at, is, err := foreseen.ofFault(line)
			if err != nil {
				return err
			}
			if is {
				out.addLetter(at, a.stage.Environment())
			}
		case bytes.Contains(line, finished):
			points, err := a.invocation(line)
			if err != nil {
				return err
			}
			out.points = append(out.points, points...)
		}
		return nil
	})
}

// eachLine hands over every line of a log. One that has no end yet is none.
func eachLine(path string, visit func(line []byte) error) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewReaderSize(file, longestLine+1)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(line); err != nil {
			return err
		}
	}
}

// delayedIn reports whether messages came back to the queue in a time, as a log has it: the
// processor retried some, or its invocation failed and with it all that it had.
func delayedIn(path string, from, until time.Time) (found bool, err error) {
	retried := fmt.Appendf(nil, `%q:`, contract.MetricRetried)
	note := func(at time.Time, delayed bool) { found = found || delayed && !at.Before(from) && at.Before(until) }
	err = eachLine(path, func(line []byte) error {
		switch {
		case bytes.Contains(line, timestamp) && bytes.Contains(line, retried):
			var metrics struct {
				AWS struct{ Timestamp int64 } `json:"_aws"`
				// Retried is one value: the processor writes it once for a batch.
				Retried float64 `json:"retried"`
			}
			if err := json.Unmarshal(line, &metrics); err != nil {
				return fmt.Errorf("read a line of metrics: %w", err)
			}
			note(time.UnixMilli(metrics.AWS.Timestamp), metrics.Retried > 0)
		case bytes.Contains(line, finished):
			entry, err := finishedInvocation(line)
			if err != nil {
				return err
			}
			note(entry.Time, entry.Failed && entry.function() == string(contract.FunctionProcessor))
		}
		return nil
	})
	return found, err
}

// embedded splits a line at its time.
func embedded(line []byte) (point, error) {
	begin := bytes.Index(line, timestamp) + len(timestamp)
	length := bytes.IndexByte(line[begin:], ',')
	if length < 0 {
		return point{}, errors.New("a line of metrics has no end of its time")
	}
	milliseconds, err := strconv.ParseInt(string(line[begin:begin+length]), 10, 64)
	if err != nil {
		return point{}, fmt.Errorf("a line of metrics has a time that is none: %w", err)
	}
	return point{at: time.UnixMilli(milliseconds), line: slices.Delete(line, begin, begin+length), cut: begin}, nil
}

// invocation turns what the emulated Lambda logs into Lambda's metrics.
func (a *Alarms) invocation(line []byte) ([]point, error) {
	entry, err := finishedInvocation(line)
	if err != nil {
		return nil, err
	}
	name := a.stage.Named(entry.function())
	failed := 0.0
	if entry.Failed {
		failed = 1
	}
	var out []point
	for _, dimensions := range []map[string]string{{"FunctionName": name}, {"FunctionName": name, "Resource": name + ":live"}} {
		for metric, value := range map[string]float64{"Invocations": 1, "Errors": failed, "Duration": entry.Duration} {
			id := cloudwatch.ID{Namespace: namespaceLambda, Name: metric, Dimensions: cloudwatch.Dimensions(dimensions)}
			out = append(out, point{at: entry.Time, id: id, value: value})
		}
	}
	return out, nil
}

// replay is a part of a run, repeated until a length is reached.
type replay struct {
	*metrics
	from, until time.Time
	length      time.Duration
}

// put writes the part from a time on.
func (p replay) put(store *cloudwatch.Store, at time.Time) error {
	period := p.until.Sub(p.from)
	if period <= 0 {
		return nil
	}
	for done := time.Duration(0); done < p.length; done += period {
		by := at.Add(done).Sub(p.from)
		for _, point := range p.points {
			if point.at.Before(p.from) || !point.at.Before(p.until) || !point.at.Add(by).Before(at.Add(p.length)) {
				continue
			}
			if err := point.put(store, point.at.Add(by)); err != nil {
				return err
			}
		}
		p.putSamples(store, by, int(done/period), at.Add(p.length))
	}
	return nil
}

func (p point) put(store *cloudwatch.Store, at time.Time) error {
	if p.line == nil {
		store.Put(p.id, at, p.value)
		return nil
	}
	return store.PutLine(slices.Concat(p.line[:p.cut], strconv.AppendInt(nil, at.UnixMilli(), 10), p.line[p.cut:]))
}

// putSamples writes what queues and the API reported. A queue that grew in the part grows
// by as much in each repetition.
func (p replay) putSamples(store *cloudwatch.Store, by time.Duration, repetition int, end time.Time) {
	var part []rig.Sample
	for _, s := range p.samples {
		if !s.At.Before(p.from) && s.At.Before(p.until) && s.Visible != rig.Unknown {
			part = append(part, s)
		}
	}
	if len(part) == 0 {
		return
	}
	first, last := part[0], part[len(part)-1]
	grown := func(from, to int) float64 { return float64(repetition * max(0, to-from)) }
	queue := func(name string) cloudwatch.ID {
		return cloudwatch.ID{Namespace: namespaceSQS, Name: name, Dimensions: p.queue}
	}
	api := func(name string) cloudwatch.ID {
		return cloudwatch.ID{Namespace: namespaceAPI, Name: name, Dimensions: p.api}
	}
	before := first
	for _, s := range part {
		at := s.At.Add(by)
		if !at.Before(end) {
			return
		}
		store.Put(queue(visible), at, float64(s.Visible)+grown(first.Visible, last.Visible))
		store.Put(queue(notVisible), at, float64(s.InFlight)+grown(first.InFlight, last.InFlight))
		store.Put(cloudwatch.ID{Namespace: namespaceSQS, Name: visible, Dimensions: p.letters}, at,
			float64(p.lettersBy(s.At))+grown(p.lettersBy(first.At), p.lettersBy(last.At)))
		for range s.Answered - before.Answered {
			store.Put(api(requests), at, 1)
		}
		for range s.Failed - before.Failed {
			store.Put(api(failures), at, 1)
		}
		before = s
	}
}
