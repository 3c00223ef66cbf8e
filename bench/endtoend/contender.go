// Package endtoend measures whole products, from a client's post to the row in PostgreSQL:
// Fluxa's local stack, that of an older commit, and Bento on the same emulated SQS. All of
// them get the same events and store them in the same server, taking turns, and each is
// checked for what it stored.
package endtoend

import (
	"bytes"
	"context"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Contender is a product that takes events over HTTP and stores them.
type Contender interface {
	Name() string
	// Start starts the processes of the contender and returns when they take events. They
	// end with Running.Stop, or with ctx.
	Start(ctx context.Context, place Place) (*Running, error)
}

// Place is what a contender has for one turn.
type Place struct {
	Dir         string // for its data and its logs
	DatabaseURL string // an empty database
	Database    *pgxpool.Pool
}

// Running is a contender that takes events.
type Running struct {
	Single, Batch Posts
	// Roots are its processes, which count with their descendants. Queue are those of
	// them that do nothing but emulate SQS: none where that is a part of another one.
	Roots, Queue []int
	// Count counts the rows, cheaply; Stored counts the events that are stored for good.
	Count, Stored string
	// Logs are files whose ends tell why a turn failed.
	Logs []string
	// Stop ends its processes and returns when none is left.
	Stop func() error
}

// posts returns how so many events are posted.
func (r *Running) posts(batch int) Posts {
	if batch == 1 {
		return r.Single
	}
	return r.Batch
}

// Posts is how events are posted, and with which status they are accepted, all of them.
type Posts struct {
	URL, ContentType string
	Status           int
	Body             func(events [][]byte) []byte
}

// single is the body with one event.
func single(events [][]byte) []byte { return events[0] }

// lines is a body with an event a line.
func lines(events [][]byte) []byte { return bytes.Join(events, []byte("\n")) }

// array is a body of POST /events/batch.
func array(events [][]byte) []byte {
	out := append([]byte(`{"events":[`), bytes.Join(events, []byte(","))...)
	return append(out, "]}"...)
}

// fluxaPosts returns how a Fluxa takes events: 202 says that all of them are accepted.
func fluxaPosts(url string) (one, batch Posts) {
	return Posts{url + pathOf(contract.RouteIngest), contract.MediaJSON, http.StatusAccepted, single},
		Posts{url + pathOf(contract.RouteIngestBatch), contract.MediaJSON, http.StatusAccepted, array}
}

func pathOf(operation string) string {
	for _, r := range contract.Routes() {
		if r.ID == operation {
			return r.Path
		}
	}
	return "/" // of no operation, and answered with 404
}
