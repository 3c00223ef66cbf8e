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
	if c.Credentials == nil {
		return pool.ConnConfig, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pool.ConnConfig.ConnectTimeout)
	defer cancel()
	if pool.ConnConfig.User, pool.ConnConfig.Password, err = c.Credentials(ctx, false); err != nil {
		return nil, fmt.Errorf("read the credentials of the database: %w", err)
	}
	return pool.ConnConfig, nil
}
