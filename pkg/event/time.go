package event

import (
	"errors"
	"regexp"
	"time"
)

// Reasons why a text is no time.
var (
	ErrTimeSyntax = errors.New("must be an RFC 3339 time such as 2026-01-31T23:59:59Z")
	ErrTimeRange  = errors.New("must lie in the years 1 to 9999")
)

// timePattern is RFC 3339 with capital T and Z. Package time alone takes more: a
// comma for the point, an hour of one digit, an offset of 99 hours.
var timePattern = regexp.MustCompile(
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// ParseTime reads an RFC 3339 time and returns it in UTC, to the microsecond:
// what PostgreSQL holds. Further digits are cut off. Returns ErrTimeSyntax, or
// ErrTimeRange for what no longer lies in the years 1 to 9999 in UTC.
func ParseTime(text string) (time.Time, error) {
	if !timePattern.MatchString(text) {
		return time.Time{}, ErrTimeSyntax
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, ErrTimeSyntax
	}
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, ErrTimeRange
	}
	return t.Truncate(time.Microsecond), nil
}
