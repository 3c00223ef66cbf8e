package endtoend

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluxa/fluxa/bench"
)

// The files of a report.
const (
	reportFile = "stack.md"
	plotFile   = "stack.png"
)

// Report says under which circumstances results were got.
type Report struct {
	Machine    bench.Machine
	Contenders []string // what each other than this commit is, a sentence without its full stop
	Runs       int
	Each       time.Duration
	Results    []Result
}

// what says what is compared, for the reader of the table.
const what = `Events of 0.4 KB, without an id, are posted over HTTP by 16 clients, each of which waits for the answer before it posts again, and go over the emulated SQS, which waits for the disk, into a PostgreSQL. Each turn starts the contender's processes in a new folder with an empty database, warms them with posts at the same concurrency that are not counted, and then measures. Clients, processes and PostgreSQL share the machine, so that whoever leaves more of it to the others is faster.

- A single post is ` + "`POST /events`" + ` with one event, a batch ` + "`POST /events/batch`" + ` with 100. Bento gets one line of JSON, or 100, in a post to its ` + "`http_server`" + `, takes them apart (` + "`unarchive`" + `), and answers, as Fluxa does, when the queue has all of them, each as a message.
- Fluxa runs as on AWS: each post is an invocation of a process of its function over the Lambda Runtime API, and up to four processors at once get 10 messages each, as on the stage dev. Bento is one process with both pipelines.
- Fluxa validates each field, stores the exact payload with its hash, keeps a record of each id, tells an event that comes again from another one under the same id, and announces what it stored (SNS). Bento gives the event an id, receives four times 10 messages at once, and inserts up to 100 with ` + "`ON CONFLICT DO NOTHING`" + ` into one table with a primary key, without further indexes: it does less.
- Accepted is counted until the last answer, stored until the last accepted event is in the table, and ends the run with an error unless exactly the accepted events are.
- Memory is the sum of the highest resident memory of each of the contender's processes (VmHWM); pages that several share count in each. Processor time is that of these processes until two seconds after the last event was stored. The clients are not in it, nor is PostgreSQL. The emulated SQS is: with Fluxa in the process that runs everything, with Bento in a process of its own.
`

// Write writes the report and its plot into a folder.
func (r Report) Write(folder string) error {
	text, err := r.markdown()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, reportFile), text, 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	var panels []bench.Panel
	for _, result := range r.Results {
		panel := bench.Panel{Title: result.Setting.Title, Groups: fmt.Sprintf("%d clients", result.Setting.Clients)}
		for _, m := range []int{acceptedRate, storedRate} {
			line := result.Lines[m]
			line.Labels = []string{strings.TrimSuffix(labels[m], ", events/s")}
			panel.Lines = append(panel.Lines, line)
		}
		panels = append(panels, panel)
	}
	return bench.PlotPanels(filepath.Join(folder, plotFile), panels)
}

func (r Report) markdown() ([]byte, error) {
	var out bytes.Buffer
	about := strings.Join(append([]string{r.Machine.String()}, r.Contenders...), ". ")
	fmt.Fprintf(&out, "# The whole local stack\n\nWritten by `make bench-full`. %s. "+
		"Each contender takes its turn in each of %d runs, and is posted to for %s in each; medians, with the lowest and the highest.\n\n%s",
		about, r.Runs, r.Each, what)
	for _, result := range r.Results {
		fmt.Fprintf(&out, "\n## %s, %d clients\n\n", result.Setting.Title, result.Setting.Clients)
		if err := bench.WriteLines(&out, []string{""}, "", result.Lines); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(&out, "\n![Events a second that are accepted and stored](%s)\n", plotFile)
	return out.Bytes(), nil
}
