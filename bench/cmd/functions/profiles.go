package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/functions"
)

const profilesPreface = `# What the functions' processor time goes to

Written by ` + "`make bench-profiles`" + `. %s. Profiles of the processes that [functions.md](functions.md) measures; "before" is commit %s. A stack counts for the part of Fluxa that is innermost in it, and what that calls, the AWS SDK and PostgreSQL's client among it, counts there too. Microseconds an event, over %d events of 0.4 KB.
`

// profiled is what is profiled, and how.
type profiled struct {
	title, file string
	run         func(s *functions.Stage, path string) (map[functions.Part]float64, error)
}

// profiles writes for each part of the work what it takes now, and what it took before.
func profiles(ctx context.Context, o options, folder, url, postgres string, versions []*functions.Version, out io.Writer) (err error) {
	if err := os.MkdirAll(o.profiles, 0o755); err != nil {
		return err
	}
	stages, closeAll, err := stagesOf(ctx, folder, url, versions)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, profilesPreface, bench.ThisMachine(postgres, o.commit), o.before, o.events); err != nil {
		return err
	}
	processor := func(batch int) func(*functions.Stage, string) (map[functions.Part]float64, error) {
		return func(s *functions.Stage, path string) (map[functions.Part]float64, error) {
			return s.ProfileProcessor(ctx, batch, o.events, path)
		}
	}
	for _, p := range []profiled{
		{"The processor, batches of 10", "processor-10", processor(10)},
		{"The processor, batches of 100", "processor-100", processor(100)},
		{"Ingest, single events", "ingest", func(s *functions.Stage, path string) (map[functions.Part]float64, error) {
			return s.ProfileIngest(ctx, o.events, path)
		}},
	} {
		log.Printf("profiling: %s", p.title)
		each := make([]map[functions.Part]float64, len(stages))
		for i, s := range stages {
			path, err := filepath.Abs(filepath.Join(o.profiles, p.file+"-"+versions[i].Name+".pprof"))
			if err != nil {
				return err
			}
			if each[i], err = p.run(s, path); err != nil {
				return err
			}
		}
		if err := writeParts(out, p.title, each[0], each[1]); err != nil {
			return err
		}
	}
	return nil
}

func writeParts(out io.Writer, title string, now, before map[functions.Part]float64) error {
	var rows [][]string
	var sumNow, sumBefore float64
	for _, part := range functions.Parts() {
		sumNow, sumBefore = sumNow+now[part], sumBefore+before[part]
		rows = append(rows, []string{string(part), tenths(now[part]), tenths(before[part])})
	}
	rows = append(rows, []string{"together", tenths(sumNow), tenths(sumBefore)})
	if _, err := fmt.Fprintf(out, "\n## %s\n\n", title); err != nil {
		return err
	}
	return bench.WriteRows(out, []string{"", "now, µs", "before, µs"}, rows)
}
