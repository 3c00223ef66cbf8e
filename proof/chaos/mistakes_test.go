package chaos_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/mistake"
	"github.com/fluxa/fluxa/proof/rig"
)

// The flags of `make chaos-mistakes`.
var (
	allMistakes = flag.Bool("mistakes", false, "try every mistake, not only those of CI")
	update      = flag.Bool("update", false, "write what was found into docs/proof/mistakes.md")
)

const tableBegins = "| mistake | brought to light by | the checker finds |\n|---|---|---|\n"

// TestMistakes_in_the_code_are_found_on_the_running_product builds the functions from copies
// of the code with a mistake each, runs them under load and breaks what brings the mistake
// to light. The checker must find each, by its kind.
func TestMistakes_in_the_code_are_found_on_the_running_product(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all := provocations()
	rows := make([]string, len(all))
	t.Run("each", func(t *testing.T) {
		for i, p := range all {
			t.Run(strings.ReplaceAll(p.Name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				overlay, err := p.Overlay(root, t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				if !p.inCI && !*allMistakes {
					return // that its edits fit is checked all the same
				}
				result := start(t, "-overlay="+overlay).provoke(p)
				found := counted(result)
				t.Logf("found: %s", found)
				if result.Counts()[p.kind] == 0 {
					t.Errorf("the checker finds %s, and nothing that is %s", found, p.kind)
				}
				rows[i] = fmt.Sprintf("| %s | %s | %s |\n", p.Name, p.fault.Name, found)
			})
		}
	})
	if *update && !t.Failed() {
		if err := mistake.WriteTable(filepath.Join(root, "docs/proof/mistakes.md"), tableBegins, strings.Join(rows, "")); err != nil {
			t.Fatal(err)
		}
	}
}

// What is answered before the fault, during it and after it.
const (
	answersBefore = 60
	answersDuring = 200
	answersAfter  = 120

	// holdLimit is how long the fault stays, at most, for what was sent during it to be
	// worked on: on a busy machine that is later. What a fault stops waits longer.
	holdLimit = 20 * time.Second
)

// provoke runs the product with a mistake under load, and breaks what brings it to light.
func (p product) provoke(of provocation) checker.Result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*patience)
	defer cancel()
	mix := rig.UsualMix()
	mix.Conflicts, mix.Poison, mix.Large = 0.05, 0.05, 0.1
	load := rig.StartLoad(ctx, p.Stack.Info(), p.Queue, rig.LoadConfig{Rate: 30, Mix: mix, Seed: uint64(time.Now().UnixNano())})
	answered := func(more int) {
		p.t.Helper()
		begun, _ := load.Answered()
		for now := begun; now < begun+more; now, _ = load.Answered() {
			select {
			case <-ctx.Done():
				p.t.Fatalf("%d of %d answers came: %v", now-begun, more, ctx.Err())
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	answered(answersBefore)
	mend, err := of.fault.Break(ctx, p.Rig, of.fault.For)
	if err != nil {
		p.t.Fatal(err)
	}
	answered(answersDuring)
	p.hold(ctx)
	if err := mend(ctx); err != nil {
		p.t.Fatal(err)
	}
	answered(answersAfter)
	sent, err := load.Stop()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.Drain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	evidence, err := p.Evidence(p.t.Context(), sent)
	if err != nil {
		p.t.Fatal(err)
	}
	return checker.Check(evidence)
}

// hold waits until no message waits or is in work, or holdLimit is over.
func (p product) hold(ctx context.Context) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, holdLimit)
	defer cancel()
	for ctx.Err() == nil {
		if depths, err := p.Depths(ctx); err == nil && depths.Visible+depths.InFlight == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// counted says how many findings there are of each kind.
func counted(r checker.Result) string {
	var parts []string
	counts := r.Counts()
	for _, kind := range checker.Kinds() {
		if counts[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[kind], kind))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
