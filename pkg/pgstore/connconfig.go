package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ConnConfig describes one connection of its own to the same database, user and
// password included, for what a pool is not for: migrations. With Credentials the
// password is the one of now; connect soon.
func (c Config) ConnConfig(ctx context.Context) (*pgx.ConnConfig, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	pool, err := c.pool()
	if err != nil {
		return nil, err
	}
	if c.Credentials != nil {
		if err := c.authenticate(ctx, pool.ConnConfig); err != nil {
			return nil, err
		}
	}
	return pool.ConnConfig, nil
}

// authenticate puts the user and the password of now into a connection's
// configuration.
func (c Config) authenticate(ctx context.Context, config *pgx.ConnConfig) (err error) {
	ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
	defer cancel()
	if config.User, config.Password, err = c.Credentials.Get(ctx); err != nil {
		return fmt.Errorf("read the credentials of the database: %w", err)
	}
	return nil
}
