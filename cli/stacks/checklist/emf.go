package checklist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/fluxa/fluxa/pkg/contract"
)

// EMFLogs finds metrics in the log files of a local stack, where the functions
// write them in the Embedded Metric Format. It is used by one goroutine.
type EMFLogs struct {
	dir     string
	offsets map[string]int64
	seen    map[metricName]bool
}

type metricName struct{ namespace, name string }

// NewEMFLogs returns a Meter over the *.log files of a folder.
func NewEMFLogs(dir string) *EMFLogs {
	return &EMFLogs{dir: dir, offsets: map[string]int64{}, seen: map[metricName]bool{}}
}

// Source names the folder.
func (e *EMFLogs) Source() string { return "EMF lines in " + filepath.Join(e.dir, "*.log") }

// Begin notes how long the files are: what they hold so far does not count.
func (e *EMFLogs) Begin(context.Context) error {
	paths, err := e.files()
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at the log: %w", err)
		}
		e.offsets[path] = info.Size()
	}
	return nil
}

func (e *EMFLogs) files() ([]string, error) {
	if _, err := os.Stat(e.dir); err != nil {
		return nil, fmt.Errorf("look for the logs: %w", err)
	}
	paths, err := filepath.Glob(filepath.Join(e.dir, "*.log"))
	if err != nil {
		return nil, fmt.Errorf("look for the logs: %w", err)
	}
	return paths, nil
}

// Missing reads what was written since the last call.
func (e *EMFLogs) Missing(_ context.Context, wanted []contract.Metric) ([]contract.Metric, error) {
	paths, err := e.files()
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := e.read(path); err != nil {
			return nil, err
		}
	}
	var missing []contract.Metric
	for _, m := range wanted {
		if !e.seen[metricName{m.Namespace, m.Name}] {
			missing = append(missing, m)
		}
	}
	return missing, nil
}

// read takes the whole lines after the offset. A file that is shorter than it was
// has been replaced and is read from its beginning.
func (e *EMFLogs) read(path string) (err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // set aside in this moment
	}
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("look at the log: %w", err)
	}
	if info.Size() < e.offsets[path] {
		e.offsets[path] = 0
	}
	text, err := io.ReadAll(io.NewSectionReader(file, e.offsets[path], info.Size()-e.offsets[path]))
	if err != nil {
		return fmt.Errorf("read the log %s: %w", path, err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	e.offsets[path] += int64(whole)
	for line := range bytes.Lines(text[:whole]) {
		e.note(line)
	}
	return nil
}

// note takes the metrics of a line, if it is one of EMF. A log has other lines.
func (e *EMFLogs) note(line []byte) {
	var document map[string]json.RawMessage
	var head struct {
		CloudWatchMetrics []struct {
			Namespace string
			Metrics   []struct{ Name string }
		}
	}
	if json.Unmarshal(line, &document) != nil || json.Unmarshal(document["_aws"], &head) != nil {
		return
	}
	for _, directive := range head.CloudWatchMetrics {
		for _, m := range directive.Metrics {
			if positive(document[m.Name]) {
				e.seen[metricName{directive.Namespace, m.Name}] = true
			}
		}
	}
}

// positive reports whether a metric's value, a number or an array of them, counts
// anything: functions write zeros, too.
func positive(value json.RawMessage) bool {
	var one float64
	if json.Unmarshal(value, &one) == nil {
		return one > 0
	}
	var many []float64
	return json.Unmarshal(value, &many) == nil && slices.ContainsFunc(many, func(v float64) bool { return v > 0 })
}
