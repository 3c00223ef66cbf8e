package load

import (
	"encoding/json"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// batch collects events for one request, within what the API and Lambda take.
type batch struct {
	items  []Item
	bytes  int
	quoted int
}

const (
	framing     = 32 // {"events":[ and ]}, quoted
	bytesLimit  = contract.BodyLimit - framing
	quotedLimit = contract.InvocationLimit - contract.InvocationReserve - framing
)

// fits reports whether another event can come along in the same request.
func (b *batch) fits(item Item, limit int) bool {
	if len(b.items) == 0 {
		return true
	}
	return len(b.items) < limit && b.items[0].equal == item.equal && b.bytes+len(item.Payload)+1 <= bytesLimit && b.quoted+event.QuotedSize(item.Payload) <= quotedLimit
}

func (b *batch) add(item Item) {
	b.items = append(b.items, item)
	b.bytes += len(item.Payload) + 1
	b.quoted += event.QuotedSize(item.Payload)
}

// alone reports whether an item needs a request of its own: what is not one JSON
// value would change the meaning of its neighbours, and what is nearly as large as a
// request has no room for the frame of a batch.
func alone(item Item) bool {
	return !json.Valid(item.Payload) || len(item.Payload)+1 > bytesLimit || event.QuotedSize(item.Payload) > quotedLimit
}

func payloads(items []Item) [][]byte {
	out := make([][]byte, len(items))
	for i, item := range items {
		out[i] = item.Payload
	}
	return out
}

// Room returns how many events of an item's size one request takes. Each may be a few
// bytes longer, as generated ones are.
func Room(item Item) int {
	const longer = 128
	return min(contract.BatchLimit, bytesLimit/(len(item.Payload)+longer), quotedLimit/(event.QuotedSize(item.Payload)+longer))
}
