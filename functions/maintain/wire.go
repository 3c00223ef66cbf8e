package main

import (
	"context"
	"io"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/database"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Maintain) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionMaintain, c.Service)
	if err != nil {
		return nil, err
	}
	store, err := database.Open(base, c.Database)
	if err != nil {
		return nil, err
	}
	operations, err := operations(base, c, store)
	if err != nil {
		return nil, err
	}
	h, err := newHandler(base, maintain.Config{Store: store, Retention: retention(c)}, operations)
	if err != nil {
		return nil, err
	}
	return h, h.addExport(c, store)
}

// operations are what operators may ask for.
func operations(base boot.Base, c config.Maintain, store *pgstore.Store) (operate.Operations, error) {
	erasure, err := eraseOf(base, c.Reach, store)
	if err != nil {
		return nil, err
	}
	replay, err := replayOf(base, c.Reach, store)
	if err != nil {
		return nil, err
	}
	audit, err := auditOf(base, c.Reach, store)
	if err != nil {
		return nil, err
	}
	return operate.Operations{
		contract.OperationErase:        erasure,
		contract.OperationErasedHashes: erase.ErasedHashes(store),
		contract.OperationReplay:       replay,
		contract.OperationAudit:        audit,
	}, nil
}

func newHandler(base boot.Base, c maintain.Config, operations operate.Operations) (*handler, error) {
	service, err := maintain.New(c)
	if err != nil {
		return nil, err
	}
	metrics, err := base.Metrics(contract.NamespaceMaintain)
	if err != nil {
		return nil, err
	}
	return &handler{service: service, operations: operations, base: base, metrics: metrics}, nil
}
