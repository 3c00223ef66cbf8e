// Package console writes for people: in colour and with a bar that moves where
// there is a terminal, in plain lines elsewhere.
package console

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/vbauerster/cupwriter"
)

// IsTerminal tells whether w is a terminal.
func IsTerminal(w any) bool {
	file, ok := w.(*os.File)
	return ok && cupwriter.New(file, false).IsTerminal()
}

// Style colours words. The zero value leaves them as they are.
type Style struct{ on bool }

// StyleFor returns the style for what is written to w: colours on a terminal,
// unless the environment variable NO_COLOR is set to anything.
func StyleFor(w io.Writer, getenv func(string) string) Style {
	return Style{on: IsTerminal(w) && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// Good colours what is well.
func (s Style) Good(text string) string { return s.paint("32", text) }

// Bad colours what is not.
func (s Style) Bad(text string) string { return s.paint("31", text) }

// Dim colours what matters less.
func (s Style) Dim(text string) string { return s.paint("2", text) }

// Strong sets a word off.
func (s Style) Strong(text string) string { return s.paint("1", text) }

func (s Style) paint(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Number writes n with a comma before each three digits.
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Count writes n with the noun, in the plural unless there is one.
func Count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Duration writes d with as many digits as a person reads: 1.2 ms, 3.4 s, 5 min,
// 6 h, 7 d.
func Duration(d time.Duration) string {
	decimal := func(value float64, unit string) string {
		places := 1
		if value >= 100 {
			places = 0
		}
		return strconv.FormatFloat(value, 'f', places, 64) + " " + unit
	}
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second:
		return decimal(float64(d)/float64(time.Millisecond), "ms")
	case d < 2*time.Minute:
		return decimal(d.Seconds(), "s")
	case d < 2*time.Hour:
		return strconv.FormatInt(int64(d.Minutes()), 10) + " min"
	case d < 48*time.Hour:
		return strconv.FormatInt(int64(d.Hours()), 10) + " h"
	default:
		return strconv.FormatInt(int64(d.Hours()/24), 10) + " d"
	}
}

// Clean makes text from elsewhere safe for a terminal: what is not printable
// becomes a space, so that no message can move the cursor or hide a line.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// Fit shortens text to at most width characters.
func Fit(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}
