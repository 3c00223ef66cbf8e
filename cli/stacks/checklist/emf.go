package checklist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// EMFLogs finds metrics in the log files of a local stack, where the functions
// write them in the Embedded Metric Format. It is used by one goroutine.
type EMFLogs struct {
	dir   string
	since time.Time
}

// NewEMFLogs returns a Meter over the *.log files of a folder.
func NewEMFLogs(dir string) *EMFLogs { return &EMFLogs{dir: dir} }

// Source names the folder.
func (e *EMFLogs) Source() string { return "EMF lines in " + filepath.Join(e.dir, "*.log") }

// Begin notes the time: what was emitted before does not count.
func (e *EMFLogs) Begin(context.Context) error {
	e.since = time.Now().Truncate(time.Millisecond) // as precise as EMF is
	if _, err := os.Stat(e.dir); err != nil {
		return fmt.Errorf("look for the logs: %w", err)
	}
	return nil
}

// Missing looks through the logs as they are now.
func (e *EMFLogs) Missing(_ context.Context, wanted []contract.Metric) ([]contract.Metric, error) {
	paths, err := filepath.Glob(filepath.Join(e.dir, "*.log"))
	if err != nil {
		return nil, fmt.Errorf("look for the logs: %w", err)
	}
	missing := slices.Clone(wanted)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // set aside in this moment
			return nil, fmt.Errorf("read the log: %w", err)
		}
		for line := range bytes.Lines(text) {
			missing = slices.DeleteFunc(missing, func(m contract.Metric) bool {
				return bytes.Contains(line, []byte(m.Name)) && e.counts(line, m)
			})
		}
	}
	return missing, nil
}

// counts reports whether a line is one of EMF that counts something of the metric
// since the beginning. A log has other lines, and functions write zeros, too.
func (e *EMFLogs) counts(line []byte, wanted contract.Metric) bool {
	var document map[string]json.RawMessage
	var head struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace string
			Metrics   []struct{ Name string }
		}
	}
	if json.Unmarshal(line, &document) != nil || json.Unmarshal(document["_aws"], &head) != nil || head.Timestamp < e.since.UnixMilli() {
		return false
	}
	for _, directive := range head.CloudWatchMetrics {
		for _, m := range directive.Metrics {
			if directive.Namespace == wanted.Namespace && m.Name == wanted.Name {
				return positive(document[m.Name])
			}
		}
	}
	return false
}

// positive reports whether a metric's value, a number or an array of them, counts
// anything.
func positive(value json.RawMessage) bool {
	var one float64
	if json.Unmarshal(value, &one) == nil {
		return one > 0
	}
	var many []float64
	return json.Unmarshal(value, &many) == nil && slices.ContainsFunc(many, func(v float64) bool { return v > 0 })
}
