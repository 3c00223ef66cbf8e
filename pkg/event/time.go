package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Reasons why a text is not a time. The last three are of times that RFC 3339 lets an
// application take or not, and are ErrTimeSyntax too.
var (
	ErrTimeSyntax     = errors.New("must be an RFC 3339 time such as 2026-01-31T23:59:59Z")
	ErrTimeRange      = errors.New("must lie in the years 1 to 9999")
	ErrTimeCapitals   = fmt.Errorf("%w, with T and Z in capitals", ErrTimeSyntax)
	ErrTimeSeparator  = fmt.Errorf("%w, with a T between date and time", ErrTimeSyntax)
	ErrTimeLeapSecond = fmt.Errorf("%w, and not on a leap second: it would be stored as another one", ErrTimeSyntax)
)

// ParseTime reads an RFC 3339 time and returns it in UTC, to the microsecond:
// what PostgreSQL holds. Further digits are cut off. Returns ErrTimeSyntax, or
// ErrTimeRange for what no longer lies in the years 1 to 9999 in UTC.
func ParseTime(text string) (time.Time, error) { return parseTime(text) }

func parseTime[T string | []byte](text T) (time.Time, error) {
	t, ok := rfc3339(text)
	if !ok {
		return time.Time{}, whyNot(string(text))
	}
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, ErrTimeRange
	}
	return t.Truncate(time.Microsecond), nil
}

// rfc3339 reads an RFC 3339 time with capital T and Z, and returns it in UTC to the
// nanosecond. Package time alone takes more: a comma for the point, an hour of one
// digit, an offset of 99 hours.
func rfc3339[T string | []byte](text T) (t time.Time, ok bool) {
	const dateTime, zoned = len("2026-01-31T23:59:59"), len("+00:00")
	if len(text) <= dateTime || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	century, year := twoDigits(text, 0), twoDigits(text, 2)
	month, day := twoDigits(text, 5), twoDigits(text, 8)
	hour, minute, second := twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)
	if century < 0 || year < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return time.Time{}, false
	}
	year += century * 100
	if month < 1 || month > 12 || day < 1 || day > daysIn(month, year) {
		return time.Time{}, false
	}
	rest := text[dateTime:]
	nanoseconds := 0
	if rest[0] == '.' {
		digits := 1
		for unit := 100_000_000; digits < len(rest) && isDigit(rest[digits]); digits++ {
			nanoseconds += int(rest[digits]-'0') * unit
			unit /= 10
		}
		if digits == 1 {
			return time.Time{}, false
		}
		rest = rest[digits:]
	}
	t = time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC)
	switch {
	case len(rest) == 1 && rest[0] == 'Z':
		return t, true
	case len(rest) != zoned || rest[3] != ':' || (rest[0] != '+' && rest[0] != '-'):
		return time.Time{}, false
	}
	hours, minutes := twoDigits(rest, 1), twoDigits(rest, 4)
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return time.Time{}, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if rest[0] == '+' {
		offset = -offset
	}
	return t.Add(offset), true
}

// whyNot names what keeps a text from being a time that is taken.
func whyNot(text string) error {
	const separator, seconds = len("2026-01-31"), len("2026-01-31T23:59:")
	if capitals := strings.ToUpper(text); capitals != text && isTime(capitals) {
		return ErrTimeCapitals
	}
	if len(text) > separator && text[separator] == ' ' && isTime(text[:separator]+"T"+text[separator+1:]) {
		return ErrTimeSeparator
	}
	if strings.HasPrefix(text[min(seconds, len(text)):], "60") && isTime(text[:seconds]+"59"+text[seconds+2:]) {
		return ErrTimeLeapSecond
	}
	return ErrTimeSyntax
}

func isTime(text string) bool {
	_, ok := rfc3339(text)
	return ok
}

// twoDigits returns -1 where there are none.
func twoDigits[T string | []byte](text T, at int) int {
	if !isDigit(text[at]) || !isDigit(text[at+1]) {
		return -1
	}
	return int(text[at]-'0')*10 + int(text[at+1]-'0')
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
