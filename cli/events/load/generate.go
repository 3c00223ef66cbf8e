package load

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// users is how many users the generated events are spread over.
const users = 1_000

// Generator makes up events that look like card payments: many small amounts and
// few large ones, some users far busier than others, in the currencies of the
// merchants.
type Generator struct {
	// Count is how many events there are. Required.
	Count int64
	// MetadataBytes is the size of each event's metadata object. Less than 60, or
	// so, leaves it at the fields that every event has.
	MetadataBytes int
	// Until is when the last of the events happens; the others lie within the
	// hour before. Required.
	Until time.Time
}

type generated struct {
	Generator
	done int64
}

// Source returns the events, or an error that names the field that cannot be used.
func (g Generator) Source() (Source, error) {
	switch {
	case g.Count < 1:
		return nil, fmt.Errorf("the number of events to generate is %d, it must be at least 1", g.Count)
	case g.MetadataBytes < 0 || g.MetadataBytes > contract.BodyLimit:
		return nil, fmt.Errorf("the size of the metadata is %d bytes, it must be 0 to %d", g.MetadataBytes, contract.BodyLimit)
	case g.Until.IsZero():
		return nil, fmt.Errorf("the time of the generated events is not set")
	}
	return &generated{Generator: g}, nil
}

type merchant struct {
	name, country, currency string
	decimals                int
}

var merchants = [...]merchant{
	{"Corner Bakery", "DE", "EUR", 2}, {"Café São Jorge", "PT", "EUR", 2}, {"Harbour Books", "GB", "GBP", 2},
	{"Prairie Grocers", "US", "USD", 2}, {"Maple Hardware", "CA", "CAD", 2}, {"東京書店", "JP", "JPY", 0},
	{"Gulf Electronics", "KW", "KWD", 3}, {"Zürisee Optik", "CH", "CHF", 2},
}

// Next returns the next event.
func (g *generated) Next() (Item, error) {
	if g.done == g.Count {
		return Item{}, io.EOF
	}
	g.done++
	m := merchants[rand.IntN(len(merchants))]
	at := g.Until.Add(-time.Duration(float64(time.Hour) * float64(g.Count-g.done) / float64(g.Count))).UTC()
	user := 1 + int(users*math.Pow(rand.Float64(), 3))
	payload := fmt.Appendf(nil, `{"user_id":"user-%06d","amount":%s,"currency":%q,"merchant":"%s","timestamp":%q,"metadata":%s}`,
		user, amount(m.decimals), m.currency, m.name, at.Format("2006-01-02T15:04:05.000Z07:00"), g.metadata(m))
	return Item{Line: g.done, Payload: payload, Size: int64(len(payload))}, nil
}

// amount returns 1 to 10^k minor units, for a k of which each larger one is less
// likely: integers all the way, as an amount should be.
func amount(decimals int) string {
	limit := int64(1_000)
	for limit < 100_000_000 && rand.IntN(3) == 0 {
		limit *= 10
	}
	digits := fmt.Sprintf("%0*d", decimals+1, rand.Int64N(limit)+1)
	whole := len(digits) - decimals
	if decimals == 0 {
		return digits
	}
	return digits[:whole] + "." + digits[whole:]
}

func (g *generated) metadata(m merchant) string {
	fields := `{"country":` + strconv.Quote(m.country) + fmt.Sprintf(`,"terminal":"T%05d","items":%d`, rand.IntN(100_000), rand.IntN(20)+1)
	const open, end = `,"note":"`, `"}`
	missing := g.MetadataBytes - len(fields+open+end)
	if missing <= 0 {
		return fields + "}"
	}
	return fields + open + strings.Repeat("paid by card ", missing/10+1)[:missing] + end
}
