package main

import (
	"context"
	"io"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/database"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Migrate) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionMigrate, c.Service)
	if err != nil {
		return nil, err
	}
	up := func(ctx context.Context) ([]pgmigrate.Migration, error) {
		if c.URL != "" {
			return pgmigrate.Up(ctx, c.URL.Reveal())
		}
		connection, err := database.Administrator(ctx, base, c.Administration)
		if err != nil {
			return nil, err
		}
		return pgmigrate.UpWith(ctx, connection)
	}
	where := logs{group: lambdacontext.LogGroupName, stream: lambdacontext.LogStreamName}
	return &handler{up: up, base: base, sender: newSender(), logs: where}, nil
}
