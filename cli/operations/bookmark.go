package operations

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/pkg/operate"
)

// place is the file that remembers how far an operation has come.
type place string

func bookmark(stage *Stage, request operate.Request) place {
	hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", stage.function, request.Operation, request.Arguments))
	return place(filepath.Join(stage.dir, "operations", fmt.Sprintf("%s-%x", request.Operation, hash[:8])))
}

// read returns the token; "" begins.
func (p place) read() (string, error) {
	text, err := os.ReadFile(string(p))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read how far the operation has come: %w", err)
	}
	return string(text), nil
}

// write replaces the file whole. Only its owner may read it: a token has ids.
func (p place) write(token string) error {
	if err := os.MkdirAll(filepath.Dir(string(p)), 0o700); err != nil {
		return fmt.Errorf("remember how far the operation has come: %w", err)
	}
	temporary := string(p) + ".new"
	if err := os.WriteFile(temporary, []byte(token), 0o600); err != nil {
		return fmt.Errorf("remember how far the operation has come: %w", err)
	}
	if err := os.Rename(temporary, string(p)); err != nil {
		return fmt.Errorf("remember how far the operation has come: %w", err)
	}
	return nil
}

func (p place) remove() error {
	if err := os.Remove(string(p)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget how far the operation had come: %w", err)
	}
	return nil
}
