package stack_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

// TestLogs runs good and bad events through the product and then reads every line
// that its functions wrote.
func TestLogs_are_as_designed_and_hold_no_payload(t *testing.T) {
	t.Parallel()
	const key, idempotencyKey = "MARKapikey", "MARKidempotency"
	p := start(t, func(c *stack.Config) { c.APIKey = key })
	send := func(body string) answer {
		return p.do(http.MethodPost, "/events", []byte(body), "x-api-key", key, "Idempotency-Key", idempotencyKey)
	}
	marked := eventWith("seen", "77123.4567", "MARKmerchant", `{"MARKname":"MARKvalue"}`)
	marked = strings.Replace(marked, `"ada"`, `"MARKuser"`, 1)
	send(marked)
	send(strings.Replace(marked, "MARKvalue", "MARKother", 1)) // a conflict
	send(strings.Replace(marked, "}}", ",", 1))                // malformed
	send(strings.Replace(marked, `{"MARKname"`, `{"MARKname":1,"MARKname"`, 1))
	send(strings.Replace(marked, `"EUR"`, `"MARKcurrency"`, 1))
	send(strings.Replace(marked, "77123.4567", `"MARKamount"`, 1))
	p.drained()
	restore := p.Endpoint().Intercept(endpoint.SNS, endpointtest.Refuse(http.StatusInternalServerError, "InternalError", "down"))
	send(strings.Replace(marked, "seen", "retried", 1))
	eventually(t, func() string {
		if p.number(`SELECT attempts FROM idempotency_keys WHERE event_id = 'retried' UNION ALL SELECT 0 ORDER BY 1 DESC LIMIT 1`) < 2 {
			return "the event whose notification fails was not delivered again"
		}
		return ""
	})
	restore()
	p.do(http.MethodGet, "/events/seen", nil, "x-api-key", key)
	p.do(http.MethodGet, "/events?user_id=MARKuser", nil, "x-api-key", key)
	p.do(http.MethodGet, "/events/absent", nil, "x-api-key", key)
	p.drained()

	database, err := url.Parse(p.Info().DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := database.User.Password()
	secrets := []string{"MARK", "77123", password}
	for _, user := range contract.DatabaseUsers() {
		login, err := pgmigrate.UserURL(database.String(), user)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, login[strings.Index(login, user+":")+len(user)+1:strings.Index(login, "@")])
	}

	known := map[string]contract.Metric{}
	for _, m := range contract.Metrics() {
		known[m.Namespace+" "+m.Name] = m
	}
	written := map[string]bool{}
	lines := 0
	logs, err := filepath.Glob(filepath.Join(p.dir, "logs", "*.log"))
	if err != nil || len(logs) != 6 {
		t.Fatalf("log files %v, %v", logs, err)
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		service := strings.TrimSuffix(filepath.Base(path), ".log")
		for line := range strings.Lines(string(text)) {
			lines++
			for _, secret := range secrets {
				if secret != "" && strings.Contains(line, secret) {
					t.Errorf("%s holds %q: %s", service, secret, line)
				}
			}
			if strings.Contains(line, `"_aws"`) {
				checkEMF(t, line, service, known, written)
			} else {
				checkLog(t, line, service)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d lines were written", lines)
	}
	for _, name := range []string{contract.MetricIngestSuccess, contract.MetricIngestFailure, contract.MetricIngestLatency,
		contract.MetricSQSSent, contract.MetricPayloadInlineCount, contract.MetricProcessedSuccess, contract.MetricProcessedFailure,
		contract.MetricDuplicateSkipped, contract.MetricDBLatency, contract.MetricEndToEndLatency, contract.MetricDLQSent,
		contract.MetricNotified, contract.MetricQuerySuccess, contract.MetricQueryNotFound, contract.MetricQueryLatency,
		contract.MetricMaintainSuccess, contract.MetricPartitionsMade} {
		if !written[name] {
			t.Errorf("metric %s was never written", name)
		}
	}
}

func checkLog(t *testing.T, line, service string) {
	t.Helper()
	var entry map[string]any
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		t.Errorf("%s: a log line is no JSON: %s", service, line)
		return
	}
	for _, name := range []string{"timestamp", "level", "message", "service", "environment", "request_id"} {
		if entry[name] == nil || entry[name] == "" {
			t.Errorf("%s: %s is missing: %s", service, name, line)
		}
	}
	if entry["service"] != service || entry["environment"] != stack.Stage {
		t.Errorf("service or environment is wrong: %s", line)
	}
	if _, ok := entry["correlation_id"]; !ok && service != "migrate" && service != "maintain" {
		t.Errorf("%s: correlation_id is missing: %s", service, line)
	}
	if _, failed := entry["error"]; failed && entry["error_code"] == nil {
		t.Errorf("%s: an error has no error_code: %s", service, line)
	}
}

func checkEMF(t *testing.T, line, service string, known map[string]contract.Metric, written map[string]bool) {
	t.Helper()
	var entry struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
		Service     string
		Environment string
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(line), &values); err != nil {
		t.Fatal(err)
	}
	if entry.Service != service || entry.Environment != stack.Stage || entry.AWS.Timestamp == 0 {
		t.Errorf("EMF line without its dimensions: %s", line)
	}
	for _, directive := range entry.AWS.CloudWatchMetrics {
		if diff := cmp.Diff([][]string{{contract.DimensionService, contract.DimensionEnvironment}}, directive.Dimensions); diff != "" {
			t.Errorf("dimensions: %s", diff)
		}
		for _, metric := range directive.Metrics {
			m, ok := known[directive.Namespace+" "+metric.Name]
			if !ok || m.Unit != metric.Unit {
				t.Errorf("metric %s of %s in %s is not of the contract", metric.Name, directive.Namespace, metric.Unit)
			}
			if len(values[metric.Name]) == 0 {
				t.Errorf("metric %s has no value: %s", metric.Name, line)
			}
			written[metric.Name] = true
		}
	}
	allowed := []string{"_aws", "Service", "Environment", "request_id"}
	for name := range values {
		if !slices.Contains(allowed, name) && !written[name] {
			t.Errorf("EMF line has %s, which is no metric", name)
		}
	}
}
