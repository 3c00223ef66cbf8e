// Package migrations holds the database schema of Fluxa: SQL files, applied in
// the order of their numbers, forward only. Each is plain SQL that psql -f runs
// too. A file that was released is never changed; a new one is added.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed *.sql
var files embed.FS

// Files returns the migrations, read-only, in the root of the file system.
func Files() fs.FS { return files }
