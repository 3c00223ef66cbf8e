package simulation

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Each call of an erasure in turn is the last one of its process, or its answer is lost.
// Messages of the user and of another one are stored, wait, and are in the DLQ.
func TestErasure_interrupted_at_any_call_leaves_nothing_of_the_user(t *testing.T) {
	t.Parallel()
	calls := 0
	for n := range 15 {
		for _, fate := range []verdict{diesBefore, diesAfter, isLost} {
			t.Run(fmt.Sprintf("call %d %s", n, fate), func(t *testing.T) {
				scenario(t, ofTen(100), func(t *testing.T, w *world) {
					w.accept(postStored, postStored, post, post, contradict, contradict)
					w.settleAll()
					w.accept(postStored, postStored, post, post)
					w.take(step{kind: eraseUser, which: len(clients)})
					made := 0
					for ; len(w.waiting()) > 0; made++ {
						if made == n {
							w.meet(0, fate, 0)
						} else {
							w.meet(0, succeeds, 0)
						}
					}
					w.pass(time.Minute)                                // letters that were looked at are visible again
					w.take(step{kind: eraseUser, which: len(clients)}) // goes on with the token that there is
					w.proceed(nil)
					w.finishErasures()
					w.settleAll()
					if n == 0 && fate == isLost {
						calls = made
					}
					var left []string
					for _, c := range w.order {
						_, row := w.store.Events()[c.Identity]
						_, object := w.objects[c.key()]
						if c.user == users[0] && (row || object) {
							left = append(left, c.String())
						}
					}
					expect(t, "what is left of the user", left, nil)
					expect(t, "rows of the other one", []int{len(w.store.Events())}, []int{4})
					if slices.Contains(w.letterUsers(), users[0]) {
						t.Errorf("the DLQ has letters of %q", w.letterUsers())
					}
				})
			})
		}
	}
	t.Cleanup(func() {
		if calls > 15 {
			t.Errorf("an erasure has %d calls, of which the test interrupts 15", calls)
		}
	})
}

// letterUsers are whom the letters in the DLQ are of.
func (w *world) letterUsers() (out []string) {
	for _, m := range w.letters.messages {
		out = append(out, w.contentOf(m.body).user)
	}
	return out
}
