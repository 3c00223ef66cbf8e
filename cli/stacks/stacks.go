// Package stacks holds the commands that run a local stack, migrate a database and
// verify a stack.
package stacks

import (
	"context"

	"github.com/fluxa/fluxa/local/stack"
)

// Commands are the commands of this group.
type Commands struct {
	Up      upCommand      `cmd:"" help:"Run a local stack until Ctrl-C, or with --detach in the background."`
	Down    downCommand    `cmd:"" help:"Stop the local stack; its data stays."`
	Reset   resetCommand   `cmd:"" help:"Stop the local stack and remove its data."`
	Migrate migrateCommand `cmd:"" help:"Apply the migrations that a database does not have yet."`
	Clients clientsCommand `cmd:"" help:"Show what each client of the local stack sends, and what becomes of it."`
	Doctor  doctorCommand  `cmd:"" help:"Check an AWS account before a stage is deployed to it."`
	Verify  verifyCommand  `cmd:"" help:"Send an event through every part and report what works."`
}

// Launcher is how `up` starts a stack. Both functions are required.
type Launcher struct {
	// Run runs a stack in this process until ctx ends.
	Run func(ctx context.Context, cfg stack.Config) error
	// Program returns the path of this program, for `up --detach`.
	Program func() (string, error)
}
