package event

import "bytes"

// QuotedSize returns how many bytes a JSON text takes at most when it travels as
// a JSON string inside another one, as every body does between API Gateway and
// Lambda.
func QuotedSize(text []byte) int {
	size := len(text) + 2
	for _, b := range text {
		switch {
		case b == '"', b == '\\', b == '\n', b == '\r', b == '\t':
			size++
		case b < 0x20:
			size += 5
		}
	}
	// Encoders for the web write U+2028 and U+2029 as six characters, not three.
	size += 3 * (bytes.Count(text, []byte("\u2028")) + bytes.Count(text, []byte("\u2029")))
	return size
}
