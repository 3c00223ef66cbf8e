// Package watch gives the functions of a running local stack new code whenever their
// sources change: it compiles what is affected, and has what differs replaced. It needs
// the repository and the Go command.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/fluxa/fluxa/pkg/contract"
)

// quiet is how long no file may have changed before a build begins: an editor that saves,
// or a checkout, changes several.
const quiet = 30 * time.Millisecond

// clockStep is more than a file's time may be behind the clock: Linux takes it from the
// last tick, of 10 ms at most.
const clockStep = 10 * time.Millisecond

// Config describes a watch. All fields are required.
type Config struct {
	// Root is the top of the repository. Repository finds it.
	Root string
	// Bin is the folder of the functions' binaries, where those that are compiled end up.
	Bin string
	// Functions are watched.
	Functions []contract.Function
	// Replace gives a function the code of the binary at path, and takes the file.
	Replace func(ctx context.Context, function contract.Function, path string) error
	// Out is where people read what was replaced, and why not, in lines.
	Out io.Writer
	// Say is told what is being done, as the last part of a longer line.
	Say func(string)
}

// Repository is the top of the repository that the folder is in.
func Repository(folder string) (string, error) {
	start, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	for top := start; ; top = filepath.Dir(top) {
		_, workspace := os.Stat(filepath.Join(top, "go.work"))
		_, functions := os.Stat(filepath.Join(top, "functions"))
		if workspace == nil && functions == nil {
			return top, nil
		}
		if top == filepath.Dir(top) {
			return "", fmt.Errorf("%s is not in Fluxa's repository, whose sources are to be watched: run it there", start)
		}
	}
}

// change is a file that changed, when this was seen.
type change struct {
	path string
	at   time.Time
}

// Run watches until ctx ends. Code that cannot be compiled or does not start is reported,
// and the functions keep theirs.
func (c Config) Run(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the functions' sources: %w", err)
	}
	defer watcher.Close()
	w := watch{Config: c, watcher: watcher, builder: builder{root: c.Root, bin: c.Bin}}
	if _, err := w.follow(ctx, time.Now()); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "watching the sources of %s: what changes is compiled and replaced\n", list(c.Functions))
	changes, ended := make(chan change, 1_000), make(chan error, 1)
	go func() { ended <- w.collect(ctx, changes) }()

	affected, since := map[contract.Function]bool{}, time.Time{}
	settled := time.NewTimer(quiet)
	settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return <-ended
		case err := <-ended:
			return err
		case changed := <-changes:
			if !w.sources.affect(changed.path, affected) {
				continue
			}
			if since.IsZero() {
				since = changed.at
			}
			settled.Reset(quiet)
		case <-settled.C:
			began := time.Now()
			w.renew(ctx, affected, since)
			clear(affected)
			since = time.Time{}
			// What was imported anew is watched, too, and what is not any more no longer matters.
			missed, err := w.follow(ctx, began)
			if err != nil && ctx.Err() == nil {
				fmt.Fprintln(c.Out, err)
			}
			for _, path := range missed {
				if w.sources.affect(path, affected) {
					since = time.Now()
					settled.Reset(quiet)
				}
			}
		}
	}
}

type watch struct {
	Config
	watcher *fsnotify.Watcher
	builder builder
	sources sources
}

// collect notes when changes were seen, also while something is compiled.
func (w *watch) collect(ctx context.Context, changes chan<- change) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.watcher.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watch the functions' sources: %w", err)
			}
			fmt.Fprintln(w.Out, "too many files changed at once: some changes were not seen; save one of them again")
		case event := <-w.watcher.Events:
			if event.Op == fsnotify.Chmod || !isSource(event.Name) {
				continue
			}
			select {
			case changes <- change{event.Name, time.Now()}:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// follow watches the folders that the functions are compiled from. It returns the sources in
// those that were not watched before which have changed since then.
func (w *watch) follow(ctx context.Context, since time.Time) (missed []string, err error) {
	found, err := findSources(ctx, w.Root, w.Functions)
	if err != nil {
		return nil, err
	}
	known := w.sources
	w.sources = found
	for folder := range found {
		if err := w.watcher.Add(folder); err != nil {
			return missed, fmt.Errorf("watch %s: %w", folder, err)
		}
		if _, watched := known[folder]; watched {
			continue
		}
		changed, err := changedSince(folder, since)
		if err != nil {
			return missed, fmt.Errorf("watch %s: %w", folder, err)
		}
		missed = append(missed, changed...)
	}
	return missed, nil
}

// renew compiles the functions, and replaces those whose code differs from what they have.
func (w *watch) renew(ctx context.Context, affected map[contract.Function]bool, since time.Time) {
	var functions []contract.Function
	for _, function := range w.Functions {
		if affected[function] {
			functions = append(functions, function)
		}
	}
	w.Say("compiling " + list(functions) + " …")
	built, err := w.builder.build(ctx, functions)
	defer built.remove()
	if err != nil {
		w.keep(ctx, "not compiled", err)
		return
	}
	var replaced []contract.Function
	for _, function := range functions {
		path, differs, err := built.differs(function)
		if err == nil && differs {
			err = w.Replace(ctx, function, path)
		}
		if err != nil {
			w.keep(ctx, string(function)+" is not replaced", err)
			return
		}
		if differs {
			replaced = append(replaced, function)
		}
	}
	if len(replaced) == 0 {
		w.Say("compiled, no function differs")
		return
	}
	done := fmt.Sprintf("%s replaced in %.1f s", list(replaced), time.Since(since).Seconds())
	w.Say(done)
	fmt.Fprintln(w.Out, done)
	if slices.Contains(replaced, contract.FunctionMigrate) {
		fmt.Fprintln(w.Out, "new migrations are applied at the next start of the stack")
	}
}

// keep says why code was not replaced.
func (w *watch) keep(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return // it is being stopped
	}
	w.Say(what)
	fmt.Fprintf(w.Out, "%s; the code before goes on:\n%s\n", what, shortened(err.Error()))
}

func list(functions []contract.Function) string {
	names := make([]string, len(functions))
	for i, function := range functions {
		names[i] = string(function)
	}
	return strings.Join(names, ", ")
}
