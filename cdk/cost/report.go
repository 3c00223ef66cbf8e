package cost

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// Report is what stages cost under one workload, with prices of one day.
type Report struct {
	AsOf     string       `json:"as_of"`
	Region   string       `json:"region"`
	Currency string       `json:"currency"`
	Workload Workload     `json:"workload"`
	Stages   []Breakdown  `json:"stages"`
	Engines  []EngineCost `json:"engines"` // each stage on each engine, with more and more events
}

// NewReport estimates each stage, of which the assembly must have the templates, with
// the prices of prices.yaml.
func NewReport(stages []stage.Stage, assembly []*template.Stage, w Workload) (Report, error) {
	p, err := Load()
	r := Report{AsOf: p.AsOf, Region: p.Region, Currency: p.Currency, Workload: w}
	if err != nil {
		return r, err
	}
	for _, s := range stages {
		at := slices.IndexFunc(assembly, func(t *template.Stage) bool { return t.Name == s.Name })
		if at < 0 {
			return r, fmt.Errorf("the cloud assembly has no stage %s: synthesize every stage", s.Name)
		}
		b, err := Estimate(p, s, w, FootprintOf(assembly[at]))
		if err != nil {
			return r, err
		}
		r.Stages = append(r.Stages, b)
		engines, err := CompareEngines(p, s, w, FootprintOf(assembly[at]))
		if err != nil {
			return r, err
		}
		r.Engines = append(r.Engines, engines...)
	}
	return r, nil
}

// Run is the command: it prints what every stage costs, as tables or as JSON, and
// returns the exit status, 2 for flags that it does not understand.
func Run(args []string, out, errs io.Writer) int {
	w := DefaultWorkload()
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Float64Var(&w.EventsPerMonth, "events", w.EventsPerMonth, "events a month")
	flags.Float64Var(&w.PayloadBytes, "payload-bytes", w.PayloadBytes, "bytes of an event's payload")
	flags.Float64Var(&w.EventsPerRequest, "batch", w.EventsPerRequest, "events that are posted in one request")
	flags.Float64Var(&w.ReadsPerEvent, "reads", w.ReadsPerEvent, "reads of each event")
	in := flags.String("in", "cdk.out", "cloud assembly that cdk synth wrote, of every stage")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if err := run(w, *in, flags.Args(), *asJSON, out); err != nil {
		fmt.Fprintln(errs, "cost:", err)
		return 1
	}
	return 0
}

func run(w Workload, in string, words []string, asJSON bool, out io.Writer) error {
	if len(words) > 0 {
		return fmt.Errorf("accepts flags only, got %q; see -help", words)
	}
	stages, err := stage.All()
	if err != nil {
		return err
	}
	assembly, err := template.Read(in)
	if err != nil {
		return err
	}
	r, err := NewReport(stages, assembly, w)
	if err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	_, err = io.WriteString(out, r.Text())
	return err
}

// Text returns the report for people. Only here amounts are rounded.
func (r Report) Text() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Prices of %s on %s, in %s, on demand, without free tiers and discounts; ? marks one that is not confirmed.\n", r.Region, r.AsOf, r.Currency)
	fmt.Fprintf(&text, "Assumed:\n- %s\n", strings.Join(r.Workload.assumptions(), "\n- "))
	for _, b := range r.Stages {
		writeBill(&text, b.Stage+", per million events", b.PerMillion, b.PerMillionTotal)
		writeBill(&text, b.Stage+", fixed monthly cost", b.Monthly, b.MonthlyTotal)
		events := r.Workload.EventsPerMonth
		fmt.Fprintf(&text, "\n%s, a month with %s events: %.2f\n- the largest:", b.Stage, count(events), b.MonthlyTotal+b.PerMillionTotal*events/million)
		for i, l := range b.Drivers {
			fmt.Fprintf(&text, "%s %s %.2f", []string{"", ";"}[min(i, 1)], l.Item, l.Amount)
		}
		fmt.Fprintf(&text, "\n- %s\n", strings.Join(b.Notes, "\n- "))
	}
	fmt.Fprintf(&text, "\nA month on each engine, with a database that carries the events:\n\n%s", engineTable(r.Engines))
	return text.String()
}

// writeBill writes into what takes everything, as strings.Builder does.
func writeBill(text *strings.Builder, title string, bill []Line, sum float64) {
	fmt.Fprintf(text, "\n%s\n", title)
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	for _, l := range bill {
		mark := map[bool]string{false: " ?"}[l.Price.Confirmed]
		fmt.Fprintf(table, "  %s\t%11s %s\t× %s\t= %9.2f%s\n", l.Item, count(l.Quantity), l.Price.Unit, l.Price, l.Amount, mark)
	}
	fmt.Fprintf(table, "  total\t\t\t= %9.2f\n", sum)
	_ = table.Flush() // a write into memory does not fail
}

// String says the price as a bill does, such as 3.5 per 1,000,000.
func (p Price) String() string {
	value := strconv.FormatFloat(p.Value, 'f', -1, 64)
	if p.Per == 1 {
		return value
	}
	return value + " per " + count(float64(p.Per))
}

// count writes a number with commas, and a small one with up to three decimals.
func count(n float64) string {
	if math.Abs(n) < 1000 {
		return strconv.FormatFloat(math.Round(n*1000)/1000, 'f', -1, 64)
	}
	digits := strconv.FormatFloat(n, 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
