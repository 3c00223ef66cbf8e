package stack_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/fluxa/fluxa/local/stack"
)

func TestTraces_of_the_functions_come_to_the_stack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got bytes.Buffer
	p := start(t, func(c *stack.Config) {
		c.Traces = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.URL.Path != "/v1/traces" {
				t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			}
			mu.Lock()
			defer mu.Unlock()
			got.Write(body)
		})
	})
	p.post(event("traced"), "X-Correlation-ID", "the-correlation-id")
	p.processed("traced")
	for _, want := range []string{"POST /events", "the-correlation-id", "process batch", "SNS.PublishBatch"} {
		eventually(t, func() string {
			mu.Lock()
			defer mu.Unlock()
			if !bytes.Contains(got.Bytes(), []byte(want)) {
				return "no span has " + want
			}
			return ""
		})
	}
}
