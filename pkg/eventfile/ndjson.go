package eventfile

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
)

// ndjson is a file with a line for each event. The amount is a string: of a number, a
// reader that holds numbers in floats would lose digits.
type ndjson struct {
	zipped *gzip.Writer
	lines  *jsontext.Encoder // ends each value with a newline
}

func beginNDJSON(out io.Writer) (export.File, error) {
	zipped := gzip.NewWriter(out)
	return &ndjson{zipped, jsontext.NewEncoder(zipped)}, nil
}

// Add writes the line of an event.
func (f *ndjson) Add(e event.Stored) error { return json.MarshalEncode(f.lines, rowOf(e)) }

// Finish writes what is left. The file is whole only then.
func (f *ndjson) Finish() error { return f.zipped.Close() }
