// Command migrate is the Lambda that applies the migrations during a deploy.
package main

import (
	"context"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

func main() { boot.Main(contract.FunctionMigrate, wire) }

func wire(ctx context.Context, c config.Migrate) (any, error) {
	base, err := boot.NewBase(ctx, contract.FunctionMigrate, c.Service)
	if err != nil {
		return nil, err
	}
	up := func(ctx context.Context) ([]pgmigrate.Migration, error) {
		connection, err := base.Connection(ctx, c.Database)
		if err != nil {
			return nil, err
		}
		return pgmigrate.UpWith(ctx, connection)
	}
	return (&handler{up: up, logger: base.Logger}).Handle, nil
}
