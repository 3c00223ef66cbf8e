package cost_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
)

func load(t *testing.T) cost.Prices {
	t.Helper()
	p, err := cost.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func file(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("prices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestPrices_each_has_a_page_of_AWS_and_a_unit(t *testing.T) {
	t.Parallel()
	var document map[string]any
	if err := yaml.Unmarshal([]byte(file(t)), &document); err != nil {
		t.Fatal(err)
	}
	prices := 0
	var walk func(path string, fields map[string]any)
	walk = func(path string, fields map[string]any) {
		if _, isPrice := fields["value"]; isPrice {
			prices++
			source, _ := fields["source"].(string)
			unit, _ := fields["unit"].(string)
			if !strings.HasPrefix(source, "https://aws.amazon.com/") || !strings.Contains(source, "pricing") || unit == "" {
				t.Errorf("%s: source %q, unit %q", path, source, unit)
			}
			return
		}
		for name, inner := range fields {
			if inner, deeper := inner.(map[string]any); deeper {
				walk(path+"."+name, inner)
			}
		}
	}
	walk("", document)
	if prices != 51 {
		t.Errorf("%d prices", prices)
	}
}

func TestPrices_are_those_of_one_day_and_region(t *testing.T) {
	t.Parallel()
	p := load(t)
	day, err := time.Parse(time.DateOnly, p.AsOf)
	if err != nil || day.Year() < 2026 || p.Region != "us-east-1" || p.Currency != "USD" {
		t.Errorf("as of %q (%v), %q, %q", p.AsOf, err, p.Region, p.Currency)
	}
}

func TestPrice_each_is_that_of_one_unit(t *testing.T) {
	t.Parallel()
	p := load(t)
	for name, c := range map[string]struct{ got, want float64 }{
		"a request to API Gateway":   {p.APIGateway.Requests.Each(), 0.0000035},
		"a GB-second of Lambda":      {p.Lambda.GBSecondARM.Each(), 0.0000133334},
		"an object put into S3":      {p.S3.Puts.Each(), 0.000005},
		"an hour of a t4g.micro":     {p.RDS.Instances["t4g.micro"].Each(), 0.016},
		"a canary, which costs zero": {p.CodeDeploy.Groups.Each(), 0},
	} {
		if math.Abs(c.got-c.want) > 1e-15 {
			t.Errorf("%s costs %v, want %v", name, c.got, c.want)
		}
	}
}

func TestParse_names_what_is_wrong(t *testing.T) {
	t.Parallel()
	whole := file(t)
	const traces = "value: 5.00, per: 1_000_000, unit: traces, source: https://aws.amazon.com/xray/pricing/,\n    confirmed: true, seen: https://aws.amazon.com/de/xray/pricing/,"
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown group":           {"xray:", "xrays:", "field xrays not found"},
		"an unknown price":           {"  traces: {", "  tracks: {", "field tracks not found"},
		"an unknown field":           {"unit: traces", "unti: traces", "field unti not found"},
		"a value missing":            {"value: 5.00, per: 1_000_000", "per: 1_000_000", "xray.traces.value must be above 0, or 0 with free: true, got 0"},
		"a value below zero":         {"value: 5.00, per: 1_000_000", "value: -5, per: 1_000_000", "xray.traces.value must be above 0, or 0 with free: true, got -5"},
		"a value that is free":       {"value: 5.00, per: 1_000_000", "free: true, value: 5, per: 1_000_000", "xray.traces.value must be above 0, or 0 with free: true, got 5"},
		"an amount missing":          {"per: 1_000_000, unit: traces", "unit: traces", "xray.traces.per must be how many units the value is for, got 0"},
		"a unit missing":             {"unit: traces, ", "", "xray.traces.unit is missing"},
		"a source missing":           {"source: https://aws.amazon.com/xray/pricing/,", "", `xray.traces.source must be the pricing page on https://aws.amazon.com/, got ""`},
		"a source elsewhere":         {"https://aws.amazon.com/xray", "https://example.com/xray", `xray.traces.source must be the pricing page on https://aws.amazon.com/, got "https://example.com/xray/pricing/"`},
		"confirmed by nobody":        {"seen: https://aws.amazon.com/de/xray/pricing/, ", "", `xray.traces.seen must name the page for confirmed: true, and only for it, got ""`},
		"seen and not confirmed":     {traces, strings.Replace(traces, "true", "false", 1), `xray.traces.seen must name the page for confirmed: true, and only for it, got "https`},
		"a price missing":            {"  keys: { value: 1.00, per: 1, unit: key-months, source: https://aws.amazon.com/kms/pricing/,\n    confirmed: true, seen: https://aws.amazon.com/kms/pricing/, remark: \"the first and the second rotation add the same each\" }\n", "", "kms.keys.unit is missing"},
		"an instance without a unit": {"t4g.large: { value: 0.129, per: 1, unit: instance-hours,", "t4g.large: { value: 0.129, per: 1,", "rds.instances.t4g.large.unit is missing"},
		"a day missing":              {"as_of: 2026-11-24\n", "", `as_of must be a day such as 2026-11-24, got ""`},
		"a region missing":           {"region: us-east-1\n", "", "region is missing"},
		"another currency":           {"USD", "EUR", `currency must be USD, got "EUR"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Count(whole, c.old) != 1 {
				t.Fatalf("%q is %d times in the file", c.old, strings.Count(whole, c.old))
			}
			_, err := cost.Parse([]byte(strings.Replace(whole, c.old, c.new, 1)))
			if err == nil || !strings.HasPrefix(err.Error(), "prices.yaml: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

func TestInstance_has_every_class_that_a_stage_may_name(t *testing.T) {
	t.Parallel()
	p := load(t)
	known := 0
	for _, family := range []string{"t3", "t4g", "m6g", "m7g", "m8g", "r6g", "r7g", "r8g"} {
		for _, size := range []string{"micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge"} {
			class := family + "." + size
			may := stage.Database{InstanceClass: class}.MaxConnections() > 0
			if _, err := p.Instance(class); may != (err == nil) {
				t.Errorf("db.%s: a stage may name it: %v, its price: %v", class, may, err)
			}
			if may {
				known++
			}
		}
	}
	if known != len(p.RDS.Instances) {
		t.Errorf("%d classes, %d prices", known, len(p.RDS.Instances))
	}
}

func TestInstance_without_a_price_is_named(t *testing.T) {
	t.Parallel()
	s := byName(t, "dev")
	s.Database.InstanceClass = "m9g.large"
	_, err := cost.Estimate(load(t), s, cost.DefaultWorkload(), cost.FootprintOf(templates(t, "dev")))
	if err == nil || !strings.HasPrefix(err.Error(), `stage dev: prices.yaml: rds.instances has no "m9g.large", only ["m7g.2xlarge" `) {
		t.Error(err)
	}
}
