// Package life holds the commands for what happens to stored events.
package life

// Commands are the commands of this group.
type Commands struct {
	Erase eraseCommand `cmd:"" help:"Erase the events of a user."`
}
