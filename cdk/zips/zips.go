// Package zips builds what the functions' code is deployed from.
package zips

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// dist is where the zips are, below the repository's root.
const dist = "dist"

// packager is the program that builds them. The CDK app runs it and shares no
// code with the functions.
const packager = "functions/cmd/package"

// Build builds the zip of every function and returns their folder. The bytes
// depend on the source and the Go version alone, so that a deployment from
// another checkout replaces nothing. Returns an error when root is not the
// repository's, and what the compiler said.
func Build(ctx context.Context, root string, log io.Writer) (folder string, err error) {
	if _, err := os.Stat(filepath.Join(root, packager)); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is not the repository of Fluxa: it has no %s; run the CDK from the folder of cdk.json", root, packager)
	} else if err != nil {
		return "", fmt.Errorf("look for the packager: %w", err)
	}
	folder = filepath.Join(root, dist)
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", "-s", "package", "DIST="+dist)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, log, log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the functions: %w", err)
	}
	return folder, nil
}
