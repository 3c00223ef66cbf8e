package event

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"slices"
)

// names finds a name that an object has twice. It keeps where each name of the
// objects that are open lies in the text, and never the name: 8 bytes each, and 6
// to 12 bytes more while one object is looked through. Package jsontext's own table
// took 100 MB for a payload of 5 MiB with nothing but distinct names.
type names struct {
	text    []byte
	list    []name
	table   []uint32 // places in list, plus one; 0 is free
	scratch [2][]byte
}

// name says where a name lies, without its quotes.
type name struct {
	start uint32
	end   uint32 // its lowest bit says that the name holds escapes
}

// namesBytesLimit is the longest text whose places fit into a name.
const namesBytesLimit = 1 << 31

func (n *names) reset(text []byte) { n.text, n.list = text, n.list[:0] }

func (n *names) release() {
	n.text = nil
	if cap(n.list)*8 > keptBytes {
		n.list = nil
	}
	if cap(n.table)*4 > keptBytes {
		n.table = nil
	}
	for i := range n.scratch {
		if cap(n.scratch[i]) > keptBytes {
			n.scratch[i] = nil
		}
	}
}

func (n *names) count() int { return len(n.list) }

func (n *names) add(start, end int, escaped bool) {
	of := name{uint32(start), uint32(end) << 1}
	if escaped {
		of.end |= 1
	}
	if len(n.list) == cap(n.list) && len(n.list) >= manyNames {
		// As many to come as there were so far, by their share of the text: doubling
		// step by step would leave four times as much garbage.
		n.list = slices.Grow(n.list, 16+len(n.list)*(len(n.text)-start)/start)
	}
	n.list = append(n.list, of)
}

// manyNames is from where on the list grows by what the text seems to hold.
const manyNames = 1024

func (n *names) forget(first int) { n.list = n.list[:first] }

// decoded returns what a name says, in one of two scratches where it has escapes.
func (n *names) decoded(of name, scratch int) []byte {
	raw := n.text[of.start : of.end>>1]
	if of.end&1 == 0 {
		return raw
	}
	n.scratch[scratch] = unescape(n.scratch[scratch][:0], raw)
	return n.scratch[scratch]
}

// fewNames is up to where comparing each with each is cheaper than a table.
const fewNames = 8

// duplicate returns where the first name lies, among those added since first, that
// says the same as one before it. Names are compared whole: two that only share a
// hash are two names.
func (n *names) duplicate(first int) (offset int, found bool) {
	list := n.list[first:]
	if len(list) > fewNames {
		return n.lookUp(list)
	}
	for i := range list {
		said := n.decoded(list[i], 0)
		for _, before := range list[:i] {
			if bytes.Equal(said, n.decoded(before, 1)) {
				return int(list[i].start) - 1, true
			}
		}
	}
	return 0, false
}

// seed is random, so that nobody can choose names that share a hash.
var seed = maphash.MakeSeed()

// lookUp does the same through a hash table, at most two thirds full, with open
// addressing.
func (n *names) lookUp(list []name) (offset int, found bool) {
	size := 1 << bits.Len(uint(len(list)+len(list)/2))
	if cap(n.table) < size {
		n.table = make([]uint32, size)
	}
	table := n.table[:size]
	clear(table)
	for i, of := range list {
		said := n.decoded(of, 0)
		at := int(maphash.Bytes(seed, said)) & (size - 1)
		for ; table[at] != 0; at = (at + 1) & (size - 1) {
			if bytes.Equal(said, n.decoded(list[table[at]-1], 1)) {
				return int(of.start) - 1, true
			}
		}
		table[at] = uint32(i + 1)
	}
	return 0, false
}

// firstDuplicate returns where the first name lies that its object has twice, within
// the first end bytes of a text of which these are valid JSON as far as they go.
func firstDuplicate(text []byte, end int) (offset int, found bool) {
	var n names
	n.reset(text)
	consider := func(first int) {
		if at, twice := n.duplicate(first); twice && (!found || at < offset) {
			offset, found = at, true
		}
		n.forget(first)
	}
	const array = -1
	var open []int // for each open object the place of its first name
	inObject := func() bool { return len(open) > 0 && open[len(open)-1] != array }
	nameIsNext := false
	for i := 0; i < end; i++ {
		switch text[i] {
		case '{':
			open, nameIsNext = append(open, n.count()), true
		case '[':
			open, nameIsNext = append(open, array), false
		case '}', ']':
			if inObject() {
				consider(open[len(open)-1])
			}
			open, nameIsNext = open[:max(len(open)-1, 0)], false
		case ',':
			nameIsNext = inObject()
		case '"':
			start := i + 1
			escaped := false
			for i = start; i < end && text[i] != '"'; i++ {
				if text[i] == '\\' {
					escaped = true
					i++
				}
			}
			if nameIsNext && i < end {
				n.add(start, i, escaped)
			}
			nameIsNext = false
		}
	}
	for ; len(open) > 0; open = open[:len(open)-1] {
		if inObject() {
			consider(open[len(open)-1])
		}
	}
	return offset, found
}
