// Package stored holds the commands that work on the events that a stage has stored,
// through its function maintain.
package stored

import (
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/cli/operations"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Commands are the commands of this group.
type Commands struct {
	Erase  eraseCommand  `cmd:"" help:"Erase the events of a user."`
	Replay replayCommand `cmd:"" help:"Announce stored events again, or send them through the queue again."`
	Audit  auditCommand  `cmd:"" help:"Compare stored events with the hashes of their payloads."`
	Export exportCommand `cmd:"" help:"Write stored events to files, as Parquet or NDJSON."`
}

// Limits returns what the help texts of flags state of the contract.
func Limits() kong.Vars {
	return kong.Vars{"export_prefix": contract.ExportPrefix, "export_formats": strings.Join(contract.ExportFormats(), ",")}
}

// period is a range of time in which events were stored.
type period struct {
	operations.Target
	To     *time.Time `placeholder:"TIME" help:"Stored before this time, RFC 3339. Default: a minute before the command begins."`
	Client *string    `placeholder:"NAME" help:"Only this client's events; an empty name means those without a client. Default: every client's."`
}

// when writes a time for people.
func when(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
