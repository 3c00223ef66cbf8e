package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// buildLimit is more than a first build of everything takes on a slow machine.
	buildLimit = 10 * time.Minute
	// shownLines is how much of what the compiler says is shown.
	shownLines = 8
)

// builder compiles functions as `make build` does.
type builder struct{ root, bin string }

// built are compiled functions that the stack does not have yet.
type built struct{ folder, bin string }

// build compiles beside the binaries that are in use, from where they can be moved over
// those in one step. The error has the compiler's words. What is returned is to be removed
// in either case.
func (b builder) build(ctx context.Context, functions []contract.Function) (built, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, buildLimit, fmt.Errorf("go build took longer than %s", buildLimit))
	defer cancel()
	folder, err := os.MkdirTemp(b.bin, ".next-")
	if err != nil {
		return built{}, err
	}
	// The Go command wants a full path here, since it runs in the repository.
	if folder, err = filepath.Abs(folder); err != nil {
		return built{}, err
	}
	out := built{folder, b.bin}
	arguments := append([]string{"build"}, buildflags.All()...)
	arguments = append(arguments, "-o", folder+string(filepath.Separator))
	_, err = run(ctx, b.root, append(arguments, folders(functions)...)...)
	return out, err
}

// remove deletes what was not replaced. What stays for lack of rights is in nobody's way.
func (b built) remove() {
	if b.folder != "" {
		_ = os.RemoveAll(b.folder)
	}
}

// differs returns the path of a compiled function, and whether the one in use is another.
func (b built) differs(function contract.Function) (path string, differs bool, err error) {
	path = filepath.Join(b.folder, string(function))
	same, err := sameBytes(path, filepath.Join(b.bin, string(function)))
	return path, !same, err
}

func sameBytes(one, other string) (bool, error) {
	a, err := os.ReadFile(one)
	if err != nil {
		return false, err
	}
	b, err := os.ReadFile(other)
	return bytes.Equal(a, b), err
}

// run runs the Go command in a folder and returns its standard output; an error has what it
// says. It ends with ctx, and with it what it has started.
func run(ctx context.Context, folder string, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = folder
	// A lazier garbage collector makes the compiler and the linker faster.
	command.Env = append(command.Environ(), "CGO_ENABLED=0", "GOGC=800")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = time.Second
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case stderr.Len() > 0:
		return nil, errors.New(stderr.String())
	}
	return nil, err
}

// shortened is the beginning of what the compiler or a function says, without the names of
// packages, which the paths repeat.
func shortened(text string) string {
	var kept []string
	left := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
		case len(kept) < shownLines:
			kept = append(kept, "  "+line)
		default:
			left++
		}
	}
	if left > 0 {
		kept = append(kept, fmt.Sprintf("  … and %d more lines", left))
	}
	return strings.Join(kept, "\n")
}
