package pgmigrate

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/fluxa/fluxa/migrations"
)

// UpFiles is UpWith with files other than the shipped ones, and without their grants.
func UpFiles(ctx context.Context, config *pgx.ConnConfig, files fs.FS) ([]Migration, error) {
	return up(ctx, config, release{users: migrations.Users(), files: files}, nil)
}

// Status returns every migration of this release with the time it was applied
// at, oldest first. It changes nothing but the table that the history is kept
// in, which it creates when there is none.
func Status(ctx context.Context, url string) ([]Migration, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	return StatusWith(ctx, config)
}

// StatusWith is Status for a connection that no URL describes.
func StatusWith(ctx context.Context, config *pgx.ConnConfig) ([]Migration, error) {
	var all []Migration
	err := withProvider(ctx, patient(config), "", migrations.Files(), func(provider *goose.Provider) error {
		states, err := provider.Status(ctx)
		if err != nil {
			return fmt.Errorf("read the status of the migrations: %w", err)
		}
		for _, s := range states {
			m := migration(s.Source)
			m.AppliedAt = s.AppliedAt.UTC()
			all = append(all, m)
		}
		return nil
	})
	return all, err
}
