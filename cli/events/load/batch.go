package load

import (
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// batch collects events for one request, within what the API and Lambda take.
type batch struct {
	items  []Item
	weight api.Weight
}

// fits reports whether another event can come along in the same request.
func (b *batch) fits(item Item, limit int) bool {
	if len(b.items) == 0 {
		return true
	}
	return len(b.items) < limit && b.items[0].equal == item.equal && b.weight.Plus(api.WeightOf(item.Payload)).Fits()
}

func (b *batch) add(item Item) {
	b.items = append(b.items, item)
	b.weight = b.weight.Plus(api.WeightOf(item.Payload))
}

// alone reports whether an item needs a request of its own.
func alone(item Item) bool { return !api.Batchable(item.Payload) }

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
	return min(contract.BatchLimit, api.BatchBytes/(len(item.Payload)+longer), api.BatchQuotedBytes/(event.QuotedSize(item.Payload)+longer))
}
