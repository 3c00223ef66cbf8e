package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/proof/chaos"
)

type options struct {
	out, name, commit, bin, only, stage, templates string
	short, list                                    bool
	runs, parallel                                 int
	rate                                           float64
	lasting                                        time.Duration
}

// parse reads the flags.
func parse() options {
	var o options
	flag.StringVar(&o.bin, "bin", "dist/bin", "folder of the functions' binaries")
	flag.StringVar(&o.out, "out", "", "folder of the report; none is written without it")
	flag.StringVar(&o.name, "name", "chaos", "name of the report, with which its files begin")
	flag.StringVar(&o.commit, "commit", "unknown", "commit that is tested, for the report")
	flag.StringVar(&o.only, "only", "", "names of scenarios, with commas between; default all")
	flag.StringVar(&o.stage, "stage", "prod", "stage whose alarms are evaluated")
	flag.StringVar(&o.templates, "templates", "cdk/stack/testdata", "folder of that stage's templates")
	flag.BoolVar(&o.short, "short", false, "run the scenarios of the short form only")
	flag.BoolVar(&o.list, "list", false, "list the scenarios")
	flag.IntVar(&o.runs, "runs", 1, "how often each scenario is run")
	flag.IntVar(&o.parallel, "parallel", 1, "how many scenarios run at a time, each with a stack and a database of its own")
	flag.Float64Var(&o.rate, "rate", 25, "events a second")
	flag.DurationVar(&o.lasting, "for", 0, "how long each fault lasts, and run only those that can last; default as each scenario says")
	flag.Parse()
	return o
}

func run(ctx context.Context, o options) error {
	chosen, err := choose(o)
	if err != nil {
		return err
	}
	if o.list {
		for _, s := range chosen {
			fmt.Printf("%s, for %s: %s. Expected: %s.\n", s.Name, s.For, s.Fault, s.Expected)
		}
		return nil
	}
	if o.runs < 1 || o.parallel < 1 || o.rate <= 0 {
		return fmt.Errorf("-runs is %d, -parallel %d and -rate %g, all must be above zero", o.runs, o.parallel, o.rate)
	}
	alarms, err := chaos.ReadAlarms(o.stage, o.templates)
	if err != nil {
		return err
	}
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return err
	}
	report := chaos.Report{
		Name:    o.name,
		Machine: fmt.Sprintf("%s/%s, %d cores", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
		Commit:  o.commit, Day: time.Now().UTC().Format(time.DateOnly), Stage: o.stage, Unseen: alarms.Unseen(),
	}
	for n := range o.runs {
		records, err := runAll(ctx, chosen, o.parallel, chaos.Options{BinDir: bin, Rate: o.rate, For: o.lasting, Alarms: alarms}, fmt.Sprintf("run %d", n+1))
		if err != nil {
			return err
		}
		report.Records = append(report.Records, records...)
		if o.out != "" { // after each run: the next may be interrupted
			if err := report.Write(o.out); err != nil {
				return err
			}
		}
	}
	if failed := report.Failed(); len(failed) > 0 {
		return fmt.Errorf("%d scenarios failed: %s", len(failed), strings.Join(failed, ", "))
	}
	return nil
}

// runAll runs each scenario once, some at a time.
func runAll(ctx context.Context, chosen []chaos.Scenario, parallel int, o chaos.Options, name string) ([]chaos.Record, error) {
	records := make([]chaos.Record, len(chosen))
	places := make(chan struct{}, parallel)
	var group sync.WaitGroup
	for i, s := range chosen {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			record, err := chaos.Run(ctx, s, o)
			if err != nil { // such as a machine that does not let a fault be injected: the others go on
				record.Failure = "not run to its end: " + err.Error()
			}
			records[i] = record
			log.Printf("%s, %d of %d: %s", name, i+1, len(chosen), record)
		})
	}
	group.Wait()
	return records, ctx.Err()
}

// choose returns the scenarios that the flags name.
func choose(o options) ([]chaos.Scenario, error) {
	all := chaos.Scenarios()
	if o.short {
		all = slices.DeleteFunc(all, func(s chaos.Scenario) bool { return !s.Short })
	}
	if o.lasting > 0 {
		all = slices.DeleteFunc(all, func(s chaos.Scenario) bool { return s.For == 0 })
	}
	if o.only == "" {
		return all, nil
	}
	var out []chaos.Scenario
	for name := range strings.SplitSeq(o.only, ",") {
		at := slices.IndexFunc(all, func(s chaos.Scenario) bool { return s.Name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no scenario %q, or -for is set and its fault cannot last: -list names them", name)
		}
		out = append(out, all[at])
	}
	return out, nil
}
