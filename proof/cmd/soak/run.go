package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/fluxa/fluxa/proof/soak"
)

// meaningful is how long a soak takes at least for what grows in it to count: in a
// shorter one heaps, caches and pools still fill.
const meaningful = 20 * time.Minute

type options struct {
	out, commit, bin string
	rate             float64
	length           time.Duration
	pages            int
}

// parse reads the flags.
func parse() options {
	var o options
	flag.StringVar(&o.bin, "bin", "dist/bin", "folder of the functions' binaries")
	flag.StringVar(&o.out, "out", "", "folder of the report; none is written without it")
	flag.StringVar(&o.commit, "commit", "unknown", "commit that is tested, for the report")
	flag.Float64Var(&o.rate, "rate", 25, "events a second")
	flag.DurationVar(&o.length, "for", 30*time.Minute, "how long")
	flag.IntVar(&o.pages, "pages", 3, "pages of the console that are open all the while")
	flag.Parse()
	return o
}

func run(ctx context.Context, o options) error {
	if o.rate <= 0 || o.length <= 0 {
		return fmt.Errorf("-rate is %g and -for is %s, both must be above zero", o.rate, o.length)
	}
	if o.pages < 0 {
		return fmt.Errorf("-pages is %d, it must be at least 0", o.pages)
	}
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return err
	}
	record, err := soak.Run(ctx, soak.Options{BinDir: bin, Rate: o.rate, For: o.length, Pages: o.pages})
	if err != nil {
		return err
	}
	log.Printf("%d accepted = %d stored + %d in the DLQ; 99 in 100 within %s, at most %s; %d messages waited at most",
		record.Result.Accepted, record.Result.Stored, record.Result.DeadLettered, record.EndToEnd[1], record.EndToEnd[2], record.Waiting)
	for _, t := range record.Trends {
		log.Printf("%s: %.1f %s, %+.2f ± %.2f an hour", t.Name, t.Mean, t.Unit, t.PerHour, t.Error)
	}
	if o.out != "" {
		report := soak.Report{
			Machine: fmt.Sprintf("%s/%s, %d cores", runtime.GOOS, runtime.GOARCH, runtime.NumCPU()),
			Commit:  o.commit, Day: time.Now().UTC().Format(time.DateOnly), Record: record,
		}
		if err := report.Write(o.out); err != nil {
			return err
		}
	}
	var failures []error
	if record.Failure != "" {
		failures = append(failures, errors.New(record.Failure))
	}
	if growing := record.Growing(); o.length >= meaningful && len(growing) > 0 {
		var names []string
		for _, t := range growing {
			names = append(names, fmt.Sprintf("%s by %.2f ± %.2f %s an hour", t.Name, t.PerHour, t.Error, t.Unit))
		}
		failures = append(failures, fmt.Errorf("it grows: %s", strings.Join(names, ", ")))
	}
	return errors.Join(failures...)
}
