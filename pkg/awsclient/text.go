package awsclient

import (
	"strings"
	"unicode/utf8"
)

// Text replaces the characters that SQS and SNS refuse in a message or an
// attribute by U+FFFD. They take what XML 1.0 takes: tab, line feed, carriage
// return, and all from U+0020 on but the surrogates, U+FFFE and U+FFFF.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xFFFD, r >= 0x10000:
			return r
		default:
			return utf8.RuneError
		}
	}, text)
}

// JSON escapes the characters of a JSON text that SQS and SNS refuse and JSON may
// hold as they are, within its strings: U+FFFE and U+FFFF. It decodes to the same
// value.
func JSON(text string) string { return outsideXML.Replace(text) }

var outsideXML = strings.NewReplacer("\uFFFE", `\ufffe`, "\uFFFF", `\uffff`)
