package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

func readAll(t *testing.T, source Source) []Item {
	t.Helper()
	var out []Item
	for {
		item, err := source.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, item)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	limit := strings.Repeat("x", contract.BodyLimit)
	for name, test := range map[string]struct {
		text string
		want []string // line:payload, or line!size for one that is too long
	}{
		"nothing":                            {"", nil},
		"bytes as they are":                  {"{ \"a\":1.50 }\t\n{\"b\":\"\\u00e9\"}\n", []string{"1:{ \"a\":1.50 }\t", "2:{\"b\":\"\\u00e9\"}"}},
		"the last line needs no end":         {"a\nb", []string{"1:a", "2:b"}},
		"empty lines count":                  {"\n\na\n \t\n\nb\n\n", []string{"3:a", "6:b"}},
		"line ends of another system":        {"a\r\nb\r\n", []string{"1:a", "2:b"}},
		"a byte order mark of the file":      {"\uFEFFa\n\uFEFFb\n", []string{"1:a", "2:\uFEFFb"}},
		"a line of the limit":                {limit + "\nb\n", []string{"1:" + limit, "2:b"}},
		"a line of the limit, the other end": {limit + "\r\nb\n", []string{"1:" + limit, "2:b"}},
		"a line over the limit":              {"a\n" + limit + "x\nb\n", []string{"1:a", fmt.Sprintf("2!%d", contract.BodyLimit+2), "3:b"}},
		"a last line far over the limit":     {strings.Repeat(limit, 3), []string{fmt.Sprintf("1!%d", 3*contract.BodyLimit)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, item := range readAll(t, NewLines(strings.NewReader(test.text))) {
				if item.Payload == nil {
					got = append(got, fmt.Sprintf("%d!%d", item.Line, item.Size))
					continue
				}
				got = append(got, fmt.Sprintf("%d:%s", item.Line, item.Payload))
			}
			if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
				t.Errorf("got  %.200q\nwant %.200q", got, test.want)
			}
		})
	}
	t.Run("a read that fails names the line", func(t *testing.T) {
		t.Parallel()
		lines := NewLines(io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(errors.New("disk gone"))))
		if item, err := lines.Next(); err != nil || string(item.Payload) != "a" {
			t.Fatalf("got %v, %v", item, err)
		}
		if _, err := lines.Next(); err == nil || err.Error() != "read line 2: disk gone" {
			t.Fatalf("got %v", err)
		}
	})
}

var until = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestGenerator(t *testing.T) {
	t.Parallel()
	generate := func(t *testing.T, g Generator) []Item {
		t.Helper()
		source, err := g.Source()
		if err != nil {
			t.Fatal(err)
		}
		return readAll(t, source)
	}

	t.Run("every event is valid, within the hour before, and of users some of which are busier", func(t *testing.T) {
		t.Parallel()
		items := generate(t, Generator{Count: 2000, Until: until})
		if len(items) != 2000 {
			t.Fatalf("%d events", len(items))
		}
		users, currencies := map[string]int{}, map[string]int{}
		last := until.Add(-time.Hour)
		for i, item := range items {
			e, err := event.Decode(item.Payload)
			if err != nil {
				t.Fatalf("event %d, %s: %v", i, item.Payload, err)
			}
			if item.Line != int64(i+1) || e.ID != "" || e.Timestamp.Before(last) || e.Timestamp.After(until) {
				t.Fatalf("event %d is %s", i, item.Payload)
			}
			last = e.Timestamp
			users[e.UserID]++
			currencies[e.Currency]++
		}
		if !last.Equal(until) || len(users) < 200 || len(users) > 1000 || users["user-000001"] < 20 || len(currencies) != 7 {
			t.Errorf("last at %s; %d users, the busiest with %d; currencies %v", last, len(users), users["user-000001"], currencies)
		}
	})
	t.Run("also of many millions", func(t *testing.T) {
		t.Parallel()
		source, err := Generator{Count: 30_000_000, Until: until}.Source()
		if err != nil {
			t.Fatal(err)
		}
		item, err := source.Next()
		if err != nil {
			t.Fatal(err)
		}
		if e, err := event.Decode(item.Payload); err != nil || !e.Timestamp.Equal(until.Add(-time.Hour)) {
			t.Errorf("the first event is of %s, %v", e.Timestamp, err)
		}
	})
	t.Run("metadata has the size that was asked for", func(t *testing.T) {
		t.Parallel()
		for _, bytes := range []int{100, 101, 4096, 300 << 10} {
			var e struct{ Metadata json.RawMessage }
			if err := json.Unmarshal(generate(t, Generator{Count: 1, MetadataBytes: bytes, Until: until})[0].Payload, &e); err != nil {
				t.Fatal(err)
			}
			if len(e.Metadata) != bytes {
				t.Errorf("metadata of %d bytes, want %d", len(e.Metadata), bytes)
			}
		}
	})
	t.Run("what cannot be generated is named", func(t *testing.T) {
		t.Parallel()
		for _, test := range []struct {
			g    Generator
			want string
		}{
			{Generator{Until: until}, "the number of events to generate is 0, it must be at least 1"},
			{Generator{Count: 1, MetadataBytes: 5242881, Until: until}, "the size of the metadata is 5242881 bytes, it must be 0 to 5242880"},
			{Generator{Count: 1}, "the time of the generated events is not set"},
		} {
			if _, err := test.g.Source(); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		}
	})
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	t.Run("percentiles", func(t *testing.T) {
		t.Parallel()
		l := NewLatencies()
		for i := range 1000 {
			l.Observe(time.Duration(1000-i) * time.Millisecond)
		}
		got := l.Summary()
		within := func(name string, got, want time.Duration) {
			if got < want || got > want+want/1000+time.Microsecond {
				t.Errorf("%s is %s, want %s to three digits", name, got, want)
			}
		}
		within("p50", got.P50, 500*time.Millisecond)
		within("p90", got.P90, 900*time.Millisecond)
		within("p99", got.P99, 990*time.Millisecond)
		if got.Max != time.Second || got.Count != 1000 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("one request is every percentile, exactly", func(t *testing.T) {
		t.Parallel()
		l := NewLatencies()
		l.Observe(123456 * time.Microsecond)
		d := 123456 * time.Microsecond
		if got := l.Summary(); got != (Latency{1, d, d, d, d, d}) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("none, and beyond the scale", func(t *testing.T) {
		t.Parallel()
		l := NewLatencies()
		if got := l.Summary(); got != (Latency{}) {
			t.Errorf("got %+v", got)
		}
		l.Observe(0)
		l.Observe(2 * time.Hour)
		got := l.Summary()
		if got.Max != 2*time.Hour || got.P99 < time.Hour || got.P50 != 0 || got.Count != 2 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("together", func(t *testing.T) {
		t.Parallel()
		all, other := NewLatencies(), NewLatencies()
		all.ObserveMany(10*time.Millisecond, 98)
		all.ObserveMany(time.Hour, 0)
		other.ObserveMany(2*time.Second, 2)
		all.Add(other)
		if got := all.Summary(); got.Count != 100 || got.Max != 2*time.Second || got.P90 > 11*time.Millisecond || all.At(98.5) != 2*time.Second {
			t.Errorf("got %+v", got)
		}
		var text strings.Builder
		if err := all.WritePercentiles(&text); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text.String(), "\n")
		if !strings.Contains(lines[0], "Value\tPercentile\tTotalCount") || strings.Join(strings.Fields(lines[2]), " ") != "10.007 0.000000 98 1.00" ||
			!strings.Contains(text.String(), "Total count    =          100]") {
			t.Errorf("wrote\n%s", text.String())
		}
	})
}

func TestRoom(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int{0, 4 << 10, 300 << 10, 3 << 20, contract.BodyLimit} {
		source, err := Generator{Count: contract.BatchLimit + 1, MetadataBytes: bytes, Until: until}.Source()
		if err != nil {
			t.Fatal(err)
		}
		var b batch
		var first Item
		for {
			item, err := source.Next()
			if err != nil {
				t.Fatal(err)
			}
			if first.Payload == nil {
				first = item
			}
			if !b.fits(item, contract.BatchLimit) {
				break
			}
			b.add(item)
		}
		if got, fit := Room(first), len(b.items); got > fit || got < fit-1 {
			t.Errorf("there is room for %d events with metadata of %d bytes, %d fit", got, bytes, fit)
		}
	}
}
