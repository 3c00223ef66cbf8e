// Package usage says what processes and their descendants have used: processor time, and
// memory at its peak. It reads /proc of Linux.
package usage

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor times in /proc/PID/stat: USER_HZ is 100 on every
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// Usage is what processes have used up to now.
type Usage struct {
	// CPU is the processor time, in steps of 10 ms a process. That of descendants which
	// have ended is in it.
	CPU time.Duration
	// Memory is the sum of the highest resident memory of each process that runs
	// (VmHWM), in bytes. Pages that processes share, such as those of one binary, count
	// in each of them, and the processes need not have been at their highest at once:
	// it is an upper bound.
	Memory int64
}

// Reader reads a process table.
type Reader struct{ proc fs.FS }

// NewReader returns a reader of this machine's processes.
func NewReader() Reader { return Reader{os.DirFS("/proc")} }

// Of returns what the processes and all their descendants have used. It is an error when
// one of the processes is not there; descendants come and go.
func (r Reader) Of(roots ...int) (Usage, error) {
	table, err := r.table()
	if err != nil {
		return Usage{}, err
	}
	var sum Usage
	for _, pid := range roots {
		if _, there := table[pid]; !there {
			return Usage{}, fmt.Errorf("read the usage of process %d: there is no such process", pid)
		}
	}
	for _, pid := range family(table, roots) {
		memory, err := r.peak(pid)
		if err != nil {
			return Usage{}, err
		}
		sum.CPU += table[pid].cpu
		sum.Memory += memory
	}
	return sum, nil
}

// stat is what is needed of /proc/PID/stat.
type stat struct {
	parent int
	cpu    time.Duration // with that of children that have ended
}

// table reads every process. One that ends meanwhile is left out.
func (r Reader) table() (map[int]stat, error) {
	entries, err := fs.ReadDir(r.proc, ".")
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	out := map[int]stat{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		text, err := fs.ReadFile(r.proc, entry.Name()+"/stat")
		if ended(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the process table: %w", err)
		}
		if out[pid], err = parseStat(text); err != nil {
			return nil, fmt.Errorf("read process %d: %w", pid, err)
		}
	}
	return out, nil
}

// family returns the roots and their descendants, each once.
func family(table map[int]stat, roots []int) []int {
	children := map[int][]int{}
	for pid, s := range table {
		children[s.parent] = append(children[s.parent], pid)
	}
	seen := map[int]bool{}
	var out []int
	for todo := roots; len(todo) > 0; {
		pid := todo[0]
		todo = todo[1:]
		if seen[pid] {
			continue
		}
		seen[pid] = true
		out = append(out, pid)
		todo = append(todo[:len(todo):len(todo)], children[pid]...)
	}
	return out
}

// parseStat reads a line of /proc/PID/stat. The name of the program, the second field, may
// have blanks and parentheses in it.
func parseStat(text []byte) (stat, error) {
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return stat{}, errors.New("its stat has no name in parentheses")
	}
	const parent, userTime, childrenSystemTime = 1, 11, 14 // after the name
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) <= childrenSystemTime {
		return stat{}, fmt.Errorf("its stat has %d fields after the name, want more than %d", len(fields), childrenSystemTime)
	}
	pid, err := strconv.Atoi(fields[parent])
	if err != nil {
		return stat{}, fmt.Errorf("its parent: %w", err)
	}
	out := stat{parent: pid}
	for _, field := range fields[userTime : childrenSystemTime+1] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("its processor time: %w", err)
		}
		out.cpu += time.Duration(ticks) * tick
	}
	return out, nil
}

// peak returns the highest resident memory of a process, zero when it has ended.
func (r Reader) peak(pid int) (int64, error) {
	text, err := fs.ReadFile(r.proc, strconv.Itoa(pid)+"/status")
	if ended(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	bytes, err := parsePeak(string(text))
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	return bytes, nil
}

// parsePeak reads VmHWM of /proc/PID/status. A process that has ended and was not awaited
// has none.
func parsePeak(text string) (int64, error) {
	for line := range strings.Lines(text) {
		value, found := strings.CutPrefix(line, "VmHWM:")
		if !found {
			continue
		}
		number, inKiB := strings.CutSuffix(strings.TrimSpace(value), " kB")
		kib, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || !inKiB {
			return 0, fmt.Errorf("VmHWM is %q, want a number of kB", strings.TrimSpace(value))
		}
		return kib << 10, nil
	}
	return 0, nil
}

// ended reports whether an error says that the process is gone.
func ended(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) }
