package event

import (
	"sync"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/contract"
)

// scanner reads JSON that is as it should be, in one pass and with no memory of
// its own for what is ordinary. It does not say what is wrong with the rest: every
// method that reads reports false for it, and for a few rare forms that are right
// too, and the caller then asks package jsontext, which is slower and knows. What a
// scanner takes, jsontext takes, to the byte: FuzzDecode_both_ways holds it to that.
type scanner struct {
	text    []byte
	at      int
	names   names
	written int // digits that numbers gain when written without exponent
	scratch []byte
}

// scanners are kept for the tables of names and for the scratch memory.
var scanners = sync.Pool{New: func() any { return new(scanner) }}

// keptBytes bounds what a scanner that nobody uses holds on to.
const keptBytes = 64 << 10

func newScanner(text []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.text, s.at, s.written = text, 0, 0
	s.names.reset(text)
	return s
}

func (s *scanner) release() {
	s.text = nil
	s.names.release()
	if cap(s.scratch) > keptBytes {
		s.scratch = nil
	}
	scanners.Put(s)
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) sees(c byte) bool { return s.at < len(s.text) && s.text[s.at] == c }

// takes steps over c, if it comes next.
func (s *scanner) takes(c byte) bool {
	if !s.sees(c) {
		return false
	}
	s.at++
	return true
}

// follows takes c after any space, and the space behind it.
func (s *scanner) follows(c byte) bool {
	s.space()
	if !s.takes(c) {
		return false
	}
	s.space()
	return true
}

// atEnd reports whether only space is left.
func (s *scanner) atEnd() bool {
	s.space()
	return s.at == len(s.text)
}

// plain are the characters that stand for themselves in a string: ASCII without
// control characters, the quote and the backslash.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// quoted reads a string and returns what stands between its quotes. It refuses
// U+0000, which no text of an event may hold.
func (s *scanner) quoted() (raw []byte, escaped, ok bool) {
	if !s.takes('"') {
		return nil, false, false
	}
	text, start := s.text, s.at
	for i := start; i < len(text); {
		c := text[i]
		switch {
		case plain[c]:
			i++
		case c == '"':
			s.at = i + 1
			return text[start:i], escaped, true
		case c == '\\':
			r, size := escape(text[i:])
			if size == 0 || r == 0 {
				return nil, false, false
			}
			escaped = true
			i += size
		case c < utf8.RuneSelf:
			return nil, false, false
		default:
			r, size := utf8.DecodeRune(text[i:])
			if r == utf8.RuneError && size == 1 {
				return nil, false, false
			}
			i += size
		}
	}
	return nil, false, false
}

// number reads a number.
func (s *scanner) number() (literal []byte, exponent, ok bool) {
	start := s.at
	s.takes('-')
	if !s.takes('0') && !s.digits() {
		return nil, false, false
	}
	if s.takes('.') && !s.digits() {
		return nil, false, false
	}
	if s.takes('e') || s.takes('E') {
		exponent = true
		if !s.takes('+') {
			s.takes('-')
		}
		if !s.digits() {
			return nil, false, false
		}
	}
	return s.text[start:s.at], exponent, true
}

// digits takes one digit or more.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
	return s.at > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (s *scanner) literal(word string) bool {
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

// value reads one value of the metadata, to the rules of scanMetadata and with no
// name twice in an object. depth is how many brackets are open around it.
func (s *scanner) value(depth int) bool {
	if s.at == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"':
		_, _, ok := s.quoted()
		return ok
	case '{':
		return s.object(depth + 1)
	case '[':
		return s.array(depth + 1)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	literal, exponent, ok := s.number()
	if !ok {
		return false
	}
	digits := len(literal)
	if exponent {
		digits = plainDigits(literal)
		s.written += max(0, digits-len(literal))
	}
	return digits <= contract.MetadataNumberDigits && s.written <= contract.MetadataExpansion
}

func (s *scanner) object(depth int) bool {
	if depth > contract.MetadataDepth || !s.follows('{') {
		return false
	}
	if s.takes('}') {
		return true
	}
	first := s.names.count()
	for {
		start := s.at
		_, escaped, ok := s.quoted()
		if !ok {
			return false
		}
		s.names.add(start+1, s.at-1, escaped)
		if !s.follows(':') || !s.value(depth) {
			return false
		}
		if s.follows(',') {
			continue
		}
		if !s.takes('}') {
			return false
		}
		_, twice := s.names.duplicate(first)
		s.names.forget(first)
		return !twice
	}
}

func (s *scanner) array(depth int) bool {
	if depth > contract.MetadataDepth || !s.follows('[') {
		return false
	}
	if s.takes(']') {
		return true
	}
	for s.value(depth) {
		if s.follows(',') {
			continue
		}
		return s.takes(']')
	}
	return false
}

// decoded returns what a string says of which raw stands between the quotes. It is
// overwritten by the next call.
func (s *scanner) decoded(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	s.scratch = unescape(s.scratch[:0], raw)
	return s.scratch
}
