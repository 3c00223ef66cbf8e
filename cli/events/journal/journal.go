// Package journal remembers how far an import of a file has come, so that it goes on there
// after an interruption or a kill.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// interval is how many lines are done between two flushes to the disk. What is done since
// the last one is done again, under the same ids.
const interval = 5_000

// State is what the file of the journal holds. Of the lines before NextLine all are done.
type State struct {
	Input       string `json:"input"` // identifies what is imported
	Key         string `json:"key"`   // of which the ids are made
	NextLine    int64  `json:"next_line"`
	Accepted    int64  `json:"accepted"`
	Refused     int64  `json:"refused"`
	RejectsSize int64  `json:"rejects_size"`
	Complete    bool   `json:"complete"`
}

// Journal follows one import. Lines begin in their order and are done in any; a refused
// one is written aside when all before it are done. It is safe for concurrent use.
type Journal struct {
	path    string
	rejects *os.File

	mu      sync.Mutex
	state   State
	open    []entry // begun, in their order; the first is not done
	unsaved int64
	err     error // the first of a write; nothing counts as done after it
}

type entry struct {
	line    int64
	done    bool
	refused bool
	payload []byte
}

// Open goes on with the journal at path, or begins one. Rejects is the file for refused
// lines, which is cut to what belongs to the state; that of a whole import is not touched.
// Returns an error when the journal is of another input.
func Open(path, rejects, input string) (*Journal, error) {
	j := &Journal{path: path, state: State{Input: input, Key: "import-" + uuid.NewString(), NextLine: 1}}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &j.state); err != nil {
			return nil, fmt.Errorf("read the journal %s: %w", path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	if j.state.Input != input {
		return nil, fmt.Errorf("the journal %s is of another input (%s, and this is %s): give --journal, or remove it", path, j.state.Input, input)
	}
	if j.state.Complete {
		return j, nil
	}
	flags := os.O_CREATE | os.O_RDWR
	if text == nil {
		flags |= os.O_EXCL // it is nobody's but this import's
	}
	if j.rejects, err = os.OpenFile(rejects, flags, 0o600); err != nil {
		return nil, fmt.Errorf("open the file of rejects: %w", err)
	}
	if err := j.begin(); err != nil {
		return nil, errors.Join(err, j.rejects.Close())
	}
	return j, nil
}

func (j *Journal) begin() error {
	info, err := j.rejects.Stat()
	if err != nil {
		return fmt.Errorf("look at the file of rejects: %w", err)
	}
	if info.Size() < j.state.RejectsSize {
		return fmt.Errorf("the file of rejects %s has %d bytes, the journal knows of %d: put it back, or give --rejects and --journal to begin anew",
			j.rejects.Name(), info.Size(), j.state.RejectsSize)
	}
	if err := j.rejects.Truncate(j.state.RejectsSize); err != nil {
		return fmt.Errorf("cut the file of rejects: %w", err)
	}
	if _, err := j.rejects.Seek(j.state.RejectsSize, 0); err != nil {
		return fmt.Errorf("go to the end of the rejects: %w", err)
	}
	return j.save()
}

// State returns how far the import has come.
func (j *Journal) State() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state
}

// Begin says that a line is about to be sent.
func (j *Journal) Begin(line int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.open = append(j.open, entry{line: line})
}

// Accepted says that a line is done.
func (j *Journal) Accepted(line int64) { j.done(entry{line: line}) }

// Refused says that a line is done and will never be accepted. Of one that was too long to
// be read, payload is nil.
func (j *Journal) Refused(line int64, payload []byte) {
	j.done(entry{line: line, refused: true, payload: payload})
}

func (j *Journal) done(e entry) {
	e.done = true
	j.mu.Lock()
	defer j.mu.Unlock()
	i, found := slices.BinarySearchFunc(j.open, e.line, func(o entry, line int64) int { return int(o.line - line) })
	if !found {
		panic(fmt.Sprintf("journal: line %d is done and has not begun", e.line)) // a mistake of the caller's
	}
	j.open[i] = e
	for len(j.open) > 0 && j.open[0].done && j.err == nil {
		j.err = j.pass(j.open[0])
		j.open = j.open[1:]
	}
	if j.unsaved >= interval && j.err == nil {
		j.err = j.save()
	}
}

// pass counts a line before which all are done.
func (j *Journal) pass(e entry) error {
	if e.refused {
		if e.payload != nil {
			n, err := j.rejects.Write(append(slices.Clip(e.payload), '\n'))
			if err != nil {
				return fmt.Errorf("write a refused line aside: %w", err)
			}
			j.state.RejectsSize += int64(n)
		}
		j.state.Refused++
	} else {
		j.state.Accepted++
	}
	j.state.NextLine = e.line + 1
	j.unsaved++
	return nil
}

// save writes the rejects to the disk and then the state: the latter never speaks of more
// than there is.
func (j *Journal) save() error {
	if err := j.rejects.Sync(); err != nil {
		return fmt.Errorf("write the rejects to the disk: %w", err)
	}
	text, err := json.MarshalIndent(j.state, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the journal: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*")
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the journal: %w", err), os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), j.path); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.unsaved = 0
	return nil
}

// Close saves the state, as that of a whole import if read says that the input was read to
// its end and every line of it is done. Returns the first error of a write.
func (j *Journal) Close(read bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.rejects == nil {
		return nil
	}
	if j.err == nil {
		j.state.Complete = read && len(j.open) == 0
		j.err = j.save()
	}
	return errors.Join(j.err, j.rejects.Close())
}
