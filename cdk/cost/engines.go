package cost

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/fluxa/fluxa/cdk/stage"
)

// EngineCost is what a stage costs in a month on one engine with so many events: all
// of it, and of that the database.
type EngineCost struct {
	Stage    string       `json:"stage"`
	Events   float64      `json:"events"`
	Engine   stage.Engine `json:"engine"`
	Size     string       `json:"size"`
	Database float64      `json:"database"`
	Total    float64      `json:"total"`
}

// compared are the events of a month at which the engines are compared.
func compared() []float64 { return []float64{0, 1e6, 1e8, 1e10} }

// CompareEngines computes what the stage costs on each engine, with a database that
// carries each number of events. Where none is large enough it leaves the pair out.
func CompareEngines(p Prices, s stage.Stage, w Workload, f Footprint) ([]EngineCost, error) {
	var out []EngineCost
	for _, events := range compared() {
		for _, engine := range []stage.Engine{stage.Postgres, stage.Aurora} {
			w.EventsPerMonth = max(events, 1)
			sized, fits := carrying(s, w, engine)
			if !fits {
				continue
			}
			b, err := Estimate(p, sized, w, f)
			if err != nil {
				return nil, err
			}
			one := EngineCost{Stage: s.Name, Events: events, Engine: engine, Size: sized.Database.Size(), Total: b.IdleTotal}
			bill := b.Monthly
			if events > 0 {
				one.Total = b.MonthlyTotal + b.PerMillionTotal*events/million
				bill = slices.Concat(b.Monthly, b.PerMillion)
			}
			for _, l := range bill {
				if strings.HasPrefix(l.Item, "database") {
					one.Database += l.Amount * factor(l, b.PerMillion, events)
				}
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// factor is how often a line counts: once for one of a month, and once for each
// million events of the others.
func factor(l Line, perMillion []Line, events float64) float64 {
	if slices.Contains(perMillion, l) {
		return events / million
	}
	return 1
}

// carrying returns the stage on the engine, with the least database that carries the
// workload and is not below the stage's own.
func carrying(s stage.Stage, w Workload, engine stage.Engine) (stage.Stage, bool) {
	own := s.Database
	vcpus := w.EventsPerMonth / secondsPerMonth / w.EventsPerVCPU
	s.Database = stage.Database{Engine: engine, EngineVersion: own.EngineVersion, MultiAZ: own.MultiAZ, BackupDays: own.BackupDays, Proxy: own.Proxy}
	if engine == stage.Aurora {
		if own.Engine == stage.Aurora {
			s.Database.MinimumACU, s.Database.MaximumACU, s.Database.Readers = own.MinimumACU, own.MaximumACU, own.Readers
		} else if own.MultiAZ {
			s.Database.MinimumACU, s.Database.Readers = 1, 1
		}
		s.Database.Proxy = own.Proxy && s.Database.MinimumACU > 0
		s.Database.MaximumACU = max(s.Database.MaximumACU, 1, ceilTo(vcpus*acuPerVCPU, 0.5))
		return s, s.Database.MaximumACU <= 256
	}
	s.Database.StorageGiB = max(own.StorageGiB, 20)
	classes := []string{"t4g.micro", "t4g.medium", "m7g.large", "m7g.xlarge", "m7g.2xlarge", "m7g.4xlarge"}
	if from := slices.Index(classes, own.InstanceClass); from > 0 {
		classes = classes[from:]
	}
	for _, class := range classes {
		s.Database.InstanceClass = class
		if share := float64(s.Database.VCPUs()) * sustained(class); vcpus <= share {
			return s, true
		}
	}
	return s, false
}

// sustained is the share of its processors that a class may use for ever: those of
// t4g earn it by credits.
//
// Key concepts for burstable performance instances
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
func sustained(class string) float64 {
	switch class {
	case "t4g.micro":
		return 0.1
	case "t4g.medium":
		return 0.2
	default:
		return 1
	}
}

func ceilTo(value, step float64) float64 {
	if whole := float64(int(value/step)) * step; whole >= value {
		return whole
	}
	return float64(int(value/step)+1) * step
}

// engineTable writes the comparison as a table of Markdown.
func engineTable(all []EngineCost) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
	fmt.Fprintln(table, "| stage\t| events a month\t| engine\t| size\t| database\t| all of it\t|")
	fmt.Fprintln(table, "|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, e := range all {
		fmt.Fprintf(table, "| %s\t| %s\t| %s\t| %s\t| %s\t| %s\t|\n", e.Stage, count(e.Events), e.Engine, strings.TrimPrefix(strings.TrimPrefix(e.Size, "a "), "an "), dollars(e.Database), dollars(e.Total))
	}
	_ = table.Flush() // a write into memory does not fail
	return text.String()
}

// dollars writes an amount with cents where they matter.
func dollars(amount float64) string {
	if amount < 1000 {
		return fmt.Sprintf("%.2f", amount)
	}
	return count(amount)
}
