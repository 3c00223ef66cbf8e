package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

func environment() map[string]string {
	return map[string]string{"FLUXA_ENVIRONMENT": "test", "JWT_ISSUER": "https://127.0.0.1:1", "JWT_AUDIENCE": "fluxa"}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Authorize](), environment())
}

// TestMain_throws_what_API_Gateway_understands runs the binary: its errors are words
// of a protocol.
func TestMain_throws_what_API_Gateway_understands(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment())
	_, err := p.Invoke([]byte(`{"type":"TOKEN","authorizationToken":"Bearer x","methodArn":"arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/GET/events"}`))
	const want = `{"errorMessage":"Unauthorized","errorType":"errorString"}`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s, which API Gateway answers with 401", err, want)
	}
	p.Stop()
}
