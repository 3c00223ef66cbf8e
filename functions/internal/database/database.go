// Package database opens PostgreSQL for the functions that have one. It stands
// apart from package boot so that ingest, which has none, does not link the
// driver.
package database

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/rdsiam"
	"github.com/fluxa/fluxa/pkg/secretsmanager"
)

// Open opens the pool of connections to the database, without a URL as a user who logs
// in with IAM. No connection is made before it is needed. Returns an error that names a
// setting which cannot be used; it holds no password.
func Open(base boot.Base, settings config.Database) (*pgstore.Store, error) {
	c := pgstore.Config{URL: settings.URL.Reveal()}
	if settings.URL == "" {
		credentials, err := rdsiam.New(rdsiam.Config{
			Host: settings.Host, Port: settings.Port, User: settings.User, Region: base.AWS.Region, Credentials: base.AWS.Credentials,
		})
		if err != nil {
			return nil, err
		}
		c = address(base, settings.Server, credentials)
	}
	c.MaxConns, c.Tracer = int32(settings.MaxConns), tracer(base.Traces.Provider())
	return pgstore.New(c)
}

// patience bounds the one connection of a deployment. A cluster of Aurora that pauses
// takes about 15 s to resume, and 30 s or more after a day.
//
// Scaling to Zero ACUs with automatic pause and resume for Aurora Serverless v2
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
const patience = time.Minute

// Administrator returns how to connect to the database once, as the one who makes the
// users and the tables. The password, which RDS rotates, is read from the secret within
// ctx. It waits for a database that resumes.
func Administrator(ctx context.Context, base boot.Base, settings config.Administration) (*pgx.ConnConfig, error) {
	credentials, err := secretsmanager.New(sdk.NewFromConfig(base.AWS), settings.SecretARN)
	if err != nil {
		return nil, err
	}
	c := address(base, settings.Server, credentials)
	c.ConnectTimeout = patience
	return c.ConnConfig(ctx)
}

// address returns how the database is reached without a URL: the server's certificate is
// verified.
func address(base boot.Base, settings config.Server, credentials pgstore.Credentials) pgstore.Config {
	c := pgstore.Config{Host: settings.Host, Port: uint16(settings.Port), Name: settings.Name, Credentials: credentials}
	if settings.CAFile != "" {
		// Reading the roots of all regions would be a quarter of a start.
		c.RootCAFile, c.RootCAName = settings.CAFile, "Amazon RDS "+base.AWS.Region+" Root CA"
	}
	return c
}

// tracer returns the tracer for the connections, nil when no spans are recorded.
// Its spans have the statements, never their parameters.
func tracer(provider trace.TracerProvider) pgx.QueryTracer {
	if provider == nil {
		return nil
	}
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(provider),
		otelpgx.WithMeterProvider(metricnoop.NewMeterProvider()),
	)
}
