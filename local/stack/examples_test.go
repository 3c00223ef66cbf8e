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

	"github.com/fluxa/fluxa/pkg/contract"
)

// described is what a test needs of docs/openapi.json.
type described struct {
	Paths      map[string]map[string]operation
	Components struct{ Parameters map[string]parameter }
}

type operation struct {
	Parameters  []parameter
	RequestBody *struct {
		Content map[string]struct{ Example json.RawMessage }
	}
	Responses map[string]any
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name, In string
	Required bool
	Example  *string
}

// parameters returns those of an operation, resolved.
func (d described) parameters(o operation) []parameter {
	out := slices.Clone(o.Parameters)
	for i, p := range out {
		if name, is := strings.CutPrefix(p.Ref, "#/components/parameters/"); is {
			out[i] = d.Components.Parameters[name]
		}
	}
	return out
}

// A reader who sends the examples one after the other, as the reference of the API
// fills them in, gets the answers that it promises first.
func TestExamples_of_the_OpenAPI_document_work_as_they_stand(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document described
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, route := range contract.Routes() { // what sends comes before what reads
		o, is := document.Paths[route.Path][strings.ToLower(route.Method)]
		if !is {
			t.Errorf("%s %s is not in the document", route.Method, route.Path)
			continue
		}
		path, query := route.Path, url.Values{}
		for _, parameter := range document.parameters(o) {
			switch {
			case parameter.Example == nil && parameter.Required:
				t.Errorf("%s: the parameter %s is required and has no example", route.ID, parameter.Name)
			case parameter.Example == nil:
			case parameter.In == "path":
				path = strings.ReplaceAll(path, "{"+parameter.Name+"}", url.PathEscape(*parameter.Example))
			case parameter.In == "query":
				query.Set(parameter.Name, *parameter.Example)
			default:
				t.Errorf("%s: this test does not send the example of the %s %s", route.ID, parameter.In, parameter.Name)
			}
		}
		var body []byte
		if o.RequestBody != nil {
			if body = o.RequestBody.Content["application/json"].Example; len(body) == 0 {
				t.Errorf("%s: the body has no example", route.ID)
			}
		}
		want := http.StatusOK
		if route.Method == http.MethodPost {
			want = http.StatusAccepted
		}
		got := p.do(route.Method, path+"?"+query.Encode(), body)
		if got.status != want {
			t.Errorf("%s: %s", route.ID, got)
			continue
		}
		sent++
		if route.ID == contract.RouteIngest {
			p.processed(strings.Trim(got.field(t, "event_id"), `"`))
		}
		if route.ID == contract.RouteEvents && !strings.Contains(string(got.body), `"event_id"`) {
			t.Errorf("%s finds none of the events that the examples sent: %s", route.ID, got)
		}
	}
	if sent != len(contract.Routes()) {
		t.Errorf("%d examples of %d worked", sent, len(contract.Routes()))
	}
}
