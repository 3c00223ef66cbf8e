package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/authorize"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/jwks"
	"github.com/fluxa/fluxa/pkg/jwks/jwkstest"
)

const method = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/POST/events/batch"

// event is what API Gateway sends an authorizer of the kind TOKEN.
func event(t *testing.T, header string) []byte {
	t.Helper()
	raw, err := json.Marshal(map[string]string{"type": "TOKEN", "authorizationToken": header, "methodArn": method})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func policyOf(effect, caller string) string {
	return `{"principalId":"` + caller + `","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":["execute-api:Invoke"],"Effect":"` + effect +
		`","Resource":["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/*"]}]}}`
}

// A token is checked against an issuer that serves its keys over HTTPS.
func TestInvoke(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	key := issuer.EC(t, "a")
	forged := jwkstest.Start(t).EC(t, "a")
	sign := func(key any, audience string, expires time.Duration) string {
		return "Bearer " + jwkstest.Sign(t, key, jose.ES256, "a", map[string]any{
			"iss": issuer.URL, "aud": audience, "sub": "alice", "exp": time.Now().Add(expires).Unix(),
		})
	}
	for name, c := range map[string]struct {
		header, answer, thrown, level, code string
		down                                bool
	}{
		"a good token":                   {header: sign(key, "fluxa", time.Hour), answer: policyOf("Allow", issuer.URL+"#alice"), level: "INFO"},
		"a token for others":             {header: sign(key, "other", time.Hour), answer: policyOf("Deny", "forbidden"), level: "WARN", code: "forbidden"},
		"a token of somebody else's key": {header: sign(forged, "fluxa", time.Hour), thrown: "Unauthorized", level: "WARN", code: "unauthorized"},
		"an expired token":               {header: sign(key, "fluxa", -time.Hour), thrown: "Unauthorized", level: "WARN", code: "unauthorized"},
		"no token":                       {header: "Bearer", thrown: "Unauthorized", level: "WARN", code: "unauthorized"},
		"an issuer that is down":         {header: sign(key, "fluxa", time.Hour), down: true, thrown: "issuer_unavailable: read the issuer's keys: ", level: "ERROR", code: "issuer_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			issuer.Down(c.down)
			base, log := lambdatest.Base(contract.FunctionAuthorize)
			keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Client: issuer.Client})
			if err != nil {
				t.Fatal(err)
			}
			handler, err := newHandler(base, authorize.Config{Keys: keys, Issuer: issuer.URL, Audience: "fluxa"})
			if err != nil {
				t.Fatal(err)
			}
			raw, err := lambdatest.Invoke(t, handler, event(t, c.header))
			if (err == nil) != (c.thrown == "") || (err != nil && !strings.HasPrefix(err.Error(), c.thrown)) {
				t.Errorf("thrown: %v, want %q", err, c.thrown)
			}
			if got := string(raw); got != c.answer && !strings.HasPrefix(got, strings.TrimSuffix(c.answer, "}")) || (c.answer == "") != (got == "") {
				t.Errorf("got  %s\nwant %s", got, c.answer)
			}
			line := log.Only(t)
			if code, _ := line["error_code"].(string); line["level"] != c.level || code != c.code {
				t.Errorf("logged %v, want %s %s", line, c.level, c.code)
			}
			if _, token, _ := strings.Cut(c.header, " "); token != "" && strings.Contains(log.String(), token) {
				t.Error("the log has the token")
			}
		})
	}
}

func TestPolicy_is_of_the_whole_stage(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{
		"arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/GET/events/x/y/z", "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/GET/",
	} {
		got, err := policy("Allow", "alice", arn)
		if err != nil || got.PolicyDocument.Statement[0].Resource[0] != "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test/*" {
			t.Errorf("%s: got %+v, %v", arn, got, err)
		}
	}
	if got, err := policy("Allow", "alice", "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/test"); err == nil {
		t.Errorf("an ARN without a method: got %+v", got)
	}
}
