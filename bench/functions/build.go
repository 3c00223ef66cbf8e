// Package functions measures the Lambda functions as they are deployed: how long they
// take to start, how much processor time an event costs them, and how large their zips
// are. Versions of the source are measured beside one another: they take turns, and
// each is checked for what it stored, sent and answered.
package functions

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
)

const buildTimeout = 30 * time.Minute // of everything, with nothing compiled before

// Version is the functions of one commit: where their source is, and the executables
// that Build has made of it.
type Version struct {
	Name string
	Root string
	// Profiled compiles the functions so that they can be profiled.
	Profiled bool
	bin      string
}

// Build compiles the functions into a folder, with the flags of the zips but for this
// machine. What the compiler says goes to log.
func (v *Version) Build(ctx context.Context, folder string, log io.Writer) error {
	v.bin = folder
	packages := []string{}
	if v.Profiled {
		list, err := v.overlay(folder)
		if err != nil {
			return fmt.Errorf("compile %s to be profiled: %w", v.Name, err)
		}
		packages = append(packages, "-overlay", list)
	}
	for _, f := range contract.Functions() {
		if v.has(f) {
			packages = append(packages, "./functions/"+string(f))
		}
	}
	return compile(ctx, v.Root, folder, log, packages...)
}

// has reports whether there is such a function at the commit.
func (v *Version) has(f contract.Function) bool {
	_, err := os.Stat(filepath.Join(v.Root, "functions", string(f)))
	return err == nil
}

func (v *Version) executable(f contract.Function) string { return filepath.Join(v.bin, string(f)) }

// BuildHello compiles the handler that does nothing, out of the repository at root, and
// returns the executable.
func BuildHello(ctx context.Context, root, folder string, log io.Writer) (string, error) {
	return filepath.Join(folder, "hello"), compile(ctx, root, folder, log, "./bench/cmd/hello")
}

func compile(ctx context.Context, root, folder string, log io.Writer, packages ...string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	arguments := slices.Concat([]string{"build"}, buildflags.All("-buildid="), []string{"-o", folder + string(filepath.Separator)}, packages)
	if err := command(ctx, root, log, "go", arguments...); err != nil {
		return fmt.Errorf("compile %s: %w", strings.Join(packages, " "), err)
	}
	return nil
}

// Zips builds the zip of each function with the version's own command, and returns
// their sizes in bytes.
func (v *Version) Zips(ctx context.Context, folder string, log io.Writer) (map[contract.Function]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	if err := command(ctx, v.Root, log, "go", "run", "./functions/cmd/package", "-out", folder); err != nil {
		return nil, fmt.Errorf("build the zips of %s: %w", v.Name, err)
	}
	sizes := map[contract.Function]int64{}
	for _, f := range contract.Functions() {
		if !v.has(f) {
			continue
		}
		info, err := os.Stat(filepath.Join(folder, string(f)+".zip"))
		if err != nil {
			return nil, fmt.Errorf("measure the zips of %s: %w", v.Name, err)
		}
		sizes[f] = info.Size()
	}
	return sizes, nil
}

// command runs a program in a folder, with the Go workspace of that folder.
func command(ctx context.Context, folder string, log io.Writer, name string, arguments ...string) error {
	var said strings.Builder
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=", "PWD="+folder)
	both := io.MultiWriter(log, &said)
	cmd.Stdout, cmd.Stderr = both, both
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}
