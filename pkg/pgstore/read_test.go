package pgstore_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	inline, large := processtest.Success("inline", "a"), processtest.SuccessS3("large", "a")
	persist(t, store, inline, large, processtest.Failed("bad", "a"))
	created := query[time.Time](t, conn, "SELECT DISTINCT created_at FROM events").UTC()

	want := event.Stored{
		Event: inline.Event, CorrelationID: "correlation-inline", Mode: event.Inline, SHA256: inline.SHA256,
		ReceivedAt: inline.ReceivedAt, CreatedAt: created,
	}
	want.Payload = []byte("a")
	if got, err := store.Event(t.Context(), event.Identity{ID: "inline"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	want = event.Stored{
		Event: large.Event, CorrelationID: "correlation-large", Mode: event.S3, SHA256: large.SHA256,
		ReceivedAt: large.ReceivedAt, CreatedAt: created,
	}
	if got, err := store.Event(t.Context(), event.Identity{ID: "large"}); err != nil || !reflect.DeepEqual(got, want) || got.Payload != nil {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	for _, id := range []string{"bad", "unknown", "INLINE"} {
		if _, err := store.Event(t.Context(), event.Identity{ID: id}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s: got %v, want %s", id, err, fault.NotFound)
		}
	}
}

func TestAmountsComeBackDigitForDigit(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	for literal, want := range map[string]string{
		"0.1": "0.1", "99.99": "99.99", "123456789012345.6789": "123456789012345.6789", "1.50": "1.50",
		"1.5000": "1.5000", "0.0001": "0.0001", "999999999999999.9999": "999999999999999.9999", "1": "1", "1.0": "1.0",
		"100": "100", "1e3": "1000", "1.5e-3": "0.0015", "1.00000": "1.0000", "900719925474099.3": "900719925474099.3",
		"0.30000000000000000": "0.3000",
	} {
		amount, err := event.ParseAmount(literal)
		if err != nil {
			t.Fatalf("%s: %v", literal, err)
		}
		r := processtest.Success("amount-"+literal, literal)
		r.EventID = strings.ReplaceAll(r.EventID, "+", "")
		r.Event.Amount = amount
		persist(t, store, r)
		got, err := store.Event(t.Context(), r.Identity())
		if err != nil || got.Amount.String() != want {
			t.Errorf("%s came back as %s, %v, want %s", literal, got.Amount, err, want)
		}
	}
}

// The payload is what was accepted, to the byte, and the view of v1 reads the metadata
// out of it.
func TestPayloadComesBackByteForByte(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	nested := `{"n":` + strings.Repeat(`[`, 99) + `1` + strings.Repeat(`]`, 99) + `}`
	for i, metadata := range []string{
		`{}`,
		`{"b":1,"a":[true,false,null,"x"]}`,
		`{"text":"naïve 漢字 😀 \ud83d\ude00 \" \\ \/ \b\f\n\r\t \u0001\u007f"}`,
		"{\"noncharacters\":\"\uFFFE\uFFFF\",\"escaped\":\"\\ufffe\\uffff\"}",
		`{"":"","` + strings.Repeat("k", 3000) + `":""}`,
		`{"huge":1e400,"tiny":1e-400,"long":123456789012345678901234567890.123456789,"zero":-0.0,"exp":-1.5E+10}`,
		nested,
		`{"sql":"'); DROP TABLE events; --","array":"{\"a\",NULL}"}`,
		`{"large":"` + strings.Repeat(`\"\\`, 50_000) + `"}`,
	} {
		id := fmt.Sprintf("e-%d", i)
		payload := `{ "metadata" : ` + metadata + "\t}\n"
		persist(t, store, processtest.Success(id, payload))
		got, err := store.Event(t.Context(), event.Identity{ID: id})
		if err != nil || string(got.Payload) != payload {
			t.Errorf("%.200s came back as %.200s, %v", payload, got.Payload, err)
		}
		if !query[bool](t, conn, `SELECT metadata_json = $2::text::jsonb FROM events_v1 WHERE event_id = $1`, id, metadata) {
			t.Errorf("the view has other metadata than %.200s", metadata)
		}
	}
}

func TestViewHasTheColumnsOfV1(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	persist(t, store, processtest.Success("inline", `{"metadata":{"channel":"web"}}`), processtest.SuccessS3("large", "a"))
	got := query[string](t, conn, `
		SELECT string_agg(concat_ws('|', event_id, correlation_id, user_id, amount, currency, merchant, ts AT TIME ZONE 'UTC',
			coalesce(metadata_json::text, 'none'), payload_mode, payload_sha256, coalesce(s3_bucket, 'none'), coalesce(s3_key, 'none'),
			received_at AT TIME ZONE 'UTC', now() - created_at BETWEEN '0' AND '1 hour'), E'\n' ORDER BY event_id)
		FROM events_v1`)
	want := strings.NewReplacer("INLINE_HASH", processtest.Success("", `{"metadata":{"channel":"web"}}`).SHA256,
		"S3_HASH", processtest.Success("", "a").SHA256).Replace(strings.Join([]string{
		`inline|correlation-inline|user-1|12.5000|EUR|Café Zürich|2026-01-31 12:30:00.654321|{"channel": "web"}|INLINE|INLINE_HASH|none|none|2026-01-31 23:59:59.123456|t`,
		`large|correlation-large|user-1|12.5000|EUR|Café Zürich|2026-01-31 12:30:00.654321|none|S3|S3_HASH|payloads|raw/large/S3_HASH.json|2026-01-31 23:59:59.123456|t`,
	}, "\n"))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTimesAreMicrosecondsInUTC(t *testing.T) {
	t.Parallel()
	base := pgtest.MigratedURL(t)
	parsed, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	for i, zone := range []string{"UTC", "Asia/Kolkata", "Europe/Amsterdam", "America/St_Johns"} {
		values := parsed.Query()
		values.Set("timezone", zone)
		parsed.RawQuery = values.Encode()
		store := open(t, pgstore.Config{URL: parsed.String()})
		for j, sent := range []string{
			"2026-01-31T23:59:59.999999999Z", "2026-07-01T00:00:00+05:30", "1875-03-01T12:00:00.5Z",
			"0001-01-01T00:00:01Z", "9999-12-31T23:59:59.999999Z",
		} {
			timestamp, err := time.Parse(time.RFC3339Nano, sent)
			if err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprintf("e-%d-%d", i, j)
			r := processtest.Success(id, sent)
			r.Event.Timestamp = timestamp
			persist(t, store, r)
			got, err := store.Event(t.Context(), event.Identity{ID: id})
			if want := timestamp.UTC().Truncate(time.Microsecond); err != nil || got.Timestamp != want {
				t.Errorf("%s in %s came back as %s, %v, want %s", sent, zone, got.Timestamp, err, want)
			}
			if got.CreatedAt.Location() != time.UTC || got.ReceivedAt.Location() != time.UTC {
				t.Errorf("created_at %s, received_at %s: want UTC", got.CreatedAt, got.ReceivedAt)
			}
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	persist(t, store, processtest.Success("stored", "a"), processtest.Failed("bad", "a"), processtest.Processing("later", "a"))
	persist(t, store, processtest.Success("stored", "a"))

	cases := map[string]queries.Status{
		"stored": {State: "processed", Attempts: 2},
		"bad": {State: "failed", Attempts: 1,
			Error: &queries.StatusError{Code: fault.HashMismatch, Reason: "the payload is another one"}},
		"later": {State: "processing", Attempts: 1,
			Error: &queries.StatusError{Code: fault.StorageUnavailable, Reason: "the bucket cannot be reached"}},
	}
	for id, want := range cases {
		want.ID = id
		want.FirstSeenAt = query[time.Time](t, conn, "SELECT first_seen_at FROM idempotency_keys WHERE event_id = $1", id).UTC()
		want.LastSeenAt = query[time.Time](t, conn, "SELECT last_seen_at FROM idempotency_keys WHERE event_id = $1", id).UTC()
		if got, err := store.Status(t.Context(), event.Identity{ID: id}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", id, got, err, want)
		}
	}
	if got, err := store.Status(t.Context(), event.Identity{ID: "unknown"}); fault.CodeOf(err) != fault.NotFound || got != (queries.Status{}) {
		t.Errorf("unknown: got %+v, %v, want %s", got, err, fault.NotFound)
	}
}
