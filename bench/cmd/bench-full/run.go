package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/endtoend"
)

type options struct {
	out, commit, bin, before, bentoFolder string
	bento                                 bool
	runs                                  int
	each                                  time.Duration
}

// parse reads the flags.
func parse() (o options) {
	flag.StringVar(&o.out, "out", "docs/performance", "the folder to write to")
	flag.StringVar(&o.commit, "commit", "unknown", "the commit that is measured, for the report")
	flag.StringVar(&o.bin, "bin", "dist/bin", "the folder of its binaries, which make build makes")
	flag.StringVar(&o.before, "before", "", "an older commit to compare with; empty leaves it out")
	flag.BoolVar(&o.bento, "bento", true, "compare with Bento")
	flag.StringVar(&o.bentoFolder, "bento-folder", "bench/bento", "the module that compiles Bento, with its pipelines")
	flag.IntVar(&o.runs, "runs", 3, "how often each contender takes its turn")
	flag.DurationVar(&o.each, "each", 10*time.Second, "how long each is posted to in a turn")
	flag.Parse()
	return o
}

// run builds what has to be built before it starts anything.
func run(ctx context.Context, o options) (err error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	folder, err := os.MkdirTemp("", "fluxa-bench-build-")
	if err != nil {
		return fmt.Errorf("make the folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	contenders, about, err := build(ctx, o, folder)
	if err != nil {
		return err
	}
	return bench.WithServer(ctx, os.Stderr, func(url, version string) error {
		results, err := endtoend.Compare(ctx, endtoend.Config{
			ServerURL: url, Contenders: contenders, Settings: endtoend.Settings(), Runs: o.runs, Each: o.each, Progress: os.Stderr,
		})
		if err != nil {
			return err
		}
		report := endtoend.Report{
			Machine: bench.ThisMachine(version, o.commit), Contenders: about, Runs: o.runs, Each: o.each, Results: results,
		}
		return report.Write(o.out)
	})
}

// build returns the contenders, and what each other than this commit is.
func build(ctx context.Context, o options, folder string) (contenders []endtoend.Contender, about []string, err error) {
	contenders = append(contenders, endtoend.NewFluxa("Fluxa", o.bin),
		endtoend.NewFluxa("prod's batches", o.bin, "--batch-size", "100", "--batch-window", "1s"))
	about = append(about, "Prod's batches are Fluxa with the queue settings of the stage prod: up to 100 messages at once, collected for up to a second")
	if o.before != "" {
		log.Printf("building commit %s", o.before)
		bin, err := endtoend.BuildCommit(ctx, o.before, folder)
		if err != nil {
			return nil, nil, err
		}
		contenders = append(contenders, endtoend.NewFluxa("before", bin))
		about = append(about, "Before is Fluxa's local stack at commit "+o.before)
	}
	if o.bento {
		log.Printf("building Bento")
		binary, err := filepath.Abs(filepath.Join(folder, "bento"))
		if err != nil {
			return nil, nil, err
		}
		version, err := endtoend.BuildBento(ctx, o.bentoFolder, binary)
		if err != nil {
			return nil, nil, err
		}
		contenders = append(contenders, endtoend.NewBento("Bento", binary, o.bentoFolder))
		about = append(about, "Bento is "+version+", with the pipelines in bench/bento")
	}
	return contenders, about, nil
}
