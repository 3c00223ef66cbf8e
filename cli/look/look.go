// Package look holds the commands that watch a stack at work: one event's way, the log
// lines of the functions, events as they pass, and where to look in a browser.
package look

import "time"

// Commands are the commands of this group.
type Commands struct {
	Trace traceCommand `cmd:"" help:"Show an event's way: accepted, tried, committed, announced, with its log lines."`
	Logs  logsCommand  `cmd:"" help:"Show what the functions log, and follow it."`
	Open  openCommand  `cmd:"" help:"Open the console or the API in a browser."`

	Console consoleCommand `cmd:"" help:"Serve the console of a deployed stage on this machine."`

	Events struct {
		Tail tailCommand `cmd:"" help:"Show what becomes of events, as they pass."`
	} `cmd:"" help:"Follow events."`
}

// Intervals of looking again: a file is quickly read, while calls of FilterLogEvents have a
// quota that the account and region share ("Amazon CloudWatch Logs endpoints and quotas",
// https://docs.aws.amazon.com/general/latest/gr/cwl_region.html).
const (
	localInterval = 250 * time.Millisecond
	stageInterval = 3 * time.Second
)
