package pgmigrate

import (
	"context"
	"io/fs"

	"github.com/jackc/pgx/v5"
)

// UpFiles is UpWith with files other than the shipped ones.
func UpFiles(ctx context.Context, config *pgx.ConnConfig, files fs.FS) ([]Migration, error) {
	return up(ctx, config, files)
}
