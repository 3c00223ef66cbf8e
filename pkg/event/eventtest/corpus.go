package eventtest

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

// corpus has a payload a line, as a Go string. `make fuzz-corpus` writes it.
//
//go:embed corpus.txt
var corpus string

// Corpus returns payloads that fuzzing the decoder has found: each takes it a way that
// no other does. Most are refused.
func Corpus() [][]byte {
	var out [][]byte
	for line := range strings.Lines(corpus) {
		payload, err := strconv.Unquote(strings.TrimSuffix(line, "\n"))
		if err != nil {
			panic(fmt.Sprintf("corpus.txt: %s: %v", line, err))
		}
		out = append(out, []byte(payload))
	}
	return out
}
