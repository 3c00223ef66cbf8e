package event

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// pointerBytes bounds a JSON Pointer into metadata, whose names are the caller's.
const pointerBytes = 256

// checkMetadata looks for the first place that PostgreSQL's jsonb cannot hold or
// would blow up. The value must be valid JSON.
func checkMetadata(value jsontext.Value) (fault.Field, bool) {
	offset, detail := scanMetadata(value)
	if detail == "" {
		return fault.Field{}, true
	}
	return fault.Field{
		Pointer: "/metadata" + pointerAt(value, offset), Code: fault.InvalidValue, Detail: "metadata " + detail,
	}, false
}

// scanMetadata passes once over the bytes, without allocating: a string's end, a
// number's end and a bracket are all it has to tell apart.
func scanMetadata(value []byte) (offset int, detail string) {
	depth, written := 0, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '"':
			end, nul := stringEnd(value, i)
			if nul {
				return i, "must not hold the character U+0000"
			}
			i = end
		case c == '{' || c == '[':
			if depth++; depth > contract.MetadataDepth {
				return 0, fmt.Sprintf("is nested deeper than %d", contract.MetadataDepth)
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || ('0' <= c && c <= '9'):
			end := numberEnd(value, i)
			digits := plainDigits(value[i:end])
			if digits > contract.MetadataNumberDigits {
				return i, fmt.Sprintf("has a number of more than %d digits when written without exponent", contract.MetadataNumberDigits)
			}
			if written += max(0, digits-(end-i)); written > contract.MetadataExpansion {
				return i, fmt.Sprintf("has numbers that take %d digits more when written without exponent", contract.MetadataExpansion)
			}
			i = end - 1
		}
	}
	return 0, ""
}

// stringEnd returns the index of the closing quote of the string that opens at
// start, and whether U+0000 is in it. Raw, that character is not valid JSON.
func stringEnd(value []byte, start int) (end int, nul bool) {
	for i := start + 1; ; i++ {
		switch value[i] {
		case '"':
			return i, nul
		case '\\':
			nul = nul || bytes.HasPrefix(value[i:], []byte(`\u0000`))
			i++
		}
	}
}

func numberEnd(value []byte, start int) int {
	for i := start; i < len(value); i++ {
		switch c := value[i]; {
		case '0' <= c && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
		default:
			return i
		}
	}
	return len(value)
}

// plainDigits bounds how many digits a number has when written without exponent,
// as jsonb writes it on the way out.
func plainDigits(literal []byte) int {
	if !bytes.ContainsAny(literal, "eE") {
		return len(literal)
	}
	n, ok := splitNumber(string(literal))
	if !ok {
		return farthestShift // unreachable: the literal is valid JSON
	}
	return len(n.whole) + len(n.fraction) + max(n.shift, -n.shift)
}

// pointerAt returns the JSON Pointer of the token at offset, or of an ancestor of
// it when that would be too long.
func pointerAt(value []byte, offset int) string {
	if offset == 0 {
		return ""
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(value))
	for dec.InputOffset() <= int64(offset) {
		if _, err := dec.ReadToken(); err != nil {
			return "" // unreachable: the value is valid JSON
		}
	}
	pointer := string(dec.StackPointer())
	for len(pointer) > pointerBytes {
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
	return pointer
}
