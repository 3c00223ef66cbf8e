package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/fault"
)

// errTrailing says that a second value follows the first.
var errTrailing = errors.New("there is more after the JSON value")

// depthLimit is the deepest nesting that package jsontext reads.
const depthLimit = 10_000

// malformed says why body is not one JSON value, and where. The cause is left
// out on purpose: its text holds names of the payload, at any length.
func malformed(body []byte, err error) error {
	what := "is not valid JSON"
	syntax, located := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case len(bytes.Trim(body, " \t\r\n")) == 0:
		return fault.New(fault.MalformedJSON, "the body is empty")
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		return fault.New(fault.MalformedJSON, "the body is gzip: name it in Content-Encoding, or send the JSON uncompressed")
	case bytes.HasPrefix(body, []byte("\uFEFF")):
		return fault.New(fault.MalformedJSON, "the body begins with a byte order mark: send the JSON without it")
	case errors.Is(err, errTrailing):
		return fault.New(fault.MalformedJSON, "the body has more after its JSON value")
	case errors.Is(err, jsontext.ErrDuplicateName):
		what = "has the same name twice in one object"
	case errors.Is(err, io.ErrUnexpectedEOF):
		what = "ends too early"
	case !located:
	case notUTF8(body[min(syntax.ByteOffset, int64(len(body))):]):
		what = "is not UTF-8"
	case halfPair(body[min(syntax.ByteOffset, int64(len(body))):]):
		what = `has half a surrogate pair (\ud800 to \udfff)`
	case nesting(body) > depthLimit:
		what = fmt.Sprintf("is nested deeper than %d", depthLimit)
	}
	if !located {
		return fault.New(fault.MalformedJSON, "the body "+what)
	}
	return fault.Newf(fault.MalformedJSON, "the body %s, at byte %d", what, syntax.ByteOffset)
}

func notUTF8(rest []byte) bool {
	r, size := utf8.DecodeRune(rest)
	return r == utf8.RuneError && size == 1
}

func halfPair(rest []byte) bool {
	return len(rest) > 3 && rest[0] == '\\' && rest[1] == 'u' && rest[2]|0x20 == 'd' &&
		bytes.IndexByte([]byte("89abcdefABCDEF"), rest[3]) >= 0
}

// nesting returns how deep the brackets of a text go, those within strings left
// out.
func nesting(text []byte) int {
	depth, deepest, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString:
			if c == '\\' {
				i++
			}
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// Bounds of what an error repeats of names that the caller made up.
const (
	unknownNamed   = 8  // fields
	nameCharacters = 64 // of each
)

// unknownFields gathers the names that are no fields. It keeps the first few: a
// body of five million bytes can hold half a million.
type unknownFields struct {
	names []string
	count int
}

func (u *unknownFields) add(name string) {
	if u.count++; u.count <= unknownNamed {
		u.names = append(u.names, shorten(name))
	}
}

// faults says of each name that it is not a field of what owner names, and how
// many more there are. Only the pointer holds the name: details go into logs,
// where nothing of a payload belongs.
func (u *unknownFields) faults(owner string) []fault.Field {
	out := make([]fault.Field, 0, len(u.names)+1)
	for _, name := range u.names {
		out = append(out, fault.Field{
			Pointer: string(jsontext.Pointer("").AppendToken(name)), Code: fault.UnknownField,
			Detail: "this is not a field of " + owner,
		})
	}
	if more := u.count - len(u.names); more > 0 {
		out = append(out, fault.Field{Code: fault.UnknownField, Detail: fmt.Sprintf("%d more are not fields of %s", more, owner)})
	}
	return out
}

// shorten bounds a name of the caller's that an error repeats.
func shorten(name string) string {
	characters := 0
	for i := range name {
		if characters++; characters > nameCharacters {
			return name[:i] + "…"
		}
	}
	return name
}
