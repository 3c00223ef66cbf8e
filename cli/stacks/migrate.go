package stacks

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

type migrateCommand struct {
	target.Local
	DatabaseURL string        `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to migrate. Default: the local stack's."`
	Timeout     time.Duration `default:"5m" placeholder:"DURATION" help:"Time limit (default ${default})."`
}

func (migrateCommand) Help() string {
	return `Prints each migration that it applied. Running it again, or several at once, is safe.

    fluxa migrate
    fluxa migrate --database-url postgres://user:password@host:5432/fluxa`
}

func (m migrateCommand) Run(ctx context.Context, c console.Console) error {
	url := m.DatabaseURL
	if url == "" {
		info, err := m.Running("--database-url")
		if err != nil {
			return err
		}
		url = info.DatabaseURL
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.Timeout, fmt.Errorf("it took longer than %s", m.Timeout))
	defer cancel()
	applied, err := pgmigrate.Up(ctx, url)
	for _, migration := range applied {
		fmt.Fprintf(c.Out, "applied %s\n", migration.Name)
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(c.Out, "nothing to apply: the database is up to date")
	}
	return nil
}
