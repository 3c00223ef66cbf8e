package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const archiveTimeout = time.Minute

// Archive writes the source of a commit into a new folder. The working tree does not
// count, and is not touched.
func Archive(ctx context.Context, repository, commit, folder string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, archiveTimeout)
	defer cancel()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make a folder for commit %s: %w", commit, err)
	}
	archive := folder + ".tar"
	if err := output(ctx, repository, "git", "archive", "--format=tar", "-o", archive, commit); err != nil {
		return fmt.Errorf("archive commit %s (it must be in the clone: git fetch --unshallow): %w", commit, err)
	}
	defer func() { err = errors.Join(err, os.Remove(archive)) }()
	if err := output(ctx, folder, "tar", "-x", "-f", archive); err != nil {
		return fmt.Errorf("unpack commit %s: %w", commit, err)
	}
	return nil
}

// output runs a command in a folder. Its error has what the command wrote.
func output(ctx context.Context, folder string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv[:2], " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
