package process_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/process"
)

// Memory is bounded by how many large payloads are in it at once, and time by their
// being fetched side by side.
func TestProcessBatch_fetches_four_payloads_at_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := newService(t)
		var now, most atomic.Int32
		w.getContext = func(context.Context) {
			for n := now.Add(1); ; {
				if before := most.Load(); n <= before || most.CompareAndSwap(before, n) {
					break
				}
			}
			time.Sleep(time.Second)
			now.Add(-1)
		}
		var messages []process.Message
		for i := range 200 {
			messages = append(messages, large(t, w, fmt.Sprintf("e-%d", i)))
		}
		begun := time.Now()
		for _, o := range s.ProcessBatch(t.Context(), messages).Outcomes {
			if o.Result != process.Processed {
				t.Fatalf("%s was %s: %v", o.EventID, o.Result, o.Err)
			}
		}
		if took := time.Since(begun); most.Load() != 4 || took != 50*time.Second {
			t.Errorf("%d payloads at once, 200 in %s, want 4 and 50s", most.Load(), took)
		}
	})
}
