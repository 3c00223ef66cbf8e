package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

const (
	maxMessageBytes        = 1 << 20
	maxMessageAttributes   = 10
	maxAttributeNameLength = 256
)

// checkMessage applies the limits of SendMessage. The size counts the body and
// the names, types and values of the attributes.
func checkMessage(m broker.Message, limit int) error {
	if m.Body == "" {
		return missingParameter("MessageBody")
	}
	if len(m.Attributes) > maxMessageAttributes {
		return invalidParameter("Number of message attributes [%d] exceeds the allowed maximum [%d].",
			len(m.Attributes), maxMessageAttributes)
	}
	for name, a := range m.Attributes {
		if err := checkAttribute(name, a); err != nil {
			return err
		}
	}
	if messageSize(m) > limit {
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", limit)
	}
	if !validCharacters(m.Body) {
		return invalidMessageContents()
	}
	return nil
}

func messageSize(m broker.Message) int {
	size := len(m.Body)
	for name, a := range m.Attributes {
		size += len(name) + len(a.DataType) + len(a.String) + len(a.Binary)
	}
	return size
}

// validCharacters reports that SQS would take the text: the characters of XML
// 1.0, which leaves out most control characters, U+FFFE and U+FFFF.
func validCharacters(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		switch {
		case r == '\t', r == '\n', r == '\r':
		case r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
		default:
			return false
		}
	}
	return true
}

func checkAttribute(name string, a broker.Attribute) error {
	if name == "" || len(name) > maxAttributeNameLength || !validAttributeName(name) {
		return invalidParameter("The message attribute name %q is invalid. Attribute names have 1 to %d of A-Z a-z 0-9 _ - and single periods between them, and do not begin with AWS. or Amazon.",
			name, maxAttributeNameLength)
	}
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch kind {
	case "Binary":
		if len(a.Binary) == 0 {
			return invalidParameter("The message attribute '%s' must contain a non-empty message attribute value for message attribute type 'Binary'.", name)
		}
		return nil
	case "String", "Number":
		if a.String == "" {
			return invalidParameter("The message attribute '%s' must contain a non-empty message attribute value for message attribute type '%s'.", name, kind)
		}
		if !validCharacters(a.String) {
			return invalidMessageContents()
		}
		if kind == "Number" && !validNumber(a.String) {
			return invalidParameter("Can't cast the value of message attribute '%s' to a number.", name)
		}
		return nil
	case "":
		return invalidParameter("The message attribute '%s' must contain a non-empty message attribute type.", name)
	default:
		return invalidParameter("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	}
}

func validAttributeName(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") {
		return false
	}
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool { return !isNameRune(r) && r != '.' }) < 0
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// validNumber keeps to the decimal notation; the length bound keeps a hostile
// exponent from becoming a number of a gigabyte.
func validNumber(s string) bool {
	if len(s) > 64 || strings.ContainsAny(s, "xXpPiInN_/") {
		return false
	}
	_, _, err := big.ParseFloat(s, 10, 64, big.ToNearestEven)
	return err == nil
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// md5OfAttributes hashes, in order of names: length and bytes of the name, of
// the data type and of the value, with one byte before the value that says
// whether it is text or binary. Empty for no attributes.
func md5OfAttributes(attributes map[string]broker.Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	var b []byte
	counted := func(v string) { b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...) }
	for _, name := range names {
		a := attributes[name]
		counted(name)
		counted(a.DataType)
		if isBinary(a.DataType) {
			b = append(b, 2)
			counted(string(a.Binary))
		} else {
			b = append(b, 1)
			counted(a.String)
		}
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func isBinary(dataType string) bool {
	kind, _, _ := strings.Cut(dataType, ".")
	return kind == "Binary"
}
