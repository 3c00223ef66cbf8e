package postgres

import (
	"fmt"
	"io"
)

const mebibyte = 1 << 20

// progress writes a line for each tenth of a download. What arrives is written to
// it.
type progress struct {
	out                io.Writer
	done, total, tenth int64
}

func newProgress(out io.Writer, total int64) *progress {
	return &progress{out: out, total: total, tenth: -1}
}

func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if p.total <= 0 {
		return len(b), nil // the repository does not say how much there is
	}
	if tenth := p.done * 10 / p.total; tenth != p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.out, "downloading PostgreSQL: %d %% of %.1f MiB\n", tenth*10, float64(p.total)/mebibyte)
	}
	return len(b), nil
}
