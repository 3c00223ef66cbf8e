package stack

import (
	"fmt"
	"time"
)

// announce prints where everything is, and commands that work as they stand.
func (s *Stack) announce(took time.Duration) {
	key := ""
	if s.cfg.APIKey != "" {
		key = ` -H "x-api-key: $FLUXA_API_KEY"`
	}
	event := fmt.Sprintf(`{"event_id":"first","user_id":"ada","amount":99.99,"currency":"EUR","merchant":"Corner Shop","timestamp":%q}`,
		time.Now().UTC().Format(time.RFC3339))
	fmt.Fprintf(s.cfg.Out, `
Fluxa is up, after %.1f s.

  API           %s
  AWS endpoint  %s  (SQS, SNS, S3 and Lambda; any credentials)
  PostgreSQL    %s
  Logs          %s

Try it:

  curl -sS%s %s/events -H 'Content-Type: application/json' -d '%s'
  curl -sS%s %s/events/first

Ctrl-C stops everything; the data stays in %s.
`, took.Seconds(), s.info.APIURL, s.info.AWSEndpoint, s.info.DatabaseURL, s.info.LogDir,
		key, s.info.APIURL, event, key, s.info.APIURL, s.cfg.Dir)
}
