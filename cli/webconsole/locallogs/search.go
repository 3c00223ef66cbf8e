package locallogs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Search returns the lines of all functions whose event id or correlation id is one of the
// ids, in the order of the files: up to limit lines, those of logs that were set aside
// included.
func (f *Folder) Search(ctx context.Context, ids []string, limit int) ([][]byte, error) {
	words, err := words(ids)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, file := range f.files {
		for _, path := range []string{file.path + ".1", file.path} {
			err := find(ctx, path, words, func(line []byte) bool {
				out = append(out, bytes.Clone(line))
				return len(out) < limit
			})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return out, fmt.Errorf("search %s: %w", path, err)
			}
		}
	}
	return out, nil
}

// words are the ids as the functions' logger writes them.
func words(ids []string) ([][]byte, error) {
	var out [][]byte
	for _, id := range ids {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(id); err != nil {
			return nil, err
		}
		value := bytes.TrimSpace(text.Bytes())
		for _, key := range []string{telemetry.KeyEventID, telemetry.KeyCorrelationID} {
			out = append(out, fmt.Appendf(nil, "%q:%s", key, value))
		}
	}
	return out, nil
}

// find hands over lines that have one of the words, until take says that it has enough.
func find(ctx context.Context, path string, words [][]byte, take func([]byte) bool) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	reader := bufio.NewReaderSize(file, longest+1)
	for n := 0; ; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := reader.ReadSlice('\n')
		for _, word := range words {
			if bytes.Contains(line, word) {
				if !take(bytes.TrimRight(line, "\n")) {
					return nil
				}
				break
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}
