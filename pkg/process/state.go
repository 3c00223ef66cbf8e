package process

import (
	"fmt"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// state is where a message of a batch stands. A message is in exactly one; it
// moves by the methods of item, one for each state to enter, and only along next.
// The zero value is received.
type state uint8

const (
	received     state = iota // delivered, not looked at yet
	read                      // its event is in memory, whole and verified
	rejected                  // it can never work: it goes to the DLQ
	stored                    // the database has its event, the topic does not have it yet
	done                      // stored and published: it is acknowledged
	deadLettered              // the DLQ has it: it is acknowledged
	erased                    // its user was erased since it was accepted: it is acknowledged
	retried                   // it stays on the queue until the visibility time-out ends
	postponed                 // it stays on the queue, and its next delivery is set
)

func (s state) String() string {
	return [...]string{"received", "read", "rejected", "stored", "done", "dead_lettered", "erased", "retried", "postponed"}[s]
}

// transition is one way out of a state. When says what has happened.
type transition struct {
	to   state
	when string
}

// next is the whole machine: what a state may become. docs/message-states.md is
// drawn from it.
//
// A message never becomes stored but by the answer of the database, and never done
// but from a state in which the database has its event: nothing is published or
// acknowledged before the commit. Only rejected and retried may be revised, and
// only by what the database has of the id.
func (s state) next() []transition {
	switch s {
	case received:
		return []transition{
			{read, "payload fetched, hash verified, event decoded"},
			{rejected, "permanent failure"},
			{retried, "transient failure or panic"},
		}
	case read:
		return []transition{
			{stored, "committed, or stored before and not published"},
			{done, "stored and published before, or stored in other words"},
			{rejected, "id used with another payload, or a value refused by the database"},
			{erased, "user erased since"},
			{retried, "database unavailable, or panic"},
		}
	case rejected:
		return []transition{
			{deadLettered, "sent to the DLQ"},
			{retried, "not recorded, or not sent to the DLQ"},
			{done, "payload gone, but stored and published before"},
			{erased, "payload gone with its user"},
		}
	case stored:
		return []transition{
			{done, "published"},
			{retried, "not published"},
		}
	case retried:
		return []transition{
			{retried, "another failure on top"},
			{done, "payload unreadable, but stored and published before"},
			{postponed, "next delivery set, with back-off"},
		}
	}
	return nil // done, deadLettered, erased and postponed are final
}

// allows reports whether a message may move from s to another state.
func (s state) allows(to state) bool {
	return slices.ContainsFunc(s.next(), func(t transition) bool { return t.to == to })
}

// item is one message on its way through a batch.
type item struct {
	state    state
	message  Message
	envelope event.Envelope // as far as it could be read
	event    event.Event    // from read on
	err      error          // why it is rejected, sent to the DLQ, retried or postponed; else nil
	watched  bool           // the database knows that work on it has begun
	givenUp  bool           // it ended the process too often to be worked on again
	database Stored         // what the database has of its id, zero before it answered

	committed time.Time     // when the database answered that it has the event; zero before
	inserted  bool          // this message put the event into the database
	published bool          // this message's notification was published
	delay     time.Duration // until the next delivery, from postponed on
}

// enter moves the item to another state. A move that next does not have is a
// defect of this package, and panics; the batch's guard then leaves the message on
// the queue.
func (it *item) enter(to state) {
	if !it.state.allows(to) {
		panic(fmt.Sprintf("process: a message cannot become %s when it is %s", to, it.state))
	}
	it.state = to
}

func (it *item) becomeRead(e event.Event) {
	it.enter(read)
	it.event = e
}

// reject gives the message up for a permanent error.
func (it *item) reject(err error) {
	it.enter(rejected)
	it.err = err
}

// retry leaves the message on the queue for an error that another delivery may not
// meet.
func (it *item) retry(err error) {
	it.enter(retried)
	it.err = err
}

// fail is reject or retry, as the taxonomy of faults has it.
func (it *item) fail(err error) {
	if fault.DispositionOf(err) == fault.DeadLetter {
		it.reject(err)
		return
	}
	it.retry(err)
}

// becomeStored notes that the database has the event and the topic does not.
func (it *item) becomeStored(at time.Time) {
	it.enter(stored)
	it.committed = at
}

// finish lets the message be acknowledged. The database has its event since at,
// by the clock of this process.
func (it *item) finish(at time.Time) {
	it.enter(done)
	it.committed, it.err = at, nil
}

func (it *item) becomeDeadLettered() { it.enter(deadLettered) }

// becomeErased lets the message be acknowledged and leaves nothing of it.
func (it *item) becomeErased() {
	it.enter(erased)
	it.err = nil
}

func (it *item) postpone(delay time.Duration) {
	it.enter(postponed)
	it.delay = delay
}

// result is the word for a state at the end of a batch.
func (it *item) result() Result {
	switch it.state {
	case done:
		if it.inserted {
			return Processed
		}
		return Duplicate
	case deadLettered:
		return DeadLettered
	case erased:
		return Erased
	default:
		return Retried
	}
}
