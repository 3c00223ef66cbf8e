package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/bench"
)

type options struct {
	out, commit string
	runs, rows  int
	each        time.Duration
}

// parse reads the flags.
func parse() (o options) {
	flag.StringVar(&o.out, "out", "docs/performance", "the folder to write to")
	flag.StringVar(&o.commit, "commit", "unknown", "the commit that is measured, for the report")
	flag.IntVar(&o.runs, "runs", 3, "how often each contender takes its turn")
	flag.DurationVar(&o.each, "each", 2*time.Second, "how long a turn takes, about")
	flag.IntVar(&o.rows, "rows", 0, "measure only what so many rows in the tables change, into rows.md")
	flag.Parse()
	return o
}

// run measures on a server of its own.
func run(ctx context.Context, o options) error {
	title, file, command, measure := "The processor and its store", "processor.md", "make bench", measure
	if o.rows > 0 {
		title, file, command, measure = "The processor with full tables", "rows.md", fmt.Sprintf("make bench FLAGS='-rows %d'", o.rows), grown
	}
	return bench.WithServer(ctx, os.Stderr, func(url, version string) error {
		var report bytes.Buffer
		out := io.MultiWriter(os.Stdout, &report)
		if _, err := fmt.Fprintf(out, "# %s\n\nWritten by `%s`. %s. "+
			"Each contender takes its turn in each of %d runs; medians, with the lowest and the highest.\n", title, command, bench.ThisMachine(version, o.commit), o.runs); err != nil {
			return err
		}
		if err := measure(ctx, url, out, o); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(o.out, file), report.Bytes(), 0o644)
	})
}

// section is a table of the report, and with a file a plot.
type section struct {
	title, text, plot string
	contenders        []bench.Contender
	settings          []bench.Setting
}

func measure(ctx context.Context, url string, out io.Writer, o options) error {
	fluxa, err := bench.NewFluxa(ctx, url)
	if err != nil {
		return err
	}
	defer fluxa.Close()
	v1, err := bench.NewV1(ctx, url)
	if err != nil {
		return err
	}
	defer v1.Close()
	copied, err := bench.NewCopy(ctx, url)
	if err != nil {
		return err
	}
	defer copied.Close()
	for _, s := range []section{
		{
			title: "From the queue's message to the announcement", plot: "processor.png",
			text: "Fluxa decodes, stores and announces, to nobody. v1 does so for each message by itself, with three commits. " +
				"COPY writes rows that were decoded before into Fluxa's tables, and recognises no duplicate.",
			contenders: []bench.Contender{fluxa, v1, copied}, settings: settings(0),
		},
		{
			title: "With a database further away", plot: "latency.png",
			text:       "The same with 1 ms of latency added to each round trip.",
			contenders: []bench.Contender{fluxa, v1, copied}, settings: settings(time.Millisecond),
		},
		{
			title:      "Duplicates",
			text:       "Batches of new events beside batches of events that were stored and announced before.",
			contenders: []bench.Contender{bench.NewDuplicates(fluxa), fluxa}, settings: settings(0),
		},
	} {
		if _, err := fmt.Fprintf(out, "\n## %s\n\n%s\n\n", s.title, s.text); err != nil {
			return err
		}
		results, err := compareAll(ctx, s.title, s.contenders, s.settings, o)
		if err != nil {
			return err
		}
		if err := bench.WriteTable(out, results); err != nil {
			return err
		}
		if s.plot != "" {
			if err := bench.Plot(filepath.Join(o.out, s.plot), s.title, results); err != nil {
				return err
			}
			if _, err := fmt.Fprintf(out, "\n![%s](%s)\n\nProcessor time of an event:\n\n", s.title, s.plot); err != nil {
				return err
			}
			if err := bench.WriteCPU(out, results); err != nil {
				return err
			}
		}
	}
	return costs(ctx, url, fluxa, out, o)
}

// grown measures what the rate is in tables that have rows, of the rate in tables that
// had none.
func grown(ctx context.Context, url string, out io.Writer, o options) error {
	for _, random := range []bool{false, true} {
		title := "Ids in the order of time"
		if random {
			title = "Random ids"
		}
		if err := grownWith(ctx, url, out, o, title, random); err != nil {
			return err
		}
	}
	return nil
}

func grownWith(ctx context.Context, url string, out io.Writer, o options, title string, random bool) error {
	var contenders []bench.Contender
	var settings []bench.Setting
	for _, rows := range []int{o.rows, 0} {
		log.Printf("filling the tables: %s, %d rows", title, rows)
		c, err := bench.NewFilled(ctx, url, rows, random)
		if err != nil {
			return err
		}
		defer c.Close()
		contenders = append(contenders, c)
	}
	for _, lanes := range []int{1, 4} {
		settings = append(settings, bench.Setting{Lanes: lanes, Batch: 100, Random: random})
	}
	results, err := compareAll(ctx, title, contenders, settings, o)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n## %s\n\nAll rows are in the partition that new ones go to.\n\n", title); err != nil {
		return err
	}
	return bench.WriteTable(out, results)
}

func compareAll(ctx context.Context, title string, contenders []bench.Contender, settings []bench.Setting, o options) (results []bench.Result, err error) {
	for _, setting := range settings {
		log.Printf("measuring: %s, %s", title, setting)
		result, err := bench.Compare(ctx, contenders, setting, o.runs, o.each)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// costs measures what each constraint and index costs that the migrations keep.
func costs(ctx context.Context, url string, whole bench.Contender, out io.Writer, o options) error {
	contenders := []bench.Contender{whole}
	for n, r := range bench.Removals() {
		c, err := bench.NewWithout(ctx, url, n, r)
		if err != nil {
			return err
		}
		defer c.Close()
		contenders = append(contenders, c)
	}
	setting := bench.Setting{Lanes: 1, Batch: 1000}
	log.Printf("measuring: constraints and indexes, %s", setting)
	result, err := bench.Compare(ctx, contenders, setting, o.runs, o.each)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "\n## What constraints and indexes cost\n\nThe same tables without one of them.\n\n"); err != nil {
		return err
	}
	return bench.WriteCosts(out, result)
}

func settings(latency time.Duration) (out []bench.Setting) {
	for _, lanes := range []int{1, 4} {
		for _, batch := range []int{10, 100, 1000} {
			out = append(out, bench.Setting{Lanes: lanes, Batch: batch, Latency: latency})
		}
	}
	return out
}
