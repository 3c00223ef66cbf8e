package cost_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
)

// onAurora is dev on a cluster.
func onAurora(t *testing.T, minimum, maximum float64, readers int) stage.Stage {
	s := byName(t, "dev")
	s.Database = stage.Database{Engine: stage.Aurora, MinimumACU: minimum, MaximumACU: maximum, Readers: readers, BackupDays: 1}
	return s
}

func TestEstimate_on_Aurora(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s       stage.Stage
		events  float64
		item    string
		monthly bool
		want    float64
	}{
		// 730 hours of one run of the maintenance in 24, each of seven minutes at the largest capacity.
		"that pauses is awake for the maintenance": {onAurora(t, 0, 1, 0), 1, "database, awake for the maintenance", true, 730 / 24.0 * 7 / 60},
		"resumes at two ACU":                       {onAurora(t, 0, 8, 0), 1, "database, awake for the maintenance", true, 730 / 24.0 * 7 / 60 * 2},
		"that does not pause costs the least":      {onAurora(t, 0.5, 8, 2), 1, "database, 3 instances of 0.5 ACU", true, 3 * 0.5 * 730},
		// An event in each six minutes would keep it awake: of 2.3 s it nearly always does.
		"is awake with a million events": {onAurora(t, 0, 8, 0), 1e6, "database, capacity for events", false, 0.5 * 730},
		// 3805.2 events a second take 6.088 processors, 24.35 ACU.
		"grows with ten billion events":     {onAurora(t, 0.5, 64, 0), 1e10, "database, capacity for events", false, (1e10/2_628_000/625*4 - 0.5) * 730 / 1e4},
		"writes two pages of log, and one":  {onAurora(t, 0, 8, 0), 1e6, "database writes", false, 2e6},
		"pays for what it stores for a day": {onAurora(t, 0, 8, 0), 1e6, "database storage", false, 1824e6 / (1 << 30) * 30 / (730.0 / 24)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cost.DefaultWorkload()
			w.EventsPerMonth, w.LargeShare = c.events, 0
			b := estimate(t, c.s, w)
			lines := b.PerMillion
			if c.monthly {
				lines = b.Monthly
			}
			if got := quantities(lines)[c.item]; math.Abs(got-c.want) > 1e-3*c.want {
				t.Errorf("%s: %v, want %v in %v", c.item, got, c.want, quantities(lines))
			}
		})
	}
}

// What a million events cost before the traces were sampled, Lambda's own lines left out
// and the firewall's log kept to what a rule matched was 17.43 in dev and 17.81 in prod.
func TestEstimate_of_a_million_events_is_half_of_what_it_was(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]float64{"dev": 17.43, "prod": 17.81} {
		if got := estimate(t, byName(t, name), cost.DefaultWorkload()).PerMillionTotal; got > before/2 {
			t.Errorf("%s: costs %.2f, half is %.2f", name, got, before/2)
		}
	}
}

// On RDS the instance and the endpoints alone are more: the reason is in docs/DEPLOY.md.
func TestCompareEngines_has_an_idle_dev_under_35_on_Aurora(t *testing.T) {
	t.Parallel()
	all, err := cost.CompareEngines(load(t), byName(t, "dev"), cost.DefaultWorkload(), cost.FootprintOf(templates(t, "dev")))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Events == 0 && e.Engine == stage.Aurora && e.Total >= 35 {
			t.Errorf("costs %.2f", e.Total)
		}
	}
}

func TestCompareEngines_takes_a_database_that_carries_the_events(t *testing.T) {
	t.Parallel()
	sizes := map[string]string{}
	for _, name := range []string{"dev", "prod"} {
		s := byName(t, name)
		all, err := cost.CompareEngines(load(t), s, cost.DefaultWorkload(), cost.FootprintOf(templates(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		last := map[stage.Engine]float64{}
		for _, e := range all {
			if e.Database <= 0 || e.Total < e.Database || e.Total < last[e.Engine] {
				t.Errorf("%+v after %v", e, last[e.Engine])
			}
			last[e.Engine] = e.Total
			if e.Events == 1e10 {
				sizes[name+" "+string(e.Engine)] = e.Size
			}
		}
		if len(all) != 8 {
			t.Errorf("%s: %d pairs of four numbers of events and two engines", name, len(all))
		}
	}
	for pair, want := range map[string]string{
		"dev postgres": "a db.m7g.2xlarge", "prod postgres": "a db.m7g.2xlarge",
		"dev aurora": "an instance of 24.5 ACU", "prod aurora": "an instance of 24.5 ACU",
	} {
		if sizes[pair] != want {
			t.Errorf("%s: %s, want %s", pair, sizes[pair], want)
		}
	}
}

// TestDeployment_page_has_the_comparison keeps the table of docs/DEPLOY.md what make
// cost prints: update the golden files, then the page by a second run.
func TestDeployment_page_has_the_comparison(t *testing.T) {
	t.Parallel()
	const path = "../../docs/DEPLOY.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, name := range []string{"dev", "prod"} {
		golden, err := os.ReadFile("testdata/" + name + ".golden")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(golden)) {
			if strings.HasPrefix(line, "| "+name+" ") {
				rows = append(rows, squeezed(line))
			}
		}
	}
	if len(rows) == 0 {
		t.Fatal("the golden files have no table: update them first")
	}
	var found, updated []string
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| dev |") && !strings.HasPrefix(line, "| prod |") {
			updated = append(updated, line)
			continue
		}
		if found = append(found, squeezed(line)); len(found) == 1 {
			updated = append(updated, strings.Join(rows, "\n")+"\n")
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(strings.Join(updated, "")), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(rows, found); diff != "" {
		t.Errorf("%s has another table; if make cost is right, go test ./cdk/cost -update, twice:\n%s", path, diff)
	}
}

// squeezed leaves out the blanks that only line columns up.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }
