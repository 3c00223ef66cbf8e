package console

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

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
	case d == 0:
		return "0 s"
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

// OneLine returns the text of an error in one line, safe for a terminal.
func OneLine(err error) string { return Clean(strings.Join(strings.Fields(err.Error()), " ")) }

// OrDash returns text made safe for a terminal, or a dash where there is none.
func OrDash(text string) string {
	if text == "" {
		return "-"
	}
	return Clean(text)
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
