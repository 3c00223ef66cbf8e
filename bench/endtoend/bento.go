package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const tableTimeout = time.Minute

// bento is Bento with two pipelines in one process, and the emulated SQS in another one.
type bento struct{ name, binary, folder string }

// NewBento returns Bento: a binary, and the folder with its pipelines and its table.
func NewBento(name, binary, folder string) Contender { return bento{name, binary, folder} }

func (b bento) Name() string { return b.name }

func (b bento) Start(ctx context.Context, place Place) (_ *Running, err error) {
	if err := b.makeTable(ctx, place); err != nil {
		return nil, err
	}
	var started []*child
	stop := func() error { // in the reverse order
		var errs []error
		for i := len(started) - 1; i >= 0; i-- {
			errs = append(errs, started[i].stop())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	queue, endpoint, err := startQueue(ctx, place.Dir)
	if queue != nil {
		started = append(started, queue)
	}
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	pipelines := []string{"ingest", "store"} // the names of their files
	args := []string{"-c", filepath.Join(b.folder, "bento.yaml"), "streams"}
	for _, name := range pipelines {
		args = append(args, filepath.Join(b.folder, "streams", name+".yaml"))
	}
	process, err := start(ctx, command{
		name: "bento", path: b.binary, args: args, dir: place.Dir,
		environ: environ("LISTEN="+address, "DATABASE_URL="+place.DatabaseURL, "SQS_ENDPOINT="+endpoint,
			"QUEUE_URL="+endpoint+"/"+sqs.AccountID+"/"+queueName, "AWS_REGION="+sqs.Region),
	})
	if err != nil {
		return nil, err
	}
	started = append(started, process)
	url := "http://" + address
	if err := process.await(ctx, func(ctx context.Context) error { return connected(ctx, url, pipelines) }); err != nil {
		return nil, err
	}
	posts := Posts{url + "/ingest/events", "application/x-ndjson", http.StatusOK, lines}
	return &Running{
		Single: posts, Batch: posts, Roots: []int{process.pid(), queue.pid()}, Queue: []int{queue.pid()}, Stop: stop,
		Logs:  []string{process.log, queue.log},
		Count: "SELECT count(*) FROM events", Stored: "SELECT count(*) FROM events",
	}, nil
}

func (b bento) makeTable(ctx context.Context, place Place) error {
	statement, err := os.ReadFile(filepath.Join(b.folder, "table.sql"))
	if err != nil {
		return fmt.Errorf("make the table of Bento: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, tableTimeout)
	defer cancel()
	if _, err := place.Database.Exec(ctx, string(statement)); err != nil {
		return fmt.Errorf("make the table of Bento: %w", err)
	}
	return nil
}

// connected says whether all pipelines run and have their connections.
func connected(ctx context.Context, url string, pipelines []string) error {
	status, body, err := get(ctx, url+"/streams")
	if err != nil {
		return err
	}
	var streams map[string]struct {
		Active bool `json:"active"`
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s/streams answers %d", url, status)
	}
	if err := json.Unmarshal(body, &streams); err != nil {
		return fmt.Errorf("read the list of pipelines: %w", err)
	}
	for _, name := range pipelines {
		if !streams[name].Active {
			return fmt.Errorf("the pipeline %s does not run", name)
		}
	}
	return answers(url + "/ready")(ctx)
}

// freeAddress returns an address that nothing listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
