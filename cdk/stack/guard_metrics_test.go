package stack_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// read is a metric that an alarm or the dashboard reads.
type read struct {
	by, namespace, name string
	dimensions          map[string]string
}

func metricsOfAlarms(p *platform) []read {
	var out []read
	for _, r := range p.all("AWS::CloudWatch::Alarm") {
		metrics := []any{r.plain()} // an alarm on one metric says it itself
		if list, is := r.plain("Metrics").([]any); is {
			metrics = nil
			for _, query := range list {
				if stat, has := query.(object)["MetricStat"].(object); has {
					metrics = append(metrics, stat["Metric"])
				}
			}
		}
		for _, metric := range metrics {
			m := metric.(object)
			one := read{by: r.String(), namespace: m["Namespace"].(string), name: m["MetricName"].(string), dimensions: map[string]string{}}
			dimensions, _ := m["Dimensions"].([]any)
			for _, d := range dimensions {
				one.dimensions[d.(object)["Name"].(string)] = fmt.Sprint(d.(object)["Value"])
			}
			out = append(out, one)
		}
	}
	return out
}

func metricsOfDashboard(t *testing.T, p *platform) []read {
	t.Helper()
	var out []read
	for _, w := range widgets(t, p) {
		for _, line := range w.Properties.Metrics {
			if len(line) < 2 {
				continue // an expression
			}
			one := read{by: p.settings.Name + "'s dashboard: " + w.Properties.Title, dimensions: map[string]string{}}
			one.namespace, one.name = line[0].(string), line[1].(string)
			for i := 2; i+1 < len(line); i += 2 {
				one.dimensions[line[i].(string)] = fmt.Sprint(line[i+1])
			}
			out = append(out, one)
		}
	}
	return out
}

func TestEveryMetric_of_ours_that_is_read_is_one_that_the_code_writes(t *testing.T) {
	t.Parallel()
	services := map[string]contract.Function{
		contract.NamespaceIngest: contract.FunctionIngest, contract.NamespaceProcessor: contract.FunctionProcessor,
		contract.NamespaceQuery: contract.FunctionQuery, contract.NamespaceMaintain: contract.FunctionMaintain,
	}
	for _, p := range append(both(t), abroad(t)) {
		ours := 0
		for _, one := range append(metricsOfAlarms(p), metricsOfDashboard(t, p)...) {
			if !strings.HasPrefix(one.namespace, "Fluxa/") {
				if !slices.Contains([]string{"AWS/ApiGateway", "AWS/Backup", "AWS/Lambda", "AWS/RDS", "AWS/SNS", "AWS/SQS"}, one.namespace) || len(one.dimensions) == 0 {
					t.Errorf("%s reads %s of %s %v", one.by, one.name, one.namespace, one.dimensions)
				}
				continue
			}
			ours++
			dimensions, written := map[string]string{"Service": string(services[one.namespace]), "Environment": p.settings.Environment()}, contract.Metrics()
			if version, of := one.dimensions[contract.DimensionVersion]; of {
				dimensions[contract.DimensionVersion], written = version, contract.VersionMetrics()
				if version != "${Pipeline/"+functionPaths()[services[one.namespace]]+"/Function/CurrentVersion.Version}" {
					t.Errorf("%s reads %s of the version %s", one.by, one.name, version)
				}
			}
			if !slices.ContainsFunc(written, func(m contract.Metric) bool { return m.Namespace == one.namespace && m.Name == one.name }) {
				t.Errorf("%s reads %s %s, which nothing writes", one.by, one.namespace, one.name)
			}
			same(t, one.by, one.dimensions, dimensions)
		}
		if ours == 0 {
			t.Errorf("%s reads no metric of ours", p.settings.Name)
		}
	}
}

func TestEveryFunction_s_success_failure_and_latency_is_on_the_dashboard(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		shown := map[contract.Metric]bool{}
		for _, one := range metricsOfDashboard(t, p) {
			shown[contract.Metric{Namespace: one.namespace, Name: one.name}] = true
		}
		for _, m := range contract.Metrics() {
			if _, kind, _ := strings.Cut(m.Name, "_"); kind != "success" && kind != "failure" && kind != "latency_ms" {
				continue
			}
			if !shown[contract.Metric{Namespace: m.Namespace, Name: m.Name}] {
				t.Errorf("%s does not show %s %s", p.settings.Name, m.Namespace, m.Name)
			}
		}
	}
}
