package bench

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// TestContenders_store_every_event_once runs each of them on a real PostgreSQL, with a
// network in between.
func TestContenders_store_every_event_once(t *testing.T) {
	server := pgtest.ServerURL(t)
	var all []Contender
	for _, made := range []func(context.Context, string) (Contender, error){NewFluxa, NewV1, NewCopy} {
		c, err := made(t.Context(), server)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		all = append(all, c)
	}
	all = append(all, NewDuplicates(all[0]))
	for _, random := range []bool{false, true} {
		c, err := NewFilled(t.Context(), server, 1000, random)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		all = append(all, c)
	}
	for _, s := range []Setting{{Lanes: 2, Batch: 7}, {Lanes: 1, Batch: 3, Latency: time.Millisecond}, {Lanes: 1, Batch: 10, Random: true}} {
		result, err := Compare(t.Context(), all, s, 2, time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range result.Rates {
			if result.Client[i].Low() <= 0 || len(result.Server[i].Each) != 2 {
				t.Errorf("%s: %s: processor time %v and %v", s, r.Contender, result.Client[i].Each, result.Server[i].Each)
			}
			if len(r.Each) != 2 || r.Low() <= 0 || r.Low() > r.Median() || r.Median() > r.High() {
				t.Errorf("%s: %s: rates %v", s, r.Contender, r.Each)
			}
		}
	}
}

// The server's time is that of its processes, and not of this one, which waits.
func TestMeter_counts_what_the_server_does(t *testing.T) {
	c, err := NewCopy(t.Context(), pgtest.ServerURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	m, err := newMeter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.(copied).pool.Exec(t.Context(), "SELECT count(*) FROM generate_series(1, 3000000)"); err != nil {
		t.Fatal(err)
	}
	if used, err := m.spent(); err != nil || used.server < 50*time.Millisecond || used.client <= 0 || used.client >= used.server {
		t.Errorf("spent %+v, %v, want the server's share to be the larger", used, err)
	}
}

// forgetful stores all events but one, or fails.
type forgetful struct{ err error }

func (forgetful) Name() string                { return "forgetful" }
func (forgetful) Batch(n int) int             { return n }
func (forgetful) Reset(context.Context) error { return nil }
func (forgetful) URL() string                 { return "" }
func (forgetful) Close()                      {}

func (forgetful) Stored(context.Context) (int, error) { return 9, nil }

func (f forgetful) Open(context.Context, string, int) ([]Lane, error) {
	return []Lane{forgetfulLane(f)}, nil
}

type forgetfulLane struct{ err error }

func (f forgetfulLane) Store(context.Context, Batch) error { return f.err }
func (forgetfulLane) Close()                               {}

func TestCompare_refuses_a_result_that_is_wrong(t *testing.T) {
	t.Parallel()
	s := Setting{Lanes: 1, Batch: 10}
	if _, err := Compare(t.Context(), []Contender{forgetful{}}, s, 1, 0); err == nil || !strings.Contains(err.Error(), "9 events are stored, want 10") {
		t.Errorf("one event is lost: error %v", err)
	}
	refused := errors.New("refused")
	if _, err := Compare(t.Context(), []Contender{forgetful{refused}}, s, 1, 0); !errors.Is(err, refused) {
		t.Errorf("nothing can be stored: error %v", err)
	}
}

func TestWriteTable(t *testing.T) {
	t.Parallel()
	results := []Result{{
		Setting: Setting{Lanes: 1, Batch: 100},
		Rates:   []Rates{{"Fluxa", []float64{12_345, 11_000, 13_000}}, {"v1", []float64{400, 500, 410}}},
	}}
	var out strings.Builder
	if err := WriteTable(&out, results); err != nil {
		t.Fatal(err)
	}
	const want = `| connections | batch | Fluxa, events/s | v1, events/s | Fluxa ÷ v1 |
|---|---|---|---|---|
| 1 | 100 | 12,300 (11,000–13,000) | 410 (400–500) | 30.86 |
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestWriteCPU(t *testing.T) {
	t.Parallel()
	results := []Result{{
		Setting: Setting{Lanes: 4, Batch: 10},
		Client:  []Rates{{"Fluxa", []float64{20, 22, 30}}, {"v1", []float64{400, 440, 500}}},
		Server:  []Rates{{"Fluxa", []float64{100.5, 120, 90}}, {"v1", []float64{1201, 1000, 1200}}},
	}}
	var out strings.Builder
	if err := WriteCPU(&out, results); err != nil {
		t.Fatal(err)
	}
	const want = `| connections | batch | of the | Fluxa, µs | v1, µs | Fluxa ÷ v1 |
|---|---|---|---|---|---|
| 4 | 10 | client | 22.0 (20.0–30.0) | 440 (400–500) | 0.05 |
| 4 | 10 | server | 101 (90.0–120) | 1,200 (1,000–1,200) | 0.08 |
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestRounded(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{
		0: "0", 0.0012345: "0.00123", 0.725: "0.725", 1.5: "1.50", 9.996: "10.0", 60.63: "60.6", 99.94: "99.9", 99.96: "100", 510.4: "510", 12_345: "12,300",
	} {
		if got := Rounded(value); got != want {
			t.Errorf("%v is written %s, want %s", value, got, want)
		}
	}
}
