package eventfile_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/eventfile"
)

// line is an event as a reader of either format finds it.
type line struct {
	Client        string    `json:"client" parquet:"client"`
	EventID       string    `json:"event_id" parquet:"event_id"`
	CreatedAt     time.Time `json:"created_at" parquet:"created_at,timestamp(microsecond)"`
	ReceivedAt    time.Time `json:"received_at" parquet:"received_at,timestamp(microsecond)"`
	Timestamp     time.Time `json:"ts" parquet:"ts,timestamp(microsecond)"`
	UserID        string    `json:"user_id" parquet:"user_id"`
	Amount        string    `json:"amount" parquet:"amount"`
	Currency      string    `json:"currency" parquet:"currency"`
	Merchant      string    `json:"merchant" parquet:"merchant"`
	CorrelationID string    `json:"correlation_id" parquet:"correlation_id"`
	SHA256        string    `json:"payload_sha256" parquet:"payload_sha256"`
	Payload       *string   `json:"payload" parquet:"payload,optional"`
	Decimal       [9]byte   `json:"-" parquet:"amount_decimal,decimal(4:19)"`
}

func stored(t *testing.T, id, amount, payload string) event.Stored {
	t.Helper()
	parsed, err := event.ParseAmount(amount)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 28, 23, 59, 59, 999_999_000, time.UTC)
	e := event.Stored{
		Event:  event.Event{ID: id, UserID: "u\"\n", Amount: parsed, Currency: "EUR", Merchant: "Café \u2028 <b>", Timestamp: at.Add(-time.Hour)},
		Client: "orders", CorrelationID: "c-1", Mode: event.Inline, SHA256: event.Hash([]byte(payload)), ReceivedAt: at.Add(-time.Second), CreatedAt: at,
	}
	if payload != "" {
		e.Payload = []byte(payload)
	}
	return e
}

func write(t *testing.T, format string, events ...event.Stored) []byte {
	t.Helper()
	var out bytes.Buffer
	file, err := eventfile.Formats()[format].Begin(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if err := file.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(t *testing.T, format string, raw []byte) (lines []line) {
	t.Helper()
	if format == contract.ExportParquet {
		lines, err := parquet.Read[line](bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	zipped, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for scanner := bufio.NewScanner(zipped); scanner.Scan(); {
		var l line
		decoder := json.NewDecoder(bytes.NewReader(scanner.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestFormats_lose_nothing_of_an_event(t *testing.T) {
	t.Parallel()
	events := []event.Stored{
		stored(t, "a", "1.50", "{\"user_id\" :\t\"u\\n\",\r\n \"x\":\"\ufffe é 😀 \u2028\"}"),
		stored(t, "b", "999999999999999.9999", strings.Repeat("ü", 20_000)),
		stored(t, "c", "0.0001", ""), // cannot be read any more
		stored(t, "d", "1000", "{}"),
	}
	decimals := map[string][9]byte{
		"a": {7: 0x3a, 8: 0x98}, "b": {0, 0x8a, 0xc7, 0x23, 0x04, 0x89, 0xe7, 0xff, 0xff}, "c": {8: 1}, "d": {6: 0x98, 7: 0x96, 8: 0x80},
	}
	for _, format := range []string{contract.ExportNDJSON, contract.ExportParquet} {
		var want []line
		for _, e := range events {
			l := line{
				Client: e.Client, EventID: e.ID, CreatedAt: e.CreatedAt, ReceivedAt: e.ReceivedAt, Timestamp: e.Timestamp, UserID: e.UserID,
				Amount: e.Amount.String(), Currency: e.Currency, Merchant: e.Merchant, CorrelationID: e.CorrelationID, SHA256: e.SHA256,
			}
			if e.Payload != nil {
				l.Payload = new(string(e.Payload))
			}
			if format == contract.ExportParquet {
				l.Decimal = decimals[e.ID]
			}
			want = append(want, l)
		}
		if diff := cmp.Diff(want, read(t, format, write(t, format, events...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}

func TestFormats_give_the_same_bytes_for_the_same_events(t *testing.T) {
	t.Parallel()
	events := []event.Stored{stored(t, "a", "1.50", "{}"), stored(t, "b", "2", "[]")}
	for _, format := range []string{contract.ExportNDJSON, contract.ExportParquet} {
		if !bytes.Equal(write(t, format, events...), write(t, format, events...)) {
			t.Errorf("%s: two files of the same events differ", format)
		}
	}
}

func TestParquet_ends_a_row_group_by_its_bytes(t *testing.T) {
	t.Parallel()
	var events []event.Stored
	for _, size := range []int{3 << 20, 4 << 20, 3 << 20, 9 << 20, 1} {
		events = append(events, stored(t, "a", "1", strings.Repeat("x", size)))
	}
	raw := write(t, contract.ExportParquet, events...)
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []int64
	for _, group := range file.RowGroups() {
		rows = append(rows, group.NumRows())
	}
	if want := []int64{2, 1, 1, 1}; !slices.Equal(rows, want) {
		t.Errorf("the row groups have %v events, want %v: 8 MiB, or one event", rows, want)
	}
}

func TestFormats_have_a_payload_once(t *testing.T) {
	t.Parallel()
	random := make([]byte, 1<<20)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	payload := hex.EncodeToString(random)
	for _, format := range contract.ExportFormats() {
		raw := write(t, format, stored(t, "a", "1", payload), stored(t, "b", "1", payload))
		if most := 2*len(payload) + 16<<10; len(raw) > most {
			t.Errorf("%s: two payloads of %d bytes take %d, want %d at most", format, len(payload), len(raw), most)
		}
	}
}
