package console

import (
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/vbauerster/cupwriter"
)

// Width is how many columns Out has, 0 where it is not a terminal.
func (c Console) Width() int {
	file, ok := c.Out.(*os.File)
	if !ok {
		return 0
	}
	terminal := cupwriter.New(file, false)
	if !terminal.IsTerminal() {
		return 0
	}
	width, _, err := terminal.GetTermSize()
	if err != nil {
		return 0
	}
	return width
}

// Wrap breaks a line, which may have colours, where the terminal ends; what follows is
// indented. Elsewhere the line stays as it is.
func (c Console) Wrap(line string, indent int) string {
	width := c.Width()
	if width <= 0 || ansi.StringWidth(line) <= width {
		return line
	}
	margin := strings.Repeat(" ", min(indent, width/2))
	first := ansi.Truncate(line, width, "")
	rest := strings.TrimLeft(ansi.TruncateLeft(line, width, ""), " ")
	return first + "\n" + margin + strings.ReplaceAll(ansi.Wrap(rest, width-len(margin), ""), "\n", "\n"+margin)
}

// Rows is a table that fits the terminal.
type Rows struct {
	console Console
	rows    [][]string // the first is the head
	flexes  int        // the column that may be shortened
}

// least is as far as a column is shortened.
const least = 12

// Rows returns a table with these heads, of which the column flexes may be shortened; -1
// for none.
func (c Console) Rows(flexes int, heads ...string) *Rows {
	return &Rows{console: c, rows: [][]string{heads}, flexes: flexes}
}

// Add adds a row, with as many cells as there are heads.
func (r *Rows) Add(cells ...string) { r.rows = append(r.rows, cells) }

// Flush writes the table to Out. On a terminal too narrow for it even when the column that
// flexes is shortened, each row is written as a line a cell.
func (r *Rows) Flush() error {
	widths := make([]int, len(r.rows[0]))
	for _, row := range r.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	total := 2 * (len(widths) - 1)
	for _, width := range widths {
		total += width
	}
	if limit := r.console.Width(); limit > 0 && total > limit {
		if r.flexes < 0 || widths[r.flexes]-(total-limit) < min(least, widths[r.flexes]) {
			return r.blocks()
		}
		widths[r.flexes] -= total - limit
	}
	for _, row := range r.rows {
		var line strings.Builder
		for i, cell := range row {
			cell = ansi.Truncate(cell, widths[i], "…")
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(r.console.Out, line.String()); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rows) blocks() error {
	heads := 0
	for _, head := range r.rows[0] {
		heads = max(heads, len(head))
	}
	for n, row := range r.rows[1:] {
		if n > 0 {
			fmt.Fprintln(r.console.Out)
		}
		for i, cell := range row {
			line := fmt.Sprintf("%-*s  %s", heads, r.rows[0][i], cell)
			if _, err := fmt.Fprintln(r.console.Out, r.console.Wrap(line, heads+2)); err != nil {
				return err
			}
		}
	}
	return nil
}
