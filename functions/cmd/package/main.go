// Command package builds the Lambda functions: zips for AWS, or plain binaries
// for this machine. A zip depends on the source and the Go version alone: paths,
// times, owners and the state of the checkout do not enter it.
package main

import (
	"archive/zip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// epoch is the time that every entry of a zip carries: the earliest the format has.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func main() {
	out := flag.String("out", "dist", "folder to write to")
	local := flag.Bool("local", false, "build plain binaries for this machine instead of zips for arm64 on AWS")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *out, *local); err != nil {
		fmt.Fprintln(os.Stderr, "package:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, local bool) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	for _, function := range contract.Functions() {
		if local {
			if err := build(ctx, function, filepath.Join(out, string(function)), nil); err != nil {
				return err
			}
			continue
		}
		if err := pack(ctx, function, out); err != nil {
			return err
		}
	}
	return nil
}

func build(ctx context.Context, function contract.Function, target string, env []string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags", "-s -w -buildid=", "-o", target, "github.com/fluxa/fluxa/functions/"+string(function))
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), env...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", function, err)
	}
	return nil
}

func pack(ctx context.Context, function contract.Function, out string) (err error) {
	scratch, err := os.MkdirTemp("", "fluxa-package-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	binary := filepath.Join(scratch, "bootstrap")
	if err := build(ctx, function, binary, []string{"GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0"}); err != nil {
		return err
	}
	return zipFile(filepath.Join(out, string(function)+".zip"), binary)
}

// zipFile writes a zip with one executable, called bootstrap, which is the name
// that Lambda starts.
func zipFile(target, binary string) (err error) {
	in, err := os.Open(binary)
	if err != nil {
		return fmt.Errorf("open the binary: %w", err)
	}
	defer in.Close() // only read
	file, err := os.Create(target)
	if err != nil {
		return fmt.Errorf("create the zip: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	archive := zip.NewWriter(file)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: epoch}
	header.SetMode(fs.FileMode(0o755))
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	if _, err := io.Copy(entry, in); err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write %s: %w", target, err)
	}
	return nil
}
