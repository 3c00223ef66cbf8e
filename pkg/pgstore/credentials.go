package pgstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Credentials returns the database user and its password; fresh asks it to look
// past whatever it has kept.
type Credentials func(ctx context.Context, fresh bool) (user, password string, err error)

// rotating hands credentials to new connections and notices when the server
// refuses them. Connections that were refused with the same password ask for a
// fresh one once together: the lock is held while it is fetched, and a password
// that was replaced meanwhile is no longer the one to complain about.
type rotating struct {
	fetch   Credentials
	timeout time.Duration

	mu    sync.Mutex
	last  string
	stale bool
}

func (r *rotating) apply(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	user, password, err := r.fetch(ctx, r.stale)
	if err != nil {
		return fmt.Errorf("fetch the database credentials: %w", err)
	}
	r.last, r.stale = password, false
	config.User, config.Password = user, password
	return nil
}

func (r *rotating) refuse(password string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stale = r.stale || password == r.last
}
