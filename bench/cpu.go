package bench

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/bench/usage"
)

// spent is processor time: of this process, which is the client, and of the server with
// all its processes.
type spent struct{ client, server time.Duration }

// served is a contender whose server runs on this machine.
type served interface {
	serverPID(ctx context.Context) (int, error)
}

// serverPID returns the id of the server's first process, the parent of all others.
func (d database) serverPID(ctx context.Context) (int, error) {
	var file string
	if err := d.pool.QueryRow(ctx, "SELECT pg_read_file('postmaster.pid')").Scan(&file); err != nil {
		return 0, fmt.Errorf("find the server's process: %w", err)
	}
	first, _, _ := strings.Cut(file, "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0, fmt.Errorf("find the server's process: %w", err)
	}
	return pid, nil
}

// meter counts what is spent from its making on; nothing when the contender has no server
// on this machine.
type meter struct {
	server int
	before spent
}

func newMeter(ctx context.Context, c Contender) (m meter, err error) {
	on, is := c.(served)
	if !is {
		return m, nil
	}
	if m.server, err = on.serverPID(ctx); err != nil {
		return m, err
	}
	m.before, err = spentUntilNow(m.server)
	return m, err
}

func (m meter) spent() (spent, error) {
	if m.server == 0 {
		return spent{}, nil
	}
	now, err := spentUntilNow(m.server)
	return spent{now.client - m.before.client, now.server - m.before.server}, err
}

func spentUntilNow(server int) (spent, error) {
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return spent{}, fmt.Errorf("read the processor time of this process: %w", err)
	}
	used, err := usage.NewReader().Of(server)
	if err != nil {
		return spent{}, err
	}
	return spent{time.Duration(self.Utime.Nano() + self.Stime.Nano()), used.CPU}, nil
}

// WriteCPU writes the processor time of an event, in microseconds.
func WriteCPU(w io.Writer, results []Result) error {
	var all []Line
	for _, r := range results {
		labels := []string{strconv.Itoa(r.Setting.Lanes), strconv.Itoa(r.Setting.Batch)}
		all = append(all, Line{append(labels, "client"), r.Client, Rounded}, Line{append(labels[:2:2], "server"), r.Server, Rounded})
	}
	return WriteLines(w, []string{"connections", "batch", "of the"}, ", µs", all)
}
