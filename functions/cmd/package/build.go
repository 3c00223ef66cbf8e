package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
)

// epoch is the time that every entry of a zip carries: the earliest the format has.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// bootstrap is the name that Lambda starts.
const bootstrap = "bootstrap"

// rdsCA is the roots of Amazon RDS, in PEM.
//
//go:embed rds-ca.pem
var rdsCA []byte

// run builds the named functions, all when none is named, and returns an error when one
// is over its budget. What the Go tool says goes to log.
func run(ctx context.Context, log io.Writer, out string, names []string, budgets map[contract.Function]int64) error {
	functions, err := choose(names)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	if err := (builder{log: log, out: out}).zips(ctx, functions); err != nil {
		return err
	}
	return within(budgets, out, functions)
}

func choose(names []string) ([]contract.Function, error) {
	if len(names) == 0 {
		return contract.Packaged(), nil
	}
	functions := make([]contract.Function, len(names))
	for i, name := range names {
		functions[i] = contract.Function(name)
		if !slices.Contains(contract.Packaged(), functions[i]) {
			return nil, fmt.Errorf("there is no function %q, only %q", name, contract.Packaged())
		}
	}
	return functions, nil
}

type builder struct {
	log io.Writer
	out string
}

// zips builds the functions for AWS and packs each. One compiler run for all of
// them shares what they share; then they are packed at once.
func (b builder) zips(ctx context.Context, functions []contract.Function) (err error) {
	scratch, err := os.MkdirTemp("", "fluxa-package-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	if err := b.compile(ctx, functions, scratch); err != nil {
		return err
	}
	errs := make([]error, len(functions))
	var packing sync.WaitGroup
	for i, function := range functions {
		packing.Go(func() {
			binary := filepath.Join(scratch, string(function))
			errs[i] = replace(filepath.Join(b.out, string(function)+".zip"), func(w io.Writer) error { return pack(w, function, binary) })
		})
	}
	packing.Wait()
	return errors.Join(errs...)
}

// compile writes an executable for each function into the folder, named as the
// function.
func (b builder) compile(ctx context.Context, functions []contract.Function, folder string) error {
	arguments := slices.Concat([]string{"build"}, buildflags.All("-buildid="), []string{"-o", folder + string(filepath.Separator)})
	for _, function := range functions {
		arguments = append(arguments, "github.com/fluxa/fluxa/functions/"+string(function))
	}
	cmd := exec.CommandContext(ctx, "go", arguments...)
	// An empty GOFLAGS would let the one of `go env -w` through.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0")
	cmd.Stdout, cmd.Stderr = b.log, b.log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	return nil
}

// replace writes a file beside the target and puts it into its place when it is
// whole: a target that is there can be used.
func replace(target string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(target), ".package-")
	if err != nil {
		return fmt.Errorf("create %s: %w", target, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	if err := os.Rename(file.Name(), target); err != nil {
		return fmt.Errorf("put %s into its place: %w", target, err)
	}
	return nil
}

// pack writes the zip of a function: the executable, and beside it the roots of
// Amazon RDS where it has a database.
func pack(w io.Writer, function contract.Function, binary string) error {
	in, err := os.Open(binary)
	if err != nil {
		return fmt.Errorf("open the binary: %w", err)
	}
	defer in.Close() // only read
	archive := zip.NewWriter(w)
	archive.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	if err := add(archive, bootstrap, 0o755, in); err != nil {
		return err
	}
	if hasDatabase(function) {
		if err := add(archive, path.Base(contract.RDSCAFile), 0o644, bytes.NewReader(rdsCA)); err != nil {
			return err
		}
	}
	return archive.Close()
}

func hasDatabase(function contract.Function) bool {
	return !slices.Contains([]contract.Function{contract.FunctionIngest, contract.FunctionVerify, contract.FunctionAuthorize}, function)
}

func add(archive *zip.Writer, name string, mode os.FileMode, content io.Reader) error {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
	header.SetMode(mode)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("begin the entry %s: %w", name, err)
	}
	if _, err := io.Copy(entry, content); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}
