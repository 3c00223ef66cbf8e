package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/bench/functions"
)

type options struct {
	root, out, commit, before string
	parts                     []string
	starts, runs, events      int
	profiles                  string
}

// parse reads the flags.
func parse() (o options) {
	flag.StringVar(&o.root, "root", ".", "the repository")
	flag.StringVar(&o.out, "out", "docs/performance/functions.md", "the file to write to")
	flag.StringVar(&o.profiles, "profiles", "", "only profile, into this folder, and write what the processor time goes to")
	flag.StringVar(&o.commit, "commit", "unknown", "the commit that is measured, for the report")
	flag.StringVar(&o.before, "before", "501450f", "the commit to compare with")
	flag.IntVar(&o.starts, "starts", 21, "how often each function is started")
	flag.IntVar(&o.runs, "runs", 3, "how often each version takes its turn with the events")
	flag.IntVar(&o.events, "events", 4000, "how many events a turn has")
	chosen := flag.String("parts", strings.Join(parts, ","), "what to measure")
	flag.Parse()
	o.parts = strings.Split(*chosen, ",")
	return o
}

// parts are what is measured, in the order of the page.
var parts = []string{"starts", "processor", "ingest", "zips"}

func (o options) check() error {
	for _, part := range o.parts {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("-parts has %q, want some of %s", part, strings.Join(parts, ","))
		}
	}
	if o.starts < 1 || o.runs < 1 || o.events < 1 {
		return errors.New("-starts, -runs and -events must be 1 at least")
	}
	return nil
}

func (o options) has(part string) bool { return slices.Contains(o.parts, part) }

func run(ctx context.Context, o options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	folder, err := os.MkdirTemp("", "fluxa-bench-functions-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	versions, err := build(ctx, o, folder)
	if err != nil {
		return err
	}
	return bench.WithServer(ctx, os.Stderr, func(url, version string) error {
		var page bytes.Buffer
		out := io.MultiWriter(os.Stdout, &page)
		if o.profiles != "" {
			err = profiles(ctx, o, folder, url, version, versions, out)
		} else {
			err = measure(ctx, o, folder, url, version, versions, out)
		}
		if err != nil {
			return err
		}
		return os.WriteFile(o.out, page.Bytes(), 0o644)
	})
}

// build compiles both versions: this one and the one before it.
func build(ctx context.Context, o options, folder string) ([]*functions.Version, error) {
	now := &functions.Version{Name: "now", Root: o.root, Profiled: o.profiles != ""}
	before := &functions.Version{Name: "before", Root: filepath.Join(folder, "source"), Profiled: o.profiles != ""}
	if err := bench.Archive(ctx, o.root, o.before, before.Root); err != nil {
		return nil, err
	}
	versions := []*functions.Version{now, before}
	for _, v := range versions {
		log.Printf("compiling: %s", v.Name)
		if err := v.Build(ctx, filepath.Join(folder, v.Name), os.Stderr); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

func measure(ctx context.Context, o options, folder, url, postgres string, versions []*functions.Version, out io.Writer) error {
	if _, err := fmt.Fprintf(out, preface, bench.ThisMachine(postgres, o.commit), o.before); err != nil {
		return err
	}
	if o.has("starts") {
		if err := starts(ctx, o, folder, versions, out); err != nil {
			return err
		}
	}
	if o.has("processor") || o.has("ingest") {
		if err := events(ctx, o, folder, url, versions, out); err != nil {
			return err
		}
	}
	if o.has("zips") {
		return zips(ctx, folder, versions, out)
	}
	return nil
}
