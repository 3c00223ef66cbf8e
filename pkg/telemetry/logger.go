// Package telemetry is what a function reports of itself: log lines in JSON,
// metrics in CloudWatch's embedded metric format, and OpenTelemetry traces that
// join those of AWS X-Ray.
package telemetry

import (
	"bytes"
	"io"
	"log/slog"
	"unicode"
	"unicode/utf8"
)

// Service says who speaks. Name is the function's, Environment the stage's; both
// are fields of each log line and dimensions of each metric.
type Service struct {
	Name        string
	Environment string
}

// Keys of a log line. Those of fields are for callers; the others are written by
// the logger itself.
const (
	KeyTimestamp   = "timestamp"
	KeyLevel       = "level"
	KeyMessage     = "message"
	KeyService     = "service"
	KeyEnvironment = "environment"

	KeyClient        = "client"
	KeyCorrelationID = "correlation_id"
	KeyEventID       = "event_id"
	KeyRequestID     = "request_id"
	KeyErrorCode     = "error_code"
	KeyError         = "error"
)

// Error returns the field that holds an error.
func Error(err error) slog.Attr { return slog.Any(KeyError, err) }

// NewLogger returns a logger that writes one JSON object a line, with one Write
// each: timestamp (UTC, RFC 3339 with milliseconds), level, message, service,
// environment, then the fields. A field, or a group, whose name says that it
// holds a payload, a password, a key or a secret is written as "[redacted]": a
// net under a caller's mistake, not a license.
func NewLogger(w io.Writer, service Service, level slog.Leveler) *slog.Logger {
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
	return slog.New(handler).With(KeyService, service.Name, KeyEnvironment, service.Environment)
}

const redacted = "[redacted]"

func replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 {
		switch a.Key {
		case slog.TimeKey:
			if a.Value.Kind() == slog.KindTime {
				return slog.String(KeyTimestamp, a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
			}
		case slog.MessageKey:
			a.Key = KeyMessage
			return a
		}
	}
	for _, group := range groups {
		if sensitive(group) {
			return slog.String(a.Key, redacted)
		}
	}
	if sensitive(a.Key) {
		return slog.String(a.Key, redacted)
	}
	return a
}

// sensitive reports whether a name is one such as api_key, x-api-key, DatabasePassword,
// payload_inline. The words about a payload are not its bytes: payload_mode and
// payload_sha256 pass.
//
// It is asked for every field of every line, and so takes no memory.
func sensitive(name string) bool {
	var buffer [64]byte
	plain := plainName(buffer[:0], name)
	switch string(plain) {
	case "payload", "payloadinline", "body", "metadata", "metadatajson", "cookie", "token":
		return true
	}
	for _, word := range sensitiveWords {
		if bytes.Contains(plain, word) {
			return !bytes.HasSuffix(plain, []byte("arn"))
		}
	}
	return false
}

var sensitiveWords = [...][]byte{
	[]byte("password"), []byte("secret"), []byte("apikey"), []byte("authorization"), []byte("credential"), []byte("databaseurl"),
}

// plainName appends the name in lower case, without what only divides words.
func plainName(out []byte, name string) []byte {
	for _, r := range name {
		switch {
		case r == '_' || r == '-' || r == '.':
		case 'A' <= r && r <= 'Z':
			out = append(out, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		default:
			out = utf8.AppendRune(out, unicode.ToLower(r))
		}
	}
	return out
}
