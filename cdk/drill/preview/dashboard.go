// Package preview draws the dashboard of a stage as CloudWatch would, from the template
// that is deployed and from metrics: those of a simulated afternoon, or those that a local
// stack wrote. It is for the eyes of reviewers: CloudWatch's own colours, ticks and fonts
// are others.
package preview

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cdk/drill"
	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/template"
)

// Widget is a part of a dashboard, in units of its grid, which is 24 wide.
type Widget struct {
	X, Y, Width, Height int
	Title               string
	Heading             string   // of a text widget
	Alarms              []string // the names, of an alarm widget
	Lines               []Line   // of a graph
	Stacked             bool
	Period              time.Duration
	Marks               []Mark
	queries             []cloudwatch.Query
}

// Line is one of a graph.
type Line struct{ Label string }

// Mark is a horizontal line of a graph, such as an alarm's threshold.
type Mark struct {
	Label string
	Value float64
}

// The names of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type body struct {
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Markdown, Background, View, Region string
			Alarms                                    []string
			Stacked                                   bool
			Metrics                                   [][]json.RawMessage
			YAxis                                     struct{}
			Annotations                               struct {
				Horizontal []struct {
					Label, YAxis string
					Value        float64
				}
			}
		}
	}
	Start, PeriodOverride string
}

// options is the last part of a metric.
type options struct {
	Label, ID, Expression, Stat string
	Period                      int
	Visible                     *bool
}

// Read returns the widgets of a stage's one dashboard. Returns an error for what is in it
// and would not be drawn.
func Read(s *template.Stage) ([]Widget, error) {
	all := s.All("AWS::CloudWatch::Dashboard")
	if len(all) != 1 {
		return nil, fmt.Errorf("the stage %s has %d dashboards, one is drawn", s.Name, len(all))
	}
	known, err := drill.Known(s, all[0].At("DashboardBody"))
	if err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	text, is := known.(string)
	if !is {
		return nil, fmt.Errorf("the dashboard's body is a %T, want text", known)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var read body
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	var out []Widget
	var errs []error
	for _, w := range read.Widgets {
		p := w.Properties
		widget := Widget{X: w.X, Y: w.Y, Width: w.Width, Height: w.Height, Title: p.Title, Stacked: p.Stacked}
		switch w.Type {
		case "text":
			widget.Heading = strings.TrimLeft(p.Markdown, "# ")
		case "alarm":
			widget.Alarms = p.Alarms
		case "metric":
			for _, a := range p.Annotations.Horizontal {
				widget.Marks = append(widget.Marks, Mark{a.Label, a.Value})
			}
			if err := widget.read(p.Metrics); err != nil || p.View != "timeSeries" {
				errs = append(errs, fmt.Errorf("widget %q, view %q: %w", p.Title, p.View, err))
			}
		default:
			errs = append(errs, fmt.Errorf("a widget of the type %q is not supported", w.Type))
		}
		out = append(out, widget)
	}
	return out, errors.Join(errs...)
}

// read adds the metrics of a graph: [namespace, name, dimension, value, …, options], or
// [options] of an expression.
func (w *Widget) read(metrics [][]json.RawMessage) error {
	for _, parts := range metrics {
		var o options
		var words []string
		for i, part := range parts {
			var word string
			switch {
			case json.Unmarshal(part, &word) == nil:
				words = append(words, word)
			case i == len(parts)-1:
				if err := json.Unmarshal(part, &o); err != nil {
					return err
				}
			default:
				return fmt.Errorf("%s is not supported", part)
			}
		}
		shown := o.Visible == nil || *o.Visible
		query := cloudwatch.Query{ID: o.ID, Expression: o.Expression, ReturnData: shown}
		label := o.Label
		if o.Expression == "" {
			if len(words) < 2 || len(words)%2 != 0 || strings.HasPrefix(words[0], ".") {
				return fmt.Errorf("the metric %q is not supported", words)
			}
			dimensions := map[string]string{}
			for i := 2; i < len(words); i += 2 {
				dimensions[words[i]] = words[i+1]
			}
			query.Metric = cloudwatch.ID{Namespace: words[0], Name: words[1], Dimensions: cloudwatch.Dimensions(dimensions)}
			if query.Statistic = o.Stat; o.Stat == "" {
				query.Statistic = "Average"
			}
			if label == "" {
				label = words[1]
			}
		}
		period := time.Duration(o.Period) * time.Second
		if w.Period != 0 && w.Period != period {
			return fmt.Errorf("the periods %s and %s in one graph are not supported", w.Period, period)
		}
		w.Period, w.queries = period, append(w.queries, query)
		if shown {
			w.Lines = append(w.Lines, Line{label})
		}
	}
	return nil
}
