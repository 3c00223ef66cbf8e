package background

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// marker is a file that says that the folder is a stack's alone, and keeps it out
// of git.
const (
	marker     = ".gitignore"
	markerText = "# The data of a local Fluxa stack: `fluxa reset` removes this folder.\n*\n"
)

// Claim makes the data folder. One that is new or empty is marked as the stack's
// own, which is what RemoveData asks for; one with other files in it is used, and
// never removed.
func Claim(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the data folder cannot be made (choose another with --dir): %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the data folder cannot be read (choose another with --dir): %w", err)
	}
	if len(entries) > 0 {
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, marker), []byte(markerText), 0o644); err != nil {
		return fmt.Errorf("the data folder cannot be written (choose another with --dir): %w", err)
	}
	return nil
}

// HasData reports whether there is a folder to remove.
func HasData(dir string) bool {
	_, err := os.Lstat(dir)
	return !errors.Is(err, fs.ErrNotExist)
}

// RemoveData removes the folder with everything in it. It refuses a folder that
// Claim did not mark, and one that the working directory or the home directory
// lies in.
func RemoveData(dir string) error {
	path, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("remove the data: %w", err)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return fmt.Errorf("remove the data: %w", err)
	}
	for name, find := range map[string]func() (string, error){"the working directory": os.Getwd, "the home directory": os.UserHomeDir} {
		inside, err := find()
		if err != nil {
			continue // there is none
		}
		if real, err := filepath.EvalSymlinks(inside); err == nil {
			inside = real
		}
		if below, err := filepath.Rel(path, inside); err == nil && below != ".." && !strings.HasPrefix(below, "../") {
			return fmt.Errorf("%s is not removed: %s lies in it", dir, name)
		}
	}
	text, err := os.ReadFile(filepath.Join(path, marker))
	if err != nil || string(text) != markerText {
		return fmt.Errorf("%s is not removed: it was not made by `fluxa up`, or had other files in it; remove by hand what you do not need", dir)
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove the data: %w", err)
	}
	return nil
}
