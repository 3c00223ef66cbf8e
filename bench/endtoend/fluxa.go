package endtoend

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// fluxa is a local stack of Fluxa, as `fluxa up` starts it: the emulated services, the API
// and the functions' processes, which are children of one process.
type fluxa struct {
	name, bin string
	flags     []string
}

// NewFluxa returns the local stack whose binaries are in a folder. The flags are further
// ones of `fluxa up`.
func NewFluxa(name, bin string, flags ...string) Contender { return fluxa{name, bin, flags} }

func (f fluxa) Name() string { return f.name }

func (f fluxa) Start(ctx context.Context, place Place) (*Running, error) {
	bin, err := filepath.Abs(f.bin)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(place.Dir, "stack")
	up, err := start(ctx, command{
		name: "fluxa", path: filepath.Join(bin, "fluxa"), args: append([]string{"up", "--dir", data, "--bin", bin}, f.flags...),
		environ: environ("PORT=0", "DATABASE_URL="+place.DatabaseURL, "FLUXA_TRACES=false"), dir: place.Dir,
	})
	if err != nil {
		return nil, err
	}
	var info stack.Info
	err = up.await(ctx, func(ctx context.Context) (err error) {
		if info, err = stack.ReadInfo(data); err != nil {
			return err
		}
		return answers(info.APIURL + pathOf(contract.RouteHealth))(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, up.stop())
	}
	one, batch := fluxaPosts(info.APIURL)
	return &Running{
		Single: one, Batch: batch, Roots: []int{up.pid()}, Stop: up.stop,
		Logs:   []string{up.log, filepath.Join(info.LogDir, "ingest.log"), filepath.Join(info.LogDir, "processor.log")},
		Count:  "SELECT count(*) FROM events",
		Stored: "SELECT count(*) FROM events JOIN idempotency_keys k USING (event_id) WHERE k.status = 'success'",
	}, nil
}
