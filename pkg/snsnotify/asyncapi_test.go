package snsnotify_test

import (
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/snsnotify"
)

// asyncapi reads docs/asyncapi.yaml.
func asyncapi(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// schema compiles what a document has at a place such as #/components/schemas/x.
func schema(t *testing.T, document any, place string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:document", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:document" + place)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAsyncAPI_is_valid holds the document to the schema that AsyncAPI publishes, which is
// schemas/3.0.0.json of version 6.11.1 of the npm package @asyncapi/specs, Apache-2.0.
func TestAsyncAPI_is_valid(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/asyncapi-3.0.0.schema.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	published, err := jsonschema.UnmarshalJSON(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("http://asyncapi.com/definitions/3.0.0/asyncapi.json", published); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("http://asyncapi.com/definitions/3.0.0/asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	document := asyncapi(t)
	if err := s.Validate(document); err != nil {
		t.Errorf("%v", err)
	}
	document["channels"].(map[string]any)["notifications"].(map[string]any)["address"] = 1
	if s.Validate(document) == nil {
		t.Error("an address that is a number is valid")
	}

	for _, x := range at(document, "components", "messages", "notification")["examples"].([]any) {
		example := x.(map[string]any)
		for member, name := range map[string]string{"headers": "notificationAttributes", "payload": "notification"} {
			if err := schema(t, document, "#/components/schemas/"+name).Validate(example[member]); err != nil {
				t.Errorf("the example's %s: %v", member, err)
			}
		}
	}
}

func at(document map[string]any, path ...string) map[string]any {
	for _, name := range path {
		document = document[name].(map[string]any)
	}
	return document
}

// TestAsyncAPI_describes_what_is_published: no member and no attribute more, and none less.
// Only what is announced again has the attribute replayed.
func TestAsyncAPI_describes_what_is_published(t *testing.T) {
	t.Parallel()
	f := &fakeSNS{t: t}
	topic, err := snsnotify.New(f, snsnotify.Config{TopicARN: topicARN})
	if err != nil {
		t.Fatal(err)
	}
	amount, err := event.ParseAmount("123456789012345.6789")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 31, 23, 59, 59, 731_000_000, time.UTC)
	n := process.Notification{
		Client: "orders", EventID: "order-1", CorrelationID: "c", Status: "processed", UserID: "ada", Amount: amount, Currency: "EUR",
		Merchant: "Corner Shop", Timestamp: now, Mode: event.S3, SHA256: strings.Repeat("0f", 32), ProcessedAt: now,
	}
	if errs := topic.Publish(t.Context(), []process.Notification{n}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	again := event.Stored{
		Event:  event.Event{ID: n.EventID, UserID: n.UserID, Amount: amount, Currency: n.Currency, Merchant: n.Merchant, Timestamp: now},
		Client: n.Client, CorrelationID: n.CorrelationID, Mode: n.Mode, SHA256: n.SHA256, CreatedAt: now,
	}
	if errs := topic.PublishAgain(t.Context(), []event.Stored{again}); errs[0] != nil {
		t.Fatal(errs[0])
	}
	if f.taken[1].text != f.taken[0].text {
		t.Errorf("announced again is\n%s, announced was\n%s", f.taken[1].text, f.taken[0].text)
	}
	document := asyncapi(t)
	for i, replayed := range []bool{false, true} {
		var body map[string]any
		if err := json.Unmarshal([]byte(f.taken[i].text), &body); err != nil {
			t.Fatal(err)
		}
		attributes := map[string]any{}
		for name, value := range f.taken[i].attributes {
			attributes[name] = value
		}
		for name, sent := range map[string]map[string]any{"notification": body, "notificationAttributes": attributes} {
			described := slices.Sorted(maps.Keys(at(document, "components", "schemas", name, "properties")))
			if !replayed {
				described = slices.DeleteFunc(described, func(name string) bool { return name == "replayed" })
			}
			if got := slices.Sorted(maps.Keys(sent)); !slices.Equal(got, described) {
				t.Errorf("%s, replayed %t: sent are %v, docs/asyncapi.yaml has %v", name, replayed, got, described)
			}
			if err := schema(t, document, "#/components/schemas/"+name).Validate(sent); err != nil {
				t.Errorf("%s, replayed %t: %v", name, replayed, err)
			}
		}
	}
}
