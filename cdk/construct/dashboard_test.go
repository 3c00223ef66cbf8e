package construct

import (
	"encoding/json"
	"strings"
	"testing"
)

func testRates() Rates {
	return Rates{Currency: "USD", AsOf: "2026-01-31", APIRequest: 1, LambdaRequest: 2, LambdaGBSecond: 4096_000, QueueRequest: 3, Publication: 4}
}

func TestDashboard_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = DashboardProps
	stack := newStack(t)
	props := alarmProps(stack)
	alarms := NewAlarms(stack, "Alarms", &props)
	refuses(t, "Dashboard", func() p { return p{Name: "app", Alarms: alarms, Rates: testRates()} }, func(props *p) { NewDashboard(stack, "Dashboard", props) },
		wrong[p]{func(p *p) { p.Name = "an app" }, `Name must have 1 to 255 characters of A-Za-z0-9_-, got "an app"`},
		wrong[p]{func(p *p) { p.Alarms = nil }, "Alarms is required"},
		wrong[p]{func(p *p) { p.Rates.AsOf = "" }, "Rates: each of Currency and AsOf is required"},
		wrong[p]{func(p *p) { p.Rates.Publication = -1 }, "Rates must be at least 0 each, got -1"})
}

func TestDashboard_shows_what_the_alarms_watch_and_what_it_costs(t *testing.T) {
	stack := newStack(t)
	props := alarmProps(stack)
	url := NewDashboard(stack, "Dashboard", &DashboardProps{Name: "app", Alarms: NewAlarms(stack, "Alarms", &props), Rates: testRates()})
	if !strings.HasSuffix(url, "#dashboards/dashboard/app") {
		t.Errorf("its address is %s", url)
	}
	made := templateOf(stack)
	made.has(t, "AWS::CloudWatch::Dashboard", map[string]any{"DashboardName": "app"})
	raw, err := json.Marshal(made.FindResources(text("AWS::CloudWatch::Dashboard"), nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		"end_to_end_latency_ms", "App/processor", "ApproximateAgeOfOldestMessage", "5XXError", "DatabaseConnections",
		"calls_ingest * 2.0000000000 + ms_ingest * 1024.000000000000", // a millisecond of 256 MiB is 1/4000 of a GB-second
		"(3 * sent + empty) * 3.0000000000", "prices of 2026-01-31",
	} {
		if !strings.Contains(string(raw), shown) {
			t.Errorf("it does not show %s", shown)
		}
	}
}
