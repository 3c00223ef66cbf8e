package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// widget is one widget of a dashboard's body.
type widget struct {
	Type          string
	X, Y          int
	Width, Height int
	Properties    struct {
		Markdown, Title, Region string
		Alarms                  []string
		// Metrics are the lines of the graph: a namespace, a name and pairs of
		// dimensions, and at the end an object; an expression is that object alone.
		Metrics     [][]any
		Annotations struct {
			Horizontal []struct {
				Label string
				Value float64
			}
		}
	}
}

func widgets(t *testing.T, p *platform) []widget {
	t.Helper()
	dashboard := p.stacks[observability].at(t, "Dashboard")
	var body struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(dashboard.text("DashboardBody")), &body); err != nil {
		t.Fatalf("%s: %v", dashboard, err)
	}
	return body.Widgets
}

func TestDashboard_answers_four_questions_from_top_to_bottom(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		var headings []string
		rows := map[int]int{} // how many widgets stand below a heading
		for _, w := range widgets(t, p) {
			if w.Type == "text" {
				headings = append(headings, w.Properties.Markdown)
				continue
			}
			rows[len(headings)]++
			if w.X+w.Width > 24 {
				t.Errorf("%s: %q is out of the page", p.settings.Name, w.Properties.Title)
			}
			if w.Type == "metric" && w.Properties.Region != p.region() && w.Properties.Region != "${AWS::Region}" {
				t.Errorf("%s: %q is of the region %s", p.settings.Name, w.Properties.Title, w.Properties.Region)
			}
		}
		same(t, p.settings.Name, headings, []string{"## Is it healthy?", "## How fast is it?", "## Where is it stuck?", "## What does it cost?"})
		for row := 1; row <= len(headings); row++ {
			if rows[row] == 0 {
				t.Errorf("%s: nothing answers %q", p.settings.Name, headings[row-1])
			}
		}
	}
}

func TestDashboard_is_one_and_carries_the_stage(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, observability)
		a.count(t, "AWS::CloudWatch::Dashboard", 1)
		a.has(t, "AWS::CloudWatch::Dashboard", object{"DashboardName": "fluxa-" + p.settings.Name})
	})
}

func TestDashboard_shows_the_state_of_every_alarm(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		stack := p.stacks[observability]
		var want, got []string
		for _, r := range append(stack.all("AWS::CloudWatch::CompositeAlarm"), stack.all("AWS::CloudWatch::Alarm")...) {
			want = append(want, "${Observability/"+r.Path+".Arn}")
		}
		for _, w := range widgets(t, p) {
			got = append(got, w.Properties.Alarms...)
		}
		slices.Sort(want)
		slices.Sort(got)
		same(t, p.settings.Name, got, want)
	}
}

func TestDashboard_draws_the_limits(t *testing.T) {
	t.Parallel()
	for p, want := range map[*platform]map[string]float64{
		dev(t):  {"Oldest event, s: alarm": 120, "Concurrency: the processor's limit": 5},
		prod(t): {"Oldest event, s: alarm": 120, "Concurrency: the processor's limit": 50},
	} {
		got := map[string]float64{}
		for _, w := range widgets(t, p) {
			for _, line := range w.Properties.Annotations.Horizontal {
				got[w.Properties.Title+": "+line.Label] = line.Value
			}
		}
		same(t, p.settings.Name, got, want)
	}
}

func TestDashboard_has_the_numbers_that_each_question_asks_for(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"Is it healthy?": {contract.MetricIngestSuccess, contract.MetricProcessedSuccess, contract.MetricDuplicateSkipped, contract.MetricNotified,
			contract.MetricIngestFailure, contract.MetricProcessedFailure, contract.MetricDLQSent, contract.MetricRetried, "NumberOfNotificationsFailed", contract.MetricQueryFailure, "5XXError"},
		"How fast is it?": {contract.MetricEndToEndLatency, contract.MetricIngestLatency, contract.MetricQueryLatency,
			contract.MetricProcessLatency, contract.MetricDBLatency},
		"Where is it stuck?": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible",
			contract.MetricOldestRetriedAge, "ConcurrentExecutions", "CPUUtilization", "DatabaseConnections", "FreeableMemory", contract.MetricPartitionsAhead},
		"What does it cost?": {"Count", "Invocations", "Duration", "NumberOfMessagesSent", contract.MetricNotified},
	}
	for _, p := range both(t) {
		shown := map[string]map[string]bool{}
		var question string
		for _, w := range widgets(t, p) {
			if w.Type == "text" {
				question = strings.TrimPrefix(w.Properties.Markdown, "## ")
				shown[question] = map[string]bool{}
			}
			for _, line := range w.Properties.Metrics {
				if len(line) > 2 {
					shown[question][line[1].(string)] = true
				}
			}
		}
		for question, names := range want {
			for _, name := range names {
				if !shown[question][name] {
					t.Errorf("%s: %q is not answered with %s but with %q", p.settings.Name, question, name, slices.Sorted(maps.Keys(shown[question])))
				}
			}
		}
	}
}

// An expression names the lines beside it by their ids; of a price of nothing it
// would make nothing.
func TestDashboard_s_costs_are_made_of_lines_that_are_there_and_of_prices(t *testing.T) {
	t.Parallel()
	identifier := regexp.MustCompile(`\b[a-z][a-z0-9_]*\b`)
	price := regexp.MustCompile(`\* 0\.0*[1-9]`)
	for _, p := range both(t) {
		expressions := 0
		for _, w := range widgets(t, p) {
			ids := map[string]bool{}
			for _, line := range w.Properties.Metrics {
				if id, has := line[len(line)-1].(object)["id"].(string); has {
					ids[id] = true
				}
			}
			for _, line := range w.Properties.Metrics {
				expression, is := line[0].(object)
				if !is {
					continue
				}
				expressions++
				formula := fmt.Sprint(expression["expression"])
				for _, name := range identifier.FindAllString(formula, -1) {
					if !ids[name] {
						t.Errorf("%s: %s needs %s, which is not there", p.settings.Name, formula, name)
					}
				}
				if products := strings.Count(formula, "* 0."); products == 0 || len(price.FindAllString(formula, -1)) != products {
					t.Errorf("%s: %s has no price, or one of nothing", p.settings.Name, formula)
				}
			}
		}
		if want := 6; expressions != want { // the API, three functions, SQS and SNS
			t.Errorf("%s: the costs are of %d parts, want %d", p.settings.Name, expressions, want)
		}
	}
}
