// Package mistake makes mistakes that a programmer could make, in copies of the code. The
// simulation and the checker of the running product are held to find each. It is for tests.
package mistake

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Edit replaces a text that a file of the repository has exactly once.
type Edit struct{ File, Old, New string }

// Mistake is one that a programmer could make.
type Mistake struct {
	Name  string
	Edits []Edit
}

// Overlay writes the files with the mistake into a folder, and beside them the list that has
// the go command use them in the place of those of the repository below root: -overlay.
// Returns an error for an edit that does not fit.
func (m Mistake) Overlay(root, folder string) (list string, err error) {
	contents := map[string]string{}
	for _, e := range m.Edits {
		path := filepath.Join(root, e.File)
		if _, edited := contents[path]; !edited {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", fmt.Errorf("make the mistake %q: %w", m.Name, err)
			}
			contents[path] = string(text)
		}
		if n := strings.Count(contents[path], e.Old); n != 1 {
			return "", fmt.Errorf("make the mistake %q: %s has %d times, want once:\n%s", m.Name, e.File, n, e.Old)
		}
		contents[path] = strings.Replace(contents[path], e.Old, e.New, 1)
	}
	replace := map[string]string{}
	for path, text := range contents {
		replace[path] = filepath.Join(folder, strconv.Itoa(len(replace))+"_"+filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("make the mistake %q: %w", m.Name, err)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("make the mistake %q: %w", m.Name, err)
	}
	list = filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", fmt.Errorf("make the mistake %q: %w", m.Name, err)
	}
	return list, nil
}

// tableEnds ends a table of what was found in a page.
const tableEnds = "\n<!-- end of the table -->"

// WriteTable replaces the rows of the table in a page that begins with head.
func WriteTable(page, head, rows string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("write the table of mistakes: %w", err)
	}
	before, rest, begins := strings.Cut(string(text), head)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return fmt.Errorf("write the table of mistakes: %s has no such table", page)
	}
	if err := os.WriteFile(page, []byte(before+head+rows+tableEnds+after), 0o644); err != nil {
		return fmt.Errorf("write the table of mistakes: %w", err)
	}
	return nil
}
