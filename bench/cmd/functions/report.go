package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/functions"
	"github.com/fluxa/fluxa/pkg/contract"
)

const preface = `# The functions

Written by ` + "`make bench-functions`" + `. %s. The executables are built as for their zips, but for this machine, and run under the emulator's Lambda runtime. "Before" is commit %s. Medians, with the lowest and the highest; ratios are medians of the ratios of the runs. A target is what the ratio is to be, at most.
`

// The most that the ratios are to be.
var (
	startTargets = map[string]float64{"ingest, now": 1.6, "processor, now": 2, "query, now": 2}
	batchTargets = map[int]float64{10: 0.4, 100: 0.2}
)

const (
	ingestTarget = 0.6
	zipTarget    = 0.9
)

// starts writes how long the functions take to start.
func starts(ctx context.Context, o options, folder string, versions []*functions.Version, out io.Writer) error {
	log.Print("measuring: starts")
	hello, err := functions.BuildHello(ctx, o.root, filepath.Join(folder, "hello"), os.Stderr)
	if err != nil {
		return err
	}
	measured, err := functions.MeasureStarts(ctx, hello, versions, o.starts)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n## Starts\n\nFrom the start of the process to its first request for an invocation, and the processor time until then; "+
		"beside a handler that does nothing. %d starts of each, in turns.\n\n", o.starts); err != nil {
		return err
	}
	var rows [][]string
	for _, s := range measured {
		target := ""
		if t, ok := startTargets[s.Wall.Contender]; ok {
			target = ratio(t)
		}
		rows = append(rows, []string{
			s.Wall.Contender, s.Wall.Spread(tenths), ratio(s.Wall.Over(measured[0].Wall)), s.CPU.Spread(tenths), ratio(s.CPU.Over(measured[0].CPU)), target,
		})
	}
	return bench.WriteRows(out, []string{"", "start, ms", "÷ hello world", "processor time, ms", "÷ hello world", "target of each"}, rows)
}

// events writes what an event costs the processor and ingest.
func events(ctx context.Context, o options, folder, url string, versions []*functions.Version, out io.Writer) (err error) {
	stages, closeAll, err := stagesOf(ctx, folder, url, versions)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n## Processor time of an event\n\nOf the whole process, user and kernel: the processor takes batches from the queue, stores them in a PostgreSQL and announces them "+
		"to an emulated SNS; ingest takes requests of API Gateway, one event each, and sends them to an emulated SQS. %d events of 0.4 KB in each of %d runs, "+
		"after others that are not counted. All must be stored, announced, sent.\n\n", o.events, o.runs); err != nil {
		return err
	}
	var rows [][]string
	add := func(what string, target float64, measured []bench.Rates) {
		rows = append(rows, []string{what, measured[0].Spread(tenths), measured[1].Spread(tenths), ratio(measured[0].Over(measured[1])), ratio(target)})
	}
	if o.has("processor") {
		for _, batch := range []int{10, 100} {
			log.Printf("measuring: processor, batches of %d", batch)
			measured, err := functions.MeasureProcessor(ctx, stages, batch, o.events, o.runs)
			if err != nil {
				return err
			}
			add(fmt.Sprintf("processor, batches of %d", batch), batchTargets[batch], measured)
		}
	}
	if o.has("ingest") {
		log.Print("measuring: ingest")
		measured, err := functions.MeasureIngest(ctx, stages, o.events, o.runs)
		if err != nil {
			return err
		}
		add("ingest, single events", ingestTarget, measured)
	}
	return bench.WriteRows(out, []string{"", "now, µs", "before, µs", "now ÷ before", "target"}, rows)
}

// stagesOf makes a stage for each version, and returns what closes them.
func stagesOf(ctx context.Context, folder, url string, versions []*functions.Version) (stages []*functions.Stage, closeAll func() error, err error) {
	closeAll = func() (err error) {
		for _, s := range stages {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	for _, v := range versions {
		s, err := functions.NewStage(ctx, v, url, folder)
		if err != nil {
			return stages, closeAll, err
		}
		stages = append(stages, s)
	}
	return stages, closeAll, nil
}

// zips writes how large the zips are.
func zips(ctx context.Context, folder string, versions []*functions.Version, out io.Writer) error {
	log.Print("measuring: zips")
	sizes := make([]map[contract.Function]int64, len(versions))
	for i, v := range versions {
		var err error
		if sizes[i], err = v.Zips(ctx, filepath.Join(folder, "zips-"+v.Name), os.Stderr); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(out, "\n## Zips\n\nAs `make package` builds them, for arm64.\n\n"); err != nil {
		return err
	}
	var rows [][]string
	for _, f := range contract.Functions() {
		row := []string{string(f), strconv.FormatInt(sizes[0][f], 10), "–", "–", ratio(zipTarget)}
		if before, ok := sizes[1][f]; ok {
			row[2], row[3] = strconv.FormatInt(before, 10), ratio(float64(sizes[0][f])/float64(before))
		}
		rows = append(rows, row)
	}
	return bench.WriteRows(out, []string{"", "now, bytes", "before, bytes", "now ÷ before", "target"}, rows)
}

func tenths(value float64) string { return strconv.FormatFloat(value, 'f', 1, 64) }

func ratio(value float64) string { return strconv.FormatFloat(value, 'f', 2, 64) }
