package event

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// escape reads the escape sequence that text begins with, a surrogate pair as one.
// The size is 0 when it is none.
func escape(text []byte) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case '"', '\\', '/':
		return rune(text[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := codeUnit(text)
		if !ok {
			return 0, 0
		}
		if !utf16.IsSurrogate(r) {
			return r, 6
		}
		second, ok := codeUnit(text[6:])
		if pair := utf16.DecodeRune(r, second); ok && pair != utf8.RuneError {
			return pair, 12
		}
	}
	return 0, 0
}

// codeUnit reads \uXXXX.
func codeUnit(text []byte) (r rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, c := range text[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unescape appends to out what a valid string says of which raw stands between the
// quotes.
func unescape(out, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(out, raw...)
		}
		out = append(out, raw[:i]...)
		r, size := escape(raw[i:])
		if size == 0 {
			return append(out, raw[i:]...) // unreachable: the string is valid
		}
		out = utf8.AppendRune(out, r)
		raw = raw[i+size:]
	}
}
