package process

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// legal is every move that the promises of the processor allow, written down a
// second time: a change of the machine is a change of a promise.
func legal() map[state][]state {
	return map[state][]state{
		received: {read, rejected, retried},
		read:     {stored, done, rejected, erased, retried},
		rejected: {deadLettered, retried, done, erased},
		stored:   {done, retried},
		retried:  {retried, done, postponed},
	}
}

// moves has the method that enters each state.
func moves() map[state]func(*item) {
	return map[state]func(*item){
		read:         func(it *item) { it.becomeRead(event.Event{ID: "e"}) },
		rejected:     func(it *item) { it.reject(fault.New(fault.InvalidEvent, "bad")) },
		stored:       func(it *item) { it.becomeStored(time.Unix(1, 0)) },
		done:         func(it *item) { it.finish(time.Unix(1, 0)) },
		deadLettered: func(it *item) { it.becomeDeadLettered() },
		erased:       func(it *item) { it.becomeErased() },
		retried:      func(it *item) { it.retry(fault.New(fault.StorageUnavailable, "down")) },
		postponed:    func(it *item) { it.postpone(time.Second) },
	}
}

// states returns all of them, in the order in which a message can meet them.
func states() []state {
	return []state{received, read, rejected, stored, done, deadLettered, erased, retried, postponed}
}

// final reports whether the batch leaves a message in s as it is.
func (s state) final() bool { return len(s.next()) == 0 }

func TestState_every_pair(t *testing.T) {
	t.Parallel()
	for _, from := range states() {
		for _, to := range states() {
			it := item{state: from}
			allowed := slices.Contains(legal()[from], to)
			move, ok := moves()[to]
			if !ok {
				if allowed || to != received {
					t.Errorf("no method enters %s", to)
				}
				move = func(it *item) { it.enter(to) }
			}
			panicked := guard(func() { move(&it) })
			switch {
			case allowed && (panicked != nil || it.state != to):
				t.Errorf("%s -> %s: it is %s, %v", from, to, it.state, panicked)
			case !allowed && (panicked == nil || it.state != from):
				t.Errorf("%s -> %s is illegal, and was made", from, to)
			case !allowed && !strings.Contains(panicked.Error(), "cannot become "+to.String()+" when it is "+from.String()):
				t.Errorf("%s -> %s: %v", from, to, panicked)
			}
		}
	}
}

// TestState_nothing_is_acknowledged_or_published_before_the_commit walks every
// way through the machine.
func TestState_nothing_is_acknowledged_or_published_before_the_commit(t *testing.T) {
	t.Parallel()
	reached := map[state]bool{}
	var walk func(s state, way []state)
	walk = func(s state, way []state) {
		reached[s] = true
		way = append(way, s)
		if s == deadLettered && !slices.Contains(way, rejected) {
			t.Errorf("%v is sent to the DLQ without a reason", way)
		}
		for _, next := range s.next() {
			if next.when == "" {
				t.Errorf("%s -> %s does not say when", s, next.to)
			}
			if next.to == stored && s != read {
				t.Errorf("%v -> stored: only an event that was read can be stored", way)
			}
			if (next.to == done || next.to == erased) && s == received {
				t.Errorf("%v -> %s: the database was not asked", way, next.to)
			}
			if !slices.Contains(way, next.to) {
				walk(next.to, slices.Clone(way))
			}
		}
	}
	walk(received, nil)
	for _, s := range states() {
		if !reached[s] {
			t.Errorf("no way leads to %s", s)
		}
		if final := s == done || s == deadLettered || s == erased || s == postponed; s.final() != final {
			t.Errorf("%s is final: %t", s, s.final())
		}
	}
}

func TestItem_result_of_each_end(t *testing.T) {
	t.Parallel()
	for want, it := range map[Result]item{
		Processed: {state: done, inserted: true}, Duplicate: {state: done}, DeadLettered: {state: deadLettered}, Erased: {state: erased},
	} {
		if got := it.result(); got != want {
			t.Errorf("%s, inserted %t: %s, want %s", it.state, it.inserted, got, want)
		}
	}
	for _, s := range []state{received, read, rejected, stored, retried, postponed} {
		if it := (item{state: s, inserted: true}); it.result() != Retried {
			t.Errorf("%s is acknowledged as %s", s, it.result())
		}
	}
}

const diagramPage = `# The states of a message

Drawn by ` + "`go test ./pkg/process -update`" + ` from the machine in ` + "`pkg/process/state.go`" + `; a test fails when the two differ. ` +
	"`done`, `dead_lettered` and `erased` are acknowledged; the others stay on the queue.\n"

func TestDiagram_is_the_machine(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("..", "..", "docs", "message-states.md")
	page := diagramPage + "\n```mermaid\n" + diagram() + "```\n"
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(published) != page {
		t.Error("docs/message-states.md is not what the machine allows; run: go test ./pkg/process -update")
	}
}

// diagram draws the machine as a Mermaid state diagram.
func diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> " + received.String() + "\n")
	for _, from := range states() {
		for _, t := range from.next() {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, t.to, t.when)
		}
		if from.final() || from == retried {
			fmt.Fprintf(&b, "    %s --> [*]\n", from)
		}
	}
	return b.String()
}
