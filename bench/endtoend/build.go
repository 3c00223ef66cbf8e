package endtoend

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluxa/fluxa/bench"
)

const (
	buildTimeout = 2 * time.Hour // everything from nothing, on a slow machine
	bentoModule  = "github.com/warpstreamlabs/bento"
)

// BuildCommit builds the functions and the command line of a commit of this repository, as
// its own Makefile does, from a copy below a folder. It returns the folder of the binaries.
func BuildCommit(ctx context.Context, commit, folder string) (bin string, err error) {
	source := filepath.Join(folder, "source")
	if err := bench.Archive(ctx, ".", commit, source); err != nil {
		return "", fmt.Errorf("build commit %s: %w", commit, err)
	}
	if err := run(ctx, buildTimeout, "", environ(), "make", "-C", source, "build"); err != nil {
		return "", fmt.Errorf("build commit %s: %w", commit, err)
	}
	return filepath.Join(source, "dist", "bin"), nil
}

// BuildBento compiles the module in a folder into a binary, and returns the version of
// Bento that is in it.
func BuildBento(ctx context.Context, folder, binary string) (version string, err error) {
	argv := []string{"go", "build", "-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-o", binary, "."}
	if err := run(ctx, buildTimeout, folder, environ("GOWORK=off", "CGO_ENABLED=0", "GOGC=800"), argv...); err != nil {
		return "", fmt.Errorf("build Bento (-bento=false leaves it out): %w", err)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "", fmt.Errorf("read the version of Bento: %w", err)
	}
	for _, module := range info.Deps {
		if module.Path == bentoModule {
			return module.Version, nil
		}
	}
	return "", fmt.Errorf("read the version of Bento: %s has no %s in it", binary, bentoModule)
}

// run runs a command. Its error has the end of what the command wrote.
func run(ctx context.Context, timeout time.Duration, dir string, env []string, argv ...string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var output bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &output, &output
	cmd.WaitDelay = stopGrace
	if err := cmd.Run(); err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(argv[:2], " "), errors.Join(err, ctx.Err()))
		if text := bytes.TrimSpace(output.Bytes()); len(text) > 0 {
			err = fmt.Errorf("%w: %s", err, text[max(0, len(text)-lastWords):])
		}
		return err
	}
	return nil
}
