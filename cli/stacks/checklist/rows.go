package checklist

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed amount.sql
var amountSQL string

// PostgreSQL reads the events table. It connects for each question, so that a
// database that is started again is found again.
type PostgreSQL struct {
	config *pgx.ConnConfig
}

// rowTimeout bounds one question, connecting included.
const rowTimeout = 10 * time.Second

// NewPostgreSQL returns a reader of the database that a URL names. Nothing is
// connected yet.
func NewPostgreSQL(url string) (*PostgreSQL, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	return &PostgreSQL{config: config}, nil
}

// Amount returns the stored amount of an event.
func (p *PostgreSQL) Amount(ctx context.Context, id string) (amount string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	connection, err := pgx.ConnectConfig(ctx, p.config.Copy())
	if err != nil {
		return "", false, fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { err = errors.Join(err, connection.Close(context.WithoutCancel(ctx))) }()
	err = connection.QueryRow(ctx, amountSQL, id).Scan(&amount)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read the event from the database: %w", err)
	}
	return amount, true, nil
}
