package load

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Generator makes up events that look like card payments: many small amounts and
// few large ones, some users far busier than others, in the currencies of the
// merchants. The same Generator gives the same events, byte for byte.
type Generator struct {
	// Count is how many events there are. Required.
	Count int64
	// Seed chooses the events.
	Seed uint64
	// Users is how many users they are spread over. Default 1,000.
	Users int
	// MetadataBytes is the size of each event's metadata object. Less than 90, or
	// so, leaves it at the fields that every event has.
	MetadataBytes int
	// Until is when the last of the events happens; the others lie within the
	// hour before. Required.
	Until time.Time
}

type generated struct {
	Generator
	random *rand.Rand
	users  *rand.Zipf
	done   int64
}

// Source returns the events, or an error that names the field that cannot be used.
func (g Generator) Source() (Source, error) {
	if g.Users == 0 {
		g.Users = 1_000
	}
	switch {
	case g.Count < 1:
		return nil, fmt.Errorf("the number of events to generate is %d, it must be at least 1", g.Count)
	case g.Users < 1:
		return nil, fmt.Errorf("the number of users is %d, it must be at least 1", g.Users)
	case g.MetadataBytes < 0 || g.MetadataBytes > contract.BodyLimit:
		return nil, fmt.Errorf("the size of the metadata is %d bytes, it must be 0 to %d", g.MetadataBytes, contract.BodyLimit)
	case g.Until.IsZero():
		return nil, fmt.Errorf("the time of the generated events is not set")
	}
	random := rand.New(rand.NewPCG(g.Seed, 0x666c757861))
	return &generated{Generator: g, random: random, users: rand.NewZipf(random, 1.2, 8, uint64(g.Users-1))}, nil
}

type merchant struct {
	name, country, currency string
	decimals                int
}

var merchants = [...]merchant{
	{"Corner Bakery", "DE", "EUR", 2}, {"Café São Jorge", "PT", "EUR", 2}, {"Librairie du Port", "FR", "EUR", 2},
	{"Harbour Books", "GB", "GBP", 2}, {"Northern Rail", "GB", "GBP", 2}, {"Prairie Grocers", "US", "USD", 2},
	{"Lakeside Fuel", "US", "USD", 2}, {"Maple Hardware", "CA", "CAD", 2}, {"東京書店", "JP", "JPY", 0},
	{"Kioto Tea House", "JP", "JPY", 0}, {"Gulf Electronics", "KW", "KWD", 3}, {"Zürisee Optik", "CH", "CHF", 2},
}

var (
	channels = [...]string{"web", "app", "terminal"}
	fillers  = [...]string{"paid ", "card ", "visit ", "order ", "member ", "refund ", "spring ", "weekly "}
)

// Next returns the next event.
func (g *generated) Next() (Item, error) {
	if g.done == g.Count {
		return Item{}, io.EOF
	}
	g.done++
	m := merchants[g.random.IntN(len(merchants))]
	at := g.Until.Add(-time.Duration((g.Count - g.done) * int64(time.Hour) / g.Count)).UTC()
	payload := make([]byte, 0, 320+g.MetadataBytes)
	payload = fmt.Appendf(payload, `{"user_id":"user-%06d","amount":`, g.users.Uint64()+1)
	payload = g.amount(payload, m.decimals)
	payload = fmt.Appendf(payload, `,"currency":%q,"merchant":"%s","timestamp":%q,"metadata":`,
		m.currency, m.name, at.Format("2006-01-02T15:04:05.000Z07:00"))
	payload = append(g.metadata(payload, m), '}')
	return Item{Line: g.done, Payload: payload, Size: int64(len(payload))}, nil
}

// amount appends 1 to 10^k minor units, for a k of which each larger one is less
// likely: integers all the way, as an amount should be.
func (g *generated) amount(b []byte, decimals int) []byte {
	limit := int64(1_000)
	for limit < 100_000_000 && g.random.IntN(3) == 0 {
		limit *= 10
	}
	minor := g.random.Int64N(limit) + 1
	unit := int64(1)
	for range decimals {
		unit *= 10
	}
	b = strconv.AppendInt(b, minor/unit, 10)
	if decimals > 0 {
		b = fmt.Appendf(b, ".%0*d", decimals, minor%unit)
	}
	return b
}

func (g *generated) metadata(b []byte, m merchant) []byte {
	start := len(b)
	b = fmt.Appendf(b, `{"channel":%q,"country":%q,"terminal":"T%05d","items":%d`,
		channels[g.random.IntN(len(channels))], m.country, g.random.IntN(100_000), g.random.IntN(20)+1)
	const open, end = `,"note":"`, `"}`
	missing := g.MetadataBytes - (len(b) - start) - len(open+end)
	if missing <= 0 {
		return append(b, '}')
	}
	b = append(b, open...)
	for missing > 0 {
		word := fillers[g.random.IntN(len(fillers))]
		word = word[:min(len(word), missing)]
		b, missing = append(b, word...), missing-len(word)
	}
	return append(b, end...)
}
