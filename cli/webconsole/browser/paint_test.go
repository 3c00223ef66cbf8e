package browser

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/jackc/pgx/v5"
)

// paintedEvents is how many events are stored when pages are painted;
// FLUXA_CONSOLE_EVENTS=1000000 asks for more.
func paintedEvents(t *testing.T) int {
	t.Helper()
	text := os.Getenv("FLUXA_CONSOLE_EVENTS")
	if text == "" {
		return 2_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("FLUXA_CONSOLE_EVENTS is %q, it must be a number from 1", text)
	}
	return n
}

const fill = `
WITH stored AS (
	INSERT INTO events (event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
	SELECT 'painted-' || n, now(), now(), now() - n * interval '1 ms', 'user-' || n % 1000, 42.50, 'EUR', 'Corner Shop', 'c-' || n, sha256(n::text::bytea), '{}'
	FROM generate_series(1, $1::int) AS n
	RETURNING event_id, created_at, payload_sha256
)
INSERT INTO idempotency_keys (event_id, stored_at, attempts, status, payload_sha256)
SELECT event_id, created_at, 1, 'success', payload_sha256 FROM stored`

// TestPaint_does_not_wait_for_what_is_stored prints how long each page takes until its first
// paint (First Contentful Paint, https://web.dev/articles/fcp), the median of seven. Time is
// no condition here: machines differ.
func TestPaint_does_not_wait_for_what_is_stored(t *testing.T) {
	events := paintedEvents(t)
	db, err := pgx.Connect(t.Context(), running.Info().DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec(t.Context(), fill, events); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, statement := range []string{"DELETE FROM events WHERE event_id LIKE 'painted-%'", "DELETE FROM idempotency_keys WHERE event_id LIKE 'painted-%'"} {
			if _, err := db.Exec(context.Background(), statement); err != nil {
				t.Error(err)
			}
		}
	})
	page := open(t)
	for _, path := range []string{"", "/events", "/event?id=painted-1", "/dlq", "/send", "/maintenance"} {
		var took []float64
		for range 7 {
			page.visit(path)
			page.until(`performance.getEntriesByName("first-contentful-paint").length == 1`)
			took = append(took, eval[float64](page, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
			page.do(chromedp.Navigate("about:blank"))
		}
		slices.Sort(took)
		t.Logf("%s with %d events stored: first paint after %.0f ms, %.0f to %.0f", "/console"+path, events, took[3], took[0], took[6])
	}
}
