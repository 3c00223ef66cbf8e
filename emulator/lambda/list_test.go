package lambda

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestService_lists_functions_and_mappings(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.Timeout, c.Env = 30*time.Second, map[string]string{"SECRET": "hidden"} })
	service, err := NewService(f)
	if err != nil {
		t.Fatal(err)
	}
	const queue = "arn:aws:sqs:us-east-1:000000000000:events"
	service.List(Mapping{Function: f, EventSourceARN: queue, BatchSize: 10, MaximumBatchingWindow: time.Second, MaximumConcurrency: 4, ReportBatchItemFailures: true})
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	function := `{"FunctionName":"echo","FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:echo","Runtime":"provided.al2023","Handler":"bootstrap",` +
		`"PackageType":"Zip","Version":"$LATEST","State":"Active","Architectures":["` + architecture + `"],"Timeout":30,"MemorySize":512}`
	mapping := `"EventSourceArn":"` + queue + `","FunctionArn":"arn:aws:lambda:us-east-1:000000000000:function:echo","State":"Enabled","BatchSize":10,` +
		`"MaximumBatchingWindowInSeconds":1,"FunctionResponseTypes":["ReportBatchItemFailures"],"ScalingConfig":{"MaximumConcurrency":4}}]}`
	for path, want := range map[string]struct {
		status int
		body   string // all of it, or how it ends
	}{
		"functions":                                                {200, `{"Functions":[` + function + `]}`},
		"functions/":                                               {200, `{"Functions":[` + function + `]}`},
		"functions/echo/configuration":                             {200, function},
		"functions/none/configuration":                             {404, `{"Type":"User","Message":"Function not found: none"}`},
		"event-source-mappings":                                    {200, mapping},
		"event-source-mappings/":                                   {200, mapping},
		"event-source-mappings?EventSourceArn=" + queue:            {200, mapping},
		"event-source-mappings?FunctionName=echo":                  {200, mapping},
		"event-source-mappings?FunctionName=none":                  {200, `{"EventSourceMappings":[]}`},
		"event-source-mappings?EventSourceArn=" + queue + "-other": {200, `{"EventSourceMappings":[]}`},
		"layers": {501, `{"Type":"Service","Message":"this emulator has no GET /2015-03-31/layers; it has Invoke, ListFunctions, GetFunctionConfiguration and ListEventSourceMappings"}`},
	} {
		status, body, _ := call(t, "GET", server.URL+"/2015-03-31/"+path, "")
		if status != want.status || !strings.HasSuffix(body, want.body) {
			t.Errorf("%s: %d %s, want %d %s", path, status, body, want.status, want.body)
		}
		if strings.Contains(body, "hidden") {
			t.Errorf("%s shows a variable of the function: %s", path, body)
		}
	}
	_, first, _ := call(t, "GET", server.URL+"/2015-03-31/event-source-mappings", "")
	if _, again, _ := call(t, "GET", server.URL+"/2015-03-31/event-source-mappings", ""); first != again || !strings.Contains(first, `"UUID":"`) {
		t.Errorf("the mapping's id is not the same twice: %s and %s", first, again)
	}
}
