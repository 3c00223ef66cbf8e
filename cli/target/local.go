package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/cli/process"
	"github.com/fluxa/fluxa/local/stack"
)

// dataFolder is where `make up` keeps the local stack's data, below the repository.
const dataFolder = ".fluxa"

// Local names the local stack.
type Local struct {
	Dir string `group:"target" env:"FLUXA_DIR" placeholder:"FOLDER" help:"Data folder of the local stack. Default: .fluxa, in this folder or in one above it in the repository."`
}

// Folder is the data folder: the given one, else the nearest .fluxa up to the top of the
// repository, else .fluxa in this folder.
func (t Local) Folder() string {
	if t.Dir != "" {
		return t.Dir
	}
	for folder := "."; ; folder = filepath.Join("..", folder) {
		if isFolder(filepath.Join(folder, dataFolder)) {
			return filepath.Join(folder, dataFolder)
		}
		above, err := filepath.Abs(folder)
		if _, top := os.Stat(filepath.Join(folder, ".git")); err != nil || top == nil || above == filepath.Dir(above) {
			return dataFolder
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Running returns the local stack; instead is the flag to suggest when none runs.
func (t Local) Running(instead string) (stack.Info, error) {
	folder := t.Folder()
	info, err := stack.ReadInfo(folder)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !process.IsStack(info.PID)) {
		return info, fmt.Errorf("no local stack under %s: run `make up`, or give %s", folder, instead)
	}
	return info, err
}

// runs reports whether a local stack runs.
func (t Local) runs() bool {
	_, err := t.Running("")
	return err == nil
}
