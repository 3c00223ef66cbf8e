// Package migrations holds the database schema of Fluxa: SQL files, applied in
// the order of their numbers, forward only. Each is plain SQL that psql -f runs
// too. A file that was released is never changed; a new one is added. The users and
// their grants are two files without a number, which say how things are and are applied
// by every run.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed [0-9]*.sql
var files embed.FS

//go:embed users.sql
var users string

//go:embed grants.sql
var grants string

// Files returns the migrations, read-only, in the root of the file system.
func Files() fs.FS { return files }

// Users returns the SQL that makes the database's users. It is run before the migrations.
func Users() string { return users }

// Grants returns the SQL that says what each user may do. It is run after the migrations.
func Grants() string { return grants }
