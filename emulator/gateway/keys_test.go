package gateway

import (
	"math"
	"strings"
	"testing"
)

// TestAPIKey_throttles_each_key_for_itself has two keys of one burst: what the first does
// beyond it is refused, and the other is not touched.
func TestAPIKey_throttles_each_key_for_itself(t *testing.T) {
	t.Parallel()
	f := &fakeFunction{}
	server := api(t, f, func(c *Config) {
		// A token in 28 hours: within the test none comes back.
		c.APIKeys = []APIKey{{ID: "a", Value: "key-a", RatePerSecond: 1e-5, Burst: 3}, {ID: "b", Value: "key-b", RatePerSecond: 1e-5, Burst: 3}, {ID: "c", Value: "key-c"}}
	})
	for n := range 5 {
		got := do(t, "GET", server.URL+"/events", "", "x-api-key", "key-a")
		if n < 3 && got.status != 200 {
			t.Errorf("request %d: %d %s", n, got.status, got.body)
		}
		if n >= 3 {
			expectProblem(t, got, 429, "Too Many Requests", "the API key sends more than 1e-05 requests a second, 3 at once", "/events")
			if got.header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
		}
		if got := do(t, "GET", server.URL+"/events", "", "x-api-key", "key-c"); got.status != 200 {
			t.Errorf("a key without a limit: %d %s", got.status, got.body)
		}
		if got := do(t, "GET", server.URL+"/health", "", "x-api-key", "key-a"); got.status != 200 {
			t.Errorf("a route without a key: %d %s", got.status, got.body)
		}
	}
	if got := do(t, "GET", server.URL+"/events", "", "x-api-key", "key-b"); got.status != 200 {
		t.Errorf("the other key: %d %s", got.status, got.body)
	}
	if invoked := f.invocations(); invoked != 3+5+5+1 {
		t.Errorf("the function was invoked %d times", invoked)
	}
}

func TestNew_refuses_keys_that_open_nothing(t *testing.T) {
	t.Parallel()
	for want, key := range map[string]APIKey{
		"APIKeys[0] must have an ID and a Value":                          {ID: "a"},
		"APIKeys[0].RatePerSecond must be 0 or more, got -1":              {ID: "a", Value: "v", RatePerSecond: -1},
		"APIKeys[0].RatePerSecond must be 0 or more, got NaN":             {ID: "a", Value: "v", RatePerSecond: math.NaN()},
		"APIKeys[0].Burst must be at least 1 with a RatePerSecond, got 0": {ID: "a", Value: "v", RatePerSecond: 1},
	} {
		cfg := Config{Routes: []Route{{Method: "GET", Path: "/a", Function: &fakeFunction{}}}, APIKeys: []APIKey{key}}
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
