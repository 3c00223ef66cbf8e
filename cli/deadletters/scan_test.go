package deadletters

import (
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestScan_shows_a_message_once_that_is_received_twice(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.dead("e1", "x", "1")
	shown := 0
	for _, err := range (&scan{queue: s.queue(), batch: 10}).letters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if shown++; shown == 1 {
			s.clock.ahead.Add(int64(time.Hour)) // its visibility time-out ends
		}
	}
	if shown != 1 {
		t.Fatalf("shown %d times", shown)
	}
	if calls := strings.Join(s.called(), " "); calls != "SendMessage ReceiveMessage ReceiveMessage ReceiveMessage ChangeMessageVisibilityBatch" {
		t.Errorf("called %s", calls)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
}
