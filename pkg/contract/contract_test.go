package contract_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestRoutes_is_the_HTTP_contract(t *testing.T) {
	t.Parallel()
	want := []string{
		"ingestEvent POST /events ingest key",
		"ingestBatch POST /events/batch ingest key",
		"listEvents GET /events query key",
		"getEvent GET /events/{event_id} query key",
		"getEventPayload GET /events/{event_id}/payload query key",
		"getEventStatus GET /events/{event_id}/status query key",
		"health GET /health query",
	}
	var got []string
	for _, r := range contract.Routes() {
		words := []string{r.ID, r.Method, r.Path, string(r.Function)}
		if r.KeyRequired {
			words = append(words, "key")
		}
		got = append(got, strings.Join(words, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRoutes_are_unique_and_fit_a_ServeMux(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux() // Handle panics on a conflict
	ids := map[string]bool{}
	functions := []contract.Function{contract.FunctionIngest, contract.FunctionQuery}
	for _, r := range contract.Routes() {
		if ids[r.ID] || r.ID == "" || r.Summary == "" {
			t.Errorf("route %+v has no id of its own, or no summary", r)
		}
		ids[r.ID] = true
		if !slices.Contains(functions, r.Function) {
			t.Errorf("%s belongs to %q, which serves no HTTP", r.ID, r.Function)
		}
		for parameter := range strings.SplitSeq(r.Path, "/") {
			if strings.HasPrefix(parameter, "{") && parameter != "{"+contract.PathEventID+"}" {
				t.Errorf("%s has the parameter %s", r.ID, parameter)
			}
		}
		mux.Handle(r.Method+" "+r.Path, http.NotFoundHandler())
	}
}

func TestRoutes_returns_a_copy(t *testing.T) {
	t.Parallel()
	contract.Routes()[0].KeyRequired = false
	if !contract.Routes()[0].KeyRequired {
		t.Error("a caller opened a route for all")
	}
}

func TestMetrics_are_unique_and_named_as_their_units(t *testing.T) {
	t.Parallel()
	namespaces := []string{contract.NamespaceIngest, contract.NamespaceProcessor, contract.NamespaceQuery, contract.NamespaceMaintain}
	if !slices.Equal(namespaces, []string{"Fluxa/Ingest", "Fluxa/Processor", "Fluxa/Query", "Fluxa/Maintain"}) {
		t.Errorf("namespaces %q", namespaces)
	}
	name := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	seen := map[string]bool{}
	perNamespace := map[string]int{}
	for _, m := range contract.Metrics() {
		if seen[m.Name] {
			t.Errorf("%s is there twice", m.Name)
		}
		seen[m.Name] = true
		perNamespace[m.Namespace]++
		if !name.MatchString(m.Name) || !slices.Contains(namespaces, m.Namespace) {
			t.Errorf("%+v has a name or a namespace that is none", m)
		}
		if !slices.Contains(contract.Functions(), contract.FunctionOf(m.Namespace)) {
			t.Errorf("%s of %s is written by no function", m.Name, m.Namespace)
		}
		unit := contract.UnitCount
		if strings.HasSuffix(m.Name, "_ms") {
			unit = contract.UnitMilliseconds
		}
		if m.Unit != unit {
			t.Errorf("%s is measured in %s, want %s", m.Name, m.Unit, unit)
		}
	}
	if f := contract.FunctionOf("Fluxa/Other"); f != "" {
		t.Errorf("an unknown namespace belongs to %q", f)
	}
	want := map[string]int{contract.NamespaceIngest: 7, contract.NamespaceProcessor: 10, contract.NamespaceQuery: 4, contract.NamespaceMaintain: 9}
	if !maps.Equal(perNamespace, want) {
		t.Errorf("metrics per namespace: %v; the design names %v", perNamespace, want)
	}
}

func TestMetrics_returns_a_copy(t *testing.T) {
	t.Parallel()
	contract.Metrics()[0].Name = "changed"
	if contract.Metrics()[0].Name == "changed" {
		t.Error("a caller renamed a metric for all")
	}
}

// TestLimits_fit_together holds the numbers to what AWS allows and to what they
// must leave room for.
func TestLimits_fit_together(t *testing.T) {
	t.Parallel()
	// The envelope around an inline payload: its fixed text, the longest id, the
	// longest correlation id in escapes, a hash and a time.
	const envelope = 512 + contract.ClientLimit + contract.EventIDLimit + 12*contract.CorrelationIDLimit + 64 + 64
	rules := []struct {
		reason string
		holds  bool
	}{
		{"a payload of quotes doubles, and must still fit a message with its envelope",
			2*contract.InlineLimit+envelope <= contract.QueueMessageLimit-contract.QueueMessageReserve},
		{"the reserve must hold six string attributes, the reason of a dead letter the longest",
			contract.QueueMessageReserve >= 6*(256+64)+contract.ClientLimit+contract.EventIDLimit+4*contract.CorrelationIDLimit+1024},
		{"a body must fit an invocation with its headers", contract.BodyLimit+contract.InvocationReserve <= contract.InvocationLimit},
		{"an inline payload must fit a body", contract.InlineLimit < contract.BodyLimit},
		{"SQS takes messages of 1 MiB", contract.QueueMessageLimit == 1<<20},
		{"Lambda takes requests of 6 MiB", contract.InvocationLimit == 6<<20},
		{"NUMERIC(19,4) holds an amount", contract.AmountIntegerDigits+contract.AmountDecimals == 19 && contract.AmountDecimals == 4},
		{"an object key has at most 1024 bytes", len(contract.ObjectPrefix)+contract.ClientLimit+1+contract.EventIDLimit+1+64+len(".json") <= 1024},
		{"the visibility time-out is at most 12 hours", contract.VisibilityFactor*contract.ProcessorTimeout <= 12*time.Hour},
		{"AWS asks for six times the function's time-out", contract.VisibilityFactor >= 6},
		{"Lambda takes batches of at most 10 without a window", 1 <= contract.BatchSize && contract.BatchSize <= 10},
		{"SQS counts receives up to 1000", 1 <= contract.MaxReceives && contract.MaxReceives <= 1000},
		{"API Gateway gives up after 29 seconds", contract.HandlerTimeout < 29*time.Second},
		{"Lambda stops a function after 15 minutes", contract.ProcessorTimeout <= 15*time.Minute && contract.MigrateTimeout <= 15*time.Minute},
		{"a page's default lies within its limit", 1 <= contract.PageDefault && contract.PageDefault <= contract.PageLimit},
		{"a batch of the smallest events fits a body", contract.BatchLimit*100 < contract.BodyLimit},
		{"jsonb holds 131072 digits before the point and 16383 behind it", contract.MetadataNumberDigits <= 16_383},
		{"metadata that has grown and is quoted still fits an answer",
			2*(2*contract.InlineLimit+contract.MetadataExpansion)+contract.InvocationReserve <= contract.InvocationLimit},
		{"the prefix is a folder", strings.HasSuffix(contract.ObjectPrefix, "/")},
	}
	for _, r := range rules {
		if !r.holds {
			t.Error(r.reason)
		}
	}
}

func TestHeaders_and_attributes_are_as_in_v1(t *testing.T) {
	t.Parallel()
	got := []string{
		contract.HeaderCorrelationID, contract.HeaderIdempotencyKey, strings.ToLower(contract.HeaderAPIKey),
		contract.AttrEventID, contract.AttrCorrelationID, contract.AttrSchemaVersion, contract.AttrErrorCode, contract.AttrErrorReason,
		contract.SchemaVersion, contract.ObjectPrefix, contract.DimensionService, contract.DimensionEnvironment,
	}
	want := []string{
		"X-Correlation-ID", "Idempotency-Key", "x-api-key",
		"event_id", "correlation_id", "schema_version", "error_code", "error_reason",
		"1", "raw/", "Service", "Environment",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEventSchema_is_JSON(t *testing.T) {
	t.Parallel()
	if !json.Valid(contract.EventSchema) {
		t.Error("it is not")
	}
}
