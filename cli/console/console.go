// Package console is where a command talks to people: in colour and with a moving
// bar on a terminal, in plain lines elsewhere.
package console

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/vbauerster/cupwriter"
)

// Console is what a command reads and writes, and its clock. Every field is
// required.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
}

// Standard returns the console of this process.
func Standard() Console { return Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now} }

// Format is how a command that reads writes its result: for people on a terminal, for
// programs elsewhere.
type Format struct {
	Output string `short:"o" enum:"auto,json,text" default:"auto" placeholder:"FORMAT" help:"json or text (default: text on a terminal, json elsewhere)."`
}

// AsJSON reports whether the result is to be JSON.
func (f Format) AsJSON(c Console) bool {
	return f.Output == "json" || (f.Output != "text" && !IsTerminal(c.Out))
}

// TextFormat is how a command that acts writes its result: as text wherever it goes.
type TextFormat struct {
	Output string `short:"o" enum:"json,text" default:"text" placeholder:"FORMAT" help:"json or text (default ${default})."`
}

// JSON writes v to Out, indented, and safe for a terminal.
func (c Console) JSON(v any) error {
	var document bytes.Buffer
	encoder := json.NewEncoder(&document)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return c.writeJSON(document.Bytes())
}

// RawJSON writes a JSON document to Out, indented, and safe for a terminal. It moves
// white space and reads no number, so that every digit stays.
func (c Console) RawJSON(document json.RawMessage, prefix string) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, document, prefix, "  "); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	indented.WriteByte('\n')
	return c.writeJSON(indented.Bytes())
}

// JSONLine writes v to Out in one line, safe for a terminal.
func (c Console) JSONLine(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.writeJSON(append(line, '\n'))
}

func (c Console) writeJSON(document []byte) error {
	_, err := Escaping(c.Out).Write(document)
	return err
}

// Escaping returns a writer of JSON documents to w that escapes every character that is not
// printable, so that none can move a terminal's cursor. Such a character can only be inside
// a string, where the escape means the same. Each write must be of whole characters.
func Escaping(w io.Writer) io.Writer { return escaping{w} }

type escaping struct{ w io.Writer }

func (e escaping) Write(document []byte) (int, error) {
	safe := make([]byte, 0, len(document))
	for _, r := range string(document) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			safe = utf8.AppendRune(safe, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			safe = fmt.Appendf(safe, `\u%04x\u%04x`, high, low)
		default:
			safe = fmt.Appendf(safe, `\u%04x`, r)
		}
	}
	if _, err := e.w.Write(safe); err != nil {
		return 0, err
	}
	return len(document), nil
}

// Table returns a writer of tab-separated rows that aligns them on Out when it is
// flushed.
func (c Console) Table() *tabwriter.Writer { return tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0) }

// Confirm asks a question and reports whether the answer is yes.
func (c Console) Confirm(question string) bool {
	fmt.Fprintf(c.Out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.In).ReadString('\n')
	return err == nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(answer)), "y")
}

// Logger returns a logger that writes warnings to Err, without the time.
func (c Console) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.Err, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) == 0 && attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	}))
}

// IsTerminal reports whether w is a terminal.
func IsTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && cupwriter.New(file, false).IsTerminal()
}

// Style colours words. The zero value leaves them as they are.
type Style struct{ on bool }

// StyleFor returns the style for what is written to w: colours on a terminal,
// unless the environment variable NO_COLOR is set to anything.
func StyleFor(w io.Writer) Style {
	return Style{on: IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Good colours success.
func (s Style) Good(text string) string { return s.paint("32", text) }

// Bad colours failure.
func (s Style) Bad(text string) string { return s.paint("31", text) }

// Hue colours text by a number, the same number the same way; a negative one not at all.
func (s Style) Hue(n int, text string) string {
	hues := []string{"36", "35", "34", "33", "32"}
	if n < 0 {
		return text
	}
	return s.paint(hues[n%len(hues)], text)
}

// Dim colours what matters less.
func (s Style) Dim(text string) string { return s.paint("2", text) }

func (s Style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
