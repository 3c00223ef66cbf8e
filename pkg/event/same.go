package event

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
)

// Same reports whether two events, as Decode returns them, say the same in maybe
// other words: equal texts, an amount of the same value (1.50 is 1.5), the same
// moment, and metadata that is equal as JSON. There the order of members does not
// count, numbers are compared exactly by value (1e2 is 100, -0 is 0) and strings by
// what their escapes mean; no metadata says the same as {}. The ids are the caller's
// to compare.
//
// The time is that of sorting the members of the metadata, the memory at most eight
// bytes a bracket and sixteen a name of both. Metadata that Decode would refuse is
// the same as the same bytes alone.
func Same(a, b Event) bool {
	return a.UserID == b.UserID && a.Currency == b.Currency && a.Merchant == b.Merchant &&
		a.Timestamp.Equal(b.Timestamp) && sameNumber(a.Amount.text, b.Amount.text) && sameMetadata(a.Metadata, b.Metadata)
}

// sameNumber compares two JSON numbers. Exponents too far for splitNumber are the
// same when they are written the same; Decode refuses them.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, okX := splitNumber(a)
	y, okY := splitNumber(b)
	if !okX || !okY {
		return false
	}
	xDigits, xPoint := x.significant()
	yDigits, yPoint := y.significant()
	switch {
	case xDigits != yDigits:
		return false
	case xDigits == "":
		return true
	}
	return x.negative == y.negative && xPoint == yPoint && !x.far() && !y.far()
}

// significant returns the digits without zeros at either end, and where among them
// the point is: 0.digits × 10^point.
func (n number) significant() (digits string, point int) {
	all := n.whole + n.fraction
	digits = strings.TrimLeft(all, "0")
	point = len(n.whole) + n.shift - (len(all) - len(digits))
	return strings.TrimRight(digits, "0"), point
}

func (n number) far() bool { return max(n.shift, -n.shift) >= farthestShift }

func sameMetadata(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, okX := outlineOf(a)
	y, okY := outlineOf(b)
	return okX && okY && x.same(y, place{}, place{})
}

// outline is a JSON text in which it is known where each bracket ends, so that
// values are passed over without reading them again.
type outline struct {
	text     []byte
	brackets []bracket // in the order in which they open
	members  []member  // of the objects that are being compared
	scratch  [2][]byte
}

type bracket struct {
	end  uint32 // the place behind the closing bracket
	next uint32 // the first bracket that opens behind it
}

// place is where a value begins, and which bracket is the next to open there.
type place struct{ at, bracket uint32 }

// member is one of an object. It is found by a hash of its name; those that share
// one are told apart by the name.
type member struct {
	hash  uint32
	name  uint32 // where it lies
	value place
}

// outlineOf reports false for what is no metadata of an event.
func outlineOf(text []byte) (*outline, bool) {
	if text == nil {
		text = []byte("{}")
	}
	if !isMetadata(text) {
		return nil, false
	}
	o := &outline{text: text}
	var open []int
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i, _ = stringEnd(text, i)
		case '{', '[':
			open = append(open, len(o.brackets))
			o.brackets = append(o.brackets, bracket{})
		case '}', ']':
			last := len(open) - 1
			o.brackets[open[last]] = bracket{uint32(i + 1), uint32(len(o.brackets))}
			open = open[:last]
		}
	}
	return o, true
}

func isMetadata(text []byte) bool {
	if len(text) >= namesBytesLimit {
		return false
	}
	s := newScanner(text)
	defer s.release()
	return s.object(1) && s.at == len(text)
}

// same compares the values at two places. The nesting is bounded: see isMetadata.
func (o *outline) same(other *outline, at, otherAt place) bool {
	a, b := o.text[at.at:], other.text[otherAt.at:]
	switch {
	case isNumber(a[0]) && isNumber(b[0]):
		return sameNumber(string(a[:numberEnd(a, 0)]), string(b[:numberEnd(b, 0)]))
	case a[0] != b[0]:
		return false
	}
	switch a[0] {
	case '"':
		return bytes.Equal(o.said(at.at, 0), other.said(otherAt.at, 0))
	case '[':
		return o.sameArray(other, at, otherAt)
	case '{':
		return o.sameObject(other, at, otherAt)
	}
	return true // true, false or null
}

func isNumber(c byte) bool { return c == '-' || isDigit(c) }

func (o *outline) sameArray(other *outline, at, otherAt place) bool {
	at, more := o.enter(at)
	otherAt, otherMore := other.enter(otherAt)
	for more && otherMore {
		if !o.same(other, at, otherAt) {
			return false
		}
		at, more = o.after(at)
		otherAt, otherMore = other.after(otherAt)
	}
	return more == otherMore
}

func (o *outline) sameObject(other *outline, at, otherAt place) bool {
	first, otherFirst := o.gather(at), other.gather(otherAt)
	count := len(o.members) - first
	if count != len(other.members)-otherFirst {
		return false
	}
	for i := range count {
		m, n := o.members[first+i], other.members[otherFirst+i]
		if m.hash != n.hash || !bytes.Equal(o.said(m.name, 0), other.said(n.name, 0)) || !o.same(other, m.value, n.value) {
			return false
		}
	}
	o.members, other.members = o.members[:first], other.members[:otherFirst]
	return true
}

// gather puts the members of the object at a place behind those that are there, in
// an order that is the same for the same names, and returns where they begin.
func (o *outline) gather(at place) (first int) {
	first = len(o.members)
	for at, more := o.enter(at); more; at, more = o.after(at) {
		name := at.at
		end, _ := stringEnd(o.text, int(name))
		at.at = o.skip(end + 1)
		at.at = o.skip(int(at.at) + len(":"))
		o.members = append(o.members, member{uint32(maphash.Bytes(seed, o.said(name, 0))), name, at})
	}
	slices.SortFunc(o.members[first:], func(m, n member) int {
		if order := cmp.Compare(m.hash, n.hash); order != 0 {
			return order
		}
		return bytes.Compare(o.said(m.name, 0), o.said(n.name, 1))
	})
	return first
}

// said returns what the string says that opens at a place, in one of two scratches
// where it has escapes.
func (o *outline) said(at uint32, scratch int) []byte {
	end, _ := stringEnd(o.text, int(at))
	raw := o.text[at+1 : end]
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	o.scratch[scratch] = unescape(o.scratch[scratch][:0], raw)
	return o.scratch[scratch]
}

// enter goes to the first element or name behind an opening bracket.
func (o *outline) enter(at place) (next place, more bool) {
	next = place{o.skip(int(at.at) + 1), at.bracket + 1}
	c := o.text[next.at]
	return next, c != ']' && c != '}'
}

// after goes from a value to the next element or name.
func (o *outline) after(at place) (next place, more bool) {
	switch c := o.text[at.at]; {
	case c == '{' || c == '[':
		behind := o.brackets[at.bracket]
		next = place{behind.end, behind.next}
	case c == '"':
		end, _ := stringEnd(o.text, int(at.at))
		next = place{uint32(end + 1), at.bracket}
	default:
		end := int(at.at)
		for strings.IndexByte(",]} \n\r\t", o.text[end]) < 0 {
			end++
		}
		next = place{uint32(end), at.bracket}
	}
	next.at = o.skip(int(next.at))
	if o.text[next.at] != ',' {
		return next, false
	}
	next.at = o.skip(int(next.at) + 1)
	return next, true
}

// skip passes over space.
func (o *outline) skip(at int) uint32 {
	for at < len(o.text) && (o.text[at] == ' ' || o.text[at] == '\n' || o.text[at] == '\r' || o.text[at] == '\t') {
		at++
	}
	return uint32(at)
}
