package stack

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// inTurns writes for several at once, one write after the other.
type inTurns struct {
	mu sync.Mutex
	to io.Writer
}

// Write writes p.
func (w *inTurns) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

// announce prints where everything is, and commands that work as they stand, in
// the layout of the README. The event's id is a new one each time: the example
// neither repeats an event that is stored nor conflicts with one.
func announce(out io.Writer, info Info, dir string, took time.Duration) {
	key := ""
	if info.APIKey != "" || len(info.Clients) > 0 {
		key = ` -H "x-api-key: $FLUXA_API_KEY"`
	}
	clients := ""
	if len(info.Clients) > 0 {
		clients = "\n  Clients       " + strings.Join(info.Clients, ", ") + "  (FLUXA_API_KEY is to be the key of one)"
	}
	console := ""
	if info.ConsoleURL != "" {
		console = "\n  Console       " + info.ConsoleURL
	}
	if info.ReferenceURL != "" {
		console += "\n  Reference     " + info.ReferenceURL
	}
	id := uuid.Must(uuid.NewV7()) // it fails where the system has no random numbers
	fmt.Fprintf(out, `
Fluxa is up, after %.1[1]f s.
%[10]s
  API           %[2]s
  AWS endpoint  %[3]s  (SQS, SNS, S3, Lambda and STS; any credentials)
  PostgreSQL    %[4]s
  Logs          %[5]s%[11]s

Try it:

curl -sS%[6]s %[2]s/events -H 'Content-Type: application/json' \
    -d '{"event_id":"%[7]s","user_id":"ada","amount":99.99,"currency":"EUR","merchant":"Corner Shop","timestamp":%[8]q,"metadata":{"order":7}}'

curl -sS%[6]s %[2]s/events/%[7]s

curl -sS%[6]s %[2]s/events/%[7]s/status

Ctrl-C stops everything; the data stays in %[9]s.
`, took.Seconds(), info.APIURL, info.AWSEndpoint, info.DatabaseURL, info.LogDir,
		key, id, time.Now().UTC().Format(time.RFC3339), dir, console, clients)
}
